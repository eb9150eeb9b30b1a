"""The gated recurrent unit."""

from typing import Self

import equinox as eqx
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
    Units,
    over_last_axes,
    product_back,
    product_by_weights,
    product_with_inputs,
)


class GruPrepared(Prepared):
    """As for other cells; `back` has zeros where the candidate's gate comes back to inputs."""

    back_from_candidate: Float[Array, "sensed unit"]


class GruSums(Sums):
    """What comes by the inputs of the candidate stands apart: the reset gate is not in it."""

    candidate: Float[Array, "input+1 unit"]


class Gru(Cell):
    """Gated recurrent unit (Cho et al. 2014), in the variant of Equinox and PyTorch.

    r = σ(a_r), z = σ(a_z), n = tanh(W_n x + b_n' + r⊙(U_n h + b_n)), h' = n + z⊙(h − n);
    rows of the weights in the order r, z, n.
    """

    saves = ("r", "z", "n", "recurrent")
    bias_n: Float[Array, " unit"]

    def prepared(self, sensed: slice) -> GruPrepared:
        """See `Cell.prepared`."""
        common, gates = super().prepared(sensed), 2 * self.hidden_size
        return GruPrepared(
            common.from_input,
            common.from_state,
            back=common.back.at[gates:, self.hidden_size :].set(0),
            back_from_candidate=self.weight_ih[gates:, sensed].T,
        )

    def forward(self, prepared: Prepared, x: Inputs, state: Units, keep: Keep) -> Units:
        """See `Cell.forward`; `recurrent` is U_n h + b_n."""
        units = self.hidden_size
        from_x, from_h = product_with_inputs(x, prepared), state @ prepared.from_state
        r = keep("r", jax.nn.sigmoid(from_x[:, :units] + from_h[:, :units]))
        from_both = from_x[:, units : 2 * units] + from_h[:, units : 2 * units]
        z = keep("z", jax.nn.sigmoid(from_both))
        recurrent = keep("recurrent", from_h[:, 2 * units :] + self.bias_n)
        n = keep("n", jnp.tanh(from_x[:, 2 * units :] + r * recurrent))
        return n + z * (state - n)

    def pullback(
        self,
        prepared: Prepared,
        x: Inputs,
        state: Units,
        saved: Saved,
        cotangent: Units,
    ) -> tuple[Float[Array, "sensed trial"], Units, GruSums]:
        """See `Cell.pullback`."""
        assert isinstance(prepared, GruPrepared)
        r, z, n, recurrent = (saved[name] for name in self.saves)
        by_n = cotangent * (1 - z) * (1 - n * n)
        by_z = cotangent * (state - n) * z * (1 - z)
        by_r = by_n * recurrent * r * (1 - r)
        gates = jnp.concatenate([by_r, by_z, by_n * r], axis=1)
        by_state, by_sensed = product_back(gates, prepared, self.hidden_size)
        by_sensed = by_sensed + over_last_axes(prepared.back_from_candidate, by_n)
        sums = GruSums(product_by_weights(state, x, gates), candidate=x @ by_n)
        return by_sensed, cotangent * z + by_state, sums

    def no_sums(self) -> GruSums:
        """See `Cell.no_sums`."""
        rows = self.weight_ih.shape[1] + 1
        candidate = jnp.zeros((rows, self.hidden_size), self.weight_ih.dtype)
        return GruSums(super().no_sums().gates, candidate)

    def by_weights(self, sums: Sums) -> Self:
        """See `Cell.by_weights`."""
        assert isinstance(sums, GruSums)
        units = self.hidden_size
        by_bias_n = sums.gates[-1, 2 * units :]
        gates = sums.gates.at[units:, 2 * units :].set(sums.candidate)
        return eqx.tree_at(lambda it: it.bias_n, super().by_weights(Sums(gates)), by_bias_n)
