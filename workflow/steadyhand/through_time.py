"""Losses of a chunk of trials and their gradient, by backpropagation through time.

The forward pass is the loop's own step, taken apart so that little has to be kept: the states of
the hand and the network, and what the cell sets aside. Going back, the cell is pulled back by
hand (see `cells`), and all else, which is small, by automatic differentiation of the very
functions that went forward. Nothing is differentiated that training does not need.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from steadyhand import precision  # noqa: F401
from steadyhand.cells.cell import Prepared, Saved, Sums, with_one
from steadyhand.loop import decide, move, sense
from steadyhand.loop_data import Hand, Inputs, Together, initial_state
from steadyhand.loss import HAND_TERMS, LossWeights, UpdateWeights, hand_losses, update_weights
from steadyhand.network import Controller, Readout
from steadyhand.plant import Physics
from steadyhand.tape import Kept, Tape, blank_tape, row_of, with_row


class Outcome(eqx.Module):
    """Losses of a chunk."""

    terms: Float[Array, " term"]
    """Weighted, in the order of `TRIAL_TERMS`: sums over trials of their shares."""
    activity: Float[Array, ""]
    """Mean square activity of a unit, as a share of the batch's."""
    gradient: Controller


class Chunk(eqx.Module):
    """Trials that are computed together, and all that they depend on."""

    physics: Physics
    weights: LossWeights
    controller: Controller
    start: Float[Array, "trial 2"]
    goal: Float[Array, "trial 2"]
    inputs: Inputs
    """With leading axes `time trial`."""
    share: Float[Array, " trial"]
    """What each trial counts for in the mean over a batch: 1/batch size, or 0 for one that only
    fills up the chunk."""
    delay: int = eqx.field(static=True)


class _Now(eqx.Module):
    """What is given in an update."""

    inputs: Inputs
    """With a last axis `trial`."""
    weights: UpdateWeights


class _Way(eqx.Module):
    """What is carried forward."""

    hand: Hand
    queue: Float[Array, "delay 4 trial"]
    totals: Float[Array, "term trial"]
    square: Float[Array, " trial"]
    """Sum of squared activities."""


class _Return(eqx.Module):
    """What is carried back: derivatives by what was carried forward, and by the weights so far."""

    hand: Hand
    hidden: Float[Array, "trial state"]
    queue: Float[Array, "delay 4 trial"]
    cell: Sums
    readout: Readout


def empty_tape(chunk: Chunk) -> Tape:
    """A tape for chunks of this shape, which may themselves be shapes only."""
    cell, (n_trials, _) = chunk.controller.cell, chunk.start.shape
    return blank_tape(cell, chunk.inputs.target_position.shape[0], n_trials, chunk.start.dtype)


def losses_and_gradient(chunk: Chunk, tape: Tape) -> tuple[Outcome, Tape]:
    """Terms of the loss over a chunk of trials, and the gradient of their sum by all weights.

    What stands on the tape does not matter; it is given back to be used again.
    """
    updates = jnp.arange(chunk.inputs.target_position.shape[0])
    prepared, everything = _prepared(chunk), _all_updates(chunk)
    cell, readout = chunk.controller.cell, chunk.controller.readout

    def forward(carry: tuple[_Way, Tape], now: Any) -> tuple[tuple[_Way, Tape], None]:
        (way, tape), (update, given) = carry, now
        return _forward(chunk, prepared, way, tape, update, given), None

    def backward(back: _Return, now: Any) -> tuple[_Return, None]:
        update, given = now
        kept, saved = jax.tree.map(lambda rows: row_of(rows, update), (tape.kept, tape.saved))
        hidden = row_of(tape.hidden, update), row_of(tape.hidden, update + 1)
        return _backward(chunk, prepared, back, kept, saved, hidden, given), None

    rest = _rest(chunk)
    tape = Tape(tape.kept, tape.saved, with_row(tape.hidden, 0, rest))
    (way, tape), _ = jax.lax.scan(forward, (_beginning(chunk), tape), (updates, everything))
    hand, hidden, queue, by_readout = jax.tree.map(
        jnp.zeros_like, (way.hand, rest, way.queue, readout)
    )
    end = _Return(hand, hidden, queue, cell.no_sums(), by_readout)
    back, _ = jax.lax.scan(backward, end, (updates, everything), reverse=True)

    square, count = way.square @ chunk.share, len(updates) * cell.hidden_size
    terms = jnp.append(way.totals @ chunk.share, chunk.weights.nn_hidden * square)
    gradient = Controller(cell.by_weights(back.cell), back.readout, chunk.controller.channels)
    return Outcome(terms, square / count, gradient), tape


def _prepared(chunk: Chunk) -> Prepared:
    return chunk.controller.prepared(chunk.controller.sensed)


def _all_updates(chunk: Chunk) -> _Now:
    """What is given in each update, with a leading axis `time`."""
    n_updates = chunk.inputs.target_position.shape[0]
    inputs = jax.tree.map(lambda leaf: jnp.moveaxis(leaf, 1, -1), chunk.inputs)
    return _Now(inputs, update_weights(chunk.weights, n_updates))


