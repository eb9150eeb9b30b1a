"""Certificates: never a wrong one, and hardly ever none where there could be one."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from steadyhand.enclosures import ball, balls
from steadyhand.fixed_points import find_fixed_points, find_fixed_points_of_each
from steadyhand.fixed_points.certificates import certify


def polynomial(x, coefficients):
    """F(x) − x has these coefficients, from x⁰ on."""
    return x + sum(coefficients[power] * x**power for power in range(len(coefficients)))


def network(x, weights, bias):
    return jnp.tanh(weights @ x + bias)


def test_roots_of_random_polynomials_lie_where_they_are_proven_to_and_alone():
    """Against all roots of 400 polynomials of degree 5: exactly one in each box."""
    random = np.random.default_rng(0)
    roots = np.sort(random.uniform(-2, 2, (400, 5)), axis=1)
    coefficients = np.array([np.poly(it)[::-1] for it in roots])
    starts = np.tile(np.linspace(-2.2, 2.2, 12), 400)[:, None]
    group = np.repeat(np.arange(400), 12)
    found = find_fixed_points_of_each(polynomial, starts, group, (coefficients,), groups=400)
    proven = 0
    for its, one in zip(roots, found, strict=True):
        for kind, point, error, alone in zip(
            one.kind, one.points[:, 0], one.proven_error, one.unique_within, strict=True
        ):
            # An orbit's certificate is one of F∘F.
            if alone > 0 and kind != "cycle":
                apart = np.abs(its - point)
                # Rounding of the coefficients moves the roots from which they were made.
                slack = 1e-11 / np.prod(np.sort(apart)[1:])
                assert apart.min() <= error + slack
                assert (apart < alone - slack).sum() == 1
                proven += 1
    assert proven > 1800


def test_a_point_that_is_none_has_no_certificate():
    random = np.random.default_rng(0)
    weights = random.normal(size=(6, 6))
    found = find_fixed_points(network, random.normal(size=(40, 6)), args=(weights, np.ones(6)))
    root = found.points[found.certified]
    assert len(root)
    for size in (1e-2, 1e-1, 1.0):
        moved = root + size * random.normal(size=root.shape)
        error, alone = (
            certify(network, moved, (), (jnp.asarray(weights), jnp.ones(6)))._asdict()[name]
            for name in ("proven_error", "unique_within")
        )
        # A wide box may still hold the root: then that is what is proven.
        apart = np.abs(moved[:, None] - found.points[None]).max(axis=-1)
        assert (apart.min(axis=1)[alone > 0] <= error[alone > 0]).all()


@pytest.mark.parametrize("gap", [1e-2, 1e-4, 1e-6])
def test_two_roots_are_never_in_one_box(gap):
    coefficients = np.poly([0.3, 0.3 + gap])[::-1]
    found = find_fixed_points(polynomial, np.linspace(-1, 1, 30)[:, None], args=(coefficients,))
    assert found.certified.tolist() == [True, True]
    assert (found.unique_within < gap).all()
    assert (found.proven_error < gap / 10).all()


@pytest.mark.parametrize(
    "coefficients",
    [[0.09, -0.6, 1.0], [0.0, 0.0, 0.0, 1.0], [1e-9, 0.0, 1.0], [0.0]],
    ids=["double", "triple", "ghost", "everywhere"],
)
def test_what_is_no_single_root_has_no_certificate(coefficients):
    starts = np.linspace(-1, 1, 30)[:, None]
    found = find_fixed_points(polynomial, starts, args=(np.array(coefficients),))
    assert not found.certified.any()


@pytest.mark.slow
def test_certificates_do_not_depend_on_the_size_or_place_of_the_problem():
    random = np.random.default_rng(3)
    weights, bias = random.normal(size=(5, 5)), random.normal(size=5)
    shift = np.array([100.0, -20.0, 3.0, 0.0, 7.0])
    starts = random.normal(size=(30, 5))
    here = find_fixed_points(network, starts, args=(weights, bias))
    there = find_fixed_points(
        lambda y, *args: network(y - shift, *args) + shift, starts + shift, args=(weights, bias)
    )
    assert there.certified.sum() == here.certified.sum() > 0


def test_at_a_kink_nothing_is_certified():
    def step(x):
        return jnp.where(x > 0.2, 0.5 * x + 0.1, 0.7 * x + 0.06)

    found = find_fixed_points(step, np.linspace(-1, 1, 9)[:, None])
    assert not found.certified.any()
    assert not found.differentiable[found.of_kind("fixed")].any()


def test_what_is_hidden_from_derivatives_counts_in_certificates():
    """By JAX's derivative, 1/2, the identity would have one fixed point."""
    starts = np.linspace(-1, 1, 9)[:, None]
    found = find_fixed_points(lambda x: 0.5 * x + 0.5 * jax.lax.stop_gradient(x), starts)
    assert not found.certified.any()
    found = find_fixed_points(lambda x: 0.5 * x + 0.1 * jax.lax.stop_gradient(jnp.sin(x)), starts)
    assert found.kind.tolist() == ["fixed"] and found.points[0, 0] == 0
    assert found.certified.all() and not found.differentiable.any()


