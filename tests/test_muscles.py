"""The filter of the muscles against closed forms, and the order of all that a step does."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from steadyhand.config import Hyperparameters
from steadyhand.loop import rollout
from steadyhand.loop_data import Inputs, State
from steadyhand.network import WITH_CONTEXT, from_arrays, stored_spec
from steadyhand.perturbation import Field
from steadyhand.plant import filtered_force, physics_from

FILTER = jax.jit(filtered_force)


def physics(rise=0.0, decay=0.0, time_step=0.01, **groups):
    content = {
        "plant": {"time_step": time_step, **groups.pop("plant", {})},
        "motor": {"rise_time": rise, "decay_time": decay, **groups.pop("motor", {})},
        **groups,
    }
    return physics_from(Hyperparameters.model_validate(content).model_dump(mode="json"), "float64")


def response(constants, force, command, n_steps):
    """Forces after 0 … n_steps updates under a command that stays."""
    forces = [jnp.asarray(force)]
    for _ in range(n_steps):
        forces.append(FILTER(constants, forces[-1], jnp.asarray(command)))
    return np.array(forces)


@pytest.mark.parametrize("command", [[2.0, 0.0], [-0.6, 0.8]])
def test_a_force_rises_and_falls_as_euler_steps_of_a_low_pass_do(command):
    """f_n = u·(1 − (1 − dt/τ)^n) from rest, and f_n = f_0·(1 − dt/τ)^n without a command."""
    constants, n = physics(rise=0.05, decay=0.2), np.arange(41)[:, None]
    rising = response(constants, [0.0, 0.0], command, 40)
    np.testing.assert_allclose(rising, np.array(command) * (1 - 0.8**n), rtol=1e-12, atol=1e-15)
    falling = response(constants, command, [0.0, 0.0], 40)
    np.testing.assert_allclose(falling, np.array(command) * 0.95**n, rtol=1e-12)


def test_small_steps_come_to_the_exponential_of_the_time_constants():
    constants = physics(rise=0.05, decay=0.1, time_step=1e-4)
    elapsed = 1e-4 * np.arange(401)
    rising = response(constants, [0.0, 0.0], [1.0, 0.0], 400)[:, 0]
    np.testing.assert_allclose(rising, 1 - np.exp(-elapsed / 0.05), atol=1e-3)
    falling = response(constants, [1.0, 0.0], [0.0, 0.0], 400)[:, 0]
    np.testing.assert_allclose(falling, np.exp(-elapsed / 0.1), atol=1e-3)


def test_it_rises_where_the_command_is_longer_than_the_force_and_else_falls():
    constants = physics(rise=0.02, decay=0.1)  # lags 0.5 and 0.9
    for force, command, lag in (
        ([1.0, 0.0], [1.1, 0.0], 0.5),
        ([1.0, 0.0], [0.9, 0.0], 0.9),
        ([1.0, 0.0], [0.0, 1.1], 0.5),
        ([1.0, 0.0], [-0.9, 0.0], 0.9),
        ([-1.0, 0.0], [1.1, 0.0], 0.5),
        ([3.0, 4.0], [4.0, 3.0], 0.9),  # of equal length: it does not grow
    ):
        expected = np.array(command) - lag * (np.array(command) - force)
        found = FILTER(constants, jnp.asarray(force), jnp.asarray(command))
        np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-16)


def test_the_filter_is_the_same_in_every_direction():
    constants, rng = physics(rise=0.03, decay=0.2), np.random.default_rng(0)
    commands = rng.normal(size=(60, 2))
    cos, sin = np.cos(0.7), np.sin(0.7)
    turn = np.array([[cos, -sin], [sin, cos]])
    force = turned = jnp.zeros(2)
    for command in commands:
        force = FILTER(constants, force, jnp.asarray(command))
        turned = FILTER(constants, turned, jnp.asarray(turn @ command))
        np.testing.assert_allclose(turned, turn @ force, atol=1e-14)


def test_without_time_constants_the_force_is_the_command_bitwise():
    rng = np.random.default_rng(0)
    for dtype in ("float32", "float64"):
        constants = jax.tree.map(lambda it, dtype=dtype: it.astype(dtype), physics())
        force, command = rng.normal(size=(2, 100, 2)).astype(dtype)
        found = jax.vmap(filtered_force, in_axes=(None, 0, 0))(constants, force, command)
        np.testing.assert_array_equal(found, command)


@pytest.mark.parametrize("delay", [0, 2])
def test_a_step_does_all_in_the_order_of_the_reference(delay):
    """Against a loop in NumPy, with everything on: delay, offset, noises, filter, field, drag."""
    settings = {
        "plant": {"mass": 1.7, "damping": 3.0},
        "feedback": {"noise_std": 0.3},
        "motor": {"noise_std": 0.4, "additive_ratio": 0.9},
    }
    constants = physics(rise=0.02, decay=0.05, **settings)
    rng, n = np.random.default_rng(0), 12
    weights = {
        "cell.weight_ih": rng.normal(size=(5, 9)),
        "cell.weight_hh": rng.normal(size=(5, 5)),
        "cell.bias": rng.normal(size=5),
        "readout.weight": 9 * rng.normal(size=(2, 5)),
        "readout.bias": rng.normal(size=2),
    }
    network = {"type": "vanilla", "hidden_size": 5, "leak": 0.6}
    controller = from_arrays(weights, stored_spec(network, WITH_CONTEXT), "float64")
    goal, sisu, curl, push = rng.normal(size=2), 0.7, 2.5, rng.normal(size=2)
    offset, sensory = rng.normal(size=(n, 4)), rng.normal(size=(n, 4))
    motor = rng.normal(size=(n, 2, 2))
    start, hidden = rng.normal(size=2), np.zeros(5)

    position, velocity, force = start, np.zeros(2), np.zeros(2)
    queue = [np.concatenate([start, np.zeros(2)])] * delay
    expected = []
    for k in range(n):
        queue.append(np.concatenate([position, velocity]))
        feedback = queue.pop(0) + offset[k] + 0.3 * sensory[k]
        x = np.concatenate([goal, np.zeros(2), feedback, [sisu]])
        drive = np.tanh(
            weights["cell.weight_ih"] @ x
            + weights["cell.weight_hh"] @ hidden
            + weights["cell.bias"]
        )
        hidden = 0.4 * hidden + 0.6 * drive
        command = weights["readout.weight"] @ hidden + weights["readout.bias"]
        output = command + 0.4 * command * motor[k, 0] + 0.9 * 0.4 * motor[k, 1]
        lag = 1 - 0.01 / (0.02 if output @ output > force @ force else 0.05)
        force = output - lag * (output - force)
        outside = curl * np.array([-velocity[1], velocity[0]]) + push
        acceleration = (force + outside - 3.0 * velocity) / 1.7
        position, velocity = position + 0.01 * velocity, velocity + 0.01 * acceleration
        expected.append((position, velocity, force, hidden, feedback, command, output, outside))

    def over_time(value, trials=True):
        value = np.broadcast_to(value, (n, *np.shape(value)))
        return jnp.asarray(value[:, None] if trials else value)

    given = Inputs(
        target_position=over_time(goal),
        target_velocity=over_time(np.zeros(2)),
        sisu=over_time(sisu),
        field=Field(over_time(curl), over_time(push)),
        feedback_offset=jnp.asarray(offset[:, None]),
        sensory_noise=jnp.asarray(sensory[:, None]),
        motor_noise=jnp.asarray(motor[:, None]),
    )
    sensed = np.tile(np.concatenate([start, np.zeros(2)]), (1, delay, 1))
    first = State(
        *map(
            jnp.asarray, (start[None], np.zeros((1, 2)), np.zeros((1, 2)), np.zeros((1, 5)), sensed)
        )
    )
    states, signals = jax.jit(rollout)(constants, controller, first, given)
    found = (
        states.position,
        states.velocity,
        states.force,
        states.hidden,
        signals.feedback,
        signals.command,
        signals.motor_output,
        signals.field_force,
    )
    for name, values, wanted in zip(
        ("position", "velocity", "force", "hidden", "feedback", "command", "output", "field"),
        found,
        zip(*expected, strict=True),
        strict=True,
    ):
        np.testing.assert_allclose(
            values[:, 0], np.array(wanted), rtol=1e-11, atol=1e-12, err_msg=name
        )
    np.testing.assert_array_equal(signals.force, states.force)
