"""Studies that are well formed and mean nothing: refused, in one line, before anything runs."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from steadyhand.config import Hyperparameters, Study, json_schema, load_study
from steadyhand.config.evaluation import Evaluation
from steadyhand.config.numbers import SMALLEST, single
from steadyhand.errors import UserError
from steadyhand.requests import evaluation_id_of, evaluation_request, model_id_of

GOOD = {
    "study": "small",
    "sweeps": {"a": {}},
    "evaluations": {
        "reach": {"task": {"type": "center_out"}},
        "posture": {"task": {"type": "steady"}},
    },
    "fixed_points": {"goals": {"starts_from": "posture"}},
}
_BOUNDS = {"minimum", "maximum"}
A, REACH, GOALS = "sweeps/a/", "evaluations/reach/", "fixed_points/goals/"


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    """The good study with values (at slash-separated paths) replaced or added."""
    study = json.loads(json.dumps(GOOD))
    for path, value in changes.items():
        *groups, leaf = path.split("/")
        target = study
        for group in groups:
            target = target.setdefault(group, {})
        target[leaf] = value
    return study


def load(folder: Path, changes: dict[str, Any]) -> Study:
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump(changed(changes)))
    return load_study([path])


def complaint(folder: Path, changes: dict[str, Any]) -> str:
    """What is said of a study, without the file's name."""
    with pytest.raises(UserError) as caught:
        load(folder, changes)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"{folder / 'mine.yaml'}: ")
    return text.removeprefix(f"{folder / 'mine.yaml'}: ")


def each(*cases: tuple[dict[str, Any], str]) -> Any:
    return pytest.mark.parametrize(("changes", "expected"), cases, ids=[str(c) for c, _ in cases])


@each(
    ({A + "plant/mass": 1e-300}, "plant.mass = 1e-300: must be greater than or equal to 0.001"),
    ({A + "plant/time_step": 1e-300}, "plant.time_step = 1e-300: must be greater than 0.00001"),
    ({A + "plant/damping": 1e-300}, "plant.damping = 1e-300: must be 0 or at least 1e-12 in size"),
    ({A + "field/std": 1e-40}, "field.std = 1e-40: must be 0 or at least 1e-12 in size"),
    ({A + "task/workspace_max": 1e-300}, "task.workspace_max = 1e-300: must be 0 or at least"),
    ({A + "task/workspace_min": 1e300}, "task.workspace_min = 1e+300: must be less than or equal"),
    ({A + "loss/effector_position": 1e308}, "loss.effector_position = 1e+308: must be less than"),
    ({A + "loss/nn_hidden": 9e29}, "loss.nn_hidden = 9e+29: must be less than or equal to 1000000"),
    ({A + "optimizer/epsilon": 5e-324}, "optimizer.epsilon = 5e-324: must be greater than or"),
    ({A + "optimizer/beta1": 0.99999999}, "optimizer.beta1 = 0.99999999: must be less than or"),
    ({A + "optimizer/beta2": 0.99999999}, "optimizer.beta2 = 0.99999999: must be less than or"),
    ({A + "task/n_steps": 10}, "task.n_steps = 10: must be greater than or equal to 11"),
)
def test_a_number_must_survive_single_precision(tmp_path, changes, expected):
    text = complaint(tmp_path, changes)
    assert text.startswith("sweeps.a") and expected in text


@each(
    ({REACH + "field/amplitude": 1e300}, "= 1e+300: must be less than or equal to 1000"),
    (
        {REACH + "field/amplitude": [0, 1e-300]},
        "field.amplitude = 1e-300: must be 0 or at least 1e-12 in size",
    ),
    ({REACH + "sensory_impulse/amplitude": 1e300}, "= 1e+300: must be less than or equal to 100"),
    ({REACH + "sensory_impulse/amplitude": -1}, "= -1: must be greater than or equal to 0"),
    ({REACH + "sensory_impulse/amplitude": 0}, "sensory_impulse.amplitude = [0.0]: 0 alone is no"),
    ({REACH + "feedback_noise_std": 1e-300}, "feedback_noise_std = 1e-300: must be 0 or at least"),
    ({REACH + "n_steps": 5}, "n_steps = 5: must be greater than or equal to 11"),
)
def test_so_must_those_of_an_evaluation(tmp_path, changes, expected):
    text = complaint(tmp_path, changes)
    assert text.startswith("evaluations.reach.") and expected in text


def test_every_number_has_both_bounds_in_the_schema_for_editors():
    unbounded = set()
    for name, definition in json_schema()["$defs"].items():
        for key, field in definition.get("properties", {}).items():
            for kind in (field, *field.get("anyOf", []), field.get("items", {})):
                bounds = {name.removeprefix("exclusive").lower() for name in kind}
                if kind.get("type") in ("number", "integer") and not bounds >= _BOUNDS:
                    unbounded.add(f"{name}.{key}")
    assert unbounded == {"Selection.exclude"}  # whose bound is the number of replicates


