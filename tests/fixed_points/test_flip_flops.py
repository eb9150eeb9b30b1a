"""Networks that were trained to hold N bits: the states that hold them, and what lies between."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from steadyhand.fixed_points import find_fixed_points

UNITS, STEPS, TRIALS = 24, 40, 64


def step(hidden, recurrent, entry, bias, pulse):
    return jnp.tanh(recurrent @ hidden + entry @ pulse + bias)


def trials(key, bits):
    """Pulses of ±1, now and then (time, trial, bit), and the sign of the last one of each bit."""
    when, sign = jax.random.split(key)
    pulse = jax.random.bernoulli(when, 0.2, (STEPS, TRIALS, bits))
    pulse = pulse * jax.random.rademacher(sign, pulse.shape, float)

    def held(memory, now):
        memory = jnp.where(now != 0, now, memory)
        return memory, memory

    return pulse, jax.lax.scan(held, jnp.zeros((TRIALS, bits)), pulse)[1]


def loss(weights, key, bits):
    recurrent, entry, bias, readout = weights
    pulse, target = trials(key, bits)

    def advance(hidden, now):
        following = jax.vmap(lambda h, u: step(h, recurrent, entry, bias, u))(hidden, now)
        return following, following @ readout.T

    _, said = jax.lax.scan(advance, jnp.zeros((TRIALS, UNITS)), pulse)
    return jnp.mean((said - target) ** 2)


def trained(bits, seed=0, batches=1500):
    """Weights of a network that holds `bits` bits, and its last loss."""
    keys = jax.random.split(jax.random.key(seed), 4)
    shapes = ((UNITS, UNITS), (UNITS, bits), (UNITS,), (bits, UNITS))
    weights = [
        jax.random.normal(key, shape) / np.sqrt(UNITS)
        for key, shape in zip(keys, shapes, strict=True)
    ]
    optimizer = optax.adam(optax.cosine_decay_schedule(0.01, batches))

    @jax.jit
    def train(weights):
        def update(carry, batch):
            weights, memory = carry
            key = jax.random.fold_in(jax.random.key(seed + 1), batch)
            value, slope = jax.value_and_grad(partial(loss, bits=bits))(weights, key)
            change, memory = optimizer.update(slope, memory)
            return (optax.apply_updates(weights, change), memory), value

        return jax.lax.scan(update, (weights, optimizer.init(weights)), jnp.arange(batches))

    (weights, _), values = train(weights)
    return weights, float(values[-1])


@pytest.mark.slow
@pytest.mark.parametrize("bits", [2, 3])
def test_each_word_of_bits_has_a_stable_point_of_its_own(bits):
    (recurrent, entry, bias, readout), last = trained(bits)
    assert last < 0.03
    args = (recurrent, entry, bias, jnp.zeros(bits))
    starts = np.random.default_rng(0).uniform(-1, 1, size=(1500, UNITS))
    found = find_fixed_points(step, starts, args=args, settle=3)
    roots = found.of_kind("fixed")
    assert roots.sum() >= 2**bits + 1
    again = np.asarray(jax.vmap(lambda x: step(x, *args))(found.points[roots]))
    np.testing.assert_allclose(again, found.points[roots], atol=1e-12)
    assert found.certified[roots].all()
    assert (found.proven_error[roots] <= 1e-10).all()
    stable = found.points[roots & (found.stability == "stable")]
    words = {tuple(row) for row in np.sign(stable @ np.asarray(readout).T).astype(int).tolist()}
    assert len(stable) == len(words) == 2**bits
    # The network maps a cube into itself: indices of its fixed points sum to 1 (Lefschetz).
    slopes = jax.vmap(jax.jacfwd(lambda x: step(x, *args)))(found.points[roots])
    signs = np.sign(np.linalg.det(np.eye(UNITS) - np.asarray(slopes)))
    assert signs.sum() == 1
    # Each word is where the network itself goes on from there, and stays.
    x = jnp.asarray(stable + 0.01)
    for _ in range(300):
        x = jax.vmap(lambda x: step(x, *args))(x)
    np.testing.assert_allclose(x, stable, atol=1e-9)
