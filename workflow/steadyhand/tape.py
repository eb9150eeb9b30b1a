"""The tape of backpropagation through time: what the way forward leaves for the way back."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from steadyhand import precision  # noqa: F401
from steadyhand.cells.cell import Cell, Saved
from steadyhand.loop_data import Hand


class Kept(eqx.Module):
    """What the way back needs of an update; trials last."""

    hand: Hand
    x: Float[Array, "input+1 trial"]
    command: Float[Array, "2 trial"]


class Tape(eqx.Module):
    """All updates. It is written in place, and handed on from chunk to chunk.

    To allocate and clear it anew would cost a tenth of the time.
    """

    kept: Kept
    """With a leading axis `time`, as the next one."""
    saved: Saved
    """By the cell."""
    hidden: Float[Array, "time+1 trial state"]
    """Before each update, and after the last one."""


def blank_tape(cell: Cell, n_updates: int, n_trials: int, dtype: jnp.dtype) -> Tape:
    """A tape for so many updates and trials of a cell, which may be shapes only."""

    def zeros(*shape: int) -> Array:
        return jnp.zeros(shape, dtype)

    two = zeros(n_updates, 2, n_trials)
    x = zeros(n_updates, cell.weight_ih.shape[1] + 1, n_trials)
    saved = {name: zeros(n_updates, n_trials, cell.hidden_size) for name in cell.saves}
    hidden = zeros(n_updates + 1, n_trials, cell.state_size)
    return Tape(Kept(Hand(two, two, two), x, command=two), saved, hidden)


def row_of(rows: Array, update: Array) -> Array:
    """What was written in an update."""
    return jax.lax.dynamic_index_in_dim(rows, update, keepdims=False)


def with_row(rows: Array, update: Array | int, row: Array) -> Array:
    """The rows, with what is written in an update."""
    return jax.lax.dynamic_update_index_in_dim(rows, row, update, axis=0)
