"""Perturbations that a study asks for: refused before anything runs where they make no sense."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from steadyhand.conditions import conditions_of
from steadyhand.config import load_study
from steadyhand.errors import UserError
from steadyhand.requests import evaluation_id_of, evaluation_request
from steadyhand.states_size import (
    bytes_per_trial,
    count_trials,
    evaluation_memory_mb,
    states_bytes,
)
from steadyhand.trials import TrialList

PLAIN = {"network": {"hidden_size": 20}}
HYBRID = {**PLAIN, "context": {"method": "pai-asf"}, "field": {"std": 1}}


def load(folder: Path, asked: dict[str, Any], *, hybrid: bool = False, **more: Any) -> Any:
    study = {
        "study": "s",
        "sweeps": {"a": HYBRID if hybrid else PLAIN},
        "evaluations": {"it": {"task": {"type": "steady"}, **asked}},
        **more,
    }
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump(study))
    return load_study([path])


def request(folder: Path, asked: dict[str, Any], *, hybrid: bool = False) -> dict[str, Any]:
    study = load(folder, asked, hybrid=hybrid)
    return evaluation_request(study.evaluations["it"], study.sweeps["a"][0])


IMPULSE, STIMULUS, STEP = "sensory_impulse", "unit_stimulation", "sisu_step"


@pytest.mark.parametrize(
    ("asked", "hybrid", "expected"),
    [
        ({IMPULSE: {"channel": "force"}}, False, "sensory_impulse.channel = 'force': must be 'p"),
        ({IMPULSE: {"direction": "z"}}, False, "sensory_impulse.direction = 'z': must be 'random'"),
        ({IMPULSE: {"direction": ["x", "x"]}}, False, "must have each value once; x is there twic"),
        ({IMPULSE: {"onset": -1}}, False, "sensory_impulse.onset = -1: must be greater than or eq"),
        ({IMPULSE: {"onset": 2.5}}, False, "sensory_impulse.onset = 2.5: must be a valid integer"),
        ({IMPULSE: {"duration": 0}}, False, "sensory_impulse.duration = 0: must be greater than"),
        ({IMPULSE: {"onset": [5, 95]}}, False, "sensory_impulse = 'onset 95, duration 5': onset +"),
        ({IMPULSE: {"amplitude": []}}, False, "sensory_impulse.amplitude = []: must have at least"),
        ({STIMULUS: {"amplitude": 0}}, False, "unit_stimulation.amplitude = [0.0]: 0 alone is n"),
        (
            {STIMULUS: {"units": 20}},
            False,
            "unit_stimulation.units = 20: no such unit in sweep 'a'",
        ),
        ({STIMULUS: {"units": "half"}}, False, "unit_stimulation.units = 'half': must be a valid"),
        ({STIMULUS: {"onset": 90}}, False, "unit_stimulation = 'onset 90, duration 10': onset + d"),
        (
            {STEP: {"to": 1}},
            False,
            "sisu_step: this key comes with sisu, the values of the context",
        ),
        ({"sisu": 0, STEP: {}}, True, "sisu_step.to: this key is required and missing"),
        ({"sisu": 1, STEP: {"to": 1}}, True, "sisu_step.to = [1.0]: is what sisu is before, so no"),
        (
            {"sisu": 1, STEP: {"to": 2, "onset": 99}},
            True,
            "sisu_step.onset = 99: must be less than",
        ),
        ({"sisu": 1, STEP: {"to": 200}}, True, "sisu_step.to = 200: must be less than or equal to"),
        ({"sisu": 1}, False, "sisu = [1.0]: networks of sweep 'a' have no context input"),
        ({"repeats": 0}, False, "repeats = 0: must be greater than or equal to 1"),
        ({"keep": ["hiden"]}, False, "keep[0] = 'hiden': must be 'position', 'velocity', 'hidden'"),
        ({"keep": ["hidden"]}, False, "keep = ['hidden']: lacks 'force', of which measures are ma"),
        (
            {"keep": ["position", "velocity", "force"], "hidden_every": 2},
            False,
            "hidden_every = 2: keep has no 'hidden'; allowed: 1, or hidden among what is kept",
        ),
        ({"hidden_every": 100}, False, "hidden_every = 100: must be less than 100, the states of"),
        (
            {STIMULUS: {"amplitude": list(range(-50, 50))}, "repeats": 1000},
            False,
            "grid² · directions · repeats · amplitudes · unit_stimulation = 49525000 trials: mu",
        ),
        (
            {"repeats": 10_000, "n_steps": 10_000},
            False,
            "250000 trials of 5 replicates are 2100 GB of states for each model of sweep 'a'",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, asked, hybrid, expected):
    with pytest.raises(UserError) as caught:
        load(tmp_path, asked, hybrid=hybrid)
    said = str(caught.value)
    assert "\n" not in said and said.startswith(f"{tmp_path}/mine.yaml: evaluations.it")
    assert expected in said


@pytest.mark.parametrize(
    ("asked", "hybrid", "expected"),
    [
        (
            {"keep": ["position", "velocity", "force"]},
            False,
            "fixed_points.goals.starts_from = 'it': it does not keep 'hidden', the states that a",
        ),
        (
            {"sisu": 0, STEP: {"to": 1}},
            True,
            "fixed_points.goals.starts_from = 'it': its context input changes within trials",
        ),
        (
            {"hidden_every": 50},
            False,
            "fixed_points.goals.starts = 64: must be at most 50, the states of a replicate of swe",
        ),
    ],
)
def test_a_search_needs_the_states_it_starts_from(tmp_path, asked, hybrid, expected):
    goals = {"starts_from": "it", **({"sisu": 0} if hybrid else {})}
    with pytest.raises(UserError) as caught:
        load(tmp_path, asked, hybrid=hybrid, fixed_points={"goals": goals})
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({IMPULSE: {"direction": ["x", "y"]}}, "its impulses would be averaged"),
        ({STIMULUS: {"amplitude": 1}}, "its unit stimulations would be averaged"),
    ],
)
def test_a_figure_does_not_average_over_perturbations(tmp_path, asked, said):
    figures = [{"type": "aligned_reaches", "evaluation": "it"}]
    with pytest.raises(UserError, match=said):
        load(tmp_path, {"task": {"type": "center_out"}, **asked}, figures=figures)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "its trials have no sensory_impulse; allowed: another one"),
        ({IMPULSE: {"onset": [3, 4]}}, "its several onsets and durations of impulses would be"),
        ({IMPULSE: {}, STIMULUS: {"amplitude": 1}}, "its unit stimulations would be averaged"),
    ],
)
def test_a_figure_of_responses_needs_impulses_alone(tmp_path, asked, said):
    figures = [{"type": "impulse_responses", "evaluation": "it"}]
    with pytest.raises(UserError, match=said):
        load(tmp_path, asked, figures=figures)


def test_conditions_are_every_combination_and_the_last_factor_varies_fastest(tmp_path):
    asked = {
        "field": {"amplitude": [0, 1]},
        "sisu": [0, 1],
        STEP: {"to": [1, 2], "onset": [5, 10]},
        IMPULSE: {
            "amplitude": [0, 0.5],
            "direction": ["y", "x", "random"],
            "onset": [10, 20],
            "duration": [2, 3],
        },
        STIMULUS: {"units": [3, 7], "amplitude": [-1, 0, 1], "onset": [40, 50]},
    }
    resolved = request(tmp_path, asked, hybrid=True)
    conditions = conditions_of(resolved)
    sizes = {name: len(values) for name, values in conditions.items()}
    expected = 2 * 2 * (2 * 2) * (2 * 3 * 2 * 2) * (5 * 2)
    assert set(sizes.values()) == {expected}
    rows = list(zip(*conditions.values(), strict=True))
    assert len(set(map(str, rows))) == expected
    assert (conditions["field_amplitude"][: expected // 2] == 0).all()
    assert conditions["stimulation_onset"][:4].tolist() == [40, 50, 40, 50]
    none = conditions["stimulated_unit"] == -1
    assert (conditions["stimulation_amplitude"][none] == 0).all() and none.sum() == expected / 5
    assert count_trials(resolved) == len(TrialList(resolved)) == expected * 25


def test_all_units_are_stimulated_where_none_are_named(tmp_path):
    conditions = conditions_of(request(tmp_path, {STIMULUS: {"amplitude": [0, 1]}}))
    assert conditions["stimulated_unit"].tolist() == [-1, *range(20)]
    assert set(conditions["stimulation_duration"]) == {10}


def test_random_directions_are_the_same_in_all_conditions(tmp_path):
    asked = {IMPULSE: {"amplitude": [0.1, 0.2], "direction": ["random", "x"]}, "repeats": 3}
    listed = TrialList(request(tmp_path, asked))
    trials = listed.rows(0, len(listed))
    by_condition = trials.impulse_direction.reshape(4, 3, 25)
    random, along = by_condition[[0, 2]], by_condition[[1, 3]]
    assert (random[0] == random[1]).all() and (along == 0).all()
    assert len(set(random[0].ravel().tolist())) == 75  # each repetition and trial its own
    assert 0 <= random.min() < 0.5 and 2 * np.pi > random.max() > 5.5
    again = TrialList(request(tmp_path, asked)).rows(80, 90)
    assert again.impulse_direction.tolist() == trials.impulse_direction[80:90].tolist()


def test_the_order_of_what_is_kept_and_all_of_it_are_no_other_evaluation(tmp_path):
    ids = {evaluation_id_of(request(tmp_path, asked)) for asked in ({}, {"keep": sorted(KEEP)})}
    assert len(ids) == 1
    some = ["velocity", "force", "position"]
    ids |= {evaluation_id_of(request(tmp_path, {"keep": it})) for it in (some, some[::-1])}
    assert len(ids) == 2


KEEP = [
    *("position", "velocity", "hidden", "network_input", "command", "force", "field_force"),
    *("feedback_position", "feedback_velocity"),
]


def test_the_size_of_states_is_that_of_their_arrays(tmp_path):
    asked = request(tmp_path, {"repeats": 4, "hidden_every": 3})
    numbers = 100 * (7 * 2 + 8) + 34 * 20
    assert bytes_per_trial(asked) == 4 * numbers
    assert states_bytes(asked, 5) == 100 * 5 * 4 * numbers
    more = {**asked, "repeats": 4000}
    assert evaluation_memory_mb(more, 5) == evaluation_memory_mb(asked, 5)
