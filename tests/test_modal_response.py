"""Responses of trials beside those of modes, for loops whose answer is known."""

import numpy as np
import pytest
import test_linear_response as loops
import yaml
from steadyhand.config import load_study
from steadyhand.config.analyses import ModalResponse
from steadyhand.config.evaluation import Evaluation
from steadyhand.errors import UserError
from steadyhand.evaluate import evaluate
from steadyhand.impulse_groups import groups_of, mean_responses
from steadyhand.modal_response import modal_responses
from steadyhand.requests import evaluation_request, modal_request
from steadyhand.states import write_states
from steadyhand.store import open_dataset
from steadyhand.trials import make_trials

ONSET, DURATION = 6, 5
PUSHES = {
    "amplitude": [0, 1e-3, 1e-2],
    "onset": ONSET,
    "duration": DURATION,
    "direction": ["x", "-y"],
}


def pushed(folder, arrays, spec, impulse, **more):
    """The request and the file of steady trials with impulses."""
    wanted = {"task": {"type": "steady", "grid": 1}, "n_steps": 46, "sensory_impulse": impulse}
    request = evaluation_request(Evaluation.model_validate({**wanted, **more}), loops.MODEL)
    trials, path = make_trials(request), folder / "pushed.nc"
    write_states(path, evaluate(arrays, spec, request, trials), trials, arrays, request, {})
    return request, path


def responses(folder, impulse=None, points_of=None, modes=4, gains=(1.0,), bias=0.0, **more):
    arrays, spec, points, search = loops.searched(folder, gains, bias=bias)
    points = points if points_of is None else points_of(points)
    evaluation, path = pushed(folder, arrays, spec, impulse or PUSHES, **more)
    analysis = ModalResponse.model_validate(
        {"type": "modal_response", "search": "it", "evaluation": "pushed", "modes": modes}
    )
    request = modal_request(analysis, "1" * 16, search, "2" * 16, evaluation)
    with open_dataset(path) as states:
        return modal_responses(arrays, spec, points, states, request)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return responses(tmp_path_factory.mktemp("trials"), gains=(1.0, 0.5))


def test_trials_do_what_the_formulas_say(found):
    assert found.sizes["time"] == 46 - 1 - ONSET
    for row in range(found.sizes["response"]):
        one = found.isel(response=row)
        if one.response_replicate == 0:
            length = float(one.impulse_amplitude)
            expected = loops.simulated_by_hand(length, DURATION, found.sizes["time"])
            np.testing.assert_allclose(one.predicted.isel(component=0), expected, atol=1e-12)
            np.testing.assert_allclose(one.evaluated.isel(component=0), expected, atol=1e-6)
            np.testing.assert_allclose(one.predicted.isel(component=1), 0, atol=1e-12)


def test_impulses_of_every_direction_and_length_are_there_and_those_of_no_length_are_not(found):
    assert found.sizes["response"] == 2 * 2 * 2  # lengths, directions, replicates
    assert sorted(set(found.impulse_amplitude.values)) == [1e-3, 1e-2]
    assert (found.left_out == 0).all() and (found.trials == 1).all()
    assert found.relative_error.max() < 1e-3
    assert (found.relative_error.where(found.impulse_amplitude > 5e-3, drop=True) < 1e-4).all()


def test_modes_add_up_to_the_prediction_but_for_the_delay(found):
    left = found.left_over.values
    assert (left[:, -1] < 0.5).all()
    for row in range(found.sizes["response"]):
        whole = found.predicted.values[row]
        for rank in range(found.sizes["rank"]):
            rest = whole - found.mode_path.values[row, : rank + 1].astype(float).sum(axis=0)
            share = np.linalg.norm(rest) / np.linalg.norm(whole)
            assert left[row, rank] == pytest.approx(share, abs=1e-6)


def test_modes_are_those_of_the_optimal_loop(found):
    known = loops.linear_hand.with_delay(loops.DELAY).eigenvalues
    one = found.isel(response=int(np.flatnonzero(found.response_replicate == 0)[0]))
    values = one.eigenvalue_re.values + 1j * one.eigenvalue_im.values
    for value in values[np.abs(values) > 1e-6]:
        assert np.abs(known - value).min() < 1e-6


def test_random_directions_are_averaged_in_the_frame_of_the_impulse(tmp_path):
    random = {**PUSHES, "amplitude": [0, 1e-2], "direction": "random"}
    several = responses(tmp_path, random, repeats=5)
    assert several.sizes["response"] == 1 and several.trials == 5
    expected = loops.simulated_by_hand(1e-2, DURATION, several.sizes["time"])
    np.testing.assert_allclose(several.predicted[0, :, 0], expected, atol=1e-12)
    assert several.relative_error.max() < 1e-4
    assert "impulse_direction" not in several


def test_impulses_at_other_times_are_each_taken_from_their_own_onset(tmp_path):
    early = {
        **PUSHES,
        "amplitude": [0, 1e-2],
        "direction": "x",
        "onset": [4, 9],
        "duration": [2, 5],
    }
    several = responses(tmp_path, early)
    assert several.sizes["response"] == 4 and several.sizes["time"] == 46 - 1 - 9
    for row in range(4):
        one = several.isel(response=row)
        expected = loops.simulated_by_hand(1e-2, int(one.impulse_duration), several.sizes["time"])
        np.testing.assert_allclose(one.evaluated.isel(component=0), expected, atol=1e-6)


