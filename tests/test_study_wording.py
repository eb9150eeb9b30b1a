"""What is said of a wrong value: its place and text as written, and what is allowed there."""

import pytest
import yaml
from steadyhand.config import load_study
from steadyhand.errors import UserError

MAPPING = "must be a mapping of keys to values"
NAME = "must be a name: a letter from A to Z or a to z, then letters, digits, _ and -, at most 64"
ONLY = "no such hyperparameter; only hyperparameters of models can vary; nearest: "


def complaint(folder, sweep="{}", reach="task: {type: center_out}", rest="", name="a") -> str:
    path = folder / "mine.yaml"
    path.write_text(
        f"study: s\nsweeps: {{{name}: {sweep}}}\nevaluations: {{reach: {{{reach}}}}}\n{rest}",
        encoding="utf-8",
    )
    with pytest.raises(UserError) as caught:
        load_study([path])
    assert str(caught.value).isprintable()
    return str(caught.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("reach", "expected"),
    [
        (
            "task: {type: centre_out}",
            "task.type = 'centre_out': must be 'center_out' or 'steady'; "
            "did you mean 'center_out'?",
        ),
        ("task: {type: 3}", "task.type = 3: must be 'center_out' or 'steady'"),
        (
            "task: {grid: 1}",
            "task.type: this key is required and missing; allowed: 'center_out' or 'steady'",
        ),
        ("task: center_out", f"task = 'center_out': {MAPPING}"),
        ("task: {type: steady}, sensory_impulse: 5", f"sensory_impulse = 5: {MAPPING}"),
        (
            "task: {type: steady}, field: {amplitude: null}",
            "field.amplitude = null: must be a list",
        ),
        (
            "task: {type: steady}, field: {amplitude: []}",
            "field.amplitude = []: must have at least 1 item",
        ),
        (
            "task: {type: steady}, field: {amplitude: x}",
            "field.amplitude = 'x': must be a valid number",
        ),
        (
            "task: {type: steady}, field: {amplitude: [0, x]}",
            "field.amplitude[1] = 'x': must be a valid number",
        ),
        (
            "task: {type: steady}, field: {type: crul}",
            "field.type = 'crul': must be 'curl' or 'constant'; did you mean 'curl'?",
        ),
        ("task: {type: steady}, sweeps: {a: 1}", "sweeps = {'a': 1}: must be text"),
    ],
)
def test_of_an_evaluation(tmp_path, reach, expected):
    assert complaint(tmp_path, reach=reach) == f"evaluations.reach.{expected}"


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (
            "{type: eigenvalue}",
            "figures[0].type = 'eigenvalue': must be 'loss_history', 'loss_over_replicates', "
            "'readout_norm', 'training_schedule', 'aligned_reaches', 'reach_profiles', "
            "'impulse_responses', 'measures', 'frequency_response', 'linear_response', "
            "'modal_response', "
            "'unit_preferences', 'principal_components', 'tangling', 'fixed_points_pca', "
            "'branches', 'eigenvalues', 'mode_tracks' or 'mode_distributions'; did you mean "
            "'eigenvalues'?",
        ),
        ("{analysis: a}", "figures[0].type: this key is required and missing; allowed: 'loss_his"),
        ("", f"figures[0] = null: {MAPPING}"),
    ],
)
def test_of_a_figure(tmp_path, figure, expected):
    assert complaint(tmp_path, rest=f"figures:\n  - {figure}\n").startswith(expected)


@pytest.mark.parametrize(
    ("sweep", "expected"),
    [
        ("null", f" = null: {MAPPING}"),
        ("{field: 5}", f".field = 5: {MAPPING}"),
        ("{paired: 5}", ".paired = 5: must be true or false"),
        ("{inherit: a b}", f".inherit = 'a b': {NAME}"),
        ("{selection: {exclude: 1}}", ".selection.exclude = 1: must be a list"),
        ("{grid: {selection.exclude: [0]}}", ".grid.selection.exclude[0] = 0: must be a list"),
        (
            "{grid: {selection.exclude: [[0], [1, x]]}}",
            ".grid.selection.exclude[1][1] = 'x': must be a valid integer",
        ),
        (
            "{grid: {field.type: [crul]}}",
            ".grid.field.type[0] = 'crul': must be 'curl' or 'constant'; did you mean 'curl'?",
        ),
        ("{grid: {field.std: 1}}", ".grid.field.std = 1: must be a list"),
    ],
)
def test_of_a_sweep(tmp_path, sweep, expected):
    assert complaint(tmp_path, sweep).startswith(f"sweeps.a{expected}")


