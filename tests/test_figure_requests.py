"""Which figures a study makes of what it compares: conditions of training, and contexts."""

from pathlib import Path

import pytest
import yaml
from steadyhand.config import load_study
from steadyhand.errors import UserError
from steadyhand.plan import Plan

STUDY = """
study: s
sweeps:
  plain: {grid: {field.std: [0, 1]}}
  hybrid: {context: {method: pai-asf}, grid: {field.std: [1, 2]}}
  single: {context: {method: dai}, field: {std: 1}}
evaluations:
  reach: {sweeps: plain, task: {type: center_out}, field: {amplitude: [0, 1]}}
  posture: {sweeps: plain, task: {type: steady}}
  reach_told:
    sweeps: [hybrid, single]
    task: {type: center_out}
    field: {amplitude: 1}
    sisu: [-2, 0, 2]
  reach_once: {sweeps: hybrid, task: {type: center_out}, sisu: 0.5}
  pushed:
    sweeps: [hybrid, single]
    task: {type: steady}
    sisu: [0, 2]
    sensory_impulse: {channel: velocity, amplitude: [0.5, 1], direction: [x, y]}
  posture_told: {sweeps: [hybrid, single], task: {type: steady}, sisu: [0, 1, 2]}
fixed_points:
  goals: {sweeps: plain, starts_from: posture}
  goals_told: {sweeps: [hybrid, single], starts_from: posture_told, sisu: [0, 2]}
  goals_once: {sweeps: hybrid, starts_from: posture_told, sisu: [1]}
"""


def study(folder, **figure):
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(STUDY), "figures": [figure]}))
    return load_study([path])


def requests(folder, **figure):
    """All figures, as if every model had been trained."""
    plan = Plan(study(folder, **figure), folder / "results")
    index = {it: {"digest": f"{it}-weights", "history": ""} for it in plan.models}
    return list(plan.figures(index).values())


def summaries(made, *options):
    """Of each figure, some of its options, and the training conditions that it shows."""
    return sorted(
        (
            *(str(it.options.get(name)) for name in options),
            [source["condition"]["train.field.std"] for source in it.sources],
        )
        for it in made
    )


def test_without_contexts_there_is_a_figure_for_each_amplitude(tmp_path):
    made = requests(tmp_path, type="aligned_reaches", evaluation="reach", sweeps="plain")
    assert summaries(made, "field_amplitude", "color", "sisu") == [
        ("0.0", "train", "None", [0, 1]),
        ("1.0", "train", "None", [0, 1]),
    ]
    assert all("eval.sisu" not in it.conditions for it in made)


def test_contexts_and_conditions_of_training_are_both_compared(tmp_path):
    made = requests(tmp_path, type="aligned_reaches", evaluation="reach_told", sweeps="hybrid")
    assert summaries(made, "color", "sisu") == [
        ("sisu", "None", [1]),
        ("sisu", "None", [2]),
        *(("train", str(float(sisu)), [1, 2]) for sisu in (-2, 0, 2)),
    ]
    shown = {it.options["color"]: (it.title, it.conditions["eval.sisu"]) for it in made}
    assert shown["sisu"] == ("Aligned reaches by SISU, curl field 1", [-2, 0, 2])
    assert shown["train"] == ("Aligned reaches, SISU 2, curl field 1", [2])


def test_one_model_is_compared_with_itself_at_its_contexts(tmp_path):
    made = requests(tmp_path, type="aligned_reaches", evaluation="reach_told", sweeps="single")
    assert summaries(made, "color", "sisu") == [("sisu", "None", [1])]
    chosen = requests(
        tmp_path, type="aligned_reaches", evaluation="reach_told", sweeps="single", color="train"
    )
    assert len(chosen) == 3


def test_one_context_is_no_comparison(tmp_path):
    made = requests(tmp_path, type="aligned_reaches", evaluation="reach_once", sweeps="hybrid")
    assert summaries(made, "color", "sisu") == [("train", "0.5", [1, 2])]


@pytest.mark.parametrize(
    ("color", "expected"),
    [
        ("replicate", [("replicate", "0.0", [1, 2]), ("replicate", "2.0", [1, 2])]),
        ("sisu", [("sisu", "None", [1]), ("sisu", "None", [2])]),
    ],
)
def test_eigenvalues_are_compared_as_asked(tmp_path, color, expected):
    made = requests(
        tmp_path, type="eigenvalues", analysis="goals_told", sweeps="hybrid", color=color
    )
    assert summaries(made, "color", "sisu") == expected
    both = requests(tmp_path, type="eigenvalues", analysis="goals_told", sweeps="hybrid")
    assert len(both) == 4 and {it.figure_id for it in made} < {it.figure_id for it in both}


def test_fixed_points_of_all_contexts_are_in_one_figure_of_a_model(tmp_path):
    made = requests(tmp_path, type="fixed_points_pca", analysis="goals_told", sweeps="hybrid")
    assert [it.conditions["analysis.sisu"] for it in made] == [[0, 2], [0, 2]]


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (
            {"type": "aligned_reaches", "evaluation": "reach", "sweeps": "plain", "color": "sisu"},
            "figures[0].color = 'sisu': 'reach' has no values of sisu: there is nothing to "
            "compare; allowed: 'train'",
        ),
        (
            {"type": "eigenvalues", "analysis": "goals_once", "sweeps": "hybrid", "color": "sisu"},
            "figures[0].color = 'sisu': 'goals_once' has one value of sisu, 1: there is nothing "
            "to compare; allowed: 'replicate'",
        ),
        (
            {"type": "eigenvalues", "analysis": "goals", "sweeps": "plain", "color": "train"},
            "figures[0].color = 'train': must be 'replicate' or 'sisu'",
        ),
    ],
)
def test_colours_that_tell_nothing_apart_are_refused(tmp_path: Path, figure, expected):
    with pytest.raises(UserError) as caught:
        study(tmp_path, **figure)
    assert str(caught.value) == f"{tmp_path / 'mine.yaml'}: {expected}"


def test_components_of_one_goal_need_several_contexts(tmp_path):
    content = yaml.safe_load(STUDY)
    content["fixed_points"]["goals_told"]["at"] = {"grid": 1}
    content["figures"] = [
        {"type": "fixed_points_pca", "analysis": "goals_told", "sweeps": "hybrid"}
    ]
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(content))
    load_study([path])
    content["fixed_points"]["goals_told"]["sisu"] = 0
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(UserError, match="principal components need several points"):
        load_study([path])


def test_responses_have_a_figure_for_each_amplitude_and_context(tmp_path):
    made = requests(tmp_path, type="impulse_responses", evaluation="pushed", sweeps="hybrid")
    assert summaries(made, "impulse_amplitude", "color", "sisu") == [
        *(("0.5", "sisu", "None", [std]) for std in (1, 2)),
        *(("0.5", "train", sisu, [1, 2]) for sisu in ("0.0", "2.0")),
        *(("1.0", "sisu", "None", [std]) for std in (1, 2)),
        *(("1.0", "train", sisu, [1, 2]) for sisu in ("0.0", "2.0")),
    ]
    titles = {it.title for it in made}
    assert "Responses to a sensed velocity of 0.5 m/s, SISU 2" in titles
    assert {tuple(it.conditions["eval.sensory_impulse.amplitude"]) for it in made} == {(0.5,), (1,)}
