"""The hand and its perturbations against closed forms, in float64."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from steadyhand.loop import rollout, step
from steadyhand.loop_data import Inputs, State, initial_state
from steadyhand.network import WITHOUT_CONTEXT, Controller, init_controller
from steadyhand.perturbation import Field, field_force
from steadyhand.plant import Physics, euler_step

DTYPE = "float64"


def make_physics(mass=1.0, damping=0.0, time_step=0.05, sensory=0.0, motor=0.0, ratio=1.8):
    values = (mass, damping, time_step, sensory, motor, ratio, 0.0, 0.0)  # no filter
    return Physics(*(jnp.asarray(value, DTYPE) for value in values))


def controller(size=7, readout_scale=1.0, seed=0) -> Controller:
    network = init_controller(
        jax.random.key(seed), {"type": "gru", "hidden_size": size}, WITHOUT_CONTEXT, DTYPE
    )
    return eqx.tree_at(
        lambda it: it.readout.weight, network, network.readout.weight * readout_scale
    )


def inputs(n_updates, n_trials, curl=0.0, constant=(0.0, 0.0), **arrays) -> Inputs:
    def zeros(*shape):
        return jnp.zeros((n_updates, n_trials, *shape))

    given = {
        "target_position": zeros(2),
        "target_velocity": zeros(2),
        "sisu": zeros(),
        "field": Field(zeros() + curl, zeros(2) + jnp.asarray(constant)),
        "feedback_offset": zeros(4),
        "sensory_noise": zeros(4),
        "motor_noise": zeros(2, 2),
    }
    return Inputs(**{**given, **arrays})


def start(n_trials, size=7, delay=0, position=(0.0, 0.0)) -> State:
    at = jnp.tile(jnp.asarray(position), (n_trials, 1))
    return jax.vmap(initial_state, in_axes=(0, None, None))(at, jnp.zeros(size), delay)


@pytest.mark.parametrize(("mass", "time_step"), [(1.0, 0.05), (2.5, 0.01)])
def test_constant_force_moves_as_explicit_euler_steps_do(mass, time_step):
    """After n steps from rest: v = n·dt·F/m and p = n(n−1)/2·dt²·F/m, the old velocity's."""
    physics = make_physics(mass=mass, time_step=time_step)
    force, n = jnp.array([0.7, -0.3]), 99
    quiet = controller(readout_scale=0.0)
    states, _ = rollout(physics, quiet, start(1), inputs(n, 1, constant=force))
    k = np.arange(1, n + 1)[:, None]
    np.testing.assert_allclose(states.velocity[:, 0], k * time_step * force / mass, rtol=1e-13)
    np.testing.assert_allclose(
        states.position[:, 0], k * (k - 1) / 2 * time_step**2 * force / mass, rtol=1e-12, atol=1e-15
    )


def test_drag_decays_velocity_geometrically():
    physics = make_physics(mass=2.0, damping=10.0, time_step=0.01)
    velocity = jnp.array([1.0, -2.0])
    position = jnp.zeros(2)
    for _ in range(50):
        position, velocity = euler_step(physics, position, velocity, jnp.zeros(2))
    decay = 1 - 0.01 * 10.0 / 2.0
    np.testing.assert_allclose(velocity, np.array([1.0, -2.0]) * decay**50, rtol=1e-13)
    travelled = 0.01 * (1 - decay**50) / (1 - decay)
    np.testing.assert_allclose(position, np.array([1.0, -2.0]) * travelled, rtol=1e-13)


def test_curl_field_does_no_work_and_pushes_to_the_left():
    velocity = jax.random.normal(jax.random.key(0), (1000, 2))
    field = Field(jnp.full(1000, 1.7), jnp.zeros((1000, 2)))
    force = jax.vmap(field_force)(field, velocity)
    np.testing.assert_allclose(jnp.sum(force * velocity, axis=-1), 0, atol=1e-14)
    np.testing.assert_allclose(
        jnp.linalg.norm(force, axis=-1), 1.7 * jnp.linalg.norm(velocity, axis=-1), rtol=1e-14
    )
    forward = field_force(Field(jnp.array(2.0), jnp.zeros(2)), jnp.array([3.0, 0.0]))
    np.testing.assert_array_equal(forward, [0.0, 6.0])


def test_constant_field_does_not_depend_on_velocity():
    field = Field(jnp.zeros(()), jnp.array([0.3, -0.8]))
    for velocity in ([0.0, 0.0], [5.0, -2.0]):
        np.testing.assert_array_equal(field_force(field, jnp.array(velocity)), [0.3, -0.8])


