"""The plain recurrent network, with a leak."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from steadyhand.cells.cell import (
    Cell,
    Inputs,
    Keep,
    Prepared,
    Saved,
    Sums,
    Units,
    product_back,
    product_by_weights,
    product_with_inputs,
)


class Vanilla(Cell):
    """Leaky network of tanh units: h' = (1 − leak)·h + leak·tanh(W x + U h + b)."""

    saves = ("target",)
    leak: float = eqx.field(static=True)

    def forward(self, prepared: Prepared, x: Inputs, state: Units, keep: Keep) -> Units:
        """See `Cell.forward`."""
        target = keep(
            "target", jnp.tanh(product_with_inputs(x, prepared) + state @ prepared.from_state)
        )
        return (1 - self.leak) * state + self.leak * target

    def pullback(
        self, prepared: Prepared, x: Inputs, state: Units, saved: Saved, cotangent: Units
    ) -> tuple[Float[Array, "sensed trial"], Units, Sums]:
        """See `Cell.pullback`."""
        inside = self.leak * cotangent * (1 - saved["target"] ** 2)
        by_state, by_sensed = product_back(inside, prepared, self.hidden_size)
        by_past = (1 - self.leak) * cotangent + by_state
        return by_sensed, by_past, Sums(product_by_weights(state, x, inside))
