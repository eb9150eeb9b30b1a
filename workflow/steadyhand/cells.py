"""Recurrent cells, each with its pullback: the derivative of one update, written by hand.

A training spends most of its time in these two functions. `pullback` needs only what `forward`
set aside, so nothing is computed twice and little is stored; that it is the derivative of
`forward` is tested against automatic differentiation.

Trials are the *last* axis here, unlike elsewhere: then in all three products of an update (forward,
back to the state, by the weights) the left factor lies in memory as XLA's fastest kernels on CPUs
want it.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Self

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from steadyhand import precision  # noqa: F401

Units = Float[Array, "unit trial"]


class Backward(eqx.Module):
    """Weights as the way back needs them: transposed once, and not in every update."""

    input: Float[Array, "input gate"]
    state: Float[Array, "unit gate"]


class Cell(eqx.Module):
    """A recurrent network without its readout. Its state begins with the activity of its units."""

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

    @abstractmethod
    def forward(
        self, x: Float[Array, "input trial"], state: Float[Array, "state trial"]
    ) -> tuple[Float[Array, "state trial"], Any]:
        """The next state, and what the pullback needs beside `x` and `state`."""

    @abstractmethod
    def pullback(
        self,
        transposed: Backward,
        x: Float[Array, "input trial"],
        state: Float[Array, "state trial"],
        saved: Any,
        cotangent: Float[Array, "state trial"],
    ) -> tuple[Float[Array, "input trial"], Float[Array, "state trial"], Self]:
        """Derivatives of a scalar by input, state and weights, from that by the next state."""


class Gru(Cell):
    """Gated recurrent unit (Cho et al. 2014), in the variant of Equinox and PyTorch.

    r = σ(a_r), z = σ(a_z), n = tanh(W_n x + b_n' + r⊙(U_n h + b_n)), h' = n + z⊙(h − n);
    rows of the weights in the order r, z, n.
    """

    bias_n: Float[Array, " unit"]

    def forward(
        self, x: Float[Array, "input trial"], state: Units
    ) -> tuple[Units, tuple[Units, ...]]:
        """The next state; set aside are r, z, n and U_n h + b_n."""
        units = self.hidden_size
        from_x, from_h = _affine(self.weight_ih, self.bias, x), self.weight_hh @ state
        r = jax.nn.sigmoid(from_x[:units] + from_h[:units])
        z = jax.nn.sigmoid(from_x[units : 2 * units] + from_h[units : 2 * units])
        recurrent = from_h[2 * units :] + self.bias_n[:, None]
        n = jnp.tanh(from_x[2 * units :] + r * recurrent)
        return n + z * (state - n), (r, z, n, recurrent)

    def pullback(
        self,
        transposed: Backward,
        x: Float[Array, "input trial"],
        state: Units,
        saved: tuple[Units, ...],
        cotangent: Units,
    ) -> tuple[Float[Array, "input trial"], Units, Self]:
        """See `Cell.pullback`."""
        r, z, n, recurrent = saved
        by_n = cotangent * (1 - z) * (1 - n * n)
        by_z = cotangent * (state - n) * z * (1 - z)
        by_r = by_n * recurrent * r * (1 - r)
        by_recurrent = by_n * r
        from_x = jnp.concatenate([by_r, by_z, by_n])
        from_h = jnp.concatenate([by_r, by_z, by_recurrent])
        weight_ih, bias = _by_affine(from_x, x)
        weights = type(self)(
            weight_ih, sum_of_outer(from_h, state), bias, by_recurrent.sum(axis=-1)
        )
        return transposed.input @ from_x, cotangent * z + transposed.state @ from_h, weights


class Vanilla(Cell):
    """Leaky network of tanh units: h' = (1 − leak)·h + leak·tanh(W x + U h + b)."""

    leak: float = eqx.field(static=True)

    def forward(self, x: Float[Array, "input trial"], state: Units) -> tuple[Units, Units]:
        """The next state; set aside is the tanh."""
        target = jnp.tanh(_affine(self.weight_ih, self.bias, x) + self.weight_hh @ state)
        return (1 - self.leak) * state + self.leak * target, target

    def pullback(
        self,
        transposed: Backward,
        x: Float[Array, "input trial"],
        state: Units,
        saved: Units,
        cotangent: Units,
    ) -> tuple[Float[Array, "input trial"], Units, Self]:
        """See `Cell.pullback`."""
        inside = self.leak * cotangent * (1 - saved * saved)
        weight_ih, bias = _by_affine(inside, x)
        weights = type(self)(weight_ih, sum_of_outer(inside, state), bias, self.leak)
        past = (1 - self.leak) * cotangent + transposed.state @ inside
        return transposed.input @ inside, past, weights


class Lstm(Cell):
    """Long short-term memory (Hochreiter & Schmidhuber 1997; with forget gate).

    c' = σ(a_f)⊙c + σ(a_i)⊙tanh(a_g), h' = σ(a_o)⊙tanh(c'); its state is h and then c; rows of
    the weights in the order i, f, g, o, as in Equinox and PyTorch.
    """

    @property
    def state_size(self) -> int:
        """Activity and memory of every unit."""
        return 2 * self.hidden_size

    def forward(
        self, x: Float[Array, "input trial"], state: Float[Array, "2*unit trial"]
    ) -> tuple[Float[Array, "2*unit trial"], tuple[Units, ...]]:
        """The next state; set aside are the gates and tanh(c')."""
        units = self.hidden_size
        activity, memory = state[:units], state[units:]
        inside = _affine(self.weight_ih, self.bias, x) + self.weight_hh @ activity
        i, f, o = (jax.nn.sigmoid(inside[k * units : (k + 1) * units]) for k in (0, 1, 3))
        g = jnp.tanh(inside[2 * units : 3 * units])
        following = f * memory + i * g
        shown = jnp.tanh(following)
        return jnp.concatenate([o * shown, following]), (i, f, g, o, shown)

    def pullback(
        self,
        transposed: Backward,
        x: Float[Array, "input trial"],
        state: Float[Array, "2*unit trial"],
        saved: tuple[Units, ...],
        cotangent: Float[Array, "2*unit trial"],
    ) -> tuple[Float[Array, "input trial"], Float[Array, "2*unit trial"], Self]:
        """See `Cell.pullback`."""
        i, f, g, o, shown = saved
        units = self.hidden_size
        activity, memory = state[:units], state[units:]
        by_activity, by_memory = cotangent[:units], cotangent[units:]
        by_following = by_memory + by_activity * o * (1 - shown * shown)
        by_i = by_following * g * i * (1 - i)
        by_f = by_following * memory * f * (1 - f)
        by_g = by_following * i * (1 - g * g)
        by_o = by_activity * shown * o * (1 - o)
        inside = jnp.concatenate([by_i, by_f, by_g, by_o])
        weight_ih, bias = _by_affine(inside, x)
        weights = type(self)(weight_ih, sum_of_outer(inside, activity), bias)
        past = jnp.concatenate([transposed.state @ inside, by_following * f])
        return transposed.input @ inside, past, weights


def transposed_for(cell: Cell) -> Backward:
    """What the pullbacks of a cell need; make it once, outside of the loop over time."""
    return Backward(cell.weight_ih.T, cell.weight_hh.T)


def cell_shapes(network: dict[str, Any], input_size: int) -> list[tuple[int, ...]]:
    """Shapes of the arrays of a cell; `network` is that group of resolved hyperparameters."""
    units = network["hidden_size"]
    gates = {"gru": 3, "vanilla": 1, "lstm": 4}[network["type"]] * units
    shapes: list[tuple[int, ...]] = [(gates, input_size), (gates, units), (gates,)]
    return [*shapes, (units,)] if network["type"] == "gru" else shapes


def make_cell(network: dict[str, Any], arrays: Sequence[Array]) -> Cell:
    """A cell of these arrays, in the order of `cell_shapes`."""
    if network["type"] == "gru":
        return Gru(*arrays)
    if network["type"] == "vanilla":
        weight_ih, weight_hh, bias = arrays
        return Vanilla(weight_ih, weight_hh, bias, float(network["leak"]))
    return Lstm(*arrays)


def state_size(network: dict[str, Any]) -> int:
    """Numbers that a cell remembers, from the group `network` of resolved hyperparameters."""
    units: int = network["hidden_size"]
    return 2 * units if network["type"] == "lstm" else units


def sum_of_outer(left: Float[Array, "gate trial"], right: Float[Array, "unit trial"]) -> Array:
    """The sum over trials of outer products of two vectors."""
    return jax.lax.dot_general(left, right, (((1,), (1,)), ((), ())))


def _affine(weight: Float[Array, "gate input"], bias: Array, x: Array) -> Array:
    """W x + b, the bias as the weight of an input that is always 1: one product does both."""
    return jnp.concatenate([weight, bias[:, None]], axis=1) @ _with_one(x)


def _by_affine(cotangent: Array, x: Array) -> tuple[Array, Array]:
    """Derivatives by W and b."""
    by_both = sum_of_outer(cotangent, _with_one(x))
    return by_both[:, :-1], by_both[:, -1]


def _with_one(x: Float[Array, "input trial"]) -> Float[Array, "input+1 trial"]:
    return jnp.concatenate([x, jnp.ones_like(x[:1])])
