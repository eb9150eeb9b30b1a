"""Evaluation: trials as they were asked for, the same draws for all, the same numbers alone."""

import jax
import numpy as np
import pytest
import xarray as xr
from steadyhand.config import Hyperparameters
from steadyhand.config.evaluation import Evaluation
from steadyhand.evaluate import evaluate
from steadyhand.network import WITHOUT_CONTEXT, init_controller, stored_spec, to_arrays
from steadyhand.provenance import provenance
from steadyhand.requests import evaluation_request
from steadyhand.states import write_states
from steadyhand.store import open_dataset
from steadyhand.task import centre_out, grid_points
from steadyhand.trials import NO_DIRECTION, make_trials

MODEL = Hyperparameters.model_validate(
    {
        "network": {"hidden_size": 6},
        "task": {"n_steps": 16},
        "feedback": {"delay": 2},
        "plant": {"damping": 1.0},
    }
)
REACH = {"task": {"type": "center_out", "grid": 2, "directions": 5, "reach_length": 0.4}}


def request(**asked):
    return evaluation_request(Evaluation.model_validate({**REACH, **asked}), MODEL)


def networks(numbers=(0, 1)):
    keys = jax.vmap(lambda n: jax.random.fold_in(jax.random.key(0), n))(np.array(numbers))
    stacked = jax.vmap(
        lambda key: init_controller(key, MODEL.network.model_dump(), WITHOUT_CONTEXT, "float32")
    )(keys)
    return {**to_arrays(stacked), "replicate": np.array(numbers, np.int32)}


SPEC = stored_spec(MODEL.network.model_dump(), WITHOUT_CONTEXT)


def states(asked, weights=None, trials=None):
    trials = make_trials(asked) if trials is None else trials
    blocks = list(evaluate(weights or networks(), SPEC, asked, trials))
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def test_grid_points_are_the_interior_of_a_lattice():
    np.testing.assert_allclose(grid_points(1, -1, 1), [[0, 0]])
    np.testing.assert_allclose(np.unique(grid_points(2, -1, 1)), [-1 / 3, 1 / 3])
    np.testing.assert_allclose(np.unique(grid_points(5, -1, 1)), np.arange(-2, 3) / 3, atol=1e-15)
    assert len(np.unique(grid_points(5, -1, 1), axis=0)) == 25


def test_reaches_have_their_length_and_direction():
    start, goal, direction = centre_out(2, 24, 0.5, -1, 1)
    assert len(start) == 4 * 24
    np.testing.assert_allclose(np.linalg.norm(goal - start, axis=1), 0.5)
    angle = np.arctan2(*(goal - start).T[::-1])
    np.testing.assert_allclose(np.exp(1j * angle), np.exp(1j * direction), atol=1e-12)
    assert direction[0] == 0
    assert np.allclose(np.diff(direction[:24]), 2 * np.pi / 24)


def test_conditions_are_the_product_of_amplitudes_and_repeat_every_trial():
    asked = request(
        field={"amplitude": [0, 1, 2]},
        repeats=3,
        sensory_impulse={"amplitude": [0.1, 0.2], "onset": 4, "duration": 2},
    )
    trials = make_trials(asked)
    assert len(trials) == 3 * 2 * 3 * 20
    rows = set(zip(trials.condition, trials.repeat, trials.task_trial, strict=True))
    assert len(rows) == len(trials)
    pairs = {
        (c, f, i)
        for c, f, i in zip(
            trials.condition, trials.field_amplitude, trials.impulse_amplitude, strict=True
        )
    }
    assert len(pairs) == 6
    np.testing.assert_allclose(
        np.linalg.norm(trials.impulse[:, :2], axis=1), trials.impulse_amplitude
    )
    np.testing.assert_array_equal(trials.impulse[:, 2:], 0)
    assert set(trials.impulse_onset) == {4} and set(trials.impulse_duration) == {2}


def test_a_constant_field_points_to_the_left_of_the_reach():
    trials = make_trials(request(field={"type": "constant", "amplitude": [0.3]}))
    along = (trials.goal - trials.start) / 0.4
    np.testing.assert_allclose((trials.constant * along).sum(axis=1), 0, atol=1e-15)
    cross = along[:, 0] * trials.constant[:, 1] - along[:, 1] * trials.constant[:, 0]
    np.testing.assert_allclose(cross, 0.3)


def test_a_steady_trial_has_no_direction():
    trials = make_trials(
        evaluation_request(Evaluation.model_validate({"task": {"type": "steady"}}), MODEL)
    )
    assert (trials.direction == NO_DIRECTION).all()
    np.testing.assert_array_equal(trials.start, trials.goal)


