"""Ten thousand searches on random maps, each result checked in exact arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
from steadyhand.fixed_points import find_fixed_points_of_each

pytestmark = pytest.mark.slow

MAPS, STARTS, DIM = 2500, 4, 2


def rational(x, a, b, c):
    """x' = (A x + b)/(1 + |x|²) + c: rational, so that its values are exact fractions."""
    return (a @ x + b) / (1 + x @ x) + c


def exact_residual(x, a, b, c):
    """F(x) − x as fractions."""
    point = [Fraction(float(it)) for it in x]
    below = 1 + sum(it * it for it in point)
    return [
        (sum(Fraction(float(a[i, j])) * point[j] for j in range(DIM)) + Fraction(float(b[i])))
        / below
        + Fraction(float(c[i]))
        - point[i]
        for i in range(DIM)
    ]


def exact_slope(x, a, b):
    """J − I as fractions."""
    point = [Fraction(float(it)) for it in x]
    below = 1 + sum(it * it for it in point)
    above = [
        sum(Fraction(float(a[i, j])) * point[j] for j in range(DIM)) + Fraction(float(b[i]))
        for i in range(DIM)
    ]
    return [
        [
            Fraction(float(a[i, j])) / below - 2 * above[i] * point[j] / below**2 - (i == j)
            for j in range(DIM)
        ]
        for i in range(DIM)
    ]


def newton_step(x, a, b, c):
    """(J − I)⁻¹(F(x) − x), exactly; the length of its largest coordinate."""
    (p, q), (r, s) = exact_slope(x, a, b)
    u, v = exact_residual(x, a, b, c)
    return float(max(abs(s * u - q * v), abs(p * v - r * u)) / abs(p * s - q * r))


@pytest.fixture(scope="module")
def searched():
    random = np.random.default_rng(11)
    a, b, c = 3 * random.normal(size=(MAPS, DIM, DIM)), *random.normal(size=(2, MAPS, DIM))
    starts = 3 * random.normal(size=(MAPS * STARTS, DIM))
    group = np.repeat(np.arange(MAPS), STARTS)
    found = find_fixed_points_of_each(rational, starts, group, (a, b, c), groups=MAPS)
    return a, b, c, found


def test_no_point_that_is_called_fixed_is_none(searched):
    """The exact Newton step from each is as short as its bound says, and as its proof."""
    a, b, c, found = searched
    checked = certified = 0
    for number, one in enumerate(found):
        for row in np.flatnonzero(one.of_kind("fixed")):
            step = newton_step(one.points[row], a[number], b[number], c[number])
            assert step <= 1.2 * one.error_bound[row]
            assert step <= 1e-10
            if one.unique_within[row] > 0:
                # |C·r| ≤ (1 + β)·error: the exact step, to first order, is the error.
                assert step <= 2 * one.proven_error[row]
                certified += 1
            checked += 1
    assert checked > MAPS
    assert certified > 0.99 * checked


def test_certified_points_of_a_map_are_different_points(searched):
    for one in searched[3]:
        points = one.points[one.certified & one.of_kind("fixed")]
        errors = one.proven_error[one.certified & one.of_kind("fixed")]
        apart = np.abs(points[:, None] - points[None]).max(axis=-1)
        apart[np.diag_indices(len(points))] = np.inf
        assert (apart > errors[:, None] + errors[None]).all()


def test_every_start_has_an_end(searched):
    for one in searched[3]:
        assert one.start_count[one.kind != "cycle"].sum() == STARTS
        assert set(np.unique(one.point_of_start)) <= set(range(len(one.kind)))


def test_indices_of_all_roots_sum_to_what_topology_wants(searched):
    """Each map is bounded, so the signs of det(I − J) over all its fixed points sum to 1."""
    a, b, c, _ = searched
    many = 60
    random = np.random.default_rng(3)
    starts = np.tile(4 * random.normal(size=(100, DIM)), (many, 1))
    some = find_fixed_points_of_each(
        rational,
        starts,
        np.repeat(np.arange(many), 100),
        (a[:many], b[:many], c[:many]),
        groups=many,
    )
    complete = 0
    for number, one in enumerate(some):
        assert set(one.kind[one.certified]) <= {"fixed", "cycle"}
        total = 0
        for x in one.points[one.of_kind("fixed")]:
            (p, q), (r, s) = exact_slope(x, a[number], b[number])
            total += 1 if p * s - q * r > 0 else -1
        complete += total == 1
    assert complete == many