def test_the_square_of_the_smallest_number_is_not_zero_in_single_precision():
    assert single(SMALLEST**2) > 2.0**-126  # least normal number


@each(
    (
        {A + "feedback/delay": 98},
        "feedback.delay = 98: must be less than task.n_steps = 100 by at least 3",
    ),
    (
        {A + "feedback/delay": 48, REACH + "n_steps": 50},
        "evaluations.reach.n_steps = 50: must be at least 51, 3 more than the feedback delay of",
    ),
)
def test_something_other_than_the_start_is_sensed(tmp_path, changes, expected):
    """Update k senses state k − delay, and the last of 99 updates is number 98."""
    assert expected in complaint(tmp_path, changes)
    load(tmp_path, {**changes, A + "feedback/delay": changes[A + "feedback/delay"] - 1})


@each(
    (
        {A + "plant": {"mass": 0.001, "damping": 10000, "time_step": 1}},
        "plant.damping · plant.time_step / plant.mass = 1e+07 must be less than 2",
    ),
    (
        {A + "plant": {"mass": 2, "damping": 40, "time_step": 0.1}},
        "plant.damping · plant.time_step / plant.mass = 2 must be less than 2",
    ),
    (
        {A + "field/std": 50},
        "field.std · plant.time_step / plant.mass = 2.5 must be less",
    ),
    (
        {REACH + "field/amplitude": [0, -60]},
        "evaluations.reach.field.amplitude = -60.0: a curl field must be below 40 in size",
    ),
)
def test_euler_steps_must_not_run_away(tmp_path, changes, expected):
    assert expected in complaint(tmp_path, changes)


def test_a_constant_field_cannot_run_away(tmp_path):
    load(tmp_path, {A + "field": {"type": "constant", "std": 50}})
    load(tmp_path, {A + "plant": {"mass": 2, "damping": 39.9, "time_step": 0.1}})


@each(
    (
        {REACH + "task": {"type": "center_out", "grid": 50, "directions": 3600}},
        "evaluations.reach: grid² · directions · repeats · amplitudes = 9000000 trials: must be "
        "at most 1000000",
    ),
    (
        {REACH + "repeats": 10_000, REACH + "n_steps": 10_000},
        "evaluations.reach: 240000 trials of 5 replicates are 3456 GB of states for each model",
    ),
    ({A + "task/n_steps": 100_000}, "sweeps.a.task.n_steps = 100000: must be less than or equal"),
    (
        {A + "schedule/batch_size": 100_000, A + "task/n_steps": 10_000},
        "schedule.batch_size · task.n_steps · network.hidden_size = 50000000000 "
        "numbers of hidden activity in a batch",
    ),
    (
        {A + "replicates": 1000, A + "network/hidden_size": 4096},
        "replicates · network.hidden_size² = 16777216000 recurrent weights of",
    ),
    (
        {A + "replicates": 100, A + "schedule/n_batches": 10_000_000},
        "replicates · schedule.n_batches = 1000000000 losses in a history",
    ),
    (
        {A + "selection": {"grid": 50, "directions": 360}},
        "selection.grid² · selection.directions = 900000 validation reaches",
    ),
    (
        {GOALS + "at/grid": 50, GOALS + "starts": 2500},
        "fixed_points.goals: at.grid² · starts = 6250000 searches of a network: must be at most",
    ),
    (
        {GOALS + "at/grid": 50, A + "network/hidden_size": 1024},
        "fixed_points.goals: at.grid² · replicates · dimension · 60 = 768000000 numbers",
    ),
)
def test_what_no_machine_could_hold_is_counted(tmp_path, changes, expected):
    assert expected in complaint(tmp_path, changes)


@each(
    ({REACH + "field/amplitude": [1, 1.0, 1]}, "field.amplitude = [1.0, 1.0, 1.0]: must have"),
    ({REACH + "field/amplitude": [0.0, -0.0]}, "must have each value once; 0.0 is there twice"),
    (
        {REACH + "field/amplitude": [1, 1.00000001]},
        "must have each value once; 1.0 and 1.00000001 are the same in single precision",
    ),
    (
        {REACH + "sensory_impulse/amplitude": [0.6, 0.6]},
        "sensory_impulse.amplitude = [0.6, 0.6]: must have each value once; 0.6 is there twice",
    ),
    ({REACH + "sweeps": ["a", "a"]}, "sweeps = ['a', 'a']: must have each value once; a is there"),
)
def test_a_condition_is_asked_for_once(tmp_path, changes, expected):
    text = complaint(tmp_path, changes)
    assert text.startswith("evaluations.reach.") and expected in text


