"""Which figures a study makes of what it compares: conditions of training, and contexts."""

from pathlib import Path
from typing import get_args

import pytest
import yaml
from steadyhand.conditions import AVERAGED, CONDITION_NAMES
from steadyhand.config import load_study
from steadyhand.config.figures import ALONG
from steadyhand.errors import UserError
from steadyhand.figure_requests.conditions import COLUMNS
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
  crossed:
    sweeps: [hybrid, single]
    task: {type: center_out}
    field: {amplitude: [0, 1, 2]}
    sisu: [0, 1]
    sensory_impulse: {amplitude: [0.1, 0.2], direction: [x, y]}
  stimulated:
    sweeps: plain
    task: {type: steady}
    field: {amplitude: [0, 2]}
    unit_stimulation: {amplitude: [0, 1, 2], onset: 20, duration: 10}
analyses:
  tangled: {type: tangling, sweeps: hybrid, evaluation: crossed}
  components: {type: principal_components, sweeps: plain, evaluation: reach}
  preferences: {type: unit_preferences, sweeps: plain, evaluation: reach}
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


def test_eigenvalues_by_goal_are_of_one_model_under_one_condition(tmp_path):
    made = requests(
        tmp_path, type="eigenvalues", analysis="goals_told", sweeps="hybrid", color="place"
    )
    expected = [("place", sisu, [std]) for sisu in ("0.0", "2.0") for std in (1, 2)]
    assert sorted(summaries(made, "color", "sisu")) == sorted(expected)
    assert {it.title for it in made} == {
        f"Eigenvalues at the fixed points by goal, SISU {it}" for it in (0, 2)
    }
    both = requests(tmp_path, type="eigenvalues", analysis="goals_told", sweeps="hybrid")
    assert not {it.figure_id for it in made} & {it.figure_id for it in both}


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
            "figures[0].color = 'train': must be 'replicate', 'sisu', 'field_amplitude' or 'place'",
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


def test_no_figure_shows_the_response_to_no_impulse(tmp_path):
    content = yaml.safe_load(STUDY)
    content["evaluations"]["pushed"]["sensory_impulse"]["amplitude"] = [0, 0.5]
    content["figures"] = [{"type": "impulse_responses", "evaluation": "pushed", "sweeps": "hybrid"}]
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(content))
    plan = Plan(load_study([path]), tmp_path / "results")
    made = plan.figures({it: {"digest": "a", "history": ""} for it in plan.models}).values()
    assert {it.options["impulse_amplitude"] for it in made} == {0.5}


def test_responses_have_a_figure_for_each_amplitude_and_context(tmp_path):
    made = requests(tmp_path, type="impulse_responses", evaluation="pushed", sweeps="hybrid")
    assert summaries(made, "impulse_amplitude", "color", "sisu") == [
        *(("0.5", "sisu", "None", [std]) for std in (1, 2)),
        *(("0.5", "train", sisu, [1, 2]) for sisu in ("0.0", "2.0")),
        *(("1.0", "sisu", "None", [std]) for std in (1, 2)),
        *(("1.0", "train", sisu, [1, 2]) for sisu in ("0.0", "2.0")),
    ]
    titles = {it.title for it in made}
    assert "Responses to a sensed velocity of 0.5 m/s towards x and y, SISU 2" in titles
    assert {tuple(it.conditions["eval.sensory_impulse.amplitude"]) for it in made} == {(0.5,), (1,)}


def test_measures_have_a_figure_for_each_of_them_and_of_what_is_not_shown_beside(tmp_path):
    made = requests(
        tmp_path,
        type="measures",
        evaluation="crossed",
        measures=["max_net_force", "response_loops"],
        by="sisu",
        sweeps="hybrid",
    )
    names = ("measure", "by", "field_amplitude", "impulse_amplitude", "sisu")
    assert summaries(made, *names) == [
        (measure, "sisu", field, impulse, "None", [1, 2])
        for measure in ("max_net_force", "response_loops")
        for field in ("0", "1", "2")
        for impulse in ("0.1", "0.2")
    ]
    assert len({it.title for it in made}) == len(made)
    for it in made:
        assert it.conditions["figure.measure"] == [it.options["measure"]]
        assert it.conditions["eval.sisu"] == [0, 1]
        assert it.conditions["eval.field.amplitude"] == [it.options["field_amplitude"]]
        assert [path.partition("/")[0] for path in it.paths()] == ["measures", "measures"]
        assert all(path.endswith(".parquet") for path in it.paths())
        assert all(path.endswith(".json") for path in it.receipts())


def test_where_no_unit_is_stimulated_there_is_nothing_to_show_of_one(tmp_path):
    asked = {"type": "measures", "evaluation": "stimulated", "sweeps": "plain"}
    names = ["stimulation_angle_to_readout", "stimulation_final_deviation"]
    made = requests(tmp_path, **asked, measures=names)
    assert [(it.options["measure"], it.options["stimulation_amplitude"]) for it in made] == [
        *((names[0], amplitude) for amplitude in (1, 2)),
        *((names[1], amplitude) for amplitude in (0, 1, 2)),
    ]


def test_what_is_shown_beside_the_training_condition_is_the_first_of_several(tmp_path):
    asked = {"type": "measures", "measures": ["max_net_force"]}
    made = requests(tmp_path, **asked, evaluation="crossed", sweeps="single")
    assert {it.options["by"] for it in made} == {"field_amplitude"} and len(made) == 4
    assert {str(it.options["units"]) for it in made} == {"{'field_amplitude': 'N s m-1'}"}
    (made,) = requests(tmp_path, **asked, evaluation="reach_once", sweeps="hybrid")
    assert made.options["by"] is None and made.options["units"] == {"train.field.std": "N s m-1"}
    assert made.options["title"] == "max_net_force, curl field 0, SISU 0.5, by training condition"
    assert made.conditions["eval.sisu"] == [0.5] and made.conditions["eval.field.type"] == ["curl"]


