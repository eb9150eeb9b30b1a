"""Long short-term memory."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from steadyhand.cells.cell import (
    Cell,
    Inputs,
    Keep,
    Prepared,
    Saved,
    Sums,
    product_back,
    product_by_weights,
    product_with_inputs,
)


class Lstm(Cell):
    """Long short-term memory (Hochreiter & Schmidhuber 1997; with forget gate).

    c' = σ(a_f)⊙c + σ(a_i)⊙tanh(a_g), h' = σ(a_o)⊙tanh(c'); its state is h and then c; rows of
    the weights in the order i, f, g, o, as in Equinox and PyTorch.
    """

    saves = ("i", "f", "g", "o", "shown")

    @property
    def state_size(self) -> int:
        """Activity and memory of every unit."""
        return 2 * self.hidden_size

    def forward(
        self, prepared: Prepared, x: Inputs, state: Float[Array, "trial 2*unit"], keep: Keep
    ) -> Float[Array, "trial 2*unit"]:
        """See `Cell.forward`; `shown` is tanh(c')."""
        units = self.hidden_size
        activity, memory = state[:, :units], state[:, units:]
        inside = product_with_inputs(x, prepared) + activity @ prepared.from_state
        by_gate = (inside[:, k * units : (k + 1) * units] for k in range(4))
        functions = (jax.nn.sigmoid, jax.nn.sigmoid, jnp.tanh, jax.nn.sigmoid)
        i, f, g, o = (
            keep(name, function(gate))
            for name, function, gate in zip("ifgo", functions, by_gate, strict=True)
        )
        following = f * memory + i * g
        shown = keep("shown", jnp.tanh(following))
        return jnp.concatenate([o * shown, following], axis=1)

    def pullback(
        self,
        prepared: Prepared,
        x: Inputs,
        state: Float[Array, "trial 2*unit"],
        saved: Saved,
        cotangent: Float[Array, "trial 2*unit"],
    ) -> tuple[Float[Array, "sensed trial"], Float[Array, "trial 2*unit"], Sums]:
        """See `Cell.pullback`."""
        i, f, g, o, shown = (saved[name] for name in self.saves)
        units = self.hidden_size
        activity, memory = state[:, :units], state[:, units:]
        by_activity, by_memory = cotangent[:, :units], cotangent[:, units:]
        by_following = by_memory + by_activity * o * (1 - shown * shown)
        by_i = by_following * g * i * (1 - i)
        by_f = by_following * memory * f * (1 - f)
        by_g = by_following * i * (1 - g * g)
        by_o = by_activity * shown * o * (1 - o)
        inside = jnp.concatenate([by_i, by_f, by_g, by_o], axis=1)
        by_state, by_sensed = product_back(inside, prepared, units)
        by_past = jnp.concatenate([by_state, by_following * f], axis=1)
        return by_sensed, by_past, Sums(product_by_weights(activity, x, inside))
