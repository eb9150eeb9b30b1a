"""The closed loop of controller and hand: one step, for every use of it.

Training, validation, evaluation, fixed points and linearization all call `step`. It is pure:
noise comes in as standard normal numbers, so that the step itself is a deterministic map.

Many trials are computed at once by `step_together`, of which `step` is the case of one trial.
There, what has an axis of units has trials first, all else has trials *last*: see `cells`.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from steadyhand import precision  # noqa: F401
from steadyhand.cells.cell import Keep, Prepared, let_go, with_one
from steadyhand.loop_data import (
    Hand,
    Inputs,
    Signals,
    State,
    Stimulation,
    Together,
    apart,
    together,
    trials_first,
    trials_last,
)
from steadyhand.network import Controller
from steadyhand.perturbation import field_force
from steadyhand.plant import Physics, euler_step, filtered_force


class Decision(eqx.Module):
    """What the network makes of what is sensed."""

    feedback: Float[Array, "4 trial"]
    queue: Float[Array, "delay 4 trial"]
    received: Float[Array, "input trial"]
    hidden: Float[Array, "trial state"]
    command: Float[Array, "2 trial"]


def step(
    physics: Physics, controller: Controller, state: State, inputs: Inputs
) -> tuple[State, Signals]:
    """One update of the whole loop, from state k to state k + 1: `step_together` of one trial."""
    (state, inputs) = jax.tree.map(lambda leaf: leaf[None], (state, inputs))
    following, signals = step_together(
        physics, controller, controller.prepared(), together(state), trials_last(inputs)
    )
    return jax.tree.map(lambda leaf: leaf[0], (apart(following), trials_first(signals)))


def step_together(
    physics: Physics, controller: Controller, prepared: Prepared, state: Together, inputs: Inputs
) -> tuple[Together, Signals]:
    """One update of the whole loop, from state k to state k + 1, of many trials.

    In this order: the current position and velocity enter the delay queue and the oldest entry is
    sensed, with its offset and then its noise; a unit may be stimulated; the network is updated
    and read out; the command moves the hand. `inputs` and signals have a last axis `trial`.
    """
    decided = decide(physics, controller, prepared, state, inputs)
    hand, pushes = move(physics, state.hand, decided.command, inputs)
    return Together(hand, decided.hidden, decided.queue), Signals(
        feedback=decided.feedback,
        received=decided.received,
        command=decided.command,
        motor_output=pushes.motor_output,
        force=hand.force,
        field_force=pushes.field_force,
    )


def decide(
    physics: Physics,
    controller: Controller,
    prepared: Prepared,
    state: Together,
    inputs: Inputs,
    keep: Keep = let_go,
) -> Decision:
    """The first part of an update, up to the command.

    `keep` is given the hidden state under that name, beside what the cell keeps.
    """
    position, velocity = state.hand.position, state.hand.velocity
    feedback, queue = sense(physics, position, velocity, state.queue, inputs)
    received = controller.input_of(channels(inputs, feedback))
    before = stimulated(state.hidden, inputs.stimulation)
    following = controller.cell.forward(prepared, with_one(received), before, keep)
    hidden = keep("hidden", following)
    command = controller.readout.of_trials(controller.activity(hidden))
    return Decision(feedback, queue, received, hidden, command)


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


def stimulated(
    hidden: Float[Array, "trial state"], stimulation: Stimulation | None
) -> Float[Array, "trial state"]:
    """Hidden states with the activity of one unit changed; its memory, in an LSTM, is not."""
    if stimulation is None:
        return hidden
    # A comparison, as scattered additions are slow.
    chosen = jnp.arange(hidden.shape[1])[None] == stimulation.unit[:, None]
    return hidden + jnp.where(chosen, stimulation.amount[:, None], 0)


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
    """States and signals of a batch of trials, by `step_together` over time.

    **Arguments:** `state`: initial states with a leading axis `trial`; `inputs`: with leading
    axes `time trial`, one entry for each update.

    **Returns:** the states *after* each update and the signals of each update, both with leading
    axes `time trial`.
    """

    prepared = controller.prepared()

    def advance(state: Together, inputs: Inputs) -> tuple[Together, tuple[State, Signals]]:
        following, signals = step_together(
            physics, controller, prepared, state, trials_last(inputs)
        )
        return following, (apart(following), trials_first(signals))

    _, (states, signals) = jax.lax.scan(advance, together(state), inputs)
    return states, signals
