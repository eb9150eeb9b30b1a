import figure_examples as examples
import numpy as np
import point_examples
import pytest
from steadyhand.errors import UserError
from steadyhand.figures import fixed_points_pca
from steadyhand.figures.pca_basis import basis_of


def prepared(points):
    return fixed_points_pca.prepare([examples.source("fixed_points", points)], {})


def test_a_planar_grid_is_explained_by_two_components():
    data = prepared(point_examples.fixed_points())
    assert data["variance_fraction"].sel(component=[1, 2]).sum("component").values == pytest.approx(
        [1, 1]
    )
    # the plane is three times as wide along x as along y: 9 : 1 in variance
    assert data["variance_fraction"].sel(component=1).values == pytest.approx([0.9, 0.9])
    assert np.abs(data["score"].sel(component=3)).max() < 1e-12


def test_distances_in_a_plane_are_kept():
    points = point_examples.fixed_points(replicates=(0,))
    score = prepared(points)["score"].values
    hidden = points["hidden"].values
    for a, b in ((0, 1), (3, 20), (7, 24)):
        expected = np.linalg.norm(hidden[a] - hidden[b])
        assert np.linalg.norm(score[a] - score[b]) == pytest.approx(expected)


def test_replicates_have_their_own_basis_and_keep_their_numbers():
    both = prepared(point_examples.fixed_points(replicates=(0, 2), bend=1.0))
    alone = prepared(point_examples.fixed_points(replicates=(2,), bend=1.0))
    own = both["point_replicate"].values == 2
    assert np.allclose(both["score"].values[own], alone["score"].values)
    assert both["replicate"].values.tolist() == [0, 2]
    figure = fixed_points_pca.draw(both, {})
    titles = [a.text.split("<br>")[0] for a in figure.layout.annotations]
    assert titles == ["Replicate 0", "Replicate 2", "Colour: goal"]


@pytest.mark.parametrize("seed", range(4))
def test_the_sign_does_not_depend_on_the_order_of_the_points(seed):
    hidden = np.random.default_rng(seed).standard_normal((9, 5))
    order = np.random.default_rng(seed + 10).permutation(9)
    one, two = basis_of(hidden), basis_of(hidden[order])
    np.testing.assert_allclose(one.loadings, two.loadings, atol=1e-12)
    np.testing.assert_allclose(one.mean, two.mean, atol=1e-12)


def test_the_largest_loading_is_positive():
    along = np.array([[0.0, -1.0, 0.5]])
    found = basis_of(np.array([[2.0], [1.0], [-3.0]]) * along)
    assert found.loadings[0] == pytest.approx(-along[0] / np.linalg.norm(along))
    assert found.fraction == pytest.approx([1, 0, 0])


def test_points_that_are_no_roots_do_not_turn_the_basis():
    points = point_examples.fixed_points(replicates=(0,))
    kind = points["kind"].values.astype("U13")
    kind[[3, 4]] = "not_converged"
    points["kind"] = ("point", kind)
    away = points.copy(deep=True)
    away["hidden"][[3, 4]] += 100.0
    roots = ~np.isin(np.arange(25), [3, 4])
    one, two = prepared(points), prepared(away)
    assert np.allclose(one["score"].values[roots], two["score"].values[roots])
    assert one["variance_fraction"].equals(two["variance_fraction"])


def test_the_lattice_joins_neighbours_and_only_them():
    data = prepared(point_examples.fixed_points(replicates=(0, 2), side=4))
    edges = data["edge"].values
    assert len(edges) == 2 * 2 * 4 * 3
    assert (
        data["point_replicate"].values[edges[:, 0]] == data["point_replicate"].values[edges[:, 1]]
    ).all()
    ends = data["goal_position"].values[data["point_place"].values[edges]]
    assert np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1) == pytest.approx(4 / 9)


