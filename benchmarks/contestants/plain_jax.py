"""The same job as one would write it in JAX at first: one scan, all replicates in every product."""

import time

import jax
import jax.numpy as jnp
import optax
from turns import answer, asked

UNITS, BATCH, REPLICATES, UPDATES, DELAY = 100, 250, 5, 99, 5
NOISE, STEP = 0.01, 0.05


def initial(key: jax.Array) -> dict[str, jax.Array]:
    limit = 1 / UNITS**0.5
    shapes = {
        "input": (REPLICATES, 3 * UNITS, 8),
        "recurrent": (REPLICATES, 3 * UNITS, UNITS),
        "bias": (REPLICATES, 3 * UNITS),
        "bias_n": (REPLICATES, UNITS),
        "readout": (REPLICATES, 2, UNITS),
        "readout_bias": (REPLICATES, 2),
    }
    keys = jax.random.split(key, len(shapes))
    return {
        name: jax.random.uniform(one, shape, minval=-limit, maxval=limit)
        for one, (name, shape) in zip(keys, shapes.items(), strict=True)
    }


def product(weight: jax.Array, values: jax.Array) -> jax.Array:
    return jnp.einsum("roi,rbi->rbo", weight, values)


def loss(weights: dict[str, jax.Array], key: jax.Array) -> jax.Array:
    ends_key, field_key, sensory_key, motor_key = jax.random.split(key, 4)
    shape = (REPLICATES, BATCH)
    start, goal = jax.random.uniform(ends_key, (2, *shape, 2), minval=-1, maxval=1)
    curl = jax.random.normal(field_key, shape)
    sensory = jax.random.normal(sensory_key, (UPDATES, *shape, 4))
    motor = jax.random.normal(motor_key, (UPDATES, 2, *shape, 2))
    discount = (jnp.arange(1, UPDATES + 1) / UPDATES) ** 6

    def update(state: tuple, now: tuple) -> tuple:
        position, velocity, hidden, queue = state
        sensory, motor, discount = now
        queue = jnp.concatenate([queue, jnp.concatenate([position, velocity], -1)[None]])
        sensed = queue[0] + NOISE * sensory
        x = jnp.concatenate([goal, jnp.zeros_like(goal), sensed], -1)
        from_x = product(weights["input"], x) + weights["bias"][:, None]
        from_h = product(weights["recurrent"], hidden)
        gates = jax.nn.sigmoid(from_x[..., : 2 * UNITS] + from_h[..., : 2 * UNITS])
        reset, keep = gates[..., :UNITS], gates[..., UNITS:]
        inside = reset * (from_h[..., 2 * UNITS :] + weights["bias_n"][:, None])
        candidate = jnp.tanh(from_x[..., 2 * UNITS :] + inside)
        hidden = candidate + keep * (hidden - candidate)
        command = product(weights["readout"], hidden) + weights["readout_bias"][:, None]
        force = command + NOISE * (command * motor[0] + 1.8 * motor[1])
        field = curl[..., None] * jnp.stack([-velocity[..., 1], velocity[..., 0]], -1)
        position, velocity = position + STEP * velocity, velocity + STEP * (force + field)
        lost = discount * jnp.sum((position - goal) ** 2, -1)
        lost += 1e-5 * (jnp.sum(force**2, -1) + jnp.sum(hidden**2, -1))
        return (position, velocity, hidden, queue[1:]), lost

    rest = jnp.zeros_like(start)
    queue = jnp.tile(jnp.concatenate([start, rest], -1)[None], (DELAY, 1, 1, 1))
    state = (start, rest, jnp.zeros((*shape, UNITS)), queue)
    (_, velocity, _, _), lost = jax.lax.scan(update, state, (sensory, motor, discount))
    return jnp.sum(jnp.mean(lost.sum(0) + jnp.sum(velocity**2, -1), axis=1))


optimizer = optax.adamw(0.01, weight_decay=0.0)


@jax.jit
def train_batch(weights: dict[str, jax.Array], state: optax.OptState, key: jax.Array) -> tuple:
    value, gradient = jax.value_and_grad(loss)(weights, key)
    updates, state = optimizer.update(gradient, state, weights)
    return optax.apply_updates(weights, updates), state, value


root = jax.random.key(0)
weights = initial(root)
state = optimizer.init(weights)
done = 0
while True:
    wanted, begin = asked(), time.perf_counter()
    for _ in range(wanted):
        weights, state, value = train_batch(weights, state, jax.random.fold_in(root, done))
        done += 1
    assert jnp.isfinite(value)
    answer((time.perf_counter() - begin) / wanted)