def test_noise_is_no_part_of_a_response(tmp_path):
    quiet = {**PUSHES, "amplitude": [0, 1e-2], "direction": "x"}
    noisy = responses(tmp_path, quiet, repeats=3, motor_noise_std=1e-3, feedback_noise_std=1e-3)
    assert (noisy.trials == 3).all() and noisy.relative_error.max() < 1e-3


def test_an_approach_to_rest_that_has_not_ended_is_no_part_of_a_response(tmp_path):
    away = responses(tmp_path, bias=0.05)  # trials begin on the goal, and rest elsewhere
    assert away.relative_error.max() < 1e-3


def test_trials_without_a_partner_are_an_error(tmp_path):
    with pytest.raises(ValueError, match="no partner without an impulse"):
        responses(tmp_path, {**PUSHES, "amplitude": [1e-3, 1e-2]})


def test_replicates_without_a_single_fixed_point_are_counted_and_left_out(tmp_path):
    none = responses(tmp_path, points_of=lambda it: it.isel(point=slice(0)))
    assert none.sizes["response"] == 0 and (none.left_out == 4).all()
    twice = responses(tmp_path, points_of=lambda it: it.isel(point=[0, 0]))
    assert twice.sizes["response"] == 0 and (twice.left_out == 4).all()


def test_more_modes_than_there_are_leave_zeros(tmp_path):
    many = responses(tmp_path, modes=40)
    assert many.sizes["rank"] == 40
    assert (many.mode_path.values[:, -1] == 0).all() and (many.eigenvalue_re[:, -1] == 0).all()
    assert (many.left_over.values[:, -1] == many.left_over.values[:, -2]).all()
    for variable in many.variables.values():
        if variable.dtype.kind == "f":
            assert np.isfinite(variable).all()


def test_means_do_not_depend_on_the_order_of_trials(tmp_path):
    arrays, spec = loops.networks()
    _, path = pushed(tmp_path, arrays, spec, PUSHES)
    with open_dataset(path) as states:
        usual = mean_responses(states, groups_of(states))
        turned = states.isel(trial=slice(None, None, -1))
        np.testing.assert_array_equal(mean_responses(turned, groups_of(turned)), usual)


STUDY = {
    "study": "modal",
    "sweeps": {"told": {"context": {"method": "dai"}}},
    "evaluations": {
        "posture": {"task": {"type": "steady", "grid": 3}, "sisu": [0, 2]},
        "reach": {"task": {"type": "center_out"}, "sisu": [0, 2]},
        "pushed": {
            "task": {"type": "steady", "grid": 3},
            "sisu": [0, 2],
            "field": {"amplitude": [0, 1]},
            "sensory_impulse": {"amplitude": [0, 0.001, 0.6]},
        },
        "alone": {"task": {"type": "steady"}, "sisu": [0, 2], "sensory_impulse": {}},
        "stepped": {
            "task": {"type": "steady", "grid": 3},
            "sisu": [0, 2],
            "sensory_impulse": {"amplitude": [0, 1]},
            "sisu_step": {"to": 1},
        },
        "reached": {
            "task": {"type": "center_out"},
            "sisu": [0, 2],
            "sensory_impulse": {"amplitude": [0, 1]},
        },
    },
    "fixed_points": {
        "loop": {
            "at": {"grid": 3},
            "closed_loop": True,
            "sisu": [0, 2],
            "field": {"amplitude": [0, 1]},
            "starts_from": "posture",
        },
        "calm": {"at": {"grid": 3}, "closed_loop": True, "sisu": [0, 2], "starts_from": "posture"},
        "one": {
            "at": {"grid": 3},
            "closed_loop": True,
            "sisu": 0,
            "field": {"amplitude": [0, 1]},
            "starts_from": "posture",
        },
        "wide": {
            "at": {"grid": 3, "spread": 2},
            "closed_loop": True,
            "sisu": [0, 2],
            "starts_from": "posture",
        },
        "held": {"at": {"grid": 3}, "sisu": [0, 2], "starts_from": "posture"},
    },
    "figures": [],
}


def studied(folder, **analysis):
    wanted = {"type": "modal_response", "search": "loop", "evaluation": "pushed", **analysis}
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump({**STUDY, "analyses": {"modal": wanted}}))
    return load_study([path])


def test_a_study_may_ask_for_it(tmp_path):
    assert studied(tmp_path).analyses["modal"].modes == 6


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"search": "lop"}, "analyses.modal.search = 'lop': no such search; did you mean 'loop'?"),
        ({"evaluation": "push"}, "analyses.modal.evaluation = 'push': no such evaluation"),
        ({"search": "held"}, "allowed: searches with closed_loop: true"),
        ({"evaluation": "posture"}, "its trials have no sensory_impulse"),
        ({"evaluation": "reached"}, "its task is center_out, and modes are around points of rest"),
        ({"evaluation": "alone"}, "allowed: evaluations with 0 among sensory_impulse.amplitude"),
        ({"evaluation": "stepped"}, "its trials have a sisu_step"),
        ({"search": "wide"}, "its goals are not those of 'pushed'; allowed: searches at {grid: 3}"),
        ({"search": "calm"}, "its field.amplitude = 1 is not one of 'calm'; allowed: 0"),
        ({"search": "one"}, "its sisu = 2 is not one of 'one'; allowed: 0"),
        ({"modes": 0}, "analyses.modal.modes = 0"),
    ],
)
def test_what_cannot_be_explained_is_refused(tmp_path, asked, expected):
    with pytest.raises(UserError) as caught:
        studied(tmp_path, **asked)
    assert expected in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
