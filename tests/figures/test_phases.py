import figure_examples as examples
import numpy as np
import plotly.graph_objects as go
from steadyhand.figures import phases
from steadyhand.schedule import schedule_of


def history(**schedule):
    """A history with the schedule that training would follow."""
    plain = {
        "n_batches": 600,
        "baseline_batches": 0,
        "scale_up_batches": 0,
        "warm_up_batches": 0,
        "constant_batches": 0,
        "final_fraction": 1.0,
        "trainable": {"0": ["hidden", "readout"]},
        "noise_scale": {"0": 1.0},
        "optimizer_resets": [],
    }
    spec = {"schedule": plain | schedule, "optimizer": {"learning_rate": 0.01}}
    table = schedule_of(spec, "float64")._asdict()
    made = examples.history(batches=spec["schedule"]["n_batches"])
    made["resets_optimizer"] = ("batch", table.pop("resets").astype("i1"))
    return made.assign({name: ("batch", np.asarray(values)) for name, values in table.items()})


def texts(**schedule):
    return [tuple(change) for change in phases.changes(history(**schedule))]


def test_a_plain_training_has_no_phases():
    assert texts() == []


def test_a_baseline_ends_where_the_study_says():
    assert texts(baseline_batches=100) == [(100, "baseline ends: field on")]
    assert texts(baseline_batches=100, scale_up_batches=150) == [
        (100, "baseline ends: field grows"),
        (250, "field at full strength"),
    ]
    assert texts(scale_up_batches=150) == [(150, "field at full strength")]


def test_a_field_that_never_comes_is_said():
    assert texts(baseline_batches=600) == [(0, "no field")]


def test_what_changes_together_is_one_change():
    found = texts(
        trainable={"0": ["hidden", "readout"], "400": ["hidden"], "500": ["readout"]},
        noise_scale={"0": 1.0, "400": 0.0, "450": 0.5},
        optimizer_resets=[400],
    )
    assert found == [
        (400, "readout fixed, optimizer reset, no noise"),
        (450, "noise × 0.5"),
        (500, "hidden fixed"),
    ]


def test_many_resets_are_counted_not_listed():
    resets = list(range(50, 600, 50))
    assert texts(optimizer_resets=resets) == [(50, "optimizer reset (11 times)")]


def test_labels_of_near_changes_do_not_lie_on_each_other():
    figure = go.Figure()
    shown = [phases.Change(batch, "text") for batch in (10, 500, 501, 502)]
    phases.draw_guides(figure, shown, (0, 3), 600)
    left = [200 * np.float64(it.x) + it.xshift for it in figure.layout.annotations]
    assert np.diff(left).min() > 14
    assert left[0] == 200
    assert [shape.x0 for shape in figure.layout.shapes] == [10, 500, 501, 502]
