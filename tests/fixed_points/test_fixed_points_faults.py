"""What a search for fixed points refuses, and how it says so."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from steadyhand.errors import UserError
from steadyhand.fixed_points import find_fixed_points
from steadyhand.maps import MapError


def refused(x):
    raise ValueError


_NO_SLOPE = "step: it or its derivative is not finite at starts row 2"  # where √ is vertical


@pytest.mark.parametrize(
    ("starts", "message"),
    [
        (np.zeros(3), "starts: shape is (3,)"),
        (np.zeros((0, 3)), "starts: shape is (0, 3)"),
        (np.zeros((3, 0)), "starts: shape is (3, 0)"),
        ([[0.0], [np.nan]], "starts: row 1 is not finite"),
        ([[np.inf]], "starts: row 0 is not finite"),
        (np.zeros((2, 2), complex), "starts: dtype is complex128"),
        ([["a"]], "starts: dtype is <U1"),
        ([[1.0, 2.0], [3.0]], "starts: no matrix; allowed: rows of one length"),
        (None, "starts: dtype is object"),
    ],
)
def test_unusable_starts_are_refused(starts, message):
    with pytest.raises(ValueError, match="starts") as caught:
        find_fixed_points(lambda x: 0.5 * x, starts)
    assert isinstance(caught.value, UserError)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (lambda x: x[:1], "step: returns shape (1,)"),
        (lambda x: x.sum(), "step: returns shape ()"),
        (lambda x: x + 0j, "step: returns dtype complex128"),
        (lambda x: x.astype("float32"), "step: returns dtype float32"),
        (lambda x: (x, x), "step: returns a tuple"),
        (lambda x: jnp.log(x), "step: it or its derivative is not finite at starts row 1"),
        (lambda x: jnp.where(x < 0, 1.0, jnp.sqrt(x)), _NO_SLOPE),
        (lambda x: jnp.eye(3) @ x, "step: JAX cannot call it with a state of 2: dot_general"),
        (lambda x: x + jnp.ones(5), "step: JAX cannot call it with a state of 2: "),
        (lambda x: np.tanh(x), "step: JAX cannot call it with a state of 2: "),
        (lambda x: x if x[0] > 0 else -x, "step: JAX cannot call it with a state of 2: "),
        (lambda x, weights: x, "step: JAX cannot call it with a state of 2: "),
        ("tanh", "step: is a str; allowed: a function"),
        (lambda x: x[x > 0], "step: JAX cannot call it with a state of 2: "),
        (
            eqx.nn.Linear(2, 2, key=jax.random.key(0)),
            "step: is a Linear and holds arrays; allowed: ",
        ),
        (refused, "step: JAX cannot call it with a state of 2: ValueError"),
    ],
)
def test_unusable_maps_are_refused(step, message):
    starts = np.array([[1.0, 2.0], [-1.0, 2.0], [0.0, 1.0]])
    with pytest.raises(ValueError, match="step") as caught:
        find_fixed_points(step, starts)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_tolerance_may_be_a_number_of_numpy_or_jax():
    for tolerance in (np.float32(1e-6), jnp.asarray(1e-10)):
        found = find_fixed_points(lambda x: 0.5 * x, [[1.0]], tolerance=tolerance)
        assert found.kind.tolist() == ["fixed"]


def overwritten(x):
    """JAX has derivatives of this, but not several at a time."""
    number = jax.new_ref(jnp.zeros(1))
    number[...] = x / 2
    return number[...]


def test_a_step_that_overwrites_is_refused():
    with pytest.raises(MapError, match="step: JAX cannot differentiate it: ") as caught:
        find_fixed_points(overwritten, [[0.3]])
    assert "\n" not in str(caught.value)


def test_a_step_without_a_derivative_is_refused():
    def step(x):
        return jax.pure_callback(lambda x: 0.5 * x, jax.ShapeDtypeStruct(x.shape, x.dtype), x)

    with pytest.raises(MapError, match="step: JAX cannot differentiate it: ") as caught:
        find_fixed_points(step, np.ones((2, 3)))
    assert "\n" not in str(caught.value)


def test_a_map_that_is_nowhere_defined_but_at_the_starts_goes_nowhere_else():
    """√ gives NaN on the other side of 0; steps that end there are not taken."""
    found = find_fixed_points(lambda x: 0.3 + 0 * jnp.sqrt(x), np.array([[1e-3], [2.0]]))
    assert found.kind.tolist() == ["fixed"]
    np.testing.assert_allclose(found.points, [[0.3]], rtol=1e-15)
    runaway = find_fixed_points(lambda x: x - 0.1 - jnp.sqrt(x), np.array([[0.5], [2.0]]))
    assert set(runaway.kind) == {"not_converged"}
    assert np.isfinite(runaway.points).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tolerance": 0.0}, "tolerance: is 0.0"),
        ({"tolerance": float("nan")}, "tolerance: is nan"),
        ({"settle": -1}, "settle: is -1"),
        ({"max_iterations": 0}, "max_iterations: is 0"),
        ({"args": [1.0]}, "args: is a list"),
        ({"args": ("gru",)}, "args: holds 'gru'"),
        ({"tolerance": "low"}, "tolerance: is 'low'"),
        ({"settle": 1.5}, "settle: is 1.5"),
        ({"settle": float("inf")}, "settle: is inf"),
        ({"args": (10**30,)}, "args: holds 1000000"),
        ({"args": (np.array([["a"], ["b"]]),)}, "args: holds array([['a'], ['b']]"),
        ({"settle": None}, "settle: is None"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(ValueError, match="allowed") as caught:
        find_fixed_points(lambda x: 0.5 * x, [[1.0]], **options)
    assert str(caught.value).startswith(message)