def test_analyses_of_states_are_shown_as_measures_are_or_by_condition(tmp_path):
    made = requests(tmp_path, type="tangling", analysis="tangled", by="sisu", sweeps="hybrid")
    assert len(made) == 6 and {it.options["color"] for it in made} == {"trials"}
    (made,) = requests(tmp_path, type="principal_components", analysis="components", sweeps="plain")
    assert made.options["by"] == "field_amplitude"
    made = requests(tmp_path, type="unit_preferences", analysis="preferences", sweeps="plain")
    assert [(it.options["field_amplitude"], it.title) for it in made] == [
        (0, "Preferred directions of units, of the command, curl field 0"),
        (1, "Preferred directions of units, of the command, curl field 1"),
    ]
    assert [it.conditions["analysis.feature"] for it in made] == [["command"]] * 2


def test_conditions_that_only_some_models_have_are_shown_of_these(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "study": "s",
                "sweeps": {"sizes": {"grid": {"network.hidden_size": [4, 8]}}},
                "evaluations": {
                    "it": {
                        "task": {"type": "center_out"},
                        "field": {"amplitude": [0, 1]},
                        "unit_stimulation": {"amplitude": [0, 1], "onset": 5, "duration": 3},
                    }
                },
                "analyses": {"mine": {"type": "unit_preferences", "evaluation": "it"}},
                "figures": [{"type": "unit_preferences", "analysis": "mine"}],
            }
        )
    )
    plan = Plan(load_study([path]), tmp_path / "results")
    index = {it: {"digest": f"{it}-weights", "history": ""} for it in plan.models}
    made = {
        (it.options["field_amplitude"], it.options["stimulated_unit"]): it
        for it in plan.figures(index).values()
    }
    assert set(made) == {(field, unit) for field in (0, 1) for unit in range(-1, 8)}
    for (_, unit), it in made.items():
        sizes = [source["condition"]["train.network.hidden_size"] for source in it.sources]
        assert sizes == ([4, 8] if unit < 4 else [8])
        assert ("no unit stimulated" if unit < 0 else f"unit {unit}") in it.title


def test_profiles_are_of_the_reaches_that_are_aligned(tmp_path):
    asked = {"evaluation": "reach_told", "sweeps": "hybrid"}
    profiles = requests(tmp_path, type="reach_profiles", **asked)
    reaches = requests(tmp_path, type="aligned_reaches", **asked)
    assert summaries(profiles, "color", "sisu") == summaries(reaches, "color", "sisu")
    assert {it.options.get("max_curves") for it in profiles} == {None}


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (
            {"measures": ["max_netforce"]},
            "figures[0].measures[0] = 'max_netforce': no such measure; did you mean 'max_n",
        ),
        (
            {"measures": ["max_net_force", "response_loops"], "evaluation": "reach"},
            "figures[0].measures[1] = 'response_loops': is missing in all trials of 'reach'",
        ),
        ({"measures": 3}, "figures[0].measures = 3: must be text"),
        ({"measures": []}, "figures[0].measures = []: must have at least 1 item"),
        (
            {"measures": ["max_net_force", "max_net_force"]},
            "figures[0].measures = ['max_net_force', 'max_net_force']: ",
        ),
        ({"by": "field"}, "figures[0].by = 'field': must be 'field_amplitude', 'sisu', "),
        (
            {"by": "sisu_onset"},
            "figures[0].by = 'sisu_onset': does not set its trials apart; allowed: "
            "field_amplitude, sisu, impulse_amplitude",
        ),
        ({"by": "impulse_direction"}, "figures[0].by = 'impulse_direction': must be 'field_ampl"),
        ({"color": "sisu"}, "figures[0].color = 'sisu': must be 'trials' or 'train'"),
        (
            {"color": "train", "evaluation": "reach_once"},
            "figures[0].color = 'train': nothing sets its trials apart to stand along the axis",
        ),
        ({"evaluation": "tangled"}, "figures[0].evaluation = 'tangled': no such evaluation"),
        (
            {"type": "tangling", "analysis": "components", "measures": None, "evaluation": None},
            "figures[0].analysis = 'components': it is of type principal_components; allowed: ",
        ),
        (
            {"type": "tangling", "analysis": "goals", "measures": None, "evaluation": None},
            "figures[0].analysis = 'goals': no such analysis; allowed: components, pref",
        ),
        (
            {"type": "reach_profiles", "evaluation": "posture_told", "measures": None},
            "figures[0].evaluation = 'posture_told': steady trials have no reach",
        ),
    ],
)
def test_numbers_that_trials_do_not_have_are_refused(tmp_path, figure, expected):
    sweeps = "plain" if figure.get("evaluation") == "reach" else "hybrid"
    asked = {"type": "measures", "evaluation": "crossed", "measures": ["max_net_force"]}
    whole = {name: it for name, it in {**asked, **figure}.items() if it is not None}
    if figure.get("analysis") == "components":
        sweeps = "plain"
    with pytest.raises(UserError) as caught:
        study(tmp_path, sweeps=sweeps, **whole)
    assert expected in str(caught.value)


def test_all_that_sets_trials_apart_can_be_shown_and_found():
    assert set(get_args(ALONG)) == set(CONDITION_NAMES) - set(AVERAGED)
    assert set(CONDITION_NAMES) == set(COLUMNS)
