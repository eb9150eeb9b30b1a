"""Studies: what they expand to, and what is said of wrong ones."""

import json
from pathlib import Path

import pytest
import yaml
from steadyhand.config import json_schema, load_study
from steadyhand.errors import UserError

ROOT = Path(__file__).parent.parent
GOOD = {
    "study": "small",
    "sweeps": {"a": {"grid": {"field.std": [0, 1]}}},
    "evaluations": {
        "reach": {"task": {"type": "center_out"}},
        "posture": {"task": {"type": "steady"}},
    },
    "fixed_points": {"goals": {"starts_from": "posture"}},
    "figures": [{"type": "eigenvalues", "analysis": "goals"}],
}


def changed(path: str, value: object) -> dict:
    """The good study with one value (at a slash-separated path) replaced or added."""
    study = json.loads(json.dumps(GOOD))
    *groups, leaf = path.split("/")
    target = study
    for group in groups:
        target = target[int(group)] if isinstance(target, list) else target.setdefault(group, {})
    target[leaf] = value
    return study


def write(folder: Path, content: object, name: str = "mine.yaml") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


def complaint(folder: Path, content: object) -> str:
    path = write(folder, content)
    with pytest.raises(UserError) as caught:
        load_study([path])
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"{path}: ")
    return text.removeprefix(f"{path}: ")


BAD = [
    ("sweeps/a/netwrk", {}, "sweeps.a.netwrk = {}: unknown key; did you mean 'network'?"),
    (
        "sweeps/a/network/hiden_size",
        3,
        "sweeps.a.network.hiden_size = 3: unknown key; did you mean 'hidden_size'?",
    ),
    ("sweeps/a/replicates", "five", "sweeps.a.replicates = 'five': must be a valid integer"),
    ("sweeps/a/replicates", True, "sweeps.a.replicates = true: must be a valid integer"),
    ("sweeps/a/replicates", 2.5, "sweeps.a.replicates = 2.5: must be a valid integer"),
    ("sweeps/a/plant/time_step", 0, "sweeps.a.plant.time_step = 0: must be greater than 0"),
    ("sweeps/a/plant/time_step", -0.1, "sweeps.a.plant.time_step = -0.1: must be greater than 0"),
    ("sweeps/a/plant/mass", float("nan"), "sweeps.a.plant.mass = nan: must be a finite number"),
    ("sweeps/a/plant/mass", float("inf"), "sweeps.a.plant.mass = inf: must be a finite number"),
    (
        "sweeps/a/feedback/delay",
        100,
        "sweeps.a.feedback.delay = 100: must be less than task.n_steps = 100",
    ),
    ("sweeps/a/grid", {"field.std": []}, "sweeps.a.grid.field.std = []: must have at least 1"),
    (
        "sweeps/a/grid",
        {"field.std": [0, -1]},
        "sweeps.a.grid.field.std[1] = -1: must be greater than or equal to 0",
    ),
    (
        "sweeps/a/grid",
        {"field.sdt": [0]},
        "sweeps.a.grid.field.sdt = [0]: no such hyperparameter; did you mean 'field.std'?",
    ),
    (
        "sweeps/a/zip",
        {"feedback.delay": [0, 1], "plant.mass": [1, 2, 3]},
        "sweeps.a.zip = {'feedback.delay': 2, 'plant.mass': 3}: lists that are zipped must be of",
    ),
    (
        "sweeps/a/conditions",
        [{"field.std": 2}],
        "sweeps.a.conditions[0].field.std = 2: this path is varied in two places",
    ),
    ("sweeps/b", {"inherit": "aa"}, "sweeps.b.inherit = 'aa': no such sweep"),
    ("sweeps/a/inherit", "a", "sweeps.a.inherit = 'a': sweeps inherit from each other in a circle"),
    (
        "sweeps/a/selection/exclude",
        [7],
        "sweeps.a.selection.exclude = [7]: replicate 7 does not exist; there are 0 to 4",
    ),
    (
        "evaluations/reach/task/type",
        "centre",
        "evaluations.reach.task.type = 'centre': must be 'center_out' or 'steady'",
    ),
    (
        "evaluations/reach/sensory_impulse",
        {"onset": 95, "duration": 5},
        "evaluations.reach.sensory_impulse = 'onset 95, duration 5': onset + duration must be at",
    ),
    (
        "evaluations/posture/field",
        {"type": "constant"},
        "evaluations.posture.field.type = 'constant': a constant field points to the left",
    ),
    ("evaluations/reach/field/amplitude", [], "evaluations.reach.field.amplitude"),
    ("evaluations/reach/repeats", 0, "evaluations.reach.repeats = 0: must be greater than or"),
    ("evaluations/reach/sweeps", ["c"], "evaluations.reach.sweeps = 'c': no such sweep"),
    (
        "fixed_points/goals/starts_from",
        "postur",
        "fixed_points.goals.starts_from = 'postur': no such evaluation; did you mean 'posture'?",
    ),
    (
        "figures/0/analysis",
        "gaols",
        "figures[0].analysis = 'gaols': no such analysis; did you mean 'goals'?",
    ),
    ("figures/0/evaluation", "reach", "figures[0].evaluation = 'reach': unknown key"),
    ("study", "a b", "study = 'a b': must be a name: a letter"),
]


