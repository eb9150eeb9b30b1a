"""Eigenvalues that are known: their densities, and the numbers of every replicate."""

import figure_examples as examples
import numpy as np
import point_examples
import pytest
from steadyhand.errors import UserError
from steadyhand.figures import mode_distributions
from steadyhand.figures.mode_distributions import BINS
from steadyhand.mode_statistics import NEAR_ZERO


def models(*radii):
    data = [point_examples.linearization((0, 2), radius=radius) for radius in radii]
    return examples.sources("linearization", data)


def told(**known):
    """One model at several contexts."""
    return [examples.source("linearization", point_examples.linearization(**known))]


CONTEXTS = (-1.0, 0.0, 1.5)


def test_densities_have_integral_one_and_are_where_the_eigenvalues_are():
    found = mode_distributions.prepare(models(0.9, 0.5), {})
    for name in ("magnitude", "angle"):
        width = np.diff(found[f"{name}_edge"])
        np.testing.assert_allclose((found[f"of_{name}"] * width).sum("bin"), 1)
    edges = found["magnitude_edge"].values
    assert edges[0] == 0 and edges[-1] == 1 and len(edges) == BINS + 1
    # magnitudes are four, from half the radius to the radius
    for group, radius in enumerate((0.9, 0.5)):
        there = found["of_magnitude"].values[group, 0] > 0
        expected, _ = np.histogram(radius * np.linspace(0.5, 1, 4), edges)
        np.testing.assert_array_equal(there, expected > 0)


def test_the_axis_of_magnitudes_holds_what_is_unstable():
    found = mode_distributions.prepare(models(0.9, 1.7), {})
    assert found["magnitude_edge"].values[-1] == pytest.approx(1.7)


def test_angles_are_of_modes_that_are_not_near_zero():
    data = point_examples.linearization((0,))
    small = data["eigenvalue_re"].dims
    shrunk = data.assign(
        eigenvalue_re=(small, np.full(data["eigenvalue_re"].shape, -NEAR_ZERO / 2)),
        eigenvalue_im=(small, np.zeros(data["eigenvalue_im"].shape)),
    )
    shrunk["eigenvalue_im"][:, 0] = 0.9
    shrunk["eigenvalue_re"][:, 0] = 0.0
    found = mode_distributions.prepare([examples.source("linearization", shrunk)], {})
    (bins,) = np.nonzero(found["of_angle"].values[0, 0])
    edges = found["angle_edge"].values
    assert len(bins) == 1 and edges[bins[0]] <= np.pi / 2 <= edges[bins[0] + 1]


def test_numbers_are_those_of_reports():
    found = mode_distributions.prepare(models(0.9), {})["statistic"]
    np.testing.assert_allclose(found.sel(name="spectral_radius"), 0.9)
    np.testing.assert_allclose(found.sel(name="oscillating"), 1)
    np.testing.assert_allclose(found.sel(name="near_zero"), 0)
    angles = np.linspace(0.1, np.pi - 0.1, 4).max() + 0.03 * np.array([0, 2])
    sizes = 0.9 * np.linspace(0.5, 1, 4)
    assert (sizes[-1:] >= 0.5).all()
    np.testing.assert_allclose(
        found.sel(name="highest_frequency").values[0], angles / (2 * np.pi * 0.05)
    )


def test_groups_are_models_in_order_or_conditions_of_one():
    found = mode_distributions.prepare(models(0.9, 0.5), {})
    assert found["group"].values.tolist() == ["curl std 0", "curl std 1"]
    by_sisu = mode_distributions.prepare(told(contexts=CONTEXTS), {"color": "sisu"})
    assert by_sisu["group"].values.tolist() == ["SISU -1", "SISU 0", "SISU 1.5"]
    radius = by_sisu["statistic"].sel(name="spectral_radius", replicate=2).values
    assert (by_sisu["points"] == 4).all() and len(radius) == 3
    largest = [float(np.flatnonzero(row).max()) for row in by_sisu["of_magnitude"].values[:, 0]]
    assert largest == sorted(largest)
    one = mode_distributions.prepare(told(contexts=CONTEXTS), {"sisu": 0.0})
    assert (one["points"] == 4).all()
    titles = [
        mode_distributions.draw(found, {"closed_loop": True}).layout.title.text,
        mode_distributions.draw(by_sisu, {}).layout.title.text,
        mode_distributions.draw(one, {}).layout.title.text,
    ]
    assert titles == [
        "Modes of the closed loop, by training condition",
        "Modes at the fixed points, by SISU: curl std 1",
        "Modes at the fixed points, by training condition: SISU 0",
    ]


def test_conditions_are_not_mixed_in_silence():
    with pytest.raises(UserError, match=r"sisu must be one of -1, 0, 1\.5: they are not mixed"):
        mode_distributions.prepare(told(contexts=CONTEXTS), {})


def test_points_that_are_no_fixed_points_do_not_count():
    data = point_examples.linearization((0,))
    data["kind"] = ("point", ["fixed", "slow", "not_converged", "marginal"])
    found = mode_distributions.prepare([examples.source("linearization", data)], {})
    assert found["points"].values.tolist() == [[2]]


def test_a_replicate_without_fixed_points_has_no_line_and_no_mark():
    data = point_examples.linearization((0, 2))
    kept = data.isel(point=np.flatnonzero(data["point_replicate"] == 2))
    found = mode_distributions.prepare([examples.source("linearization", kept)], {})
    assert np.isnan(found["statistic"].sel(replicate=0)).all()
    figure = mode_distributions.draw(found, {})
    assert not any("replicate 0" in (it.hovertemplate or "") for it in figure.data)


def test_where_nothing_was_found_the_figure_says_so():
    nothing = point_examples.linearization().isel(point=slice(0))
    found = mode_distributions.prepare([examples.source("linearization", nothing)], {})
    by_sisu = point_examples.linearization(contexts=CONTEXTS).isel(point=slice(0))
    given = [examples.source("linearization", by_sisu)]
    for one in (found, mode_distributions.prepare(given, {"color": "sisu"})):
        figure = mode_distributions.draw(one, {})
        assert any("found no fixed point" in it.text for it in figure.layout.annotations)
