from itertools import pairwise

import figure_examples as examples
import numpy as np
import pytest
from steadyhand.errors import UserError
from steadyhand.figures import readout_norm, style
from steadyhand.figures.source import Source


def source(index=0, data=None, **columns):
    condition = {f"train.{name.replace('__', '.')}": value for name, value in columns.items()}
    data = examples.history() if data is None else data
    return Source(str(index), f"model {index}", condition, {"history": data})


def weighted(weights=(0.0, 0.01), stds=(0.0, 1.0), value=2.0):
    return [
        source(
            f"{std} {weight}",
            field__std=std,
            loss__readout_norm=weight,
            loss__readout_norm_value=value,
        )
        for weight in weights
        for std in stds
    ]


def prepared(given, **options):
    return readout_norm.prepare(given, options)


def test_norms_are_those_of_the_chosen_snapshots():
    data = prepared([source(field__std=1.0)])
    assert np.allclose(data["norm"], [1.4, 2.4, 3.4])
    assert np.allclose(data["before"], [1, 2, 3])


def test_means_and_intervals_are_over_included_replicates():
    history = examples.history((0, 1, 2, 3), excluded=(3,))
    data = prepared([source(data=history, field__std=1.0)])
    assert np.allclose(data["mean"], 2.4)
    # Student's t of 2 degrees of freedom at 97.5 % times the standard error
    assert np.allclose(data["margin"], 4.30265 / np.sqrt(3))


def test_the_field_lies_along_the_axis_and_the_weight_is_the_group():
    data = prepared(weighted(), units={"train.field.std": "N s m-1"})
    assert data["group_name"].values.tolist() == [
        "loss.readout_norm = 0",
        "loss.readout_norm = 0.01",
    ]
    assert data["group"].values.tolist() == [0, 1, 0, 1]
    assert data.attrs["axis"] == "field.std [N s/m]" and data.attrs["is_number"]
    centre = data["centre"].values
    assert (centre[:2] < 0.5).all() and (centre[2:] > 0.5).all()
    assert centre[0] < centre[1] and centre[:2].mean() == pytest.approx(0)


def test_groups_never_reach_into_each_other():
    data = prepared(weighted(weights=(0.0, 0.01, 0.1, 1.0)))
    of = data["model"].values
    edges = [(data["x"].values[of == m].min(), data["x"].values[of == m].max()) for m in range(8)]
    assert all(one[1] < other[0] for one, other in pairwise(edges))


def test_numbers_that_crowd_are_spaced_evenly_and_it_is_said():
    data = prepared([source(it, field__std=it) for it in (1.0, 0.0, 0.01, 0.1)])
    assert data["tick"].values.tolist() == [0, 1, 2, 3]
    assert data["value"].values.tolist() == ["0", "0.01", "0.1", "1"]
    title = readout_norm.draw(data, {}).layout.xaxis.title.text
    assert title == "field.std (spaced evenly)"


def test_names_are_categories_without_joining_lines():
    data = prepared([source(it, context__method=it) for it in ("pai-asf", "bcs")])
    assert data["value"].values.tolist() == ["pai-asf", "bcs"] and not data.attrs["is_number"]
    figure = readout_norm.draw(data, {})
    assert {trace.mode for trace in figure.data if trace.error_y.array is not None} == {"markers"}


def test_the_target_is_drawn_where_the_loss_has_one():
    assert np.array_equal(prepared(weighted())["target"], [np.nan, 2, np.nan, 2], equal_nan=True)
    figure = readout_norm.draw(prepared(weighted()), {})
    (line,) = [trace for trace in figure.data if (trace.name or "").startswith("target")]
    assert list(line.y) == [2, 2] and line.line.dash == "dot"
    looks = style.cues(2, ordered=True)
    assert line.line.color == looks[1].colour
    without = readout_norm.draw(prepared(weighted(weights=(0.0,))), {})
    assert not [trace for trace in without.data if (trace.name or "").startswith("target")]


def test_excluded_networks_are_grey_with_their_reason_and_no_part_of_lines():
    given = [
        source(std, data=examples.history((0, 5), failed={5: 20}), field__std=std)
        for std in (0.0, 1.0)
    ]
    figure = readout_norm.draw(prepared(given), {})
    (grey,) = [trace for trace in figure.data if trace.name == "excluded"]
    assert grey.marker.color == style.EXCLUDED and len(grey.x) == 2
    assert all("excluded: loss not finite in batch 20" in text for text in grey.hovertext)
    (lines,) = [t for t in figure.data if t.mode == "lines" and t.opacity == 0.35]
    assert np.isfinite(np.asarray(lines.y)).sum() == 2


def test_without_any_included_replicate_it_says_so():
    given = [source(data=examples.history((0, 1), excluded=(0, 1)), field__std=1.0)]
    data = prepared(given)
    assert np.isnan(data["mean"]).all()
    figure = readout_norm.draw(data, {})
    assert "No replicate of any model is included" in figure.layout.title.subtitle.text
    assert "mean" not in [trace.name for trace in figure.data]


def test_a_network_without_a_choice_is_counted_not_drawn():
    history = examples.history((0, 1), excluded=(1,))
    history["chosen_batch"][1] = -1
    data = prepared([source(data=history, field__std=1.0)])
    assert np.isnan(data["norm"].values[1])
    subtitle = readout_norm.draw(data, {}).layout.title.subtitle.text
    assert "Without a chosen snapshot, so not drawn: 1 network." in subtitle.replace("<br>", " ")


def test_no_model_is_an_error():
    with pytest.raises(UserError, match="no model was selected"):
        prepared([])