@pytest.mark.parametrize(
    ("sweep", "expected"),
    [
        (
            "{grid: {Field.std: [1]}}",
            "grid.Field.std = [1]: no such hyperparameter; did you mean 'field.std'?",
        ),
        (
            "{zip: {'field.std ': [1]}}",
            "zip.'field.std ' = [1]: no such hyperparameter; did you mean 'field.std'?",
        ),
        (
            "{conditions: [{Field.std: 1}]}",
            "conditions[0].Field.std = 1: no such hyperparameter; did you mean 'field.std'?",
        ),
        ("{grid: {delay: [1]}}", f"grid.delay = [1]: {ONLY}feedback.delay"),
        ("{grid: {inherit: [a]}}", f"grid.inherit = ['a']: {ONLY}"),
        (
            "{grid: {evaluations.reach.repeats: [1]}}",
            f"grid.evaluations.reach.repeats = [1]: {ONLY}selection.reach_length, ",
        ),
    ],
)
def test_of_a_path_that_cannot_vary(tmp_path, sweep, expected):
    said = complaint(tmp_path, sweep)
    assert said.startswith(f"sweeps.a.{expected}")
    assert len(said) < 250


@pytest.mark.parametrize(
    ("name", "shown"), [("ä", "ä"), ("a/b", "'a/b'"), ("..", "'..'"), ("b c", "'b c'")]
)
def test_of_a_name(tmp_path, name, shown):
    assert complaint(tmp_path, name=name).startswith(f"sweeps.{shown}: {NAME}")


@pytest.mark.parametrize(
    ("sweeps", "expected"),
    [
        (
            {"a": {"grid": {"feedback.delay": [0, 100]}}},
            "sweeps.a.grid.feedback.delay[1] = 100: must be less than task.n_steps = 100",
        ),
        (
            {"a": {"zip": {"task.workspace_min": [0, 2]}}},
            "sweeps.a.zip.task.workspace_min[1] = 2: must be less than task.workspace_max = 1",
        ),
        (
            {"a": {"task": {"workspace_min": 2}}},
            "sweeps.a.task.workspace_min = 2: must be less than task.workspace_max = 1",
        ),
        (  # the other one is a default
            {"a": {"task": {"workspace_max": -2}}},
            "sweeps.a.task.workspace_max = -2: task.workspace_min = -1 must be less than task.work",
        ),
        (
            {"a": {"feedback": {"delay": 50}}, "b": {"inherit": "a", "task": {"n_steps": 20}}},
            "sweeps.a.feedback.delay = 50: must be less than sweeps.b.task.n_steps = 20",
        ),
        (
            {"a": {"selection": {"exclude": [3]}}, "b": {"inherit": "a", "replicates": 2}},
            "sweeps.a.selection.exclude = [3]: replicate 3 does not exist; there are 0 to 1; "
            "sweep 'b' inherits it",
        ),
    ],
)
def test_a_contradiction_is_told_where_it_is_written(tmp_path, sweeps, expected):
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({"study": "s", "sweeps": sweeps}))
    with pytest.raises(UserError) as caught:
        load_study([path])
    assert str(caught.value).startswith(f"{path}: {expected}")


def test_a_contradiction_between_two_files_names_both(tmp_path):
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("study: s\nsweeps: {a: {task: {n_steps: 20}}}\n")
    second.write_text("sweeps: {a: {feedback: {delay: 50}}}\n")
    with pytest.raises(UserError) as caught:
        load_study([first, second])
    assert str(caught.value).startswith(
        f"{second}: sweeps.a.feedback.delay = 50: must be less than "
        f"sweeps.a.task.n_steps = 20 in {first}"
    )
