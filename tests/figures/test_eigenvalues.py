import figure_examples as examples
import numpy as np
import point_examples
import pytest
import xarray as xr
from steadyhand.errors import UserError
from steadyhand.figures import eigenvalue_panels, eigenvalues, style


def sources(*radii, replicates=(0, 2)):
    return [
        examples.source(
            "linearization",
            point_examples.linearization(replicates, radius=radius),
            std=index,
            model_id=str(index),
        )
        for index, radius in enumerate(radii)
    ]


def test_magnitude_angle_and_frequency():
    data = eigenvalues.prepare(sources(0.9, replicates=(0,)), {"time_step": 0.05})
    assert float(data["magnitude"].max()) == pytest.approx(0.9)
    assert np.abs(data["angle"]).values.min() == pytest.approx(0.1)
    # half a turn per step is the Nyquist frequency, 1 / (2 dt) = 10 Hz
    quarter = np.abs(data["angle"].values) / np.pi * 10
    assert data["frequency"].values == pytest.approx(quarter)


def test_without_a_time_step_there_is_no_frequency():
    data = eigenvalues.prepare(sources(0.9), {})
    assert "frequency" not in data
    assert not any("Hz" in (t.hovertemplate or "") for t in eigenvalues.draw(data, {}).data)


def test_stable_and_unstable_points_are_counted_per_model():
    data = eigenvalues.prepare(sources(0.9, 1.1), {})
    assert data["stable_count"].values.tolist() == [8, 0]
    assert data["unstable_count"].values.tolist() == [0, 8]
    titles = [a.text for a in eigenvalues.draw(data, {}).layout.annotations]
    assert titles == [
        "curl std 0<br><sup>8 stable, 0 unstable</sup>",
        "curl std 1<br><sup>0 stable, 8 unstable</sup>",
    ]


def test_points_that_are_no_fixed_points_are_left_out_and_counted():
    given = sources(0.9, replicates=(0,))
    kinds = np.array(["fixed", "slow", "marginal", "not_converged"])
    given[0].data["linearization"]["kind"] = ("point", kinds)
    data = eigenvalues.prepare(given, {})
    assert set(data["kind"].values) == {"fixed", "marginal"}
    assert set(data["goal"].values.tolist()) == {0, 2}
    (title,) = [a.text for a in eigenvalues.draw(data, {}).layout.annotations]
    assert title.endswith("2 stable, 0 unstable<br>2 other points left out</sup>")


def test_replicates_keep_their_numbers_data_and_look_in_every_panel():
    figure = eigenvalues.draw(eigenvalues.prepare(sources(0.9, 1.1), {}), {})
    looks = {}
    for trace in figure.data:
        if trace.customdata is not None:
            looks.setdefault(trace.name, set()).add((trace.marker.color, trace.marker.symbol))
    assert set(looks) == {"replicate 0", "replicate 2"}
    assert all(len(found) == 1 for found in looks.values())
    assert looks["replicate 0"] != looks["replicate 2"]
    first = next(t for t in figure.data if t.name == "replicate 2" and t.customdata is not None)
    expected = point_examples.linearization((2,), radius=0.9)["eigenvalue_re"].values.ravel()
    assert np.allclose(first.x, expected)
    assert sorted(set(np.asarray(first.customdata)[:, 0].tolist())) == [0, 1, 2, 3]


@pytest.mark.parametrize("count", [1, 3, 5, 7])
def test_every_panel_has_a_unit_circle_in_equal_aspect(count):
    figure = eigenvalues.draw(eigenvalues.prepare(sources(*[0.9] * count), {}), {})
    circles = [trace for trace in figure.data if trace.name == "unit circle"]
    assert len({trace.xaxis for trace in circles}) == count
    for circle in circles:
        assert np.hypot(circle.x, circle.y) == pytest.approx(1, rel=1e-6)
    for axis in figure.select_yaxes():
        if axis.range is not None:
            assert axis.scaleratio == 1 and axis.scaleanchor == axis.anchor


def test_eigenvalues_outside_the_circle_are_inside_the_axes():
    figure = eigenvalues.draw(eigenvalues.prepare(sources(3.0), {}), {})
    for trace in figure.data:
        if trace.customdata is not None:
            for values, axis in ((trace.x, figure.layout.xaxis), (trace.y, figure.layout.yaxis)):
                assert axis.range[0] < np.min(values) and np.max(values) < axis.range[1]


def test_fields_are_told_apart_by_colour_and_chosen_by_an_option():
    """As contexts are; at one context, where there are several of both."""
    parts = []
    for field in (0.0, 2.0):
        data = point_examples.linearization(radius=0.5 + field / 10, contexts=(0.0, 1.0))
        parts.append(data.assign(point_field_amplitude=("point", [field] * data.sizes["point"])))
    joined = xr.concat(parts, "point", data_vars="minimal", coords="minimal", compat="override")
    given = [examples.source("linearization", joined)]
    data = eigenvalues.prepare(given, {"color": "field_amplitude", "sisu": 0.0})
    assert np.unique(data["series"]).tolist() == [0.0, 2.0]
    for field, radius in ((0.0, 0.5), (2.0, 0.7)):
        own = data["magnitude"].values[data["series"].values == field]
        np.testing.assert_allclose(own.max(), radius)
    title = eigenvalues.draw(data, {"closed_loop": True}).layout.title.text
    assert title.startswith("Eigenvalues of the closed loop, by field amplitude")
    assert title.endswith(", SISU 0")
    one = eigenvalues.prepare(given, {"sisu": 1.0, "field_amplitude": 2.0})
    np.testing.assert_allclose(one["magnitude"].max(), 0.77)
    with pytest.raises(UserError, match="field_amplitude must be one of 0, 2: they are not mixed"):
        eigenvalues.prepare(given, {"sisu": 1.0})


