"""Searches for fixed points, on maps whose fixed points are known."""

import logging

import jax.numpy as jnp
import numpy as np
import pytest
from steadyhand.fixed_points import FixedPoints, find_fixed_points
from steadyhand.fixed_points.ends import Options, _levenberg_marquardt, residuals, search_ends
from steadyhand.fixed_points.kinds import Assessor
from steadyhand.fixed_points.levenberg import ITERATIONS

LINE = np.linspace(-3, 3, 41)[:, None]  # contains 0 and both sides of every root used here


def quadratic(x, a, b):
    """Roots of F(x) − x at a and b."""
    return x + (x - a) * (x - b)


def cubic(x, coefficients):
    """F(x) − x is the polynomial with these coefficients, from x⁰ to x³."""
    return x + sum(coefficients[power] * x**power for power in range(4))


def henon(x, a, b):
    return jnp.stack([1 - a * x[0] ** 2 + x[1], b * x[0]])


def squash(x, weights):
    return jnp.tanh(weights @ x)


def leaky(x, weights):
    return 0.5 * x + 0.5 * jnp.tanh(weights @ x)


def linear(x, matrix, offset):
    return matrix @ x + offset


def counts(found: FixedPoints) -> dict[str, int]:
    kinds, number = np.unique(found.kind, return_counts=True)
    return dict(zip(kinds.tolist(), number.tolist(), strict=True))


