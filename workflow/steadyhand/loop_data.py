"""What goes around the closed loop, into it and out of it.

Of one trial; `Hand` and `Together` are of many, where what has an axis of units has trials first,
all else has trials *last*: see `cells`.
"""

from functools import partial
from typing import TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from steadyhand import precision  # noqa: F401
from steadyhand.perturbation import Field
from steadyhand.task import repeat_over_time

Tree = TypeVar("Tree")


class State(eqx.Module):
    """All that a step needs to know of the past."""

    position: Float[Array, "2"]
    """[m]"""
    velocity: Float[Array, "2"]
    """[m/s]"""
    force: Float[Array, "2"]
    """The hand's own, after the filter of its muscles [N]."""
    hidden: Float[Array, " state"]
    queue: Float[Array, "delay 4"]
    """Positions and velocities that are still to be sensed, oldest first."""


class Stimulation(eqx.Module):
    """Of a single unit, before it is updated."""

    unit: Int[Array, ""]
    """Its number; −1 for none."""
    amount: Float[Array, ""]
    """Added to its activity."""


class Inputs(eqx.Module):
    """What comes into one step from outside the loop."""

    target_position: Float[Array, "2"]
    target_velocity: Float[Array, "2"]
    sisu: Float[Array, ""]
    """Context; only networks that have this channel receive it."""
    field: Field
    feedback_offset: Float[Array, "4"]
    """Added to the sensed position and velocity, after the delay and before the noise."""
    sensory_noise: Float[Array, "4"]
    """Standard normal."""
    motor_noise: Float[Array, "2 2"]
    """Standard normal: row 0 multiplies the command, row 1 is added."""
    stimulation: Stimulation | None = None
    """Of the network; not in training."""


class Signals(eqx.Module):
    """What happened within one step."""

    feedback: Float[Array, "4"]
    """Sensed position [m] and velocity [m/s]."""
    received: Float[Array, " input"]
    """What the network received, channel by channel."""
    command: Float[Array, "2"]
    """Readout of the network [N]."""
    motor_output: Float[Array, "2"]
    """Command with motor noise [N]."""
    force: Float[Array, "2"]
    """The hand's own, after the filter of its muscles [N]."""
    field_force: Float[Array, "2"]
    """[N]"""


def reach_inputs(
    goal: Float[Array, "trial 2"],
    sisu: Float[Array, " trial"],
    field: Field,
    sensory_noise: Float[Array, "time trial 4"],
    motor_noise: Float[Array, "time trial 2 2"],
    feedback_offset: Float[Array, "time trial 4"] | None = None,
) -> Inputs:
    """Inputs of trials whose goal [m], context and field stay; leading axes `time trial`.

    Without `feedback_offset` nothing is added to what is sensed.
    """
    over_time = partial(repeat_over_time, n_updates=len(sensory_noise))
    target = over_time(goal)
    offset = jnp.zeros_like(sensory_noise) if feedback_offset is None else feedback_offset
    return Inputs(
        target_position=target,
        target_velocity=jnp.zeros_like(target),
        sisu=over_time(sisu),
        field=jax.tree.map(over_time, field),
        feedback_offset=offset,
        sensory_noise=sensory_noise,
        motor_noise=motor_noise,
    )


def initial_state(position: Float[Array, "2"], hidden: Float[Array, " state"], delay: int) -> State:
    """The hand at rest at `position`, and sensed there for as long as the delay [steps] lasts."""
    nothing = jnp.zeros_like(position)
    sensed = jnp.concatenate([position, nothing])
    return State(position, nothing, nothing, hidden, jnp.tile(sensed, (delay, 1)))


class Hand(eqx.Module):
    """The state of the hand alone."""

    position: Float[Array, "2 ..."]
    velocity: Float[Array, "2 ..."]
    force: Float[Array, "2 ..."]


class Together(eqx.Module):
    """The state of many trials."""

    hand: Hand
    """With a last axis `trial`."""
    hidden: Float[Array, "trial state"]
    queue: Float[Array, "delay 4 trial"]


def together(state: State) -> Together:
    """States with a leading axis `trial`, as `step_together` wants them."""
    hand = Hand(state.position, state.velocity, state.force)
    return Together(trials_last(hand), state.hidden, trials_last(state.queue))


def apart(state: Together) -> State:
    """The inverse of `together`."""
    hand = trials_first(state.hand)
    return State(hand.position, hand.velocity, hand.force, state.hidden, trials_first(state.queue))


def trials_last(tree: Tree) -> Tree:
    """Leading axes `trial` of all leaves moved to their ends."""
    return jax.tree.map(lambda leaf: jnp.moveaxis(leaf, 0, -1), tree)


def trials_first(tree: Tree) -> Tree:
    """The inverse of `trials_last`."""
    return jax.tree.map(lambda leaf: jnp.moveaxis(leaf, -1, 0), tree)
