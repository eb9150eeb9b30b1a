"""The whole loop as one map: that it is the loop's step, and what holds still and moves there."""

import jax
import jax.numpy as jnp
import linear_hand
import numpy as np
import pytest
from steadyhand.fixed_points import find_fixed_points
from steadyhand.held_loop import (
    INPUTS,
    clamped_step,
    closed_step,
    driven,
    held_at,
    part_sizes,
    state_of,
    vector_of,
)
from steadyhand.linearize import linearize
from steadyhand.loop import rollout
from steadyhand.loop_data import initial_state, reach_inputs
from steadyhand.network import WITH_CONTEXT, init_controller
from steadyhand.perturbation import Field

GOAL = np.array([0.3, -0.2])


def network(kind="gru", seed=0, units=7):
    spec = {"type": kind, "hidden_size": units, "leak": 0.7}
    return init_controller(jax.random.key(seed), spec, WITH_CONTEXT, "float64")


def held(sisu=0.5, curl=0.4, constant=(0.1, -0.3), offset=(0.02, 0.01, -0.03, 0.04)):
    field = Field(jnp.asarray(curl), jnp.asarray(constant, float))
    return held_at(jnp.asarray(GOAL), jnp.asarray(sisu), field, jnp.asarray(offset))


def nothing_held(curl=0.0):
    field = Field(jnp.asarray(curl), jnp.zeros(2))
    return held_at(jnp.asarray(GOAL), jnp.zeros(()), field)


def matched(found: np.ndarray, expected: np.ndarray) -> float:
    """The largest distance of eigenvalues to partners of their own."""
    from scipy.optimize import linear_sum_assignment

    assert len(found) == len(expected)
    apart = np.abs(found[:, None] - expected[None])
    return float(apart[linear_sum_assignment(apart)].max())


@pytest.mark.parametrize("kind", ["vanilla", "gru", "lstm"])
@pytest.mark.parametrize("delay", [0, 1, 5])
def test_iterating_the_map_is_simulating_the_loop(kind, delay):
    """A trial of 30 steps, from the start that every trial has, with everything held."""
    controller, physics, its = network(kind), linear_hand.physics(damping=0.3, tau=0.1), held()
    start = initial_state(jnp.array([0.1, 0.2]), controller.rest(), delay)
    x, step = vector_of(start), closed_step(delay)
    again = vector_of(state_of(x, delay))
    np.testing.assert_array_equal(again, x)
    for _ in range(30):
        x = step(x, physics, controller, its)
    field = Field(its.field.curl[None], its.field.constant[None])
    inputs = reach_inputs(
        its.goal[None],
        its.sisu[None],
        field,
        jnp.zeros((30, 1, 4)),
        jnp.zeros((30, 1, 2, 2)),
        jnp.broadcast_to(its.offset, (30, 1, 4)),
    )
    states, _ = rollout(physics, controller, jax.tree.map(lambda leaf: leaf[None], start), inputs)
    last = jax.tree.map(lambda leaf: leaf[-1, 0], states)
    np.testing.assert_allclose(x, vector_of(last), rtol=0, atol=1e-13)
    assert sum(part_sizes(len(x), delay)) == len(x)


def test_at_a_fixed_point_of_the_loop_the_network_in_it_holds_still():
    loop = linear_hand.with_delay(3, curl=0.7, kind=linear_hand.Tanh, more={"scale": 5.0})
    step, its = closed_step(3), nothing_held(0.7)
    (x,) = find_fixed_points(
        step, np.zeros((1, 24)), args=(loop.physics, loop.controller, its)
    ).points
    state = state_of(x, 3)
    sensed = jnp.concatenate([state.position, state.velocity])
    hidden = clamped_step(state.hidden, loop.physics, loop.controller, its, sensed)
    np.testing.assert_allclose(hidden, state.hidden, atol=1e-13)
    np.testing.assert_allclose(state.velocity, 0, atol=1e-13)
    np.testing.assert_allclose(state.queue[:, :2], np.tile(state.position, (3, 1)), atol=1e-13)