def gaussian(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def blocks(signs: np.ndarray, gain: float) -> np.ndarray:
    """Weights of independent blocks of units; row b of `signs` is the pattern of block b."""
    number, size = signs.shape
    weights = np.zeros((number * size, number * size))
    for block, pattern in enumerate(signs):
        place = slice(block * size, (block + 1) * size)
        weights[place, place] = gain / size * np.outer(pattern, pattern)
    return weights


def assert_is_complete(found: FixedPoints, expected: np.ndarray) -> None:
    """Every expected point, nothing else, each within its bound and with a tiny residual."""
    assert counts(found) == {"fixed": len(expected)}
    assert (found.residual <= 1e-12).all()
    distance = np.linalg.norm(found.points[:, None] - expected, axis=-1)
    nearest = distance.argmin(axis=1)
    assert sorted(nearest) == list(range(len(expected)))
    assert (distance.min(axis=1) <= 1.2 * found.error_bound + 1e-15).all()
    np.testing.assert_array_equal(found.q, 0.5 * found.residual**2)


@pytest.mark.parametrize("number", [2, 3])
def test_blocks_of_tanh_units_have_all_their_3_to_the_k_points(number):
    gain, kappa = 1.5, 0.858560
    weights = blocks(np.ones((number, 3)), gain)
    found = find_fixed_points(squash, gaussian(500, 3 * number), args=(weights,))
    combinations = np.stack(np.meshgrid(*[[-1, 0, 1]] * number), axis=-1).reshape(-1, number)
    assert counts(found) == {"fixed": 3**number}
    assert (found.residual <= 1e-12).all()
    np.testing.assert_allclose(np.abs(found.points)[np.abs(found.points) > 0.1], kappa, atol=1e-6)
    patterns = {tuple(it) for it in np.round(found.points[:, ::3] / kappa).astype(int).tolist()}
    assert patterns == {tuple(it) for it in combinations.tolist()}
    # Stable where no block rests at 0, where the eigenvalue is the gain.
    resting = (np.abs(found.points) < 1e-6).any(axis=1)
    expected = np.where(resting, gain, gain * (1 - kappa**2))
    np.testing.assert_allclose(found.spectral_radius, expected, rtol=1e-5)
    assert (found.spectral_radius < 1).sum() == 2**number


def test_two_bits_of_memory_have_four_stable_states():
    signs = np.sign(gaussian(2, 4, seed=3))
    found = find_fixed_points(leaky, gaussian(400, 8), args=(blocks(signs, 2.0),), settle=3)
    assert counts(found) == {"fixed": 9}
    stable = found.points[found.spectral_radius < 1]
    assert len(stable) == 4
    memories = {tuple(np.sign(it * signs.ravel())[::4].tolist()) for it in stable}
    assert memories == {(-1, -1), (-1, 1), (1, -1), (1, 1)}


@pytest.mark.parametrize("r", [0.5, 2.5, 3.2, 3.9])
def test_logistic_map(r):
    """F(x) = r·x·(1 − x)."""
    found = find_fixed_points(cubic, LINE + 0.001, args=(np.array([0, r - 1, -r, 0]),))
    root = found.of_kind("fixed")
    np.testing.assert_allclose(np.sort(found.points[root, 0]), sorted([0, 1 - 1 / r]), atol=1e-14)
    inner = np.argmin(np.abs(found.points[:, 0] - (1 - 1 / r)))
    np.testing.assert_allclose(found.spectral_radius[inner], abs(2 - r), rtol=1e-12)
    np.testing.assert_allclose(found.spectral_radius[1 - inner], r, rtol=1e-12)
    np.testing.assert_allclose(found.sigma_min[root], abs(r - 1), rtol=1e-12)
    assert found.certified.all()
    stable = {0.5: 0, 2.5: 1 - 1 / r}.get(r)
    assert found.points[root & (found.stability == "stable"), 0].tolist() == (
        [] if stable is None else [pytest.approx(stable, abs=1e-14)]
    )
    # Where r > 3, iterates come to an orbit of period 2, known in closed form.
    orbits = found.of_kind("cycle")
    assert orbits.any() == (r > 3)
    lower = (r + 1 - np.sqrt(max(0, (r - 3) * (r + 1)))) / (2 * r)
    np.testing.assert_allclose(found.points[orbits, 0], lower, rtol=1e-13)
    np.testing.assert_allclose(
        found.spectral_radius[orbits], abs(4 + 2 * r - r**2), rtol=0, atol=1e-12
    )


def test_henon_map_from_starts_far_away():
    a, b = 1.4, 0.3
    x = (b - 1 + np.array([1, -1]) * np.sqrt((1 - b) ** 2 + 4 * a)) / (2 * a)
    found = find_fixed_points(henon, gaussian(70, 2) * 1e4, args=(a, b))
    assert_is_complete(found, np.stack([x, b * x], axis=1))


def test_starts_from_which_newton_diverges_come_to_the_root():
    """Newton on arctan(x − 1) overshoots, ever farther, from more than 1.4 away."""
    starts = 1 + np.array([[-20.0], [-3.0], [-1.5], [0.5], [1.5], [3.0], [20.0]])
    found = find_fixed_points(lambda x: x + jnp.arctan(x - 1), starts)
    assert_is_complete(found, np.ones((1, 1)))


@pytest.mark.parametrize("size", [1.0, 1e8])
def test_a_linear_map_has_one_point_from_wherever(size):
    matrix, offset = gaussian(5, 5, seed=1), gaussian(5, seed=2)
    found = find_fixed_points(linear, size * gaussian(10, 5), args=(matrix, offset))
    assert_is_complete(found, np.linalg.solve(np.eye(5) - matrix, offset)[None])
    singular = np.linalg.svd(np.eye(5) - matrix, compute_uv=False)
    np.testing.assert_allclose(found.sigma_min, singular[-1], rtol=1e-10)
    assert found.start_count.tolist() == [10]


def test_a_rotation_that_shrinks_rests_at_its_centre():
    radius, angle = 0.9, 0.4
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    found = find_fixed_points(linear, gaussian(10, 2), args=(radius * turn, np.zeros(2)))
    assert_is_complete(found, np.zeros((1, 2)))
    np.testing.assert_allclose(found.spectral_radius, radius, rtol=1e-14)


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-7])
def test_roots_close_together_are_both_there(gap):
    found = find_fixed_points(quadratic, LINE, args=(0.3, 0.3 + gap))
    assert_is_complete(found, np.array([[0.3], [0.3 + gap]]))
    assert found.start_count.sum() == len(LINE)


@pytest.mark.parametrize("gap", [0.0, 1e-9])
def test_a_tangency_is_one_marginal_point(gap):
    """Roots closer than about the square root of rounding cannot be told apart."""
    found = find_fixed_points(quadratic, LINE, args=(0.3, 0.3 + gap))
    assert counts(found) == {"marginal": 1}
    np.testing.assert_allclose(found.points, 0.3, atol=1e-6)