def test_a_relu_network_is_certified_where_its_units_are_decided():
    weights = np.array([[0.5, -0.2], [0.3, 0.1]])
    found = find_fixed_points(
        lambda x, w: jax.nn.relu(w @ x + jnp.array([0.5, 0.2])), np.ones((4, 2)), args=(weights,)
    )
    expected = np.linalg.solve(np.eye(2) - weights, [0.5, 0.2])
    np.testing.assert_allclose(found.points[0], expected, rtol=1e-14)
    assert found.certified.all()


def test_a_wrong_derivative_rule_proves_nothing():
    """By this one, the states that rest, all that are positive, would each be alone."""

    @jax.custom_jvp
    @jax.jit
    def relu(x):
        return jnp.maximum(x, 0.0)

    relu.defjvp(lambda x, along: (relu(*x), 0.3 * along[0]))
    found = find_fixed_points(relu, np.array([[1.0], [2.0], [2.0 + 1e-9]]))
    assert not found.certified.any()


@pytest.mark.parametrize(
    ("step", "root"),
    [
        (lambda x: jax.nn.softplus(x) / 2, None),
        (lambda x: jax.nn.log_sigmoid(x) / 2 + 1, None),
        (lambda x: jnp.log1p(x**2) / 2 + 1, None),
        (lambda x: jnp.exp2(x - 2), None),
        (lambda x: jax.lax.rsqrt(1 + x**2), None),
        (lambda x: (x + 1) ** 0.3, None),
        (lambda x: jnp.tan(x / 3), np.zeros(1)),
        (lambda x: jnp.maximum(x, x / 2 + 1) / 2, np.ones(1) * 2 / 3),
        (lambda x: jnp.cumsum(jnp.stack([x, -x / 2, jnp.ones(1)]), axis=0)[2] - 1, np.zeros(1)),
        (lambda x: jnp.zeros(2).at[1].set(x[0] / 3 + 1)[1:], np.full(1, 1.5)),
        (lambda x: jax.lax.clamp(-1.0, 2 * x - 0.3, 1.0), np.full(1, 0.3)),
        (lambda x: jax.nn.softmax(jnp.stack([x[0], 2 * x[0], 1.0]))[:1] / 2, None),
        (lambda x: jax.scipy.special.logsumexp(jnp.stack([x, x - 1, x / 3]), axis=0) / 2, None),
        (lambda x: jax.nn.gelu(x, approximate=False) / 2 + 0.1, None),
        (lambda x: jnp.cosh(x) / 2, None),
        (lambda x: jnp.zeros(2).at[1].add(x[0] / 3 + 1)[1:], np.full(1, 1.5)),
        (
            lambda x: jax.lax.scan(lambda c, _: (jax.nn.relu(c / 2) + 0.1, None), x, length=2)[0],
            0.2,
        ),
        (lambda x: jax.lax.cond(x.sum() < 9, lambda: x / 2 + 0.1, lambda: x), np.full(1, 0.2)),
        (lambda x: jnp.minimum(x / 2 + 0.1, jnp.inf), np.full(1, 0.2)),
        (lambda x: jax.lax.stop_gradient(x) / 2 + 0.1, np.full(1, 0.2)),
        (lambda x: jax.lax.clamp(-1.0, x / 2 + 0.7, 1.0), np.ones(1)),
    ],
)
def test_what_steps_are_often_made_of_can_be_certified(step, root):
    found = find_fixed_points(step, np.linspace(0.2, 0.9, 5)[:, None])
    assert found.certified.any() and found.certified[found.of_kind("fixed")].all()
    certified = found.points[found.certified]
    residual = np.array([np.asarray(step(it)) - it for it in certified])
    assert (np.abs(residual) < 1e-14).all()
    if root is not None:
        assert np.abs(certified - root).min() < 1e-14


KINKED = {
    "lozi": lambda x: jnp.array([1 - 1.7 * jnp.abs(x[0]) + x[1], 0.5 * x[0]]),
    "clip": lambda x: jnp.clip(2 * x, -1, 1),
    "tent": lambda x: 1.9 * jnp.minimum(x, 1 - x),
    "narrow": lambda x: 1e-6 * jnp.tanh(3e6 * x),
    "kinks 1e-8 away": lambda x: jnp.where(x > 0.2 + 1e-8, 0.7 * x, 0.5 * x + 0.1),
}


