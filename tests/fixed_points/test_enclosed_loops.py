"""Loops and choices on balls: what they hold is what exact arithmetic gives."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from steadyhand.enclosures import Ball, NotEnclosed, ball, evaluate, traced
from steadyhand.fixed_points import find_fixed_points

FACTORS = np.array([0.7, -1.3, 2.1])


def of(function, *arguments):
    examples = [it.mid if isinstance(it, Ball) else it for it in arguments]
    return evaluate(traced(function, *examples), list(arguments))


def scanned(x, factors, reverse=False):
    """x ← f x² + 0.1 over the factors, and every x on the way."""

    def turn(carry, factor):
        made = factor * carry**2 + 0.1
        return made, carry

    return jax.lax.scan(turn, x, factors, reverse=reverse)


def exactly(x, factors):
    """The same in fractions."""
    way = []
    for factor in factors:
        way.append(x)
        x = Fraction(float(factor)) * x**2 + Fraction(0.1)
    return x, way


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("side", [-1, 0, 1])
def test_a_scan_holds_its_end_and_what_it_passed(reverse, side):
    radius = 1e-3
    end, way = of(lambda x, factors: scanned(x, factors, reverse), ball(0.4, radius), ball(FACTORS))
    member = Fraction(0.4) + side * Fraction(radius)
    last, passed = exactly(member, FACTORS[::-1] if reverse else FACTORS)
    passed = passed[::-1] if reverse else passed
    rows = [Ball(way.mid[at], way.rad[at]) for at in range(len(passed))]
    for found, exact in zip([end, *rows], [last, *passed], strict=True):
        assert abs(exact - Fraction(float(found.mid))) <= Fraction(float(found.rad))
    assert end.rad < 0.05  # and not much more


def test_a_loop_that_counts_ends_where_it_should():
    def counted(x, most):
        return jax.lax.while_loop(
            lambda it: it[1] < most, lambda it: (0.5 * it[0], it[1] + 1), (x, 0)
        )

    found, count = of(counted, ball(np.array([8.0]), 0.1), np.array(3))
    assert found.mid == pytest.approx(1.0) and found.rad == pytest.approx(0.0125)
    assert count == 3
    with pytest.raises(NotEnclosed, match="a loop of 1001 rounds"):
        of(counted, ball(np.array([8.0])), np.array(2000))
    with pytest.raises(NotEnclosed, match="'gt' holds depends on where"):
        of(
            lambda x: jax.lax.while_loop(lambda x: x > 1, lambda x: x / 2, x),
            ball(np.array(1.05), 0.1),
        )


@pytest.mark.parametrize(("which", "expected"), [(-3, 1.0), (0, 1.0), (1, 4.0), (9, 4.0)])
def test_the_branch_is_the_one_that_is_chosen(which, expected):
    branches = (lambda x: x / 2, lambda x: x * 2)
    (found,) = of(lambda n, x: jax.lax.switch(n, branches, x), np.array(which), ball(2.0, 0.1))
    assert found.mid == expected
    with pytest.raises(NotEnclosed, match="'gt' holds depends on where"):
        of(lambda x: jax.lax.cond(x > 2, *branches, x), ball(2.0, 0.1))


@pytest.mark.parametrize(
    "step",
    [
        lambda x: jax.lax.scan(lambda c, _: (jnp.tanh(1.2 * c), None), x, length=4)[0],
        lambda x: jax.lax.fori_loop(0, 4, lambda _, c: jnp.tanh(1.2 * c), x),
        lambda x: jax.lax.while_loop(
            lambda it: it[1] < 4, lambda it: (jnp.tanh(1.2 * it[0]), it[1] + 1), (x, 0)
        )[0],
    ],
    ids=["scan", "fori_loop", "while_loop"],
)
def test_points_of_a_step_of_several_substeps_are_certified(step):
    """Those of four substeps are those of one."""
    found = find_fixed_points(step, np.linspace(-1, 1, 12)[:, None])
    alone = find_fixed_points(lambda x: jnp.tanh(1.2 * x), np.linspace(-1, 1, 12)[:, None])
    assert found.certified.all() and len(found.points) == 3
    by_place = np.sort(found.points[:, 0]), np.sort(alone.points[:, 0])
    np.testing.assert_allclose(*by_place, atol=1e-13)


def test_whole_numbers_of_a_scan_stay_arrays():
    def step(x):
        return jax.lax.scan(lambda c, i: (c + 0.1 * x**i, None), x / 3, jnp.arange(3))[0]

    found = find_fixed_points(step, np.array([[0.1], [0.2]]))
    assert found.of_kind("fixed").any()


def test_a_reduction_by_a_function_is_no_call():
    def step(x):
        largest = jax.lax.reduce(jnp.stack([x, x / 2]), -jnp.inf, jax.lax.max, (0,))
        return 0.3 * largest + 0.1

    found = find_fixed_points(step, np.ones((2, 2)))
    np.testing.assert_allclose(found.points[0], 1 / 7, atol=1e-12)


def test_a_loop_of_unknown_length_is_searched_where_it_has_no_root():
    """It has no reverse mode, which the descent on q would like best."""

    def step(x, rounds):
        return jax.lax.fori_loop(0, rounds, lambda _, c: c + 1 + c**2, x)

    found = find_fixed_points(step, np.array([[0.3], [-0.4]]), args=(np.array(1),))
    assert found.kind.tolist() == ["slow"]
    np.testing.assert_allclose(found.points, 0, atol=1e-8)