def test_a_circle_of_fixed_points_is_one_continuum():
    starts = gaussian(30, 2)
    found = find_fixed_points(lambda x: x / jnp.linalg.norm(x), starts)
    assert counts(found) == {"continuum": 1}
    assert found.dimension.tolist() == [1]
    assert found.start_count.tolist() == [30]
    assert 1.9 < found.extent[0] <= 2
    np.testing.assert_allclose(np.linalg.norm(found.points, axis=1), 1, rtol=1e-12)


def test_a_minimum_of_q_that_is_no_root_is_slow():
    """q = ½(0.1 + x²)² is least at 0, where it is 0.005 and its second derivative 0.2."""
    found = find_fixed_points(cubic, LINE, args=(np.array([0.1, 0, 1, 0]),))
    assert counts(found) == {"slow": 1}
    np.testing.assert_allclose(found.points, 0, atol=1e-12)
    np.testing.assert_allclose(found.q, 0.005, rtol=1e-12)
    assert np.abs(found.points[0, 0]) <= found.error_bound[0] <= 1e-10


def test_a_slow_point_and_a_root_of_one_map_are_both_kept():
    """F(x) − x = (x + 1)(x² + e): a root at −1, and a slow point where 3x² + 2x + e = 0."""
    e = 0.01
    found = find_fixed_points(cubic, LINE, args=(np.array([e, e, 1, 1]),))
    assert found.kind.tolist() == ["fixed", "slow"]
    expected = [-1, (-1 + np.sqrt(1 - 3 * e)) / 3]
    np.testing.assert_allclose(found.points[:, 0], expected, atol=1e-12)


def test_a_residual_that_vanishes_at_infinity_is_no_fixed_point():
    starts = np.concatenate([LINE, [[10.0], [24.0], [30.0], [300.0]]])
    found = find_fixed_points(lambda x: x + jnp.exp(-x), starts)
    assert "fixed" not in found.kind
    assert "slow" not in found.kind
    # From 300 on, the map is the identity in float64: all points are fixed.
    assert counts(found) == {"continuum": 1, "not_converged": len(starts) - 1}
    assert np.isinf(found.error_bound[found.of_kind("not_converged")]).all()


def test_a_map_without_roots_or_minima_keeps_all_starts():
    found = find_fixed_points(cubic, LINE, args=(np.array([1.0, 0, 0, 0]),))
    assert counts(found) == {"not_converged": len(LINE)}
    np.testing.assert_array_equal(found.points[found.point_of_start], LINE)


def test_the_order_of_starts_changes_nothing():
    weights = blocks(np.ones((2, 3)), 1.5)
    starts = gaussian(150, 6)
    order = np.random.default_rng(1).permutation(len(starts))
    plain = find_fixed_points(squash, starts, args=(weights,))
    shuffled = find_fixed_points(squash, starts[order], args=(weights,))
    for name in ("points", "residual", "error_bound", "kind", "start_count", "spectral_radius"):
        np.testing.assert_array_equal(getattr(shuffled, name), getattr(plain, name))
    np.testing.assert_array_equal(shuffled.point_of_start, plain.point_of_start[order])
    assert plain.start_count.sum() == len(starts)


def test_the_end_of_a_start_does_not_depend_on_its_company():
    args = (jnp.asarray(gaussian(6, 6, seed=5)),)
    starts = gaussian(150, 6)
    options = ((), args, Options(1e-12, 100, 64))
    ends = search_ends(squash, starts, *options)
    for row in (0, 63, 64, 149):
        alone = search_ends(squash, starts[row : row + 1], *options)
        np.testing.assert_array_equal(alone.x[0], ends.x[row])
        np.testing.assert_array_equal(alone.residual[0], ends.residual[row])


def test_what_an_end_is_does_not_depend_on_its_company():
    """Ends that are fixed, none, and in more than one tile."""
    args = (jnp.asarray(gaussian(6, 6, seed=5)),)
    starts = gaussian(150, 6)
    ends = search_ends(squash, starts, (), args, Options(1e-12, 100, 64)).x
    ends[::2] = starts[::2]
    assessor = Assessor(squash, args, Options(1e-12, 100, 64))
    together = assessor.assess(ends, ())
    assert len(set(together.kind)) > 1
    for row in (0, 1, 63, 64, 127, 149):
        alone = assessor.assess(ends[row : row + 1], ())
        for name, column in vars(alone).items():
            np.testing.assert_array_equal(column[0], getattr(together, name)[row], err_msg=name)