@pytest.mark.parametrize(
    ("name", "dim", "count"),
    [("lozi", 2, 2), ("clip", 2, 9), ("tent", 1, 2), ("narrow", 1, 3), ("kinks 1e-8 away", 2, 1)],
)
def test_a_kink_or_bend_near_by_makes_the_box_smaller(name, dim, count):
    scale = 1e-6 if name == "narrow" else 1.0
    starts = scale * np.random.default_rng(0).normal(0.2, 1, size=(60, dim))
    found = find_fixed_points(KINKED[name], starts)
    fixed = found.of_kind("fixed")
    assert found.certified[fixed].all()
    roots = np.unique(np.round(found.points[fixed] / scale, 6), axis=0)
    assert len(roots) == count
    if name.startswith("kinks"):
        assert found.unique_within[fixed].max() < 1e-8


@pytest.mark.parametrize("dim", [7, 101])
def test_a_certificate_is_the_same_to_the_bit_alone_and_in_company(dim):
    random = np.random.default_rng(dim)
    weights = 0.6 * random.normal(size=(dim, dim)) / np.sqrt(dim)
    biases = random.normal(size=(11, dim))
    points = np.zeros_like(biases)
    for _ in range(300):
        points = np.tanh(points @ weights.T + biases)

    def step(x, weights, bias):
        return jnp.tanh(weights @ x + bias)

    together = certify(step, points, (biases,), (weights,))
    assert (together.unique_within > 0).all()
    for row in range(len(points)):
        alone = certify(step, points[[row]], (biases[[row]],), (weights,))
        assert alone.unique_within[0] == together.unique_within[row]
        assert alone.proven_error[0] == together.proven_error[row]


JUMPS = {
    "where": lambda x: x / 2 + jnp.where(x > 0, 0.01, -0.01),
    "sign": lambda x: x / 2 + 0.01 * jnp.sign(x - 0.003),
    "comparison": lambda x: x / 2 + 0.02 * (x > 0) - 0.01,
    "index": lambda x: x / 2 + 0.01 * jnp.array([1.0, -1.0])[(x < 0).astype(int)],
    "cond": lambda x: x / 2 + jax.lax.cond(x[0] > 0, lambda: 0.01, lambda: -0.01),
    "while": lambda x: (
        x / 2
        + jax.lax.while_loop(
            lambda c: (c[1] < 1) & (x[0] > 0), lambda c: (c[0] + 0.02, c[1] + 1), (-0.01 + 0 * x, 0)
        )[0]
    ),
}


@pytest.mark.parametrize("name", JUMPS)
def test_a_box_ends_where_the_map_jumps(name):
    """Both roots have the same slope: only the values tell that there is a jump between them."""
    found = find_fixed_points(JUMPS[name], np.linspace(-0.05, 0.05, 6)[:, None])
    fixed = found.of_kind("fixed")
    np.testing.assert_allclose(np.sort(found.points[fixed][:, 0]), [-0.02, 0.02], atol=1e-12)
    assert (found.unique_within[fixed] < 0.04).all()
    if name == "where":
        assert found.certified.all()


def test_a_loop_that_ends_earlier_for_some_states_proves_nothing():
    """Rows that have ended do not go on: the first map here is the identity."""

    def step(x, rounds):
        return jax.lax.fori_loop(0, rounds, lambda _, c: jnp.tanh(c / 2), x)

    own = (np.array([0, 1]),)
    still, other = find_fixed_points_of_each(
        step, np.zeros((2, 1)), np.array([0, 1]), own, groups=2
    )
    assert not still.certified.any()
    assert other.of_kind("fixed").all()


@pytest.mark.parametrize(
    ("step", "args"),
    [
        (lambda x: jnp.tanh(5 * x) + 1 + x.at[5].get(mode="fill", fill_value=-1.0), ()),
        (lambda x: 0.9 * jnp.sin(40 * (x + 1 + x.at[5].get(mode="fill", fill_value=-1.0))), ()),
    ],
    ids=["steep", "wavy"],
)
def test_what_is_filled_in_does_not_narrow_a_box(step, args):
    found = find_fixed_points(step, np.linspace(-1, 1, 9)[:, None], args=args)
    assert (found.proven_error >= 0).all()
    certified = np.sort(found.points[found.certified][:, 0])
    assert (found.unique_within[found.certified] < np.diff(certified).min()).all()


@pytest.mark.parametrize(
    ("step", "args"),
    [
        (
            lambda x: (
                x / 2
                + jax.lax.cond(
                    jnp.arange(2)[1] > 0,
                    lambda: (1e16 + jnp.cos(jnp.zeros(()))) - 1e16,
                    lambda: 0.0,
                )
            ),
            (),
        ),
        (lambda x, c: x / 2 + jnp.real((c + 1) - c), (1e16 + 0j,)),
        (lambda x, n: x / 2 + (n + 1.0) - n, (2**53 + 1,)),
    ],
    ids=["cond", "complex", "large whole numbers"],
)
def test_what_no_ball_went_into_may_be_rounded_too(step, args):
    """The exact root is 2; rounding swallows the 1."""
    found = find_fixed_points(step, np.array([[0.3], [1.7]]), args=args)
    near = np.abs(found.points[:, 0] - 2) <= found.proven_error
    assert near.all()


