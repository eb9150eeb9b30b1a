"""Lines of fixed points, orbits of period 2, and how much of what there is was found."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import comb
from steadyhand.fixed_points import find_fixed_points, find_fixed_points_of_each, pilots
from steadyhand.fixed_points.coverage import coverage_of


def gaussian(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def linear(x, matrix):
    return matrix @ x


def squash(x, weights):
    return jnp.tanh(weights @ x)


def test_a_line_attractor_is_one_continuum():
    """F(x) = x along one direction, and contracts to it from all others."""
    basis = np.linalg.qr(gaussian(6, 6))[0]
    matrix = basis @ np.diag([1.0, 0.5, 0.3, -0.2, 0.1, 0.7]) @ basis.T
    found = find_fixed_points(linear, gaussian(200, 6), args=(matrix,))
    assert found.kind.tolist() == ["continuum"]
    assert found.dimension.tolist() == [1]
    assert found.start_count.tolist() == [200]
    assert found.stability.tolist() == ["marginal"]
    np.testing.assert_allclose(found.points[0] - matrix @ found.points[0], 0, atol=1e-14)


def test_a_surface_of_fixed_points_has_two_dimensions():
    found = find_fixed_points(lambda x: x / jnp.linalg.norm(x), gaussian(60, 3))
    assert found.kind.tolist() == ["continuum"]
    assert found.dimension.tolist() == [2]


def test_two_circles_are_two_continua():
    """Radii 1 and 3 in the plane: r ↦ r − (r − 1)(r − 2)(r − 3)/4; that of 2 repels."""

    def rings(x):
        r = jnp.linalg.norm(x)
        return x / r * (r - (r - 1) * (r - 2) * (r - 3) / 4)

    angles = np.linspace(0, 2 * np.pi, 41)[:-1]
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    found = find_fixed_points(rings, np.concatenate([0.9 * circle, 3.2 * circle]))
    assert found.kind.tolist() == ["continuum"] * 2
    np.testing.assert_allclose(sorted(np.linalg.norm(found.points, axis=1)), [1, 3], rtol=1e-12)
    assert sorted(found.start_count) == [40, 40]


def test_a_pitchfork_at_its_onset_is_no_continuum():
    """tanh x at 0: the derivative is 1, and nothing but 0 is fixed."""
    found = find_fixed_points(jnp.tanh, np.linspace(-2, 2, 21)[:, None])
    assert set(found.kind) <= {"marginal"}
    np.testing.assert_allclose(found.points, 0, atol=2e-4)  # x³/3 is below 1e-12 there


def test_the_limits_of_a_flip_are_an_orbit():
    """tanh(−1.5 x): 0 is unstable, and iterates jump between ±κ, κ = tanh(1.5 κ) = 0.858560."""
    found = find_fixed_points(squash, gaussian(30, 1), args=(np.array([[-1.5]]),), settle=50)
    assert found.kind.tolist() == ["fixed", "cycle"]
    assert found.stability.tolist() == ["unstable", "stable"]
    np.testing.assert_allclose(found.points[:, 0], [0, -0.858560], atol=1e-6)
    np.testing.assert_allclose(found.spectral_radius[1], (1.5 * (1 - 0.858560**2)) ** 2, rtol=1e-5)
    assert found.start_count.tolist() == [30, 30]
    assert found.certified.all()


def test_groups_are_searched_as_if_they_were_alone():
    weights = gaussian(5, 6, 6, seed=4) * np.linspace(0.5, 2.5, 5)[:, None, None]
    starts, group = gaussian(150, 6), np.arange(150) % 5
    together = find_fixed_points_of_each(squash, starts, group, (weights,), groups=5)
    for number, its in enumerate(together):
        (alone,) = find_fixed_points_of_each(
            squash, starts[group == number], np.zeros(30, int), (weights[number][None],), groups=1
        )
        for name in ("points", "kind", "residual", "start_count", "point_of_start", "stability"):
            np.testing.assert_array_equal(getattr(its, name), getattr(alone, name))


def test_which_starts_go_their_own_ways_does_not_depend_on_other_maps(monkeypatch):
    """Beside a map no root of which has a certificate (tanh x at 0), and which has more starts."""
    seen = []

    def noting(assessor, x, group, *rest):
        seen.append(x[group == 0])
        return ends_of(assessor, x, group, *rest)

    ends_of = pilots._ends_of
    monkeypatch.setattr(pilots, "_ends_of", noting)
    weights = np.stack([1.5 / 3 * np.kron(np.eye(2), np.ones((3, 3))), np.eye(6)])
    starts = gaussian(600, 6)
    group = np.repeat([0, 1], [100, 500])
    find_fixed_points_of_each(squash, starts, group, (weights,), groups=2, settle=20)
    beside, seen = np.concatenate(seen), []
    find_fixed_points_of_each(
        squash, starts[:100], group[:100], (weights[:1],), groups=1, settle=20
    )
    alone = np.concatenate(seen)
    assert 4 < len(alone) < 100  # more than a round, and some are spared
    np.testing.assert_array_equal(beside, alone)


@pytest.mark.parametrize(
    "gain",
    [pytest.param(0.9, marks=pytest.mark.slow), 1.5, pytest.param(3.0, marks=pytest.mark.slow)],
)
def test_random_networks_lose_nothing_to_the_short_cut(gain):
    """Roots that each start finds on its own way are all there, and their basins agree in sum."""
    from steadyhand.fixed_points.ends import Options, search_ends

    weights = gain * gaussian(8, 8, seed=7) / np.sqrt(8)
    starts = gaussian(300, 8)
    found = find_fixed_points(squash, starts, args=(weights,))
    own_way = search_ends(squash, starts, (), (jnp.asarray(weights),), Options(1e-12, 100, 64))
    roots = found.points[found.of_kind("fixed")]
    at_root = own_way.residual <= 1e-12 * np.maximum(1, np.linalg.norm(own_way.x, axis=1))
    nearest = np.linalg.norm(own_way.x[at_root][:, None] - roots[None], axis=-1).min(axis=1)
    assert (nearest < 1e-9).all()
    assert found.start_count[~found.of_kind("cycle")].sum() == 300


def test_coverage_is_that_of_drawing_without_replacement():
    found = coverage_of(np.array([10, 5, 1, 1, 2]), 21)
    for size, expected in zip(found.starts, found.expected, strict=True):
        missed = [comb(21 - n, size) / comb(21, size) for n in (10, 5, 1, 1, 2)]
        assert expected == pytest.approx(5 - sum(missed), rel=1e-12)
    assert found.starts[-1] == 21
    assert found.expected[-1] == 5
    assert found.estimated_total == 5 + 2 * 1 / (2 * 2)
    assert found.unseen == pytest.approx(2 / 21)


def test_one_point_from_n_starts_bounds_what_was_not_seen():
    """(1 − p)ⁿ = 0.05: with 58 starts no other basin is likely to hold more than 5 %."""
    found = coverage_of(np.array([58]), 58)
    assert found.unseen == 0
    assert found.unseen_at_most == pytest.approx(1 - 0.05 ** (1 / 59), rel=0.02)
    assert coverage_of(np.array([1]), 1).unseen_at_most == 1
    assert coverage_of(np.array([], int), 4).unseen_at_most < 1


@pytest.mark.parametrize(
    ("step", "dim", "resting"),
    [
        (lambda x: -x, 2, "fixed"),
        (lambda x: x[::-1], 2, "continuum"),
        (lambda x: 1 - x, 1, "fixed"),
    ],
    ids=["mirror", "swap", "reflection"],
)
def test_a_family_of_orbits_is_one_row(step, dim, resting):
    """F∘F is the identity: every state that does not rest is of an orbit, and neutral."""
    starts = gaussian(30, dim)
    found = find_fixed_points(step, starts)
    assert sorted(found.kind.tolist()) == sorted(["cycle", resting])
    family = found.of_kind("cycle")
    assert found.dimension[family].tolist() == [dim]
    assert found.start_count[family].tolist() == [30]
    assert found.extent[family][0] > 1 and found.stability[family].tolist() == ["marginal"]


def test_a_family_of_orbits_stays_where_one_of_its_ends_rests():
    """By rounding, a half turn has a residual of F∘F that is least at its centre."""
    half = jnp.array([[np.cos(np.pi), -np.sin(np.pi)], [np.sin(np.pi), np.cos(np.pi)]])
    starts = np.concatenate([gaussian(6, 2), [[1e-3, 1e-3]]])
    found = find_fixed_points(lambda x: half @ x, starts)
    assert sorted(set(found.kind)) == ["cycle", "fixed"]
    assert found.dimension[found.of_kind("cycle")].tolist() == [2]
