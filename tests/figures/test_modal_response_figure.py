"""Responses and modes that are known: what is shown of them, and of which network."""

import figure_examples as examples
import numpy as np
import point_examples
import xarray as xr
from steadyhand.figures import modal_response

OPTIONS = {"channel": "position"}


def prepared(data=None, **known):
    data = point_examples.modal_response(**known) if data is None else data
    return modal_response.prepare([examples.source("modal_response", data)], OPTIONS)


def test_conditions_that_are_all_the_same_are_not_told():
    assert prepared()["group"].values.tolist() == ["SISU 0", "SISU 2"]
    assert prepared(contexts=(2.0,))["group"].values.tolist() == ["SISU 2, field 0"]


def test_the_example_is_the_replicate_in_the_middle():
    found = prepared()
    assert found["example"].values.tolist() == [2, 2]  # errors grow with the number of a replicate
    data = point_examples.modal_response()
    data["relative_error"] = -data["relative_error"]
    assert prepared(data)["example"].values.tolist() == [2, 2]
    two = prepared(replicates=(3, 8))
    assert two["example"].values.tolist() == [3, 3]


def test_paths_are_per_unit_of_the_impulse():
    found = prepared()
    time = found["time"].values
    circle = np.stack([np.cos(6 * time), np.sin(6 * time)], axis=-1) * np.exp(-time)[:, None]
    one = found.isel(group=1)
    np.testing.assert_allclose(one["predicted"], circle, atol=1e-12)
    for shown, length in enumerate((0.001, 0.1)):
        expected = circle * (1 + length * 1.2)
        np.testing.assert_allclose(one["evaluated"].isel(shown=shown), expected, atol=1e-12)
    np.testing.assert_allclose(one["mode_path"].isel(drawn=1), circle / 4, atol=1e-12)


def test_numbers_are_medians_over_the_responses_of_a_replicate():
    data = point_examples.modal_response()
    data["relative_error"][data["goal"].values[:, 0] == 0] = 0.0
    three = xr.concat(
        [data, data.isel(response=data["goal"].values[:, 0] == 1)], "response", data_vars="minimal"
    )
    errors = prepared(three)["error"].sel(replicate=5).values  # of 0, x and x
    np.testing.assert_allclose(errors, [[1 - 1 / (1 + a * 1.5) for a in (0.001, 0.1)]] * 2)
    found = prepared()
    np.testing.assert_allclose(found["left_over"].values[..., 0], 0.5)
    np.testing.assert_allclose(found["frequency"], [[0, 0, 0], [2, 2, 2]])
    np.testing.assert_allclose(found["damping_ratio"], [[0, 0.2, 0.5]] * 2)
    errors = found["error"].sel(replicate=5).values
    np.testing.assert_allclose(errors, [[1 - 1 / (1 + a * 1.5) for a in (0.001, 0.1)]] * 2)


def test_durations_are_told_apart_where_there_are_several():
    data = point_examples.modal_response()
    data["impulse_duration"] = ("response", np.where(data["goal"].values[:, 0] == 0, 1.0, 5.0))
    assert prepared(data)["group"].values.tolist() == [
        f"SISU {sisu}, duration {it}" for sisu in (0, 2) for it in (1, 5)
    ]


def test_a_replicate_without_responses_has_no_line():
    data = point_examples.modal_response()
    kept = data.isel(response=np.flatnonzero(data["response_replicate"] != 2))
    kept["left_out"] = ("replicate", [0, 8, 0])
    found = prepared(kept)
    assert np.isnan(found["left_over"].sel(replicate=2)).all()
    figure = modal_response.draw(found, OPTIONS)
    assert not any("replicate 2<" in (it.hovertemplate or "") for it in figure.data)
    assert "8 responses have no prediction" in figure.layout.title.subtitle.text.replace(
        "<br>", " "
    )


def test_where_nothing_was_found_the_figure_says_so():
    nothing = point_examples.modal_response().isel(response=slice(0))
    figure = modal_response.draw(prepared(nothing), OPTIONS)
    assert any("has a fixed point" in it.text for it in figure.layout.annotations)


def test_of_many_conditions_some_have_panels_and_all_have_numbers():
    many = prepared(contexts=tuple(np.arange(7.0)))
    figure = modal_response.draw(many, OPTIONS)
    titles = [it.text for it in figure.layout.annotations]
    assert [it for it in titles if "replicate" in it] == [
        f"SISU {it} (replicate 2)" for it in (0, 2, 4, 6)
    ]
    assert sum(it.showlegend is not False and "SISU" in (it.name or "") for it in figure.data) == 7


def test_every_path_is_within_its_panel():
    figure = modal_response.draw(prepared(), OPTIONS)
    for trace in figure.data:
        if trace.name and (
            trace.name.startswith(("trials", "mode")) or trace.name == "linearization"
        ):
            for values, axis in ((trace.x, trace.xaxis), (trace.y, trace.yaxis)):
                low, high = figure.layout[f"{axis[0]}axis{axis[1:]}"].range
                assert low < min(values) and max(values) < high