def test_of_two_roots_at_a_goal_the_better_one_is_joined():
    points = point_examples.fixed_points(replicates=(0,), side=2)
    points["point_place"][:] = [0, 1, 2, 0]
    points["residual"][:] = [1e-13, 1e-15, 1e-15, 1e-16]
    edges = prepared(points)["edge"].values
    assert 0 not in edges and 3 in edges


def test_a_replicate_without_points_has_an_empty_panel_that_says_so():
    points = point_examples.fixed_points(replicates=(0, 2)).isel(point=slice(0, 25))
    data = prepared(points)
    assert data["basis_kind"].values.tolist() == ["fixed", "none"]
    titles = [a.text for a in fixed_points_pca.draw(data, {}).layout.annotations]
    assert [title for title in titles if "Replicate 2" in title and "no point found" in title]


def test_a_single_point_is_drawn_without_made_up_variance():
    data = prepared(point_examples.fixed_points(replicates=(0,), side=1))
    assert data["variance_fraction"].values.ravel().tolist() == [0, 0, 0]
    assert data["score"].values.ravel().tolist() == [0, 0, 0]
    fixed_points_pca.draw(data, {})


def test_kinds_are_symbols_and_hover_tells_the_goal():
    data = prepared(
        point_examples.fixed_points(replicates=(0,), kinds=("fixed", "marginal", "slow"))
    )
    figure = fixed_points_pca.draw(data, {})
    drawn = {t.name: t for t in figure.data if t.xaxis == "x" and t.customdata is not None}
    assert {name: t.marker.symbol for name, t in drawn.items()} == {
        "fixed": "circle",
        "marginal": "diamond",
        "slow": "triangle-up",
    }
    rows = np.asarray(drawn["slow"].customdata)
    assert rows[:, 0].tolist() == list(range(2, 25, 3))
    assert np.array_equal(rows[:, 1:3], point_examples.goals()[2::3])


def test_where_no_point_was_found_the_figure_says_so():
    points = point_examples.fixed_points(replicates=(0, 2)).isel(point=slice(0, 0))
    figure = fixed_points_pca.draw(prepared(points), {})
    said = [it.text.replace("<br>", " ") for it in figure.layout.annotations]
    assert any("The search found no point" in it for it in said)


def test_readout_vectors_are_in_the_basis_of_the_points():
    """Rows of 2·(u, v) + (w, w), of which the plane of the points holds u and v."""
    data = prepared(point_examples.fixed_points(bend=0.0))
    length = np.linalg.norm(data["readout"], axis=-1)
    np.testing.assert_allclose(length, 2)
    np.testing.assert_allclose(data["readout_share"], 2 / np.sqrt(5))
    inner = np.einsum("rc,rc->r", *np.moveaxis(data["readout"].values, 1, 0))
    np.testing.assert_allclose(inner, 0, atol=1e-12)
    # the plane is three times as wide along u, which is its first component then
    np.testing.assert_allclose(np.abs(data["readout"].values[:, 0, 0]), 2)
    bent = prepared(point_examples.fixed_points(bend=1.0))
    np.testing.assert_allclose(bent["readout_share"], 1)


def test_readout_vectors_turn_with_the_sign_of_the_first_component():
    for way in (1, -1):
        points = point_examples.fixed_points(replicates=(0,), contexts=(-20.0, 5.0))
        points["hidden"] *= way
        data = prepared(points)
        first = data["readout"].sel(component=1).values
        expected = points["readout_weight"].values[..., 0] * way  # contexts are along unit 0
        np.testing.assert_allclose(first, expected, atol=0.3)


def test_arrows_are_to_scale_among_each_other_and_within_the_points():
    figure = fixed_points_pca.draw(prepared(point_examples.fixed_points()), {})
    arrows = [it for it in figure.data if "readout" in (it.hovertemplate or "")]
    assert len(arrows) == 2 * 2 * 3
    entries = [it.name for it in figure.data if it.x is not None and it.x[0] is None]
    assert entries[-2:] == ["readout x", "readout y"]
    score = prepared(point_examples.fixed_points())["score"].values
    assert all(np.hypot(it.x[1], it.y[1]) < np.abs(score).max() for it in arrows)