@pytest.mark.parametrize(("path", "value", "expected"), BAD, ids=[f"{p}={v}" for p, v, _ in BAD])
def test_a_wrong_value_is_named_with_its_place_and_what_is_allowed(tmp_path, path, value, expected):
    assert complaint(tmp_path, changed(path, value)).startswith(expected)


def test_an_analysis_cannot_start_where_its_evaluation_does_not_apply(tmp_path):
    study = changed("sweeps/b", {"inherit": "a", "seed": 3})
    study["evaluations"]["posture"]["sweeps"] = ["a"]
    assert complaint(tmp_path, study).startswith(
        "fixed_points.goals.sweeps = 'b': 'posture' does not apply to this sweep"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("study: a\nstudy: b\n", "study: this key stands twice, on lines 1 and 2"),
        ("study: [a\nsweeps: {", "line 2"),
        ("study: a\n\tsweeps: {}\n", "line 2"),
        ("", "holds nothing"),
        ("- a\n", "holds a list"),
        ("study: a\nsweeps: {a: {1: 2}}\n", "sweeps.a: the key 1 is not text"),
        ("study: a\n", "sweeps: this key is required and missing"),
        ("study: a\nsweeps: {}\n", "sweeps"),
    ],
)
def test_a_file_that_is_not_a_study_says_so(tmp_path, text, expected):
    assert complaint(tmp_path, text).startswith(expected)


def test_a_missing_file_or_a_folder_is_named(tmp_path):
    with pytest.raises(UserError, match=r"none\.yaml: no such file"):
        load_study([tmp_path / "none.yaml"])
    with pytest.raises(UserError, match="cannot be read"):
        load_study([tmp_path])


def test_an_error_names_the_file_that_set_the_value(tmp_path):
    first = write(tmp_path, GOOD, "first.yaml")
    second = write(tmp_path, {"sweeps": {"a": {"plant": {"mass": -1}}}}, "second.yaml")
    with pytest.raises(UserError, match=r"second\.yaml: sweeps\.a\.plant\.mass = -1"):
        load_study([first, second])
    with pytest.raises(UserError, match=r"^--config: sweeps\.a\.seed = -3"):
        load_study([first], {"sweeps.a.seed": -3})


def test_later_files_and_overrides_win(tmp_path):
    first = write(tmp_path, GOOD, "first.yaml")
    second = write(tmp_path, {"sweeps": {"a": {"plant": {"mass": 2}}}}, "second.yaml")
    study = load_study([first, second], {"sweeps.a.seed": 3})
    assert {(m.plant.mass, m.seed, m.field.std) for m in study.sweeps["a"]} == {
        (2, 3, 0),
        (2, 3, 1),
    }