@pytest.mark.parametrize(
    "make",
    [
        lambda: (linear_hand.with_delay(0), 0, 0.0),
        pytest.param(
            lambda: (linear_hand.with_delay(0, curl=0.9, damping=0.5), 0, 0.9),
            marks=pytest.mark.slow,
        ),
        pytest.param(lambda: (linear_hand.with_delay(1, curl=0.9), 1, 0.9), marks=pytest.mark.slow),
        lambda: (linear_hand.with_delay(5, time_step=0.01, damping=2.0), 5, 0.0),
        pytest.param(
            lambda: (linear_hand.with_delay(5, curl=-2.0, time_step=0.01), 5, -2.0),
            marks=pytest.mark.slow,
        ),
        lambda: (linear_hand.with_muscles(0.1), 0, 0.0),
        pytest.param(
            lambda: (linear_hand.with_muscles(0.08, curl=1.5, damping=1.0), 0, 1.5),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_optimal_linear_control_has_the_eigenvalues_of_its_riccati_equation(make):
    """By the very path of networks: the loop's step, fixed points, linearization."""
    loop, delay, curl = make()
    units = loop.controller.cell.hidden_size
    starts = np.random.default_rng(0).normal(size=(8, units + 6 + 4 * delay))
    args = (loop.physics, loop.controller, nothing_held(curl))
    rest = find_fixed_points(closed_step(delay), starts, args=args, settle=3)
    assert rest.kind.tolist() == ["fixed"]
    assert rest.stability.tolist() == ["stable"]
    assert rest.certified.all()
    state = state_of(rest.points[0], delay)
    np.testing.assert_allclose(state.position, GOAL, atol=1e-12)
    found = linearize(driven(closed_step(delay)), rest.points, args=args, inputs=len(INPUTS))
    moving = found.eigenvalues[0][found.eigenvalues[0] != 0]
    assert matched(moving, loop.eigenvalues) <= 1e-10
    assert found.biorthogonality[0] <= 1e-9
    assert found.residual[0] <= 1e-12


@pytest.mark.parametrize("kind", ["vanilla", "gru", "lstm"])
@pytest.mark.parametrize("delay", [0, 2])
def test_derivatives_are_those_of_complex_and_of_real_differences(kind, delay):
    controller, physics, its = network(kind), linear_hand.physics(damping=0.3, tau=0.1), held()
    dim = controller.cell.state_size + 6 + 4 * delay
    x = 0.3 * np.random.default_rng(1).normal(size=dim)
    step = driven(closed_step(delay))
    found = linearize(step, x[None], args=(physics, controller, its), inputs=len(INPUTS))
    both = np.concatenate([found.jacobian[0], found.by_input[0]], axis=1)

    def moved(by):
        by = jnp.asarray(by)
        return step(x + by[:dim], by[dim:], physics, controller, its)

    directions = np.eye(dim + len(INPUTS))
    complex_step = np.stack([moved(1e-30j * it).imag / 1e-30 for it in directions], axis=1)
    np.testing.assert_allclose(both, complex_step, rtol=0, atol=1e-14)
    differences = [(moved(1e-6 * it) - moved(-1e-6 * it)) / 2e-6 for it in directions]
    np.testing.assert_allclose(both, np.stack(differences, axis=1), rtol=0, atol=1e-8)


def test_muscles_with_two_time_constants_are_said_to_have_no_derivative_at_rest():
    loop = linear_hand.with_delay(0)
    kinked = linear_hand.physics(tau=0.1, decay=0.2)
    found = find_fixed_points(
        closed_step(0), np.zeros((1, 8)), args=(kinked, loop.controller, nothing_held()), settle=9
    )
    assert found.differentiable.tolist() == [False]
    assert found.stability.tolist() == ["unknown"]
    assert not found.certified.any()
    np.testing.assert_allclose(state_of(found.points[0], 0).position, GOAL, atol=1e-10)
