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
from steadyhand.cells import Backward, sum_of_outer, transposed_for
from steadyhand.loop import Hand, Inputs, channels, initial_state, move, sense
from steadyhand.loss import HAND_TERMS, LossWeights, Moment, hand_losses, moments
from steadyhand.network import Controller, Readout
from steadyhand.plant import Physics


class Kept(eqx.Module):
    """What the way back needs of an update; trials last, as in `cells`."""

    hand: Hand
    hidden: Float[Array, "state trial"]
    """Before the update."""
    x: Float[Array, "input trial"]
    saved: Any
    command: Float[Array, "2 trial"]


Tape = Kept
"""The same with a leading axis `time`. It is written in place, and handed on from chunk to chunk:
to allocate and clear it anew would cost a tenth of the time."""


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


class _Way(eqx.Module):
    """What is carried forward."""

    hand: Hand
    hidden: Float[Array, "state trial"]
    queue: Float[Array, "delay 4 trial"]
    totals: Float[Array, "term trial"]
    square: Float[Array, " trial"]
    """Sum of squared activities."""


class _Return(eqx.Module):
    """What is carried back: derivatives by what was carried forward, and by the weights so far."""

    hand: Hand
    hidden: Float[Array, "state trial"]
    queue: Float[Array, "delay 4 trial"]
    following: Float[Array, "state trial"]
    """The hidden state after the update, itself."""
    gradient: Controller


def empty_tape(chunk: Chunk) -> Tape:
    """A tape for chunks of this shape, which may themselves be shapes only."""
    n_updates = chunk.inputs.target_position.shape[0]

    def first(chunk: Chunk) -> Kept:
        now = jax.tree.map(lambda leaf: leaf[0], (chunk.inputs, _moments(chunk)))
        return _forward(chunk, _beginning(chunk), *now)[1]

    kept = jax.eval_shape(first, chunk)
    return jax.tree.map(lambda leaf: jnp.zeros((n_updates, *leaf.shape), leaf.dtype), kept)


def losses_and_gradient(chunk: Chunk, tape: Tape) -> tuple[Outcome, Tape]:
    """Terms of the loss over a chunk of trials, and the gradient of their sum by all weights.

    What stands on the tape does not matter; it is given back to be used again.
    """
    updates = jnp.arange(chunk.inputs.target_position.shape[0])
    over_time = (updates, chunk.inputs, _moments(chunk))

    def forward(carry: tuple[_Way, Tape], now: Any) -> tuple[tuple[_Way, Tape], None]:
        (way, tape), (update, inputs, moment) = carry, now
        way, kept = _forward(chunk, way, inputs, moment)
        return (way, jax.tree.map(lambda row, it: row.at[update].set(it), tape, kept)), None

    def backward(back: _Return, now: Any) -> tuple[_Return, None]:
        update, inputs, moment = now
        kept = jax.tree.map(lambda row: row[update], tape)
        return _backward(chunk, transposed, back, kept, inputs, moment), None

    (way, tape), _ = jax.lax.scan(forward, (_beginning(chunk), tape), over_time)
    transposed = (transposed_for(chunk.controller.cell), chunk.controller.readout.weight.T)
    hand, hidden, queue, gradient = jax.tree.map(
        jnp.zeros_like, (way.hand, way.hidden, way.queue, chunk.controller)
    )
    end = _Return(hand, hidden, queue, way.hidden, gradient)
    back, _ = jax.lax.scan(backward, end, over_time, reverse=True)

    square, count = way.square @ chunk.share, len(updates) * chunk.controller.cell.hidden_size
    terms = jnp.append(way.totals @ chunk.share, chunk.weights.nn_hidden * square)
    return Outcome(terms, square / count, back.gradient), tape


def _moments(chunk: Chunk) -> Moment:
    return moments(chunk.inputs.target_position.shape[0], chunk.start.dtype)


def _beginning(chunk: Chunk) -> _Way:
    first = jax.vmap(initial_state, in_axes=(0, None, None), out_axes=-1)(
        chunk.start, chunk.controller.rest(), chunk.delay
    )
    nothing = jnp.zeros_like(chunk.share)
    hand = Hand(first.position, first.velocity, first.force)
    totals = jnp.zeros((len(HAND_TERMS), len(nothing)), nothing.dtype)
    return _Way(hand, first.hidden, first.queue, totals, nothing)


