"""Contexts in studies: required of networks that have the input, refused for those that do not."""

import pytest
from steadyhand.config import load_study
from steadyhand.errors import UserError
from steadyhand.requests import evaluation_request, search_request
from steadyhand.states_size import count_trials

SWEEPS = """
study: s
sweeps:
  plain: {}
  hybrid: {context: {method: pai-asf}, field: {std: 1}}
"""
REACH = "task: {type: center_out}"
RESTING = "task: {type: steady}"


def study(folder, evaluation, search=None, sweeps=SWEEPS):
    """A study with one evaluation, and perhaps a search from its states."""
    path = folder / "mine.yaml"
    goals = f"\nfixed_points: {{goals: {{starts_from: reach, {search}}}}}" if search else ""
    path.write_text(f"{sweeps}evaluations: {{reach: {{{evaluation}}}}}{goals}\n")
    return load_study([path])


def complaint(folder, *given, **settings) -> str:
    with pytest.raises(UserError) as caught:
        study(folder, *given, **settings)
    text = str(caught.value)
    assert "\n" not in text
    return text.removeprefix(f"{folder / 'mine.yaml'}: ")


@pytest.mark.parametrize(
    ("evaluation", "search", "expected"),
    [
        (
            f"{REACH}, sweeps: hybrid",
            None,
            "evaluations.reach.sisu: this key is required and missing: networks of sweep 'hybrid' "
            "have a context input (context.method = pai-asf); allowed: its values, from -100 to "
            "100",
        ),
        (
            f"{REACH}, sweeps: plain, sisu: [0, 1]",
            None,
            "evaluations.reach.sisu = [0.0, 1.0]: networks of sweep 'plain' have no context input "
            "(context.method = none); allowed: no sisu here, or sweeps that have one",
        ),
        (
            f"{REACH}, sisu: 1",
            None,
            "evaluations.reach.sisu = [1.0]: networks of sweep 'hybrid' have a context input, "
            "those of sweep 'plain' have none; allowed: one kind, by sweeps: [hybrid]",
        ),
        (
            REACH,
            None,
            "evaluations.reach.sisu: networks of sweep 'hybrid' have a context input, "
            "those of sweep 'plain' have none; allowed: one kind, by sweeps: [plain]",
        ),
        (
            f"{RESTING}, sweeps: hybrid, sisu: 1",
            "sweeps: hybrid",
            "fixed_points.goals.sisu: this key is required and missing: networks of sweep 'hybrid'",
        ),
        (
            f"{RESTING}, sweeps: plain",
            "sweeps: plain, sisu: 0",
            "fixed_points.goals.sisu = [0.0]: networks of sweep 'plain' have no context input",
        ),
        (
            f"{RESTING}, sweeps: hybrid, sisu: [-2, 0, 2]",
            "sweeps: hybrid, sisu: [0, 1.5]",
            "fixed_points.goals.sisu = 1.5: 'reach', whose states the search starts from, has no "
            "trials with this value; allowed: -2, 0, 2",
        ),
    ],
)
def test_contexts_are_given_where_there_is_an_input_and_only_there(
    tmp_path, evaluation, search, expected
):
    assert complaint(tmp_path, evaluation, search).startswith(expected)


def test_a_sweep_whose_networks_differ_in_that_is_for_no_evaluation(tmp_path):
    sweeps = SWEEPS + "  both: {field: {std: 1}, grid: {context.method: [none, dai]}}\n"
    assert complaint(tmp_path, f"{REACH}, sweeps: both, sisu: 0", sweeps=sweeps) == (
        "evaluations.reach.sisu = [0.0]: only some networks of sweep 'both' have a context input "
        "(context.method = dai, none); allowed: a sweep of its own for either kind"
    )


@pytest.mark.parametrize("at", ["evaluations.reach", "fixed_points.goals"])
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("[0, 101]", ".sisu[1] = 101: must be less than or equal to 100"),
        ("-101", ".sisu = -101: must be greater than or equal to -100"),
        ("[]", ".sisu = []: must have at least 1 item"),
        ("high", ".sisu = 'high': must be a valid number"),
        ("[1, 1.0]", ".sisu = [1.0, 1.0]: must have each value once; 1.0 is there twice"),
        ("1.0e-30", ".sisu = 1e-30: must be 0 or at least 1e-12 in size"),
    ],
)
def test_contexts_are_numbers_of_a_sensible_size_each_once(tmp_path, at, value, expected):
    first, second = ("0", value) if at == "fixed_points.goals" else (value, "0")
    evaluation = f"{RESTING}, sweeps: hybrid, sisu: {first}"
    found = complaint(tmp_path, evaluation, f"sweeps: hybrid, sisu: {second}")
    assert found.startswith(at + expected)


def test_contexts_multiply_what_is_computed(tmp_path):
    one = "task: {type: center_out, grid: 50, directions: 100}, sweeps: hybrid, n_steps: 11"
    read = study(tmp_path, f"{one}, sisu: [0, 1, 2]")
    request = evaluation_request(read.evaluations["reach"], read.sweeps["hybrid"][0])
    assert count_trials(request) == 750_000
    assert complaint(tmp_path, f"{one}, sisu: [0, 1, 2, 3, 4]").startswith(
        "evaluations.reach: grid² · directions · repeats · amplitudes · values of sisu = 1250000 "
        "trials: must be at most 1000000"
    )
    posture = f"{RESTING}, sweeps: hybrid, sisu: [0, 1]"
    search = "sweeps: hybrid, sisu: [0, 1], at: {grid: 50}, starts: 250"
    assert complaint(tmp_path, posture, search).startswith(
        "fixed_points.goals: at.grid² · starts · values of sisu = 1250000 searches of a network"
    )
    starts = "sweeps: hybrid, sisu: [0], at: {grid: 5}, starts: 2501"
    assert complaint(tmp_path, posture, starts) == (
        "fixed_points.goals.starts = 2501: must be at most 2500, the states of a replicate of "
        "sweep 'hybrid' in 'reach' at one value of sisu"
    )


def test_requests_have_contexts_in_order_and_null_where_there_is_none(tmp_path):
    there = study(tmp_path, f"{RESTING}, sweeps: hybrid, sisu: [2, -1]", "sweeps: hybrid, sisu: 2")
    (model,) = there.sweeps["hybrid"]
    assert evaluation_request(there.evaluations["reach"], model)["sisu"] == [-1, 2]
    assert search_request(there.fixed_points["goals"], "0" * 16, {}, model)["sisu"] == [2]
    without = study(tmp_path, f"{RESTING}, sweeps: plain", "sweeps: plain")
    (model,) = without.sweeps["plain"]
    assert evaluation_request(without.evaluations["reach"], model)["sisu"] is None
    assert search_request(without.fixed_points["goals"], "0" * 16, {}, model)["sisu"] is None
