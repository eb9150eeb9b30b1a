"""Recurrent cells, each with its pullback: the derivative of one update, written by hand.

A training spends most of its time in these two functions. `pullback` needs only what `forward`
set aside, so nothing is computed twice and little is stored; that it is the derivative of
`forward` is tested against automatic differentiation.
"""

from typing import Any, Protocol, Self

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from steadyhand import precision  # noqa: F401
from steadyhand.draws import Key

Batched = Float[Array, "trial unit"]


class Cell(Protocol):
    """A recurrent network without its readout. Its state begins with the activity of its units."""

    weight_ih: Float[Array, "gate input"]
    weight_hh: Float[Array, "gate unit"]

    @property
    def hidden_size(self) -> int:
        """Number of units."""

    @property
    def state_size(self) -> int:
        """Numbers that the cell remembers from step to step."""

    def forward(
        self, x: Float[Array, "trial input"], state: Float[Array, "trial state"]
    ) -> tuple[Float[Array, "trial state"], Any]:
        """The next state, and what the pullback needs beside `x` and `state`."""

    def pullback(
        self,
        x: Float[Array, "trial input"],
        state: Float[Array, "trial state"],
        saved: Any,
        cotangent: Float[Array, "trial state"],
    ) -> tuple[Float[Array, "trial input"], Float[Array, "trial state"], Self]:
        """Derivatives of a scalar by input, state and weights, from that by the next state."""


class Gru(eqx.Module):
    """Gated recurrent unit (Cho et al. 2014), in the variant of Equinox and PyTorch.

    r = σ(a_r), z = σ(a_z), n = tanh(W_n x + b_n' + r⊙(U_n h + b_n)), h' = n + z⊙(h − n);
    rows of the weights in the order r, z, n.
    """

    weight_ih: Float[Array, "3*unit input"]
    weight_hh: Float[Array, "3*unit unit"]
    bias: Float[Array, " 3*unit"]
    bias_n: Float[Array, " unit"]

    @property
    def hidden_size(self) -> int:
        """Number of units."""
        return self.weight_hh.shape[-1]

    @property
    def state_size(self) -> int:
        """Its state is the activity of its units."""
        return self.hidden_size

    def forward(self, x: Batched, state: Batched) -> tuple[Batched, tuple[Batched, ...]]:
        """The next state; set aside are r, z, n and U_n h + b_n."""
        units = self.hidden_size
        from_x, from_h = x @ self.weight_ih.T + self.bias, state @ self.weight_hh.T
        gates = jax.nn.sigmoid(from_x[:, : 2 * units] + from_h[:, : 2 * units])
        r, z = gates[:, :units], gates[:, units:]
        recurrent = from_h[:, 2 * units :] + self.bias_n
        n = jnp.tanh(from_x[:, 2 * units :] + r * recurrent)
        return n + z * (state - n), (r, z, n, recurrent)

    def pullback(
        self, x: Batched, state: Batched, saved: tuple[Batched, ...], cotangent: Batched
    ) -> tuple[Batched, Batched, "Gru"]:
        """See `Cell.pullback`."""
        r, z, n, recurrent = saved
        by_n = cotangent * (1 - z) * (1 - n * n)
        by_z = cotangent * (state - n) * z * (1 - z)
        by_r = by_n * recurrent * r * (1 - r)
        by_recurrent = by_n * r
        from_x = jnp.concatenate([by_r, by_z, by_n], axis=-1)
        from_h = jnp.concatenate([by_r, by_z, by_recurrent], axis=-1)
        weights = Gru(
            weight_ih=from_x.T @ x,
            weight_hh=from_h.T @ state,
            bias=from_x.sum(axis=0),
            bias_n=by_recurrent.sum(axis=0),
        )
        return from_x @ self.weight_ih, cotangent * z + from_h @ self.weight_hh, weights


