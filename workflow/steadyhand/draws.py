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
    TRIALS = 1
    """Of training: starts, goals, fields and noise."""
    VALIDATION = 2
    """Fields and noise of the validation reaches."""
    SENSORY_NOISE = 3
    """Of evaluations, as those that follow."""
    MOTOR_NOISE = 4
    IMPULSE_DIRECTION = 5


def root_key(seed: jax.Array | int, salt: jax.Array | int = 0) -> Key:
    """The root of a model's draws; `salt` (uint32) differs between models that are not paired."""
    return jax.random.fold_in(jax.random.key(seed), salt)


def draw_key(root: Key, what: What | jax.Array, *indices: jax.Array | int) -> Key:
    """The key of one draw: its purpose, and integers such as replicate, batch, chunk or trial."""
    key = jax.random.fold_in(root, what)
    for index in indices:
        key = jax.random.fold_in(key, index)
    return key
