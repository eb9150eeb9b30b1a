"""Functions that are made anew have the values that they had, and derivatives of these."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from steadyhand.enclosures import NotEnclosed, without_own_rules

RANDOM = np.random.default_rng(8)
MATRIX, CUBE = RANDOM.normal(size=(5, 7)), RANDOM.normal(size=(3, 4, 5))
TIES = np.array([[2.0, 1.0, 2.0], [0.0, 0.0, -1.0]])


def rounds(x):
    """A loop within a loop within a choice, with rules of its own in each."""

    def inner(c, row):
        return jax.lax.cond(row[0] > 0, jax.nn.relu, jax.nn.silu, c + row), c.max()

    def outer(number, c):
        return jax.lax.scan(inner, c, x, reverse=True)[0] * (1 + number)

    last = jax.lax.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, outer(*c)), (0, x[0]))[1]
    return last, jax.lax.fori_loop(0, 2, outer, x[1])


@pytest.mark.parametrize(
    ("function", "operand"),
    [
        (lambda x: jnp.max(x, axis=1), MATRIX),
        (lambda x: jnp.min(x, axis=(0, 2)), CUBE),
        (lambda x: {"all": jnp.max(x), "least": jnp.min(x, axis=0)}, TIES),
        (lambda x: jax.lax.clamp(-0.5, x, 0.3), MATRIX),
        (lambda x: jax.lax.clamp(0.5, x, -0.3), MATRIX),
        (lambda x: jax.nn.softmax(x, axis=-1), MATRIX),
        (lambda x: jax.nn.logsumexp(x, axis=0), MATRIX),
        (lambda x: jnp.clip(jnp.maximum(x, 0.1), 0.0, 1.0), MATRIX),
        (lambda x: jnp.max(jnp.arange(6)[None] * (x[:, :6] > 0), axis=1), MATRIX),
        (rounds, CUBE[0]),
        (jax.jit(jax.checkpoint(rounds)), CUBE[1]),
        (jax.vmap(rounds), CUBE),
    ],
)
def test_values_stay_what_they_are(function, operand):
    expected, found = function(operand), without_own_rules(function)(operand)
    assert jax.tree.structure(expected) == jax.tree.structure(found)
    for one, other in zip(jax.tree.leaves(expected), jax.tree.leaves(found), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def test_derivatives_are_those_of_values_however_deep_a_rule_is():
    @jax.custom_jvp
    def cube(x):
        return x**3

    cube.defjvp(lambda primals, tangents: (cube(*primals), 0.0 * tangents[0]))

    def function(x):
        def body(c, _):
            return jax.lax.cond(True, cube, lambda c: c, c) + jax.lax.stop_gradient(c), None

        return jax.jit(lambda x: jax.lax.scan(body, x, length=2)[0])(x)

    once, slope = 0.5**3 + 0.5, 3 * 0.5**2 + 1
    assert jax.grad(function)(0.5) == 0
    assert jax.grad(without_own_rules(function))(0.5) == pytest.approx(
        (3 * once**2 + 1) * slope, rel=1e-14
    )


def test_what_is_not_needed_is_left_out():
    said = []

    def function(x):
        jax.debug.callback(said.append, x)
        return x + 1

    assert without_own_rules(function)(1.0) == 2 and not said


def test_what_python_computes_is_refused():
    def function(x):
        return jax.pure_callback(np.sin, jax.ShapeDtypeStruct((), float), x)

    with pytest.raises(NotEnclosed, match="'pure_callback' is no primitive of JAX that is known"):
        without_own_rules(function)(1.0)
