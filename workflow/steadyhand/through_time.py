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
from steadyhand.cells import sum_of_outer, transposed_for
from steadyhand.loop import Hand, Inputs, channels, initial_state, move, sense
from steadyhand.loss import HAND_TERMS, LossWeights, Moment, hand_losses, moments
from steadyhand.network import Controller, Readout
from steadyhand.plant import Physics


class Kept(eqx.Module):
    """What the way back needs of an update; leading axis `time`, trials last as in `cells`."""

    hand: Hand
    hidden: Float[Array, "state trial"]
    """Before the update."""
    x: Float[Array, "input trial"]
    saved: Any
    command: Float[Array, "2 trial"]


class Outcome(eqx.Module):
    """Losses of a chunk."""

    terms: Float[Array, " term"]
    """Weighted, in the order of `TRIAL_TERMS`: sums over trials of their shares."""
    activity: Float[Array, ""]
    """Mean square activity of a unit, as a share of the batch's."""
    gradient: Controller


def losses_and_gradient(
    physics: Physics,
    weights: LossWeights,
    controller: Controller,
    start: Float[Array, "trial 2"],
    goal: Float[Array, "trial 2"],
    inputs: Inputs,
    share: Float[Array, " trial"],
    delay: int,
) -> Outcome:
    """Terms of the loss over a chunk of trials, and the gradient of their sum by all weights.

    **Arguments:** `inputs` have leading axes `time trial`; `share` is what each trial counts for
    in the mean over a batch: 1/batch size, or 0 for one that only fills up the chunk.
    """
    n_updates = inputs.target_position.shape[0]
    over_time = moments(n_updates, start.dtype)
    cell, readout = controller.cell, controller.readout
    units = cell.hidden_size
    first = jax.vmap(initial_state, in_axes=(0, None, None), out_axes=-1)(
        start, controller.rest(), delay
    )
    at_rest = Hand(first.position, first.velocity, first.force)
    transposed, readout_transposed = transposed_for(cell), readout.weight.T

    def forward(carry: Any, now: tuple[Inputs, Moment]) -> Any:
        hand, hidden, queue, totals, square = carry
        inputs, moment = now
        x, queue = _sensed(physics, controller, hand, queue, inputs)
        following, saved = cell.forward(x, hidden)
        command = readout.weight @ following[:units] + readout.bias[:, None]
        moved, terms = _outcome(physics, weights, moment, inputs, goal, hand, command)
        square = square + jnp.sum(following[:units] ** 2, axis=0)
        kept = Kept(hand, hidden, x, saved, command)
        return (moved, following, queue, totals + terms, square), kept

    zeros = jnp.zeros((len(HAND_TERMS), len(start)), start.dtype)
    (_, last, _, totals, square), kept = jax.lax.scan(
        forward,
        (at_rest, first.hidden, first.queue, zeros, jnp.zeros_like(share)),
        (inputs, over_time),
    )

    def backward(carry: Any, now: Any) -> Any:
        by_moved, by_following, by_queue, following, total = carry
        inputs, moment, kept = now

        def outcome(hand: Hand, command: jax.Array) -> Any:
            moved, terms = _outcome(physics, weights, moment, inputs, goal, hand, command)
            return moved, terms.sum(axis=0)

        _, pull = jax.vjp(outcome, kept.hand, kept.command)
        by_hand, by_command = pull((by_moved, share))
        activity = following[:units]
        by_activity = readout_transposed @ by_command + 2 * weights.nn_hidden * share * activity
        by_following = by_following.at[:units].add(by_activity)
        by_x, by_past, by_cell = cell.pullback(
            transposed, kept.x, kept.hidden, kept.saved, by_following
        )
        # The barrier keeps XLA from folding transposes of what follows into the product.
        by_position, by_velocity, by_queue = _sensed_pullback(
            physics, controller, inputs, jax.lax.optimization_barrier(by_x), by_queue
        )
        by_readout = Readout(sum_of_outer(by_command, activity), by_command.sum(axis=-1))
        total = jax.tree.map(jnp.add, total, Controller(by_cell, by_readout, controller.channels))
        before = Hand(by_hand.position + by_position, by_hand.velocity + by_velocity, by_hand.force)
        return (before, by_past, by_queue, kept.hidden, total), None

    nowhere = jax.tree.map(jnp.zeros_like, (at_rest, last, first.queue))
    empty = jax.tree.map(jnp.zeros_like, controller)
    (*_, gradient), _ = jax.lax.scan(
        backward, (*nowhere, last, empty), (inputs, over_time, kept), reverse=True
    )
    terms = jnp.append(totals @ share, weights.nn_hidden * (square @ share))
    return Outcome(terms, square @ share / (n_updates * units), gradient)


def _outcome(
    physics: Physics,
    weights: LossWeights,
    moment: Moment,
    inputs: Inputs,
    goal: Float[Array, "trial 2"],
    hand: Hand,
    command: Float[Array, "2 trial"],
) -> tuple[Hand, Float[Array, "term trial"]]:
    """The hand after an update, and what the update adds to the losses that the hand has."""
    moved, pushes = jax.vmap(move, in_axes=(None, -1, -1, 0), out_axes=-1)(
        physics, hand, command, inputs
    )
    terms = jax.vmap(hand_losses, in_axes=(None, None, -1, -1, -1, 0), out_axes=-1)(
        weights, moment, moved.position, moved.velocity, pushes.motor_output, goal
    )
    return moved, terms


def _sensed(
    physics: Physics,
    controller: Controller,
    hand: Hand,
    queue: Float[Array, "delay 4 trial"],
    inputs: Inputs,
) -> tuple[Float[Array, "input trial"], Float[Array, "delay 4 trial"]]:
    """What the network receives, and the queue of what is still to be sensed."""

    def one(hand: Hand, queue: jax.Array, inputs: Inputs) -> tuple[jax.Array, jax.Array]:
        feedback, queue = sense(physics, hand.position, hand.velocity, queue, inputs)
        return controller.input_of(channels(inputs, feedback)), queue

    return jax.vmap(one, in_axes=(-1, -1, 0), out_axes=-1)(hand, queue, inputs)


def _sensed_pullback(
    physics: Physics,
    controller: Controller,
    inputs: Inputs,
    by_x: Float[Array, "input trial"],
    by_queue: Float[Array, "delay 4 trial"],
) -> tuple[Float[Array, "2 trial"], Float[Array, "2 trial"], Float[Array, "delay 4 trial"]]:
    """Derivatives by position, velocity and queue. Sensing is linear: where does not matter."""
    nothing = jnp.zeros((2, by_x.shape[-1]), by_x.dtype)

    def sensed(position: jax.Array, velocity: jax.Array, queue: jax.Array) -> Any:
        return _sensed(physics, controller, Hand(position, velocity, nothing), queue, inputs)

    _, pull = jax.vjp(sensed, nothing, nothing, jnp.zeros_like(by_queue))
    by_position, by_velocity, by_past = pull((by_x, by_queue))
    return by_position, by_velocity, by_past
