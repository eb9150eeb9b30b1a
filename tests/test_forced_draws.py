"""Draws that hardly ever come, and networks at their edges: losses and gradients stay finite.

A spread or a share drawn as exactly 0, a start on its goal, noise of 0 or as far out as single
precision goes, readouts and gradients without length: each could be a 0/0 somewhere.
"""

from dataclasses import fields

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from steadyhand.batch import condition_from, trial_inputs
from steadyhand.config import Hyperparameters
from steadyhand.loss import readout_norm_loss
from steadyhand.network import channels_of, from_arrays, init_controller, stored_spec
from steadyhand.optimization import apply_gradient, initial_optimizer_state, optimizer_from
from steadyhand.requests import training_of
from steadyhand.schedule import Schedule
from steadyhand.task import within
from steadyhand.through_time import Chunk, empty_tape, losses_and_gradient
from steadyhand.trial_draws import _NORMAL, TrialDraws, draw_trials

N_TRIALS, N_STEPS, DELAY = 4, 12, 1
ALMOST_ONE = float(np.nextafter(np.float32(1), np.float32(0)))
FARTHEST = 5.5
"""No normal number that is made of 24 random bits is larger."""
FORCED = {
    "lowest": (0.0, 0.0),
    "highest": (ALMOST_ONE, FARTHEST),
    "without spread": (0.0, -FARTHEST),
    "without noise": (0.5, 0.0),
}
"""What uniform numbers on [0, 1) and normal ones are drawn as."""
CONTEXTS = [  # without one, fields are those of dai
    {"method": "bcs", "p_active": 0.25},
    {"method": "dai"},
    {"method": "pai-asf"},
]
NETWORKS = ["gru", "vanilla", "lstm"]
GRADIENT = jax.jit(lambda chunk: losses_and_gradient(chunk, empty_tape(chunk))[0])


def spec_of(kind, context, **changes):
    content = {
        "network": {"type": kind, "hidden_size": 3},
        "feedback": {"delay": DELAY, "noise_std": 0.1},
        "motor": {"noise_std": 0.1, "rise_time": 0.1, "decay_time": 0.2},
        "field": {"std": 2.0},
        "context": context,
        "loss": {"readout_norm": 0.1},
        **changes,
    }
    return training_of(Hyperparameters.model_validate(content))


def forced_chunk(condition, uniform, normal):
    """A chunk of which every random number is one of these."""
    shapes = jax.eval_shape(
        lambda: draw_trials(jax.random.key(0), N_TRIALS, N_STEPS - 1, jnp.float32)
    )
    values = {it.name: normal if it.name in _NORMAL else uniform for it in fields(shapes)}
    draws = TrialDraws(
        **{name: jnp.full(getattr(shapes, name).shape, it, "f4") for name, it in values.items()}
    )
    start, goal = within(draws.ends, condition.workspace_min, condition.workspace_max)
    return start, goal, trial_inputs(condition, draws, goal)


def controller_of(spec, size):
    """A network of which every weight has this size, in either sign."""
    shapes = jax.eval_shape(
        lambda: init_controller(jax.random.key(0), spec["network"], channels_of(spec), "float32")
    )
    rng = np.random.default_rng(0)
    arrays = {
        name: size * rng.choice([-1, 1], it.shape).astype("float32")
        for name, it in to_shapes(shapes).items()
    }
    return from_arrays(arrays, stored_spec(spec["network"], channels_of(spec)), "float32")


def to_shapes(controller):
    paths = jax.tree_util.tree_leaves_with_path(controller)
    return {jax.tree_util.keystr(path, simple=True, separator="."): it for path, it in paths}


def all_finite(tree):
    return all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(tree))


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("forced", FORCED.values(), ids=FORCED)
def test_no_draw_makes_a_loss_or_gradient_that_is_no_number(kind, forced):
    share = jnp.asarray([0.5, 0.5, 0.0, 0.0], "float32")
    for context in CONTEXTS:
        for field in ({"std": 0.0}, {"std": 2.0}, {"std": 2.0, "type": "constant"}):
            spec = spec_of(kind, context, field=field)
            condition = condition_from(spec, "float32")
            chunk = forced_chunk(condition, *forced)
            assert all_finite(chunk)
            for size in (0.0, 0.3, 300.0):  # the last saturates in one step
                given = (condition.physics, condition.loss, controller_of(spec, size))
                found = GRADIENT(Chunk(*given, *chunk, share, delay=DELAY))
                assert all_finite(found), (context, field, size)


def test_draws_of_zero_are_trials_without_a_field_that_begin_on_their_goal():
    """That the forced draws are what they are meant to be."""
    condition = condition_from(spec_of("gru", {"method": "pai-asf"}), "float32")
    start, goal, inputs = forced_chunk(condition, 0.0, -FARTHEST)
    np.testing.assert_array_equal(start, goal)
    np.testing.assert_array_equal(start, -1)
    np.testing.assert_array_equal(inputs.sisu, 0)
    np.testing.assert_array_equal(inputs.field.curl, 0)
    np.testing.assert_allclose(inputs.sensory_noise, -FARTHEST)


@pytest.mark.parametrize("uniform", [0.0, 0.5, ALMOST_ONE])
def test_normal_numbers_are_finite_whatever_bits_they_are_made_of(monkeypatch, uniform):
    monkeypatch.setattr(
        jax.random, "uniform", lambda key, shape, dtype: jnp.full(shape, uniform, dtype)
    )
    draws = draw_trials(jax.random.key(0), 3, 2, jnp.float32)
    for name in _NORMAL:
        assert np.abs(getattr(draws, name)).max() <= FARTHEST
        assert (np.asarray(getattr(draws, name)) == 0).all() == (uniform == 0.5)


NOW = Schedule(*(jnp.asarray(it) for it in (0.01, 1.0, 1.0, False, True, True)))
UPDATE = jax.jit(apply_gradient)


@pytest.mark.parametrize("size", [0.0, 1e-38, 1e-20, 1.0, 1e15])
@pytest.mark.parametrize("clip_norm", [None, 1e-9, 1e9])
def test_no_gradient_makes_weights_that_are_no_numbers(size, clip_norm):
    """The least epsilon, and gradients whose squares vanish or are almost too large."""
    optimizer = {"epsilon": 1e-12, "clip_norm": clip_norm, "weight_decay": 0.1}
    spec = spec_of("gru", {"method": "dai"}, optimizer=optimizer)
    settings = optimizer_from(spec, "float32")
    weights = jnp.zeros(7, "float32")
    gradient = jnp.full(7, size, "float32")
    state = initial_optimizer_state(weights)
    for _ in range(3):
        weights, state = UPDATE(settings, weights, state, gradient, NOW, jnp.arange(7) > 4)
        assert all_finite((weights, state))
    change = float(jnp.abs(weights).max())
    assert change <= 3 * 0.01 * 1.01
    if size >= 1:  # three steps of Adam along a gradient that stays
        assert change == pytest.approx(0.03, rel=0.02)
    if size == 0:
        assert change == 0


def test_a_readout_without_length_has_a_loss_and_a_gradient():
    condition = condition_from(spec_of("gru", {"method": "none"}), "float32")
    loss, gradient = readout_norm_loss(condition.loss, jnp.zeros((2, 3), "float32"))
    assert float(loss) == pytest.approx(0.1 * 4)
    np.testing.assert_array_equal(gradient, 0)
