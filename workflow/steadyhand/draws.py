"""Random draws, each keyed by what it is for and by integers that say which one it is.

No key is ever carried along: a draw depends on (seed, what, indices) and on nothing else, so
neither the order of execution nor stacks, tiles, devices or resumption can change it.
"""

from enum import IntEnum

import jax

from steadyhand import precision  # noqa: F401

Key = jax.Array


class What(IntEnum):
    """Purposes of draws. Numbers are part of every result: append, never renumber."""

    WEIGHTS = 0
    START = 1
    GOAL = 2
    FIELD = 3
    SENSORY_NOISE = 4
    MOTOR_NOISE = 5
    IMPULSE_DIRECTION = 6


def root_key(seed: jax.Array | int, salt: jax.Array | int = 0) -> Key:
    """The root of a model's draws; `salt` (uint32) differs between models that are not paired."""
    return jax.random.fold_in(jax.random.key(seed), salt)


def draw_key(root: Key, what: What, *indices: jax.Array | int) -> Key:
    """The key of one draw: its purpose, and integers such as replicate, batch, chunk or trial."""
    key = jax.random.fold_in(root, int(what))
    for index in indices:
        key = jax.random.fold_in(key, index)
    return key