@pytest.fixture(scope="module")
def whole():
    asked = request(field={"amplitude": [0, 1]}, repeats=2)
    return asked, make_trials(asked), states(asked)


@pytest.mark.parametrize("chosen", [[0], [3, 70, 71], list(range(64, 80)), list(range(79, -1, -1))])
def test_trials_evaluated_alone_give_the_same_numbers(whole, chosen):
    asked, trials, everything = whole
    some = states(asked, trials=trials[np.array(chosen)])
    for name, values in some.items():
        np.testing.assert_array_equal(values, everything[name][chosen])


def test_a_network_evaluated_alone_gives_the_same_numbers(whole):
    asked, _, everything = whole
    alone = states(asked, weights=networks(numbers=(1,)))
    for name, values in alone.items():
        np.testing.assert_array_equal(values[:, 0], everything[name][:, 1])


def test_conditions_and_replicates_see_the_same_noise(whole):
    _, trials, everything = whole
    position = everything["position"]
    sensed = everything["feedback_position"][:, :, 1:]
    shown = np.maximum(np.arange(15) - 2, 0)
    noise = sensed - position[:, :, shown]
    same = (trials.condition == 0, trials.condition == 1)
    np.testing.assert_allclose(noise[same[0]], noise[same[1]], atol=1e-6)
    np.testing.assert_allclose(noise[:, 0], noise[:, 1], atol=1e-6)
    first, second = trials.repeat == 0, trials.repeat == 1
    assert np.abs(noise[first] - noise[second]).max() > 0.01
    assert noise.std() == pytest.approx(MODEL.feedback.noise_std, rel=0.05)


def test_an_impulse_changes_nothing_before_its_onset():
    asked = request(sensory_impulse={"amplitude": [0, 0.5], "onset": 6, "duration": 3})
    trials, found = make_trials(asked), states(asked)
    none, some = trials.condition == 0, trials.condition == 1
    difference = np.abs(found["hidden"][some] - found["hidden"][none]).max(axis=(0, 1, 3))
    assert (difference[:7] == 0).all()
    assert difference[7] > 0
    np.testing.assert_allclose(
        np.linalg.norm(
            (found["feedback_position"][some] - found["feedback_position"][none])[:, :, 7], axis=-1
        ),
        0.5,
        rtol=1e-5,
    )


def test_states_start_at_rest_on_the_start(whole):
    _, trials, found = whole
    np.testing.assert_array_equal(
        found["position"][:, :, 0], np.float32(trials.start)[:, None].repeat(2, axis=1)
    )
    for name in ("velocity", "command", "force", "field_force", "hidden"):
        np.testing.assert_array_equal(found[name][:, :, 0], 0)


def test_the_field_acts_by_the_velocity_before_the_update(whole):
    _, trials, found = whole
    velocity = found["velocity"][:, :, :-1]
    left = np.stack([-velocity[..., 1], velocity[..., 0]], axis=-1)
    expected = np.float32(trials.curl)[:, None, None, None] * left
    np.testing.assert_allclose(found["field_force"][:, :, 1:], expected, rtol=1e-6, atol=1e-9)


def test_a_file_of_states_is_named_data_with_units(whole, tmp_path):
    asked, trials, found = whole
    weights = networks(numbers=(0, 2))
    origin = provenance("states", "0" * 16, "code", asked, digest="0" * 64)
    path = tmp_path / "states.nc"
    write_states(path, evaluate(weights, SPEC, asked, trials), trials, weights, asked, origin)
    with open_dataset(path) as opened:
        assert dict(opened.sizes) == {
            "trial": 80,
            "replicate": 2,
            "time": 16,
            "axis": 2,
            "unit": 6,
            "channel": 8,
        }
        np.testing.assert_array_equal(opened.replicate, [0, 2])
        np.testing.assert_array_equal(opened.position.sel(replicate=0), found["position"][:, 0])
        np.testing.assert_allclose(opened.time, 0.05 * np.arange(16))
        for name, variable in opened.variables.items():
            assert variable.attrs["units"], name
            assert variable.attrs["long_name"], name
        assert opened.position.dtype == np.float32
    with xr.open_dataset(path, decode_times=False) as plain:  # as any other tool opens it
        assert plain.direction.notnull().all()
    again = tmp_path / "again.nc"
    write_states(again, evaluate(weights, SPEC, asked, trials), trials, weights, asked, origin)
    assert again.read_bytes() == path.read_bytes()
