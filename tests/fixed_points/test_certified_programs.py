"""Certificates are of what a step gives, however JAX comes by it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from equinox.internal import unvmap_any
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir
from jax.sharding import PartitionSpec
from steadyhand.fixed_points import find_fixed_points
from steadyhand.fixed_points.certificates import certify


def wrapping(x, factor):
    """The identity where `factor` is 2 and of no type of its own: the product has 32 bits."""
    a = (factor * jnp.int32(2**30)).astype(float) / 2.0**31
    return x - (a + 1) * x


@pytest.mark.parametrize("factor", [2, jnp.full((), 2)])
def test_numbers_without_a_type_of_their_own_stay_that(factor):
    assert wrapping(jnp.ones(1), factor) == 1
    found = find_fixed_points(wrapping, np.array([[0.0], [0.3]]), args=(factor,))
    assert not found.certified.any()


@jax.custom_batching.custom_vmap
def same(x):
    return x


@same.def_vmap
def _(size, batched, x):
    return 0.5 * x, batched[0]


@pytest.mark.parametrize(
    "step",
    [
        lambda x: jax.lax.fori_loop(0, 1, lambda _, c: same(c), x),
        lambda x: jax.lax.map(same, x),
        lambda x: jax.lax.while_loop(lambda c: c[1] < 1, lambda c: (same(c[0]), c[1] + 1), (x, 0))[
            0
        ],
        lambda x: jax.lax.cond(x[0] < 9, same, lambda x: 0.2 * x, x),
        lambda x: jax.jit(lambda x: jax.lax.scan(lambda c, _: (same(c), None), x, length=1)[0])(x),
    ],
    ids=["fori_loop", "map", "while_loop", "cond", "scan in jit"],
)
def test_a_wrong_rule_for_batches_proves_nothing_within_loops_either(step):
    """All states rest."""
    assert not certify(step, np.array([[0.0], [0.1]]), (), ()).unique_within.any()


@jax.custom_jvp
def still(x):
    return x


@still.defjvp
def _(primals, tangents):
    return primals[0], 0.3 * tangents[0]


def test_a_wrong_derivative_rule_proves_nothing_within_loops_either():
    def step(x):
        return jax.lax.scan(lambda c, _: (still(c), None), x, length=1)[0]

    assert not certify(step, np.array([[0.0], [0.1]]), (), ()).unique_within.any()


def test_what_mixes_rows_of_a_batch_proves_nothing():
    """Alone, a state below 0.2 rests; beside one that is above, it would not."""

    def step(x):
        return jnp.where(unvmap_any(x > 0.2)[None], 0.5 * x, x)

    found = certify(step, np.array([[0.0], [0.1], [0.3]]), (), ())
    assert not found.unique_within.any()


def test_a_primitive_of_others_is_not_that_of_jax_whose_name_it_has():
    hold = Primitive("tanh")  # the identity
    hold.def_impl(lambda x: x)
    hold.def_abstract_eval(lambda x: x)
    ad.defjvp(hold, lambda tangent, x: 0.3 * tangent)
    batching.primitive_batchers[hold] = lambda operands, axes: (hold.bind(*operands), axes[0])
    mlir.register_lowering(hold, mlir.lower_fun(lambda x: x, multiple_results=False))
    found = find_fixed_points(hold.bind, np.array([[0.0], [0.1]]))
    assert not found.certified.any()


def test_a_step_on_several_devices_is_no_crash():
    mesh = jax.make_mesh((1,), ("all",))
    half = jax.shard_map(
        lambda x: x / 2, mesh=mesh, in_specs=PartitionSpec(), out_specs=PartitionSpec()
    )
    found = find_fixed_points(half, np.array([[0.3]]))
    assert found.kind.tolist() == ["fixed"] and not found.certified.any()


def test_weights_of_no_inputs_are_no_obstacle():
    found = find_fixed_points(
        lambda x, w, u: x / 2 + w @ u + 0.1,
        np.array([[0.3]]),
        args=(np.ones((1, 0)), np.ones(0)),
    )
    assert found.certified.all() and abs(found.points[0, 0] - 0.2) < 1e-15