def _rest(chunk: Chunk) -> Float[Array, "trial state"]:
    return jnp.tile(chunk.controller.rest(), (len(chunk.start), 1))


def _beginning(chunk: Chunk) -> _Way:
    first = jax.vmap(initial_state, in_axes=(0, None, None), out_axes=-1)(
        chunk.start, chunk.controller.rest(), chunk.delay
    )
    nothing = jnp.zeros_like(chunk.share)
    hand = Hand(first.position, first.velocity, first.force)
    totals = jnp.zeros((len(HAND_TERMS), len(nothing)), nothing.dtype)
    return _Way(hand, first.queue, totals, nothing)


def _forward(
    chunk: Chunk, prepared: Prepared, way: _Way, tape: Tape, update: Array, now: _Now
) -> tuple[_Way, Tape]:
    """One update: the loop's own step, and what it adds to the losses."""
    saved, hidden = dict(tape.saved), tape.hidden

    def keep(name: str, value: Array) -> Array:
        # Read from where it was written, it needs no place of its own.
        nonlocal hidden
        if name == "hidden":
            hidden = with_row(hidden, update + 1, value)
            return row_of(hidden, update + 1)
        saved[name] = with_row(saved[name], update, value)
        return row_of(saved[name], update)

    state = Together(way.hand, row_of(tape.hidden, update), way.queue)
    decided = decide(chunk.physics, chunk.controller, prepared, state, now.inputs, keep)
    moved, terms = _outcome(chunk, now, way.hand, decided.command)
    square = way.square + jnp.sum(chunk.controller.activity(decided.hidden) ** 2, axis=1)
    kept = Kept(way.hand, with_one(decided.received), decided.command)
    rows = jax.tree.map(lambda rows, row: with_row(rows, update, row), tape.kept, kept)
    return (
        _Way(moved, decided.queue, way.totals + terms, square),
        Tape(rows, saved, hidden),
    )


def _backward(
    chunk: Chunk,
    prepared: Prepared,
    back: _Return,
    kept: Kept,
    saved: Saved,
    hidden: tuple[Float[Array, "trial state"], Float[Array, "trial state"]],
    now: _Now,
) -> _Return:
    """The derivatives by what came into an update, from those by what came out of it.

    `hidden` are the states before and after it.
    """
    cell, readout = chunk.controller.cell, chunk.controller.readout
    before, after = hidden

    def outcome(hand: Hand, command: jax.Array) -> Any:
        moved, terms = _outcome(chunk, now, hand, command)
        return moved, terms.sum(axis=0)

    _, pull = jax.vjp(outcome, kept.hand, kept.command)
    by_hand, by_command = pull((back.hand, chunk.share))
    activity = after[:, : cell.hidden_size]
    by_activity = (2 * chunk.weights.nn_hidden * chunk.share)[:, None] * activity
    for direction, weights in zip(by_command, readout.weight, strict=True):
        by_activity = by_activity + direction[:, None] * weights
    by_following = back.hidden.at[:, : cell.hidden_size].add(by_activity)
    by_feedback, by_past, by_weights = cell.pullback(prepared, kept.x, before, saved, by_following)
    by_position, by_velocity, by_queue = _sensed_pullback(
        chunk, now.inputs, by_feedback, back.queue
    )
    by_readout = Readout(by_command @ activity, by_command.sum(axis=-1))
    return _Return(
        Hand(by_hand.position + by_position, by_hand.velocity + by_velocity, by_hand.force),
        by_past,
        by_queue,
        cell=jax.tree.map(jnp.add, back.cell, by_weights),
        readout=jax.tree.map(jnp.add, back.readout, by_readout),
    )


def _outcome(
    chunk: Chunk, now: _Now, hand: Hand, command: Float[Array, "2 trial"]
) -> tuple[Hand, Float[Array, "term trial"]]:
    """The hand after an update, and what the update adds to the losses that the hand has."""
    moved, pushes = move(chunk.physics, hand, command, now.inputs)
    terms = hand_losses(
        now.weights, moved.position, moved.velocity, pushes.motor_output, chunk.goal.T
    )
    return moved, terms


def _sensed_pullback(
    chunk: Chunk,
    inputs: Inputs,
    by_feedback: Float[Array, "4 trial"],
    by_queue: Float[Array, "delay 4 trial"],
) -> tuple[Float[Array, "2 trial"], Float[Array, "2 trial"], Float[Array, "delay 4 trial"]]:
    """Derivatives by position, velocity and queue. Sensing is linear: where does not matter."""
    nothing = jnp.zeros((2, by_feedback.shape[-1]), by_feedback.dtype)

    def sensed(position: jax.Array, velocity: jax.Array, queue: jax.Array) -> Any:
        return sense(chunk.physics, position, velocity, queue, inputs)

    _, pull = jax.vjp(sensed, nothing, nothing, jnp.zeros_like(by_queue))
    by_position, by_velocity, by_past = pull((by_feedback, by_queue))
    return by_position, by_velocity, by_past
