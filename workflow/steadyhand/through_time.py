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
from steadyhand.cells import Cell
from steadyhand.loop import Hand, Inputs, State, channels, initial_state, move, sense
from steadyhand.loss import TRIAL_TERMS, LossWeights, Moment, moments, update_losses
from steadyhand.network import Controller, Readout
from steadyhand.plant import Physics


class Kept(eqx.Module):
    """What the way back needs of an update; leading axes `time trial`."""

    hand: Hand
    hidden: Float[Array, "trial state"]
    """Before the update."""
    x: Float[Array, "trial input"]
    saved: Any
    command: Float[Array, "trial 2"]


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
    first = jax.vmap(initial_state, in_axes=(0, None, None))(start, controller.rest(), delay)

    def forward(carry: tuple[State, jax.Array, jax.Array], now: tuple[Inputs, Moment]) -> Any:
        state, totals, square = carry
        inputs, moment = now
        x, queue = _sensed(physics, controller, state, inputs)
        hidden, saved = controller.cell.forward(x, state.hidden)
        activity = controller.activity(hidden)
        command = controller.readout(activity)
        hand = Hand(state.position, state.velocity, state.force)
        moved, terms = _outcome(physics, weights, moment, inputs, goal, hand, command, activity)
        following = State(moved.position, moved.velocity, moved.force, hidden, queue)
        square = square + jnp.sum(activity**2, axis=-1)
        return (following, totals + terms, square), Kept(hand, state.hidden, x, saved, command)

    nothing = jnp.zeros_like(share)
    zeros = jnp.zeros((len(TRIAL_TERMS), *share.shape), share.dtype)
    (last, totals, square), kept = jax.lax.scan(
        forward, (first, zeros, nothing), (inputs, over_time)
    )

    def backward(carry: tuple[State, jax.Array, Controller], now: Any) -> Any:
        by_state, hidden, total = carry
        inputs, moment, kept = now
        activity = controller.activity(hidden)

        def outcome(hand: Hand, command: jax.Array, activity: jax.Array) -> Any:
            moved, terms = _outcome(physics, weights, moment, inputs, goal, hand, command, activity)
            return moved, terms.sum(axis=0)

        _, pull = jax.vjp(outcome, kept.hand, kept.command, activity)
        by_moved = Hand(by_state.position, by_state.velocity, by_state.force)
        by_hand, by_command, by_activity = pull((by_moved, share))
        by_activity = by_activity + by_command @ controller.readout.weight
        by_hidden = by_state.hidden.at[:, : activity.shape[-1]].add(by_activity)
        by_x, by_past, by_cell = controller.cell.pullback(
            kept.x, kept.hidden, kept.saved, by_hidden
        )
        by_position, by_velocity, by_queue = _sensed_pullback(
            physics, controller, inputs, delay, by_x, by_state.queue
        )
        by_readout = Readout(by_command.T @ activity, by_command.sum(axis=0))
        total = jax.tree.map(jnp.add, total, _like(controller, by_cell, by_readout))
        before = State(
            by_hand.position + by_position,
            by_hand.velocity + by_velocity,
            by_hand.force,
            by_past,
            by_queue,
        )
        return (before, kept.hidden, total), None

    nowhere = jax.tree.map(jnp.zeros_like, (last, controller))
    (_, _, gradient), _ = jax.lax.scan(
        backward, (nowhere[0], last.hidden, nowhere[1]), (inputs, over_time, kept), reverse=True
    )
    units = n_updates * controller.cell.hidden_size
    return Outcome(totals @ share, square @ share / units, gradient)


def _outcome(
    physics: Physics,
    weights: LossWeights,
    moment: Moment,
    inputs: Inputs,
    goal: Float[Array, "trial 2"],
    hand: Hand,
    command: Float[Array, "trial 2"],
    activity: Float[Array, "trial unit"],
) -> tuple[Hand, Float[Array, "term trial"]]:
    """The hand after an update, and what the update adds to the losses."""
    moved, pushes = jax.vmap(move, in_axes=(None, 0, 0, 0))(physics, hand, command, inputs)
    terms = jax.vmap(update_losses, in_axes=(None, None, 0, 0, 0, 0, 0), out_axes=1)(
        weights, moment, moved.position, moved.velocity, pushes.motor_output, activity, goal
    )
    return moved, terms


def _sensed(
    physics: Physics, controller: Controller, state: State, inputs: Inputs
) -> tuple[Float[Array, "trial input"], Float[Array, "trial delay 4"]]:
    """What the network receives, and the queue of what is still to be sensed."""
    feedback, queue = jax.vmap(sense, in_axes=(None, 0, 0))(physics, state, inputs)
    return controller.input_of(channels(inputs, feedback)), queue


def _sensed_pullback(
    physics: Physics,
    controller: Controller,
    inputs: Inputs,
    delay: int,
    by_x: Float[Array, "trial input"],
    by_queue: Float[Array, "trial delay 4"],
) -> tuple[Float[Array, "trial 2"], Float[Array, "trial 2"], Float[Array, "trial delay 4"]]:
    """Derivatives by position, velocity and queue. Sensing is linear: where does not matter."""
    nothing = jnp.zeros((len(by_x), 2), by_x.dtype)

    def sensed(position: jax.Array, velocity: jax.Array, queue: jax.Array) -> Any:
        state = State(position, velocity, nothing, nothing, queue)
        return _sensed(physics, controller, state, inputs)

    _, pull = jax.vjp(sensed, nothing, nothing, jnp.zeros_like(by_queue))
    by_position, by_velocity, by_past = pull((by_x, by_queue))
    return by_position, by_velocity, by_past


def _like(controller: Controller, cell: Cell, readout: Readout) -> Controller:
    return Controller(cell, readout, controller.channels)
