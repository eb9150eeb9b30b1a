"""The closed loop of controller and hand: one step, for every use of it.

Training, validation, evaluation, fixed points and linearization all call `step`. It is pure:
noise comes in as standard normal numbers, so that the step itself is a deterministic map.

`sense`, `channels` and `move` also take many trials at once, on a *last* axis `trial`.
"""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from steadyhand import precision  # noqa: F401
from steadyhand.network import Controller
from steadyhand.perturbation import Field, field_force
from steadyhand.plant import Physics, euler_step, filtered_force
from steadyhand.task import repeat_over_time


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


class Signals(eqx.Module):
    """What happened within one step."""

    feedback: Float[Array, "4"]
    """Sensed position [m] and velocity [m/s]."""
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


def step(
    physics: Physics, controller: Controller, state: State, inputs: Inputs
) -> tuple[State, Signals]:
    """One update of the whole loop, from state k to state k + 1.

    In this order: the current position and velocity enter the delay queue and the oldest entry is
    sensed, with its offset and then its noise; the network is updated and read out; the command
    moves the hand.
    """
    feedback, queue = sense(physics, state.position, state.velocity, state.queue, inputs)
    hidden, command = controller(channels(inputs, feedback), state.hidden)
    hand = Hand(state.position, state.velocity, state.force)
    hand, pushes = move(physics, hand, command, inputs)
    following = State(hand.position, hand.velocity, hand.force, hidden, queue)
    return following, Signals(
        feedback=feedback,
        command=command,
        motor_output=pushes.motor_output,
        force=hand.force,
        field_force=pushes.field_force,
    )


def sense(
    physics: Physics,
    position: Float[Array, "2 ..."],
    velocity: Float[Array, "2 ..."],
    queue: Float[Array, "delay 4 ..."],
    inputs: Inputs,
) -> tuple[Float[Array, "4 ..."], Float[Array, "delay 4 ..."]]:
    """Sensed position [m] and velocity [m/s], and the queue of what is still to be sensed."""
    present = jnp.concatenate([position, velocity])
    queue = jnp.concatenate([queue, present[None]])
    noise = physics.feedback_noise_std * inputs.sensory_noise
    return queue[0] + inputs.feedback_offset + noise, queue[1:]


def channels(
    inputs: Inputs, feedback: Float[Array, "4 ..."]
) -> dict[str, Float[Array, "size ..."]]:
    """What a network may receive, by the name of the channel."""
    return {
        "target_position": inputs.target_position,
        "target_velocity": inputs.target_velocity,
        "feedback_position": feedback[:2],
        "feedback_velocity": feedback[2:],
        "sisu": inputs.sisu[None],
    }


class Hand(eqx.Module):
    """The state of the hand alone."""

    position: Float[Array, "2"]
    velocity: Float[Array, "2"]
    force: Float[Array, "2"]


class Pushes(eqx.Module):
    """What drove the hand in an update [N]."""

    motor_output: Float[Array, "2"]
    field_force: Float[Array, "2"]


def move(
    physics: Physics, hand: Hand, command: Float[Array, "2 ..."], inputs: Inputs
) -> tuple[Hand, Pushes]:
    """The hand after a command [N].

    Motor noise makes a motor output of it, n = σ·o⊙ε₁ + ratio·σ·ε₂; the muscles filter that; the
    field acts by the velocity *before* the step; the hand makes an Euler step.
    """
    multiplicative, additive = inputs.motor_noise
    noise = command * multiplicative + physics.additive_ratio * additive
    motor_output = command + physics.motor_noise_std * noise
    force = filtered_force(physics, hand.force, motor_output)
    outside = field_force(inputs.field, hand.velocity)
    position, velocity = euler_step(physics, hand.position, hand.velocity, force + outside)
    return Hand(position, velocity, force), Pushes(motor_output, outside)


def rollout(
    physics: Physics, controller: Controller, state: State, inputs: Inputs
) -> tuple[State, Signals]:
    """States and signals of a batch of trials, by `step` over time.

    **Arguments:** `state`: initial states with a leading axis `trial`; `inputs`: with leading
    axes `time trial`, one entry for each update.

    **Returns:** the states *after* each update and the signals of each update, both with leading
    axes `time trial`.
    """

    def advance(state: State, inputs: Inputs) -> tuple[State, tuple[State, Signals]]:
        following, signals = jax.vmap(step, in_axes=(None, None, 0, 0))(
            physics, controller, state, inputs
        )
        return following, (following, signals)

    _, (states, signals) = jax.lax.scan(advance, state, inputs)
    return states, signals