def test_an_unknown_kind_is_an_error():
    with pytest.raises(UserError, match=r"kind 'ghost': unknown; allowed: fixed, marginal"):
        prepared(point_examples.fixed_points(kinds=("ghost",)))


CONTEXTS = (-2.0, 0.0, 0.5)


def test_contexts_share_the_components_of_their_replicate():
    """Planes that are moved along a direction are apart by as much, in every replicate."""
    points = point_examples.fixed_points(contexts=CONTEXTS)
    data = prepared(points)
    hidden, score = points["hidden"].values, data["score"].values
    assert data["point_sisu"].values.tolist() == points["point_sisu"].values.tolist()
    for replicate in (0, 2):
        own = np.flatnonzero(points["point_replicate"] == replicate)
        apart = np.linalg.norm(hidden[own][:, None] - hidden[own], axis=-1)
        seen = np.linalg.norm(score[own][:, None] - score[own], axis=-1)
        np.testing.assert_allclose(seen, apart, atol=1e-9)
    assert data["variance_fraction"].sum("component").values == pytest.approx([1, 1])


@pytest.mark.parametrize("way", [1, -1])
def test_contexts_rise_along_the_first_component_of_every_replicate(way):
    points = point_examples.fixed_points(replicates=(0, 2, 3), contexts=(-20.0, 0.0, 5.0))
    data = prepared(points.assign(hidden=way * points["hidden"]))
    for replicate in (0, 2, 3):
        own = data["point_replicate"].values == replicate
        first, sisu = data["score"].values[own, 0], data["point_sisu"].values[own]
        assert np.diff([first[sisu == it].mean() for it in (-20.0, 0.0, 5.0)]).min() > 1


def test_lattices_of_contexts_are_not_joined():
    data = prepared(point_examples.fixed_points(replicates=(0,), side=3, contexts=CONTEXTS))
    edges = data["edge"].values
    assert len(edges) == len(CONTEXTS) * 2 * 3 * 2
    ends = data["point_sisu"].values[edges]
    assert (ends[:, 0] == ends[:, 1]).all()


def test_contexts_are_colours_and_symbols_and_kinds_fill_them():
    points = point_examples.fixed_points(
        replicates=(0,), kinds=("fixed", "marginal", "slow"), contexts=CONTEXTS
    )
    figure = fixed_points_pca.draw(prepared(points), {})
    drawn = {t.name: t for t in figure.data if t.xaxis == "x" and t.customdata is not None}
    looks = {name: (set(t.marker.color), t.marker.symbol) for name, t in drawn.items()}
    assert set(looks) == {
        f"SISU {sisu}, {kind}"
        for sisu in ("-2", "0", "0.5")
        for kind in ("fixed", "marginal", "slow")
    }
    for sisu in ("-2", "0", "0.5"):
        assert len(set.union(*(looks[f"SISU {sisu}, {it}"][0] for it in ("fixed", "slow")))) == 1
    symbols = [looks[f"SISU {it}, fixed"][1] for it in ("-2", "0", "0.5")]
    assert len(set(symbols)) == 3
    assert looks["SISU 0, slow"][1] == f"{symbols[1]}-open"
    assert figure.layout.legend.title.text == "SISU"
    entries = [t.name for t in figure.data if t.x[0] is None]
    assert entries[:6] == ["-2", "0", "0.5", "fixed (27)", "marginal (24)", "slow (24)"]


def test_points_at_one_context_are_told_apart_by_their_goal():
    figure = fixed_points_pca.draw(prepared(point_examples.fixed_points(contexts=(0.5,))), {})
    assert "Fixed points by goal: curl std 1, SISU 0.5" in figure.layout.title.text
    assert "Colour: goal" in [it.text for it in figure.layout.annotations]
