"""The networks of a stack, from the resolved hyperparameters of its models."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from steadyhand import precision
from steadyhand.advance import Member
from steadyhand.batch import condition_from
from steadyhand.constants import constant
from steadyhand.draws import Key, What, draw_key, root_key
from steadyhand.optimization import optimizer_from
from steadyhand.rounds import LEAST_NETWORKS


def networks_of(specs: Sequence[dict[str, Any]], salts: Sequence[int]) -> tuple[Member, Key]:
    """The replicates of all models, with a leading axis `network`, and keys of their weights.

    At least `LEAST_NETWORKS`: one that is alone is there twice. Made by NumPy, so that little has
    to be compiled.
    """
    dtype = precision.TRAINING_DTYPE

    def repeated(*leaves: Any) -> jax.Array:
        stacked = np.stack([np.asarray(leaf) for leaf in leaves])
        return constant(_at_least_two(np.repeat(stacked, counts, axis=0)))

    counts = [spec["replicates"] for spec in specs]
    limits = [_limit(spec["schedule"]["saturation_limit"]) for spec in specs]
    seeds = repeated(*(np.uint32(spec["seed"]) for spec in specs))
    replicates = np.concatenate([np.arange(it, dtype=np.uint32) for it in counts])
    weights, trials = _keys(
        seeds,
        repeated(*(np.uint32(salt) for salt in salts)),
        constant(_at_least_two(replicates)),
    )
    members = Member(
        condition=jax.tree.map(repeated, *(condition_from(spec, dtype) for spec in specs)),
        optimizer=jax.tree.map(repeated, *(optimizer_from(spec, dtype) for spec in specs)),
        saturation_limit=repeated(*(constant(it, dtype) for it in limits)),
        trials=trials,
    )
    return members, weights


@jax.jit
def _keys(seeds: jax.Array, salts: jax.Array, replicates: jax.Array) -> tuple[Key, Key]:
    """The roots of the initial weights and of the trials of each network."""

    def one(seed: jax.Array, salt: jax.Array, replicate: jax.Array) -> Key:
        root = root_key(seed, salt)
        purposes = jnp.asarray([What.WEIGHTS, What.TRIALS])
        return jax.vmap(lambda what: draw_key(root, what, replicate))(purposes)

    weights, trials = jax.vmap(one, out_axes=1)(seeds, salts, replicates)
    return weights, trials


def _at_least_two(values: np.ndarray) -> np.ndarray:
    return np.resize(values, (max(len(values), LEAST_NETWORKS), *values.shape[1:]))


def _limit(share: float) -> float:
    """1 means never, also where rounding takes a mean of ones beyond it."""
    return np.inf if share == 1 else share