def test_field_acts_by_the_velocity_before_the_step():
    physics = make_physics()
    nothing = jnp.zeros(2)
    state = State(nothing, jnp.array([1.0, 0.0]), nothing, jnp.zeros(7), jnp.zeros((0, 4)))
    one = jax.tree.map(lambda leaf: leaf[0, 0], inputs(1, 1, curl=2.0))
    following, signals = step(physics, controller(readout_scale=0.0), state, one)
    np.testing.assert_array_equal(signals.field_force, [0.0, 2.0])
    np.testing.assert_allclose(following.velocity, [1.0, 0.05 * 2.0], rtol=1e-15)
    np.testing.assert_allclose(following.position, [0.05, 0.0], rtol=1e-15)


@pytest.mark.parametrize("delay", [0, 1, 4])
def test_feedback_is_that_of_exactly_so_many_steps_ago(delay):
    physics = make_physics()
    given = inputs(30, 1, constant=(1.0, 0.5))
    quiet = controller(readout_scale=0.0)
    states, signals = rollout(physics, quiet, start(1, delay=delay, position=(0.2, -0.1)), given)
    position = np.concatenate([[[0.2, -0.1]], states.position[:, 0]])
    velocity = np.concatenate([[[0.0, 0.0]], states.velocity[:, 0]])
    shown = np.maximum(np.arange(30) - delay, 0)
    np.testing.assert_array_equal(signals.feedback[:, 0, :2], position[shown])
    np.testing.assert_array_equal(signals.feedback[:, 0, 2:], velocity[shown])


@pytest.mark.parametrize("delay", [0, 3])
def test_offset_is_added_after_the_delay(delay):
    """An offset at update k is sensed at update k, and first changes stored state k + 1."""
    physics, network = make_physics(), controller()
    offset = jnp.zeros((20, 1, 4)).at[8, 0, 1].set(0.4)
    plain = rollout(physics, network, start(1, delay=delay), inputs(20, 1))
    pushed = rollout(physics, network, start(1, delay=delay), inputs(20, 1, feedback_offset=offset))
    difference = np.asarray(pushed[1].feedback - plain[1].feedback)[:, 0]
    np.testing.assert_allclose(difference[8], [0, 0.4, 0, 0], atol=1e-15)
    np.testing.assert_array_equal(difference[:8], 0)
    changed = np.abs(pushed[0].hidden - plain[0].hidden).max(axis=(1, 2)) > 0
    assert changed.argmax() == 8  # index 8 is the state after update 8: stored state 9


def test_noise_has_the_moments_that_were_asked_for():
    sensory, motor, ratio, n = 0.03, 0.2, 1.8, 200_000
    physics = make_physics(sensory=sensory, motor=motor, ratio=ratio)
    network = eqx.tree_at(
        lambda it: it.readout.bias, controller(readout_scale=0.0), jnp.array([2.0, -1.0])
    )
    keys = jax.random.split(jax.random.key(3))
    given = inputs(
        1,
        n,
        sensory_noise=jax.random.normal(keys[0], (1, n, 4)),
        motor_noise=jax.random.normal(keys[1], (1, n, 2, 2)),
    )
    _, signals = rollout(physics, network, start(n), given)
    expected = motor * np.sqrt(np.array([2.0, 1.0]) ** 2 + ratio**2)
    standard_error = 1 / np.sqrt(2 * n)
    np.testing.assert_allclose(signals.feedback[0].std(axis=0), sensory, rtol=5 * standard_error)
    output = signals.motor_output[0]
    np.testing.assert_allclose(output.std(axis=0), expected, rtol=5 * standard_error)
    np.testing.assert_allclose(
        output.mean(axis=0), [2.0, -1.0], atol=5 * expected.max() / np.sqrt(n)
    )
    np.testing.assert_array_equal(signals.command[0, 0], [2.0, -1.0])


def test_loop_step_is_the_same_function_inside_and_outside_of_a_rollout():
    physics, network = make_physics(sensory=0.1, motor=0.1), controller()
    keys = jax.random.split(jax.random.key(5))
    given = inputs(
        12,
        3,
        curl=0.7,
        sensory_noise=jax.random.normal(keys[0], (12, 3, 4)),
        motor_noise=jax.random.normal(keys[1], (12, 3, 2, 2)),
    )
    states, _ = rollout(physics, network, start(3, delay=2), given)
    for trial in range(3):
        state = jax.tree.map(lambda leaf, trial=trial: leaf[trial], start(3, delay=2))
        for k in range(12):
            one = jax.tree.map(lambda leaf, k=k, trial=trial: leaf[k, trial], given)
            state, _ = step(physics, network, state, one)
        np.testing.assert_allclose(state.position, states.position[-1, trial], rtol=1e-12)
        np.testing.assert_allclose(state.hidden, states.hidden[-1, trial], rtol=1e-12)