def test_every_start_lies_in_the_basin_that_is_reported_for_it():
    weights = blocks(np.ones((2, 3)), 1.5)
    starts = np.repeat(gaussian(60, 2), 3, axis=1)
    found = find_fixed_points(squash, starts, args=(weights,), settle=200)
    at_end = found.points[found.point_of_start]
    np.testing.assert_array_equal(np.sign(at_end), np.sign(starts))


def test_the_point_with_the_least_residual_stands_for_its_neighbours():
    weights = blocks(np.ones((2, 3)), 1.5)
    starts = gaussian(150, 6)
    found = find_fixed_points(squash, starts, args=(weights,))
    ends, residual, *_ = search_ends(
        squash, starts, (), (jnp.asarray(weights),), Options(1e-12, 100, 64)
    )
    for row, point in enumerate(found.points):
        mine = found.point_of_start == row
        assert residual[mine].min() == found.residual[row]
        assert (ends[mine] == point).all(axis=1).any()


def test_other_real_dtypes_are_converted_and_this_is_logged(caplog):
    starts = gaussian(20, 6).astype(np.float32)
    args = (blocks(np.ones((2, 3)), 1.5),)
    with caplog.at_level(logging.INFO, logger="steadyhand"):
        single = find_fixed_points(squash, starts, args=args)
    assert "starts: converted from float32 to float64" in caplog.text
    double = find_fixed_points(squash, starts.astype(np.float64), args=args)
    np.testing.assert_array_equal(single.points, double.points)
    assert single.points.dtype == np.float64
    integers = find_fixed_points(linear, [[1, 2]], args=(np.zeros((2, 2), int), np.ones(2)))
    assert_is_complete(integers, np.ones((1, 2)))


def test_one_compilation_serves_all_parameters():
    traced = []

    def step(x, r):
        traced.append(r)
        return r * x * (1 - x)

    for r in (2.5, 1.5, 0.6):
        find_fixed_points(step, LINE + 0.001, args=(r,))
    before = len(traced)
    for r in (2.4, 1.4, 0.7):
        find_fixed_points(step, LINE + 0.001, args=(r,))
    # Two abstract evaluations per call are left: of the shapes, and of the derivative.
    assert len(traced) - before <= 6


def vanishing(x):
    """Roots where a coordinate is 1; far to the right, the residual vanishes without a root."""
    return x + (x - 1) * jnp.exp(-x)


def test_where_a_residual_vanishes_at_infinity_nothing_is_found_and_roots_still_are():
    starts = np.concatenate([np.full((5, 3), 6.0), np.zeros((5, 3))]) + 0.1 * gaussian(10, 3)
    found = find_fixed_points(vanishing, starts)
    roots = found.points[found.of_kind("fixed")]
    np.testing.assert_allclose(roots, np.ones((1, 3)), atol=1e-12)
    assert (found.kind[found.point_of_start[:5]] == "not_converged").all()
    assert (found.kind[found.point_of_start[5:]] == "fixed").all()
    assert np.linalg.norm(found.points[found.point_of_start[:5]], axis=1).min() > 10


def shallow_valley(x):
    """A root at (1, 1), at the end of a bent valley in which residuals are small all along."""
    return x + 1e-3 * jnp.array([10 * (x[1] - x[0] ** 2), 1 - x[0]])


def test_a_small_residual_alone_ends_no_search_in_its_first_turns():
    starts = np.array([[-1.2, 1.0], [-1.9, 2.0]])

    def residual_after(iterations):
        options = Options(1e-12, iterations, 16)
        ends = _levenberg_marquardt(shallow_valley, starts, (), (), options)
        return np.linalg.norm(residuals(shallow_valley, ends, (), ()), axis=1)

    assert (residual_after(ITERATIONS) > 1e-12).all()
    assert (residual_after(2 * ITERATIONS) < residual_after(ITERATIONS)).all()