def test_a_replicate_is_excluded_once_and_exists(tmp_path):
    twice = complaint(tmp_path, {A + "selection/exclude": [0, 0]})
    assert "selection.exclude = [0, 0]: must have each value once; 0 is there twice" in twice
    for strange in (-1, 5):
        expected = f"replicate {strange} does not exist; there are 0 to 4"
        assert expected in complaint(tmp_path, {A + "selection/exclude": [strange]})
    load(tmp_path, {A + "replicates": 2, A + "selection/exclude": [0, 1]})


def test_models_that_are_computed_alike_are_refused(tmp_path):
    assert complaint(tmp_path, {A + "grid": {"field.std": [0, 1, 1.00000001]}}) == (
        "sweeps.a: field.std = 1.0 and 1.00000001 are the same in single precision"
    )


def test_the_order_of_a_set_is_not_part_of_an_id():
    def evaluation(**settings: Any) -> str:
        content = {"task": {"type": "center_out"}, **settings}
        request = evaluation_request(Evaluation.model_validate(content), Hyperparameters())
        return evaluation_id_of(request)

    def model(exclude: list[int]) -> str:
        return model_id_of(Hyperparameters.model_validate({"selection": {"exclude": exclude}}))

    assert evaluation(field={"amplitude": [1, 0]}) == evaluation(field={"amplitude": [0, 1]})
    assert evaluation(sensory_impulse={"amplitude": [0.5, 0]}) == evaluation(
        sensory_impulse={"amplitude": [0, 0.5]}
    )
    assert model([1, 0]) == model([0, 1]) != model([1])


@each(
    (
        {A + "loss": dict.fromkeys(("effector_position", "effector_final_velocity"), 0)},
        "loss.effector_position = 0 and loss.effector_final_velocity = 0: one of them",
    ),
    (
        {A + "schedule": {"n_batches": 50, "constant_batches": 50, "final_fraction": 0.1}},
        "schedule.constant_batches = 50: must be at least 2 less than schedule.n_batches = 50, or",
    ),
    (
        {A + "task": {"workspace_min": 0, "workspace_max": 0.001}},
        "must be at most 0.001 m, the side of the workspace",
    ),
    (
        {REACH + "task/reach_length": 2.5},
        "evaluations.reach.task.reach_length = 2.5: must be at most 2 m, the side of the work",
    ),
    (
        {REACH + "repeats": 3, A + "feedback/noise_std": 0, REACH + "motor_noise_std": 0},
        "evaluations.reach.repeats = 3: without any noise all repetitions are the same; allowed: 1",
    ),
    (
        {GOALS + "starts": 5000},
        "fixed_points.goals.starts = 5000: must be at most 2500, the states of a replicate of",
    ),
)
def test_what_contradicts_itself_is_refused(tmp_path, changes, expected):
    assert expected in complaint(tmp_path, changes)


def test_a_sweep_of_noises_may_start_at_none(tmp_path):
    load(
        tmp_path,
        {
            A + "grid": {"feedback.noise_std": [0, 0.01]},
            REACH + "motor_noise_std": 0,
            REACH + "repeats": 3,
        },
    )


@each(
    (
        {"figures": [{"type": "aligned_reaches", "evaluation": "posture"}]},
        "figures[0].evaluation = 'posture': steady trials have no reach, and the figure needs "
        "center_out; allowed: reach",
    ),
    (
        {
            "evaluations/pushed": {
                "task": {"type": "center_out"},
                "sensory_impulse": {"amplitude": [0, 0.5]},
            },
            "figures": [{"type": "aligned_reaches", "evaluation": "pushed"}],
        },
        "figures[0].evaluation = 'pushed': its 2 impulse amplitudes would be averaged; allowed: re",
    ),
    (
        {
            GOALS + "at/grid": 1,
            "figures": [{"type": "fixed_points_pca", "analysis": "goals"}],
        },
        "figures[0].analysis = 'goals': it has one goal (at.grid = 1), and principal components "
        "need several points; allowed: another one, the study has none",
    ),
)
def test_a_figure_that_could_only_fail_is_refused(tmp_path, changes, expected):
    assert expected in complaint(tmp_path, changes)


def test_a_sweep_is_judged_with_what_it_inherits_and_varies(tmp_path):
    """Each of these would be a contradiction with the defaults of what is not written there."""
    study = load(
        tmp_path,
        {
            A + "task/n_steps": 200,
            A + "replicates": 9,
            "sweeps/b": {
                "inherit": "a",
                "feedback": {"delay": 150},
                "selection": {"exclude": [7]},
                "plant": {"damping": 50},
                "grid": {"plant.mass": [2, 3]},
            },
        },
    )
    assert {model.plant.mass for model in study.sweeps["b"]} == {2, 3}
