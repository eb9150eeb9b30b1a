"""Analyses of states that a study asks for: what they are made of, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from steadyhand.config import load_study
from steadyhand.errors import UserError
from steadyhand.plan import Plan

NOISY = {"task": {"type": "steady", "grid": 4}, "feedback_noise_std": 0.1, "n_steps": 60}
REACH = {"task": {"type": "center_out", "directions": 8}}
RESPONSE, PREFERENCES = "frequency_response", "unit_preferences"
COMPONENTS, TANGLING = "principal_components", "tangling"


def load(folder: Path, asked: dict[str, Any], evaluation: dict[str, Any], **more: Any) -> Any:
    study = {
        "study": "s",
        "sweeps": {
            "a": {"network": {"hidden_size": 20}, "feedback": {"delay": 3}},
            "b": {"network": {"hidden_size": 5}},
        },
        "evaluations": {"it": {"sweeps": "a", **evaluation}},
        "analyses": {"mine": {"sweeps": "a", "evaluation": "it", **asked}},
        **more,
    }
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump(study))
    return load_study([path])


@pytest.mark.parametrize(
    ("asked", "evaluation", "expected"),
    [
        ({}, NOISY, "analyses.mine.type: this key is required and missing; allo"),
        ({"type": "pca"}, NOISY, "analyses.mine.type = 'pca': must be 'frequency_resp"),
        (
            {"type": RESPONSE, "evaluation": "this"},
            NOISY,
            "evaluation = 'this': no such evaluation; allowed: it",
        ),
        ({"type": RESPONSE, "sweeps": "b"}, NOISY, "'it' does not apply to this sweep; it appl"),
        ({"type": RESPONSE, "component": 3}, NOISY, "analyses.mine.component = 3: unknown key"),
        ({"type": RESPONSE, "skip": 28}, NOISY, r"skip = 28: must be at most 27, so that 32 sta"),
        ({"type": RESPONSE}, NOISY | {"n_steps": 20}, "skip = 0: trials of 'it' in sweep 'a' hav"),
        (
            {"type": RESPONSE},
            NOISY | {"feedback_noise_std": 0},
            "evaluation = 'it': it has no sensory noise in sweep 'a'",
        ),
        (
            {"type": RESPONSE},
            NOISY | {"sensory_impulse": {"duration": 2}},
            "evaluation = 'it': its trials have a sensory_impulse",
        ),
        (
            {"type": RESPONSE},
            NOISY | {"task": {"type": "steady", "grid": 3}, "field": {"amplitude": [0, 1]}},
            "evaluation = 'it': a condition has 9 trials, and a response is estimated from at lea",
        ),
        (
            {"type": RESPONSE},
            NOISY | {"keep": ["position", "velocity", "force"]},
            "evaluation = 'it': it does not keep 'command', which this analysis needs",
        ),
        (
            {"type": PREFERENCES},
            REACH | {"hidden_every": 2},
            "evaluation = 'it': it keeps every 2th of the hidden states",
        ),
        (
            {"type": PREFERENCES, "feature": "goal"},
            NOISY,
            "evaluation = 'it': its trials start on their goals",
        ),
        ({"type": PREFERENCES, "feature": "force"}, REACH, "must be 'command' or 'goal'"),
        ({"type": COMPONENTS, "components": 21}, REACH, "components = 21: must be at most 20, the"),
        ({"type": COMPONENTS, "from_step": 99}, REACH, "from_step = 99: must be at most 98"),
        (
            {"type": COMPONENTS},
            REACH | {"unit_stimulation": {"duration": list(range(1, 70)), "onset": [1, 2, 3, 4]}},
            "numbers of covariances in sweep 'a': must be at most 50000000",
        ),
        ({"type": TANGLING, "components": 0}, REACH, "components = 0: must be greater than or"),
        (
            {"type": TANGLING},
            REACH | {"task": {"type": "center_out", "directions": 201}},
            "evaluation = 'it': a condition has 20100 states of a network in sweep 'a', and each",
        ),
    ],
)
def test_what_cannot_be_analysed_is_refused_before_anything_runs(
    tmp_path, asked, evaluation, expected
):
    more = {}
    if "covariances" in expected:
        more["sweeps"] = {"a": {"network": {"hidden_size": 20}, "replicates": 30}}
    with pytest.raises(UserError, match=expected) as caught:
        load(tmp_path, asked, evaluation, **more)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path}/mine.yaml: analyses.mine")


def test_an_analysis_is_another_one_with_other_options_or_states_only(tmp_path):
    def ids(asked, evaluation):
        plan = Plan(load(tmp_path, asked, evaluation), tmp_path / "results")
        return set(plan.analyses)

    first = ids({"type": TANGLING}, REACH)
    assert len(first) == 1
    assert ids({"type": TANGLING, "components": 10}, REACH) == first  # as the default
    others = [
        ids({"type": TANGLING, "components": 9}, REACH),
        ids({"type": COMPONENTS}, REACH),
        ids({"type": TANGLING}, REACH | {"repeats": 2}),
        ids({"type": TANGLING}, REACH | {"hidden_every": 2}),
    ]
    assert len(set.union(first, *others)) == 5


def test_a_request_has_all_that_an_analysis_has_to_know(tmp_path):
    plan = Plan(load(tmp_path, {"type": RESPONSE, "skip": 7}, NOISY), tmp_path / "results")
    ((analysis_id, request),) = plan.analyses.items()
    (evaluation_id,) = plan.evaluations
    assert (request["type"], request["skip"]) == (RESPONSE, 7)
    assert request["evaluation"] == evaluation_id
    feedback = request["physics"]["feedback"]
    assert (feedback["delay"], feedback["noise_std"]) == (3, 0.1)  # of the evaluation
    (model_id,) = plan.sweeps["a"]
    index = {it: {"digest": None, "history": ""} for it in plan.models}
    index[model_id] = {"digest": "d" * 64, "history": ""}
    assert plan.analysed(index) == [(RESPONSE, "d" * 64, analysis_id)]
    path = f"{RESPONSE}/{'d' * 64}/{analysis_id}"
    assert (f"{path}.nc", f"{path}.json", RESPONSE) in plan.leaves(index)


def test_a_figure_of_responses_is_of_such_an_analysis(tmp_path):
    figures = [{"type": "frequency_response", "analysis": "mine", "sweeps": "a"}]
    with pytest.raises(UserError, match="'mine': it is of type tangling; allowed: another one"):
        load(tmp_path, {"type": TANGLING}, REACH, figures=figures)
    noisy = NOISY | {"field": {"amplitude": [0, 2]}}
    plan = Plan(load(tmp_path, {"type": RESPONSE}, noisy, figures=figures), tmp_path / "results")
    index = {it: {"digest": "d" * 64, "history": ""} for it in plan.models}
    made = sorted(plan.figures(index).values(), key=lambda it: it.title)
    assert [it.title for it in made] == [
        f"Frequency response of the closed loop, curl field {it}" for it in (0, 2)
    ]
    assert [it.options["field_amplitude"] for it in made] == [0, 2]
    assert [it.conditions["eval.field.amplitude"] for it in made] == [[0], [2]]
    (path,) = made[0].paths()
    assert path == f"{RESPONSE}/{'d' * 64}/{plan.analysis_ids['mine', plan.sweeps['a'][0]]}.nc"