class Vanilla(eqx.Module):
    """Leaky network of tanh units: h' = (1 − leak)·h + leak·tanh(W x + U h + b)."""

    weight_ih: Float[Array, "unit input"]
    weight_hh: Float[Array, "unit unit"]
    bias: Float[Array, " unit"]
    leak: float = eqx.field(static=True)

    @property
    def hidden_size(self) -> int:
        """Number of units."""
        return self.weight_hh.shape[-1]

    @property
    def state_size(self) -> int:
        """Its state is the activity of its units."""
        return self.hidden_size

    def forward(self, x: Batched, state: Batched) -> tuple[Batched, Batched]:
        """The next state; set aside is the tanh."""
        target = jnp.tanh(x @ self.weight_ih.T + state @ self.weight_hh.T + self.bias)
        return (1 - self.leak) * state + self.leak * target, target

    def pullback(
        self, x: Batched, state: Batched, saved: Batched, cotangent: Batched
    ) -> tuple[Batched, Batched, "Vanilla"]:
        """See `Cell.pullback`."""
        inside = self.leak * cotangent * (1 - saved * saved)
        weights = Vanilla(inside.T @ x, inside.T @ state, inside.sum(axis=0), self.leak)
        past = (1 - self.leak) * cotangent + inside @ self.weight_hh
        return inside @ self.weight_ih, past, weights


class Lstm(eqx.Module):
    """Long short-term memory (Hochreiter & Schmidhuber 1997; with forget gate).

    c' = σ(a_f)⊙c + σ(a_i)⊙tanh(a_g), h' = σ(a_o)⊙tanh(c'); its state is h and then c; rows of
    the weights in the order i, f, g, o, as in Equinox and PyTorch.
    """

    weight_ih: Float[Array, "4*unit input"]
    weight_hh: Float[Array, "4*unit unit"]
    bias: Float[Array, " 4*unit"]

    @property
    def hidden_size(self) -> int:
        """Number of units."""
        return self.weight_hh.shape[-1]

    @property
    def state_size(self) -> int:
        """Activity and memory of every unit."""
        return 2 * self.hidden_size

    def forward(self, x: Batched, state: Batched) -> tuple[Batched, tuple[Batched, ...]]:
        """The next state; set aside are the gates and tanh(c')."""
        units = self.hidden_size
        activity, memory = state[:, :units], state[:, units:]
        inside = x @ self.weight_ih.T + activity @ self.weight_hh.T + self.bias
        i, f, o = (jax.nn.sigmoid(inside[:, k * units : (k + 1) * units]) for k in (0, 1, 3))
        g = jnp.tanh(inside[:, 2 * units : 3 * units])
        following = f * memory + i * g
        shown = jnp.tanh(following)
        return jnp.concatenate([o * shown, following], axis=-1), (i, f, g, o, shown)

    def pullback(
        self, x: Batched, state: Batched, saved: tuple[Batched, ...], cotangent: Batched
    ) -> tuple[Batched, Batched, "Lstm"]:
        """See `Cell.pullback`."""
        i, f, g, o, shown = saved
        units = self.hidden_size
        activity, memory = state[:, :units], state[:, units:]
        by_activity, by_memory = cotangent[:, :units], cotangent[:, units:]
        by_following = by_memory + by_activity * o * (1 - shown * shown)
        inside = jnp.concatenate(
            [
                by_following * g * i * (1 - i),
                by_following * memory * f * (1 - f),
                by_following * i * (1 - g * g),
                by_activity * shown * o * (1 - o),
            ],
            axis=-1,
        )
        weights = Lstm(inside.T @ x, inside.T @ activity, inside.sum(axis=0))
        past = jnp.concatenate([inside @ self.weight_hh, by_following * f], axis=-1)
        return inside @ self.weight_ih, past, weights


def init_cell(key: Key, spec: dict[str, Any], input_size: int, dtype: str) -> Cell:
    """A cell with weights and biases drawn from U(±1/√units), as in Equinox.

    `spec` is the group `network` of resolved hyperparameters.
    """
    units = spec["hidden_size"]
    limit = 1 / units**0.5

    def draw(part: int, *shape: int) -> Array:
        chosen = jax.random.fold_in(key, part)
        return jax.random.uniform(chosen, shape, jnp.dtype(dtype), minval=-limit, maxval=limit)

    gates = {"gru": 3, "vanilla": 1, "lstm": 4}[spec["type"]] * units
    weights = (draw(0, gates, input_size), draw(1, gates, units), draw(2, gates))
    if spec["type"] == "gru":
        return Gru(*weights, bias_n=draw(3, units))
    if spec["type"] == "vanilla":
        return Vanilla(*weights, leak=float(spec["leak"]))
    return Lstm(*weights)