def test_many_eigenvalues_are_drawn_as_an_image(monkeypatch):
    monkeypatch.setattr(eigenvalue_panels, "SVG_LIMIT", 10)
    figure = eigenvalues.draw(eigenvalues.prepare(sources(0.9), {}), {})
    assert "scattergl" in {trace.type for trace in figure.data}


def test_a_model_without_fixed_points_keeps_its_panel():
    empty = sources(0.9, 0.9)
    empty[1].data["linearization"] = empty[1].data["linearization"].isel(point=slice(0, 0))
    titles = [
        a.text for a in eigenvalues.draw(eigenvalues.prepare(empty, {}), {}).layout.annotations
    ]
    assert titles[1] == "curl std 1<br><sup>no fixed point</sup>"


def test_where_no_fixed_point_was_found_the_figure_says_so():
    empty = [
        examples.source(
            "linearization", point_examples.linearization().isel(point=slice(0, 0)), model_id="m"
        )
    ]
    figure = eigenvalues.draw(eigenvalues.prepare(empty, {"time_step": 0.05}), {})
    said = [it.text.replace("<br>", " ") for it in figure.layout.annotations]
    assert any("found no fixed point to linearize at" in it for it in said)


@pytest.mark.parametrize("time_step", [0, -0.05])
def test_a_time_step_is_positive(time_step):
    with pytest.raises(UserError, match="must be positive"):
        eigenvalues.prepare(sources(0.9), {"time_step": time_step})


def hybrid(count=1, **changes):
    given = {"replicates": (0, 2), "contexts": (-1.0, 0.0, 1.5), **changes}
    return [
        examples.source(
            "linearization", point_examples.linearization(**given), std=k, model_id=str(k)
        )
        for k in range(count)
    ]


def test_contexts_are_compared_within_each_replicate():
    data = eigenvalues.prepare(hybrid(radius=0.9), {"color": "sisu"})
    assert data["group"].values.tolist() == ["replicate 0", "replicate 2"]
    assert data["stable_count"].values.tolist() == [8, 8]  # four goals at two contexts
    assert data["unstable_count"].values.tolist() == [4, 4]  # 0.9 · 1.15 > 1
    for group, replicate in enumerate((0, 2)):
        for sisu in (-1.0, 0.0, 1.5):
            own = (data["group_index"] == group) & (data["series"] == sisu)
            assert set(data["replicate"].values[own]) == {replicate}
            assert float(data["magnitude"][own].max()) == pytest.approx(0.9 * (1 + sisu / 10))


def test_contexts_have_a_colour_and_a_symbol_in_every_panel():
    figure = eigenvalues.draw(eigenvalues.prepare(hybrid(), {"color": "sisu"}), {})
    looks = {}
    for trace in figure.data:
        if trace.customdata is not None:
            looks.setdefault(trace.name, set()).add((trace.marker.color, trace.marker.symbol))
    assert set(looks) == {"SISU -1", "SISU 0", "SISU 1.5"}
    assert all(len(found) == 1 for found in looks.values())
    for part in (0, 1):
        assert len({next(iter(found))[part] for found in looks.values()}) == 3
    assert figure.layout.legend.title.text == "SISU"
    assert "by SISU: curl std 0" in figure.layout.title.text


def test_goals_are_compared_within_each_replicate():
    given = [examples.source("linearization", point_examples.linearization(side=3))]
    data = eigenvalues.prepare(given, {"color": "place"})
    assert data["group"].values.tolist() == ["replicate 0", "replicate 2"]
    assert set(data["series"].values) == set(range(9))
    figure = eigenvalues.draw(data, {})
    colours = {it.name: it.marker.color for it in figure.data if it.customdata is not None}
    assert set(colours) == {f"goal {it}" for it in range(9)} and len(set(colours.values())) == 9
    corner = given[0].data["linearization"]["goal_position"].values.argmin(axis=0)
    assert colours[f"goal {corner[0]}"] == style.two_dimensional_colour(0.0, 0.0)
    assert not any(it.showlegend is None for it in figure.data)  # goals need no legend
    with pytest.raises(UserError, match=r"sisu must be one of -1, 0, 1\.5"):
        eigenvalues.prepare(hybrid(), {"color": "place"})


def test_models_are_compared_at_one_context():
    data = eigenvalues.prepare(hybrid(2), {"sisu": 1.5})
    assert data["magnitude"].values.max() == pytest.approx(0.9 * 1.15)
    assert data["unstable_count"].values.tolist() == [8, 8]
    assert set(data["series"].values) == {0, 2}
    assert "by training condition, SISU 1.5" in eigenvalues.draw(data, {}).layout.title.text


def test_contexts_are_not_mixed_in_silence():
    with pytest.raises(UserError, match=r"sisu must be one of -1, 0, 1\.5: they are not mixed"):
        eigenvalues.prepare(hybrid(), {})
    with pytest.raises(UserError, match="its linearization lack point_sisu"):
        eigenvalues.prepare(sources(0.9), {"color": "sisu"})
