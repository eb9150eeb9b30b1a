"""Sweeps that make no models, the same one twice, or more than can be run."""

import time

import pytest
import yaml
from steadyhand.config import load_study
from steadyhand.errors import UserError


def load(folder, sweeps: dict):
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump({"study": "s", "sweeps": sweeps}, sort_keys=False))
    return load_study([path]).sweeps


def complaint(folder, sweeps: dict) -> str:
    with pytest.raises(UserError) as caught:
        load(folder, sweeps)
    return str(caught.value).removeprefix(f"{folder / 'mine.yaml'}: ")


@pytest.mark.parametrize(("key", "value"), [("grid", {}), ("zip", {}), ("conditions", [])])
def test_what_varies_nothing_is_refused(tmp_path, key, value):
    expected = f"sweeps.a.{key} = {value}: is empty; must say what varies, or be left out"
    assert complaint(tmp_path, {"a": {key: value}}).startswith(expected)
    inherited = {"a": {"inherit": "b", key: value}, "b": {"seed": 3}}
    assert complaint(tmp_path, inherited).startswith(expected)


def test_one_empty_condition_is_one_model(tmp_path):
    assert len(load(tmp_path, {"a": {"conditions": [{}]}})["a"]) == 1


def test_an_inherited_grid_can_be_taken_away(tmp_path):
    parent = {"grid": {"field.std": [0, 1]}}
    child = {"inherit": "a", "grid": {}, "seed": 3}
    models = load(tmp_path, {"a": parent, "b": child})
    assert [len(models[name]) for name in "ab"] == [2, 1]


@pytest.mark.parametrize(
    ("sweep", "second", "first"),
    [
        ({"grid": {"field.std": [1, 1.0]}}, "grid.field.std[1] = 1.0", "grid.field.std[0] = 1"),
        ({"grid": {"field.std": [0, -0.0]}}, "grid.field.std[1] = -0.0", "grid.field.std[0] = 0"),
        (
            {"grid": {"seed": [1, 2], "feedback.delay": [3, 4, 3]}},
            "grid.feedback.delay[2] = 3",
            "grid.feedback.delay[0] = 3",
        ),
        (
            {"conditions": [{"field.std": 1}, {"field.std": 2}, {"field.std": 1.0}]},
            "conditions[2] = {'field.std': 1.0}",
            "conditions[0] = {'field.std': 1}",
        ),
        (  # the default
            {"conditions": [{}, {"field.std": 0}]},
            "conditions[1] = {'field.std': 0}",
            "conditions[0] = {}",
        ),
        (
            {"zip": {"field.std": [1, 2, 1], "seed": [1, 1, 1]}},
            "zip[2] = {'field.std': 1, 'seed': 1}",
            "zip[0] = {'field.std': 1, 'seed': 1}",
        ),
    ],
)
def test_the_same_condition_twice_in_a_sweep_is_refused(tmp_path, sweep, second, first):
    expected = f"sweeps.a.{second}: makes the same model as sweeps.a.{first}; allowed is"
    assert complaint(tmp_path, {"a": sweep}).startswith(expected)


def test_two_sweeps_may_share_a_condition(tmp_path):
    sweeps = {"a": {"grid": {"field.std": [0, 1]}}, "b": {"grid": {"field.std": [1, 2]}}}
    models = load(tmp_path, sweeps)
    assert models["a"][1] == models["b"][0]


def test_too_many_models_are_counted_and_refused_at_once(tmp_path):
    hundred = list(range(1, 101))
    grid = {"network.hidden_size": hundred, "schedule.batch_size": hundred, "seed": hundred}
    start = time.perf_counter()
    assert complaint(tmp_path, {"a": {"grid": grid}}) == (
        "sweeps.a: makes 1000000 models; a study may have at most 10000"
    )
    half = {"grid": {"network.hidden_size": hundred, "seed": list(range(51))}}
    assert complaint(tmp_path, {"a": half, "b": {"inherit": "a", "plant": {"mass": 2}}}) == (
        "sweeps: makes 10200 models; a study may have at most 10000"
    )
    assert time.perf_counter() - start < 5


def test_as_many_models_as_are_allowed_take_seconds(tmp_path):
    hundred = list(range(1, 101))
    start = time.perf_counter()
    grid = {"network.hidden_size": hundred, "seed": hundred}
    assert len(load(tmp_path, {"a": {"grid": grid}})["a"]) == 10_000
    assert time.perf_counter() - start < 10


def test_a_line_of_sweeps_that_inherit_ends(tmp_path):
    line = {f"a{i}": {"inherit": f"a{i - 1}", "seed": i} for i in range(1, 1000)}
    assert "inherits from more than 50 others" in complaint(tmp_path, {"a0": {}, **line})
