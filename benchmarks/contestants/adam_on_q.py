"""Fixed points as the field's tools look for them: Adam on q, in float32, then filters.

Written from the description of FixedPointFinder (Golub & Sussillo 2018, JOSS 3:1003) and of the
reference study's use of it: the mean of q over all candidates is minimised jointly; the learning
rate is 0.2·0.9999^step; iterations come in chunks of 200 until the mean is at most the tolerance.
Then points of q above the tolerance go, "outliers" that are further than 1 from every other point
go, and of points within 0.025 one is kept.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from scipy.spatial.distance import cdist

CHUNK = 200
OUTLIER, UNIQUE = 1.0, 0.025


def optimizer() -> optax.GradientTransformation:
    return optax.adam(optax.exponential_decay(0.2, 1, 0.9999), b1=0.9, b2=0.999, eps=1e-5)


@partial(jax.jit, static_argnums=0)
def chunk(step: Callable, x: Any, state: Any, args: Any) -> Any:
    """200 iterations."""

    def loss(x: Any) -> Any:
        q = jnp.mean((jax.vmap(lambda h: step(h, *args))(x) - x) ** 2, axis=1)
        return q.mean(), q

    def body(carry: Any, _: Any) -> Any:
        x, state = carry
        gradient, _ = jax.grad(loss, has_aux=True)(x)
        update, state = optimizer().update(gradient, state)
        return (optax.apply_updates(x, update), state), None

    (x, state), _ = jax.lax.scan(body, (x, state), None, length=CHUNK)
    mean, q = loss(x)
    return x, state, mean, q


def search(
    step: Callable, starts: np.ndarray, args: Any, tolerance: float, most: int
) -> dict[str, Any]:
    """All candidates at the end, and the points that pass the filters."""
    x = jnp.asarray(starts, jnp.float32)
    args = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), args)
    state, done = optimizer().init(x), 0
    while done < most:
        x, state, mean, q = chunk(step, x, state, args)
        done += CHUNK
        if float(mean) <= tolerance:
            break
    ends, q = np.asarray(x, np.float64), np.asarray(q)
    kept = ends[q < tolerance]
    if len(kept) > 1:
        apart = cdist(kept, kept) + np.diag(np.full(len(kept), np.inf))
        kept = kept[apart.min(axis=1) <= OUTLIER]
    return {"ends": ends, "q": q, "iterations": done, "points": unique(kept)}


def unique(points: np.ndarray) -> np.ndarray:
    """One of each set of points within 0.025, those with most neighbours first."""
    near = cdist(points, points) <= UNIQUE
    left, found = np.ones(len(points), bool), []
    for row in np.argsort(-near.sum(axis=1), kind="stable"):
        if left[row]:
            found.append(row)
            left &= ~near[row]
    return points[found]
