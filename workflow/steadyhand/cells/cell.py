"""What all recurrent cells are, and the large products that they share.

What has an axis of units has trials first, what has none has trials *last*. Then the left factor
of every large product (forward, back to the state, by the weights) lies in memory as XLA's fastest
kernels on CPUs want it.
"""

from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar, Self

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from steadyhand import precision  # noqa: F401

Inputs = Float[Array, "input+1 trial"]
"""What a cell receives, and a last row of ones, of which the bias is the weight."""

Units = Float[Array, "trial unit"]
"""One number per unit, or a whole state."""


Keep = Callable[[str, Units], Units]
"""Sets something aside under a name, for the way back, and gives it back to be used."""

Saved = dict[str, Units]
"""What was set aside in an update."""


class Prepared(eqx.Module):
    """Weights as the updates need them: transposed and joined once, and not in every update."""

    from_input: Float[Array, "input+1 gate"]
    from_state: Float[Array, "unit gate"]
    back: Float[Array, "gate unit+sensed"]
    """Back to the state, and to those inputs of which a derivative is wanted."""


class Sums(eqx.Module):
    """Derivatives by the weights, summed over trials and updates, as the products give them."""

    gates: Float[Array, "unit+input+1 gate"]


class Cell(eqx.Module):
    """A recurrent network without its readout. Its state begins with the activity of its units."""

    saves: ClassVar[tuple[str, ...]]
    """What `forward` sets aside, each a number per trial and unit."""

    weight_ih: Float[Array, "gate input"]
    weight_hh: Float[Array, "gate unit"]
    bias: Float[Array, " gate"]

    @property
    def hidden_size(self) -> int:
        """Number of units."""
        return self.weight_hh.shape[-1]

    @property
    def state_size(self) -> int:
        """Numbers that the cell remembers from step to step: the activity of its units."""
        return self.hidden_size

    def __call__(
        self, x: Float[Array, " input"], state: Float[Array, " state"]
    ) -> Float[Array, " state"]:
        """The next state, of one trial."""
        prepared = self.prepared(sensed=slice(0))
        return self.forward(prepared, with_one(x[:, None]), state[None], let_go)[0]

    def prepared(self, sensed: slice) -> Prepared:
        """The weights for `forward` and `pullback`, which gives derivatives by inputs `sensed`."""
        return Prepared(
            from_input=jnp.concatenate([self.weight_ih, self.bias[:, None]], axis=1).T,
            from_state=self.weight_hh.T,
            back=jnp.concatenate([self.weight_hh, self.weight_ih[:, sensed]], axis=1),
        )

    @abstractmethod
    def forward(
        self, prepared: Prepared, x: Inputs, state: Float[Array, "trial state"], keep: Keep
    ) -> Float[Array, "trial state"]:
        """The next state. What the pullback needs beside `x` and `state` is kept."""

    @abstractmethod
    def pullback(
        self,
        prepared: Prepared,
        x: Inputs,
        state: Float[Array, "trial state"],
        saved: Saved,
        cotangent: Float[Array, "trial state"],
    ) -> tuple[Float[Array, "sensed trial"], Float[Array, "trial state"], Sums]:
        """Derivatives of a scalar by inputs, state and weights, from that by the next state."""

    def no_sums(self) -> Sums:
        """Where sums of derivatives by weights begin."""
        gates, units = self.weight_hh.shape
        rows = units + self.weight_ih.shape[1] + 1
        return Sums(jnp.zeros((rows, gates), self.weight_hh.dtype))

    def by_weights(self, sums: Sums) -> Self:
        """Derivatives by weights, in the places of the weights."""
        gates, units = sums.gates, self.hidden_size
        parts = (gates[units:-1].T, gates[:units].T, gates[-1])
        return eqx.tree_at(lambda it: (it.weight_ih, it.weight_hh, it.bias), self, parts)


def with_one(x: Float[Array, "input trial"]) -> Inputs:
    """Inputs with the row of ones that cells want."""
    return jnp.concatenate([x, jnp.ones_like(x[:1])])


def product_with_inputs(x: Inputs, prepared: Prepared) -> Float[Array, "trial gate"]:
    """What inputs and biases add to the gates."""
    # Joined, and not only transposed, for the reason given in `product_by_weights`.
    return jnp.concatenate([x[:-1].T, x[-1:].T], axis=1) @ prepared.from_input


def over_last_axes(left: Float[Array, "row unit"], right: Units) -> Float[Array, "row trial"]:
    """The product of two matrices over their last axes: rows of one with rows of the other."""
    return jax.lax.dot_general(left, right, (((1,), (1,)), ((), ())))


def product_back(
    gates: Float[Array, "trial gate"], prepared: Prepared, units: int
) -> tuple[Units, Float[Array, "sensed trial"]]:
    """Derivatives by state and inputs."""
    back = gates @ prepared.back
    return back[:, :units], back[:, units:].T


def product_by_weights(state: Units, x: Inputs, gates: Float[Array, "trial gate"]) -> Array:
    """Derivatives by all weights of the gates.

    The joined factor is a transposed copy of the state; the transpose alone would be folded into
    the product, which then is half as fast.
    """
    return jnp.concatenate([state.T, x]) @ gates


def let_go(name: str, value: Units) -> Units:
    """Keeps nothing."""
    return value