def _forward(chunk: Chunk, way: _Way, inputs: Inputs, moment: Moment) -> tuple[_Way, Kept]:
    """One update: the loop's own step, and what it adds to the losses."""
    cell, readout = chunk.controller.cell, chunk.controller.readout
    x, queue = _sensed(chunk, way.hand, way.queue, inputs)
    following, saved = cell.forward(x, way.hidden)
    activity = following[: cell.hidden_size]
    command = readout.weight @ activity + readout.bias[:, None]
    moved, terms = _outcome(chunk, moment, inputs, way.hand, command)
    square = way.square + jnp.sum(activity**2, axis=0)
    kept = Kept(way.hand, way.hidden, x, saved, command)
    return _Way(moved, following, queue, way.totals + terms, square), kept


def _backward(
    chunk: Chunk,
    transposed: tuple[Backward, Float[Array, "unit 2"]],
    back: _Return,
    kept: Kept,
    inputs: Inputs,
    moment: Moment,
) -> _Return:
    """The derivatives by what came into an update, from those by what came out of it."""
    cell_transposed, readout_transposed = transposed
    cell = chunk.controller.cell

    def outcome(hand: Hand, command: jax.Array) -> Any:
        moved, terms = _outcome(chunk, moment, inputs, hand, command)
        return moved, terms.sum(axis=0)

    _, pull = jax.vjp(outcome, kept.hand, kept.command)
    by_hand, by_command = pull((back.hand, chunk.share))
    activity = back.following[: cell.hidden_size]
    by_losses = 2 * chunk.weights.nn_hidden * chunk.share * activity
    by_activity = readout_transposed @ by_command + by_losses
    by_following = back.hidden.at[: cell.hidden_size].add(by_activity)
    by_x, by_past, by_cell = cell.pullback(
        cell_transposed, kept.x, kept.hidden, kept.saved, by_following
    )
    # The barrier keeps XLA from folding transposes of what follows into the product.
    by_position, by_velocity, by_queue = _sensed_pullback(
        chunk, inputs, jax.lax.optimization_barrier(by_x), back.queue
    )
    by_readout = Readout(sum_of_outer(by_command, activity), by_command.sum(axis=-1))
    by_weights = Controller(by_cell, by_readout, chunk.controller.channels)
    return _Return(
        Hand(by_hand.position + by_position, by_hand.velocity + by_velocity, by_hand.force),
        by_past,
        by_queue,
        following=kept.hidden,
        gradient=jax.tree.map(jnp.add, back.gradient, by_weights),
    )


def _outcome(
    chunk: Chunk, moment: Moment, inputs: Inputs, hand: Hand, command: Float[Array, "2 trial"]
) -> tuple[Hand, Float[Array, "term trial"]]:
    """The hand after an update, and what the update adds to the losses that the hand has."""
    moved, pushes = jax.vmap(move, in_axes=(None, -1, -1, 0), out_axes=-1)(
        chunk.physics, hand, command, inputs
    )
    terms = jax.vmap(hand_losses, in_axes=(None, None, -1, -1, -1, 0), out_axes=-1)(
        chunk.weights, moment, moved.position, moved.velocity, pushes.motor_output, chunk.goal
    )
    return moved, terms


def _sensed(
    chunk: Chunk, hand: Hand, queue: Float[Array, "delay 4 trial"], inputs: Inputs
) -> tuple[Float[Array, "input trial"], Float[Array, "delay 4 trial"]]:
    """What the network receives, and the queue of what is still to be sensed."""

    def one(hand: Hand, queue: jax.Array, inputs: Inputs) -> tuple[jax.Array, jax.Array]:
        feedback, queue = sense(chunk.physics, hand.position, hand.velocity, queue, inputs)
        return chunk.controller.input_of(channels(inputs, feedback)), queue

    return jax.vmap(one, in_axes=(-1, -1, 0), out_axes=-1)(hand, queue, inputs)


def _sensed_pullback(
    chunk: Chunk,
    inputs: Inputs,
    by_x: Float[Array, "input trial"],
    by_queue: Float[Array, "delay 4 trial"],
) -> tuple[Float[Array, "2 trial"], Float[Array, "2 trial"], Float[Array, "delay 4 trial"]]:
    """Derivatives by position, velocity and queue. Sensing is linear: where does not matter."""
    nothing = jnp.zeros((2, by_x.shape[-1]), by_x.dtype)

    def sensed(position: jax.Array, velocity: jax.Array, queue: jax.Array) -> Any:
        return _sensed(chunk, Hand(position, velocity, nothing), queue, inputs)

    _, pull = jax.vjp(sensed, nothing, nothing, jnp.zeros_like(by_queue))
    by_position, by_velocity, by_past = pull((by_x, by_queue))
    return by_position, by_velocity, by_past
