"""Balls hold what exact arithmetic gives, whatever rounding does."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from steadyhand.enclosures import Ball, NotEnclosed, ball, balls, evaluate, traced

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-6)
RADII = st.floats(0, 10)


def of(function, *arguments):
    """The first leaf of what a function can give."""
    found = evaluate(traced(function, *(it.mid for it in arguments)), list(arguments))[0]
    assert isinstance(found, Ball)
    return found


def holds(found: Ball, exact: Fraction) -> bool:
    return abs(exact - Fraction(float(found.mid))) <= Fraction(float(found.rad))


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide"])
@given(a=NUMBERS, b=NUMBERS, ra=RADII, rb=RADII, sides=st.tuples(*[st.integers(-2, 2)] * 2))
@settings(max_examples=150, deadline=None)
def test_arithmetic_holds_exact_results_of_all_members(name, a, b, ra, rb, sides):
    x = Fraction(a) + Fraction(ra) * sides[0] / 2
    y = Fraction(b) + Fraction(rb) * sides[1] / 2
    if name == "divide":
        if abs(b) <= rb * 1.001 or b == 0:
            return
        found, exact = balls.multiply(ball(a, ra), balls.reciprocal(ball(b, rb))), x / y
    else:
        found = getattr(balls, name)(ball(a, ra), ball(b, rb))
        exact = {"add": x + y, "subtract": x - y, "multiply": x * y}[name]
    assert holds(found, exact)


def test_products_of_matrices_hold_exact_results():
    random = np.random.default_rng(0)
    a, b = (
        random.normal(size=(5, 40)) * 10.0 ** random.integers(-8, 8, (5, 40)),
        random.normal(size=(40, 3)),
    )
    found = balls.product(ball(a), ball(b))
    for i in range(5):
        for j in range(3):
            exact = sum(Fraction(a[i, k]) * Fraction(b[k, j]) for k in range(40))
            assert holds(Ball(found.mid[i, j], found.rad[i, j]), exact)
    assert (found.rad <= 1e-12 * (np.abs(a) @ np.abs(b))).all()


@pytest.mark.parametrize(
    "function",
    [
        *(jnp.exp, jnp.tanh, jnp.arctan, jnp.sin, jnp.cos, jax.nn.sigmoid, jnp.expm1, jnp.sinh),
        *(jnp.cosh, jax.lax.erfc, jax.lax.stop_gradient, jax.lax.optimization_barrier),
        lambda x: x.at[jnp.array([1, 2, 1])].add(x[:3] ** 2),
        lambda x: jnp.where(jnp.isfinite(x), jnp.minimum(x, jnp.inf), 0.0),
        *(
            lambda x: jnp.log(x + 5),
            lambda x: jnp.sqrt(x + 5),
            jnp.square,
            jnp.abs,
            lambda x: jnp.maximum(x, 0),
        ),
        *(lambda x: x**3 - 2 * x, lambda x: 1 / (x + 5), lambda x: jnp.maximum(x, 0.3)),
        lambda x: jnp.where(jnp.arange(x.size).reshape(x.shape) % 2 == 0, x, -x),
    ],
)
@pytest.mark.parametrize("radius", [0.0, 1e-9, 0.1, 1.0])
def test_functions_hold_their_values_at_members(function, radius):
    random = np.random.default_rng(1)
    x = random.normal(size=(50, 4))
    found = of(function, ball(x, radius))
    for _ in range(20):
        member = x + radius * random.uniform(-1, 1, x.shape)
        value = np.asarray(function(jnp.asarray(member)))
        assert (np.abs(value - found.mid) <= found.rad).all()
    if radius == 0:
        assert (found.rad <= 1e-13 * (1 + np.abs(found.mid))).all()


def test_bounds_grow_with_the_box_and_no_more_than_that():
    x = np.linspace(-2, 2, 9)
    assert of(jnp.tanh, ball(x, 1e-3)).rad.max() == pytest.approx(1e-3, rel=1e-2)


@pytest.mark.parametrize(
    ("function", "radius", "message"),
    [
        (lambda x: jnp.where(x > 0, x, 2 * x), 1.0, "'gt' holds depends on where"),
        (lambda x: jnp.sqrt(x), 1.0, "square root of numbers that may be 0"),
        (lambda x: jnp.log(x), 1.0, "logarithm of numbers that may be 0"),
        (lambda x: jnp.sign(x), 1.0, "a sign changes"),
        (lambda x: jnp.round(x), 0.0, "no rule for the primitive 'round'"),
        (lambda x: x.astype("float32") * 1, 0.0, "numbers of type float32"),
    ],
)
def test_what_cannot_be_bounded_is_refused(function, radius, message):
    with pytest.raises(NotEnclosed, match=message):
        of(function, ball(np.array([0.5]), radius))


@pytest.mark.parametrize("share", [0.3, -2.0])
def test_a_choice_between_equal_numbers_need_not_be_decided(share):
    """Muscles with one time constant: which of two equal ones holds makes no difference."""

    def filtered(x, rise, decay):
        return x * jnp.where(jnp.sum(x**2) > 1, rise, decay)

    box = ball(np.array([0.6, 0.8]), 1e-3)
    found = of(filtered, box, ball(np.array(share)), ball(np.array(share)))
    np.testing.assert_allclose(found.mid, share * box.mid, rtol=1e-12)
    assert (found.rad >= abs(share) * 1e-3).all()
    with pytest.raises(NotEnclosed, match="'gt' holds depends on where"):
        of(filtered, box, ball(np.array(share)), ball(np.array(share + 1e-12)))
    with pytest.raises(NotEnclosed, match="'gt' holds depends on where"):
        of(filtered, box, ball(np.array(share)), ball(np.array(share), 1e-300))


def test_only_where_it_is_not_decided_must_cases_be_equal():
    def chosen(x, cases):
        return jnp.where(x > 0, cases, -cases)

    x, cases = ball(np.array([0.0, 5.0]), 1.0), ball(np.array([0.0, 2.0]))
    assert of(chosen, x, cases).mid.tolist() == [0.0, 2.0]
    for function in (lambda x: (x > 0) * x, lambda x: jnp.where(jnp.all(x > 0), x, x)):
        with pytest.raises(NotEnclosed, match="'gt' holds depends on where"):
            of(function, x)


def test_what_is_not_finite_for_some_members_is_not_decided():
    with pytest.raises(NotEnclosed, match="'is_finite' holds depends on where"):
        of(lambda x: jnp.where(jnp.isfinite(1 / x), x, 0.0), ball(np.array([0.5]), 1.0))


def test_sums_over_an_empty_axis_are_0():
    found = of(lambda x: x @ jnp.ones((0, 2)), ball(np.ones((3, 0))))
    assert found.mid.tolist() == [[0.0, 0.0]] * 3 and found.rad.max() < 1e-290


def test_sums_into_one_place_hold_exact_results():
    """Also where what is summed is much larger than the sum."""
    random = np.random.default_rng(2)
    x, where = random.normal(size=400) * 10.0 ** random.integers(-8, 8, 400), np.arange(400) % 3
    found = of(lambda x: jnp.zeros(3).at[where].add(x), ball(x))
    for place in range(3):
        exact = sum(Fraction(it) for it in x[where == place])
        assert holds(Ball(found.mid[place], found.rad[place]), exact)
    assert (found.rad > 0).all() and (found.rad < 1e-4).all()


def test_angles_of_many_turns_have_the_error_that_they_have():
    """Beside a multiple of π, by integers with Machin's formula; libraries are off by 1e-28."""
    exact = -4.970732575237069e-18
    found = of(jnp.sin, ball(np.array(1.2853022199154463e174)))
    assert abs(float(found.mid) - exact) <= found.rad <= 1e-14


def test_a_division_by_what_may_be_0_tells_nothing():
    assert not np.isfinite(of(lambda x: 1 / x, ball(np.array([0.5]), 1.0)).rad).any()


def test_what_is_not_needed_is_not_bounded():
    def function(x):
        unused = jnp.round(x) + jnp.floor(x)
        return jnp.tanh(x), unused

    found = of(lambda x: function(x)[0], ball(np.array([0.5]), 0.1))
    assert np.isfinite(found.rad).all()


def test_what_wins_by_chance_is_not_enclosed(monkeypatch):
    """On a GPU, of several numbers that are written to one place."""

    def written(unique):
        where = jnp.array([0, 0])
        return of(lambda x: x.at[where].set(x[1:], unique_indices=unique), ball(np.arange(3.0)))

    assert written(False).mid.tolist() == [2.0, 1.0, 2.0]
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert np.isfinite(written(True).mid).all()
    with pytest.raises(NotEnclosed, match="several numbers may go to one place"):
        written(False)
