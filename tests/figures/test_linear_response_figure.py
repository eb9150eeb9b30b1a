"""Responses that are known: what is shown of them, by condition and amplitude."""

import figure_examples as examples
import numpy as np
import point_examples
from steadyhand.figures import linear_response

OPTIONS = {"channel": "position"}


def prepared(data=None, **known):
    data = point_examples.linear_response(**known) if data is None else data
    return linear_response.prepare([examples.source("linear_response", data)], OPTIONS)


def test_responses_are_along_the_offset_and_per_unit_of_it():
    found = prepared(contexts=(-1.0, 2.0), fields=(0.0, 3.0))
    assert found["group"].values.tolist() == [
        "SISU -1, field 0",
        "SISU -1, field 3",
        "SISU 2, field 0",
        "SISU 2, field 3",
    ]
    assert found["points"].values.tolist() == [4] * 4
    wave = np.sin(4 * found["time"].values)
    for group, factor in enumerate((0, 3, 3, 6)):
        for shown, length in enumerate((0.001, 0.1)):
            one = found.isel(group=group, shown=shown)
            np.testing.assert_allclose(one["predicted"], factor * wave, atol=1e-12)
            np.testing.assert_allclose(one["simulated"], factor * (1 + length) * wave, atol=1e-12)


def test_errors_are_those_of_each_replicate():
    data = point_examples.linear_response()
    data["relative_error"] = data["relative_error"] * (1 + data["point_replicate"])
    found = prepared(data)["error"]
    np.testing.assert_allclose(found.sel(replicate=0), [[0.001 / 1.001, 0.1 / 1.1]] * 2)
    np.testing.assert_allclose(found.sel(replicate=2), 3 * found.sel(replicate=0))


def test_a_replicate_without_fixed_points_has_no_line():
    data = point_examples.linear_response()
    kept = data.isel(point=np.flatnonzero(data["point_replicate"] == 2))
    found = prepared(kept)
    assert np.isnan(found["error"].sel(replicate=0)).all()
    figure = linear_response.draw(found, OPTIONS)
    assert sum("replicate" in (it.hovertemplate or "") for it in figure.data) == 2


def test_where_nothing_was_found_the_figure_says_so():
    nothing = point_examples.linear_response().isel(point=slice(0))
    figure = linear_response.draw(prepared(nothing), OPTIONS)
    assert any("found no fixed point" in it.text for it in figure.layout.annotations)


def test_one_amplitude_has_one_panel_of_responses():
    figure = linear_response.draw(prepared(amplitudes=(0.01,)), OPTIONS)
    titles = [it.text for it in figure.layout.annotations]
    assert titles == ["Offset of 0.01 m", "Error of the prediction"]
