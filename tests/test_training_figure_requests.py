"""Which figures of training a study makes, and what their axes are measured in."""

import pytest
import yaml
from steadyhand.config import load_study
from steadyhand.config.units import unit_of
from steadyhand.plan import Plan

KINDS = ("loss_over_replicates", "readout_norm", "training_schedule")


def requests(folder, sweeps, kind, history="h", digest=True):
    """The figures of one type, as if every model had been trained."""
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump({"study": "s", "sweeps": sweeps, "figures": [{"type": kind}]}))
    plan = Plan(load_study([path]), folder / "results")
    index = {it: {"digest": it if digest else None, "history": history} for it in plan.models}
    return list(plan.figures(index).values())


CURL = {"curl": {"grid": {"field.std": [0, 1], "loss.readout_norm": [0, 0.01]}}}


@pytest.mark.parametrize("kind", KINDS)
def test_a_sweep_has_one_figure_of_the_histories_of_all_its_models(tmp_path, kind):
    made = requests(tmp_path, {**CURL, "constant": {"field": {"type": "constant"}}}, kind)
    assert sorted(len(it.sources) for it in made) == [1, 4]
    for request in made:
        assert request.paths() == sorted(
            f"models/{source['model_id']}/history.nc" for source in request.sources
        )
        assert request.receipts() == []


def test_models_without_networks_are_in_them(tmp_path):
    assert len(requests(tmp_path, CURL, "readout_norm", digest=False)[0].sources) == 4


def test_another_history_is_another_figure(tmp_path):
    (one,), (other,) = (requests(tmp_path, CURL, "readout_norm", history) for history in "ab")
    assert one.figure_id != other.figure_id


@pytest.mark.parametrize(
    ("sweep", "expected"),
    [
        ({"grid": {"field.std": [0, 1]}}, {"train.field.std": "N s m-1"}),
        (
            {"field": {"type": "constant"}, "grid": {"field.std": [0, 1]}},
            {"train.field.std": "N"},
        ),
        (
            {"grid": {"field.type": ["curl", "constant"], "field.std": [1, 2]}},
            {"train.field.std": "N s m-1 or N"},
        ),
        ({"grid": {"feedback.delay": [0, 5]}}, {"train.feedback.delay": "steps"}),
    ],
)
def test_units_are_those_of_what_varies(tmp_path, sweep, expected):
    (made,) = requests(tmp_path, {"one": sweep}, "readout_norm")
    assert made.options == {"units": expected}


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("plant.mass", "kg"),
        ("optimizer.clip_norm", "1"),
        ("schedule.trainable", ""),
        ("field.type", ""),
        ("replicates", "1"),
    ],
)
def test_units_of_hyperparameters(path, unit):
    assert unit_of(path) == unit