def test_grid_zip_and_conditions_expand_to_their_product(tmp_path):
    study = changed("sweeps/a/grid", {"field.std": [0, 1]})
    study["sweeps"]["a"]["zip"] = {"feedback.delay": [0, 1, 2], "plant.mass": [1, 2, 3]}
    study["sweeps"]["a"]["conditions"] = [{"motor.noise_std": 0}, {"network.hidden_size": 10}]
    models = load_study([write(tmp_path, study)]).sweeps["a"]
    assert len(models) == len(set(models)) == 2 * 3 * 2
    assert {m.plant.mass - m.feedback.delay for m in models} == {1}
    assert {(m.motor.noise_std, m.network.hidden_size) for m in models} == {(0, 50), (0.01, 10)}


def test_a_sweep_inherits_groups_key_by_key(tmp_path):
    study = changed("sweeps/a/plant", {"mass": 2.0, "damping": 1.0})
    study["sweeps"]["b"] = {"inherit": "a", "plant": {"damping": 3.0}, "grid": {"seed": [1, 2, 3]}}
    models = load_study([write(tmp_path, study)]).sweeps["b"]
    assert [(m.plant.mass, m.plant.damping, m.field.std) for m in models] == [(2, 3, 0)] * 3


def test_numbers_are_read_as_people_write_them(tmp_path):
    text = "study: a\nsweeps: {a: {loss: {nn_output: 1e-5}, schedule: {n_batches: 1000.0}}}\n"
    (model,) = load_study([write(tmp_path, text)]).sweeps["a"]
    assert model.loss.nn_output == 1e-5
    assert model.schedule.n_batches == 1000


def test_the_seed_of_the_study_is_that_of_sweeps_and_evaluations_without_one(tmp_path):
    study = changed("seed", 7)
    study["sweeps"]["b"] = {"seed": 1}
    study["evaluations"]["reach"]["seed"] = 2
    loaded = load_study([write(tmp_path, study)])
    assert {m.seed for m in loaded.sweeps["a"]} == {7}
    assert {m.seed for m in loaded.sweeps["b"]} == {1}
    assert (loaded.evaluations["reach"].seed, loaded.evaluations["posture"].seed) == (2, 7)


def test_the_schema_for_editors_is_current():
    """`make schema` writes it again."""
    stored = json.loads((ROOT / "config/study.schema.json").read_text())
    assert stored == json.loads(json.dumps(json_schema()))


def test_every_field_is_explained_with_its_unit():
    definitions = json_schema()["$defs"]
    groups = {
        it["$ref"].rpartition("/")[2]
        for it in definitions["Sweep"]["properties"].values()
        if "$ref" in it
    }
    assert groups >= {"Plant", "Network", "Motor", "Context", "Loss", "Optimizer", "Schedule"}
    for name, definition in definitions.items():
        for key, field in definition.get("properties", {}).items():
            if key != "type" and "$ref" not in field:
                assert "description" in field, f"{name}.{key}"
            if name in groups and "$ref" not in field and "enum" not in field:
                assert field["description"].endswith(f"[{field['unit']}]"), f"{name}.{key}"


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("*.yaml")), ids=lambda p: p.name)
def test_the_studies_of_the_repository_load(path):
    assert load_study([path]).sweeps


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("*.yaml")), ids=lambda p: p.name)
def test_all_that_a_study_computes_is_shown(path):
    study = load_study([path])
    drawn = {getattr(it, "evaluation", None) for it in study.figures}
    drawn |= {
        it.quantity.evaluation
        for finding in study.findings
        for it in finding.compare
        if hasattr(it.quantity, "evaluation")
    }
    shown = {getattr(it, "analysis", None) for it in study.figures}
    analysed = [it for name, it in study.analyses.items() if name in shown]
    drawn |= {getattr(it, "evaluation", None) for it in analysed}
    shown |= {getattr(it, "search", None) for it in analysed}
    drawn |= {it.starts_from for name, it in study.fixed_points.items() if name in shown}
    assert set(study.analyses) | set(study.fixed_points) <= shown
    assert set(study.evaluations) <= drawn