def test_a_rule_that_has_no_inverse_is_no_crash():
    @jax.custom_jvp
    def through(x):
        return 0.5 * x + 1

    through.defjvp(lambda x, along: (through(*x), along[0]))
    found = find_fixed_points(through, np.linspace(-1, 1, 6)[:, None], settle=200)
    assert np.abs(found.points - 2).min() < 1e-12


def test_random_keys_are_no_numbers():
    def step(x, key):
        return x / 2 + jax.random.uniform(key, x.shape)

    starts = np.ones((2, 2))
    found = find_fixed_points(step, starts, args=(jax.random.key(0),))
    expected = 2 * jax.random.uniform(jax.random.key(0), (2,), jnp.float64)
    np.testing.assert_allclose(found.points, [expected], atol=1e-12)
    assert not found.certified.any()
    inside = find_fixed_points(lambda x: step(x, jax.random.key(0)), starts)
    np.testing.assert_array_equal(inside.points, found.points)


def test_a_reshape_by_columns_is_one():
    """x₁ ↦ 0.8·x₁ + x₁² rests at 0 and 0.2, and is read from the first column."""

    def step(x):
        b, c = x[1], x[2]
        table = jnp.array([[0, 0.1], [0, 0]]) * c + jnp.array([[0, 0], [1.0, 0]]) * (
            0.8 * b + b * b
        )
        return jnp.ravel(table, order="F")

    found = find_fixed_points(step, np.array([[0, 0.01, 0, 0], [0, 0.21, 0, 0], [0, -0.1, 0, 0]]))
    assert found.certified.all() and len(found.points) == 2
    assert (found.unique_within < 0.2).all()


def test_what_overflows_on_the_way_bounds_nothing():
    b = 100.0
    slope = 2 * b * (1 / 25 - 1 / 30.25)
    found = find_fixed_points(
        lambda x: x - b / 25 + slope * x + (1e80 * (x + 5)) ** -2 * 1e160 * b,
        np.array([[0.01], [0.49]]),
    )
    assert len(found.points) == 2 and (found.unique_within < 0.5).all()


@pytest.mark.parametrize(
    ("step", "args", "root"),
    [
        (
            lambda x, c: x / 2 + (c.at[0].apply(lambda v: v * v)[:1] - 0.1 * 0.1) * 2.0**56,
            (jnp.array([0.1, 1.0]),),
            2 * 2.0**56 * float(Fraction(0.1) ** 2 - Fraction(0.1 * 0.1)),
        ),
        (lambda x, n: x / 2 + (n.astype(float) - 2.0**53), (np.array(2**53 + 1),), 2.0),
        (
            lambda x, n: x / 2 + (n * jnp.ones(1, jnp.float32)).astype(float) - 2.0**24,
            (np.array(2**24 + 1, np.int32),),
            2.0,
        ),
        (
            lambda x: (
                x / 2
                + (
                    jnp.array([1.0703125], jnp.bfloat16) * jnp.array([1.0703125], jnp.bfloat16)
                ).astype(float)
                - 1.1484375
            ),
            (),
            2 * (1.0703125**2 - 1.1484375),
        ),
    ],
    ids=["scatter", "whole number", "single precision", "bfloat16"],
)
def test_other_kinds_of_numbers_are_not_taken_for_exact(step, args, root):
    found = find_fixed_points(step, np.array([[0.3], [1.7]]), args=args)
    assert (np.abs(found.points[:, 0] - root) <= found.proven_error + 1e-12).all()


def test_a_rule_for_batches_that_is_wrong_proves_nothing_of_it():
    @jax.custom_batching.custom_vmap
    def sine(x):
        return jnp.sin(x)

    @sine.def_vmap
    def _(size, batched, x):
        return 0.1 * x, True

    found = certify(lambda x: 0.5 * sine(x) + 0.1, np.array([[0.1 / 0.95], [0.198695]]), (), ())
    # Whatever is said from where that rule would rest, the true root is within it.
    assert found.proven_error[0] >= 0.0934 and found.proven_error[1] >= 1.7e-7
    assert found.proven_error[1] < 1e-5


def test_small_numbers_times_a_huge_one_have_their_rounding():
    found = balls.product(ball(np.array([[1e308]])), ball(np.array([[3e-310]])))
    exact = Fraction(1e308) * Fraction(3e-310)
    assert abs(exact - Fraction(float(found.mid[0, 0]))) <= Fraction(float(found.rad[0, 0]))
