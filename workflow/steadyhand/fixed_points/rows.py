"""What programs on a tile of rows have in common."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.scipy.linalg import cho_solve
from jaxtyping import Array, Bool

from steadyhand import precision  # noqa: F401


def is_finite(place: Any) -> Bool[Array, " row"]:
    """Rows of which everything is finite."""
    parts = [jnp.isfinite(part.reshape(part.shape[0], -1)).all(axis=1) for part in place]
    return jnp.stack(parts).all(axis=0)


def choose(which: Bool[Array, " row"], yes: Any, no: Any) -> Any:
    """Rows of `yes` where `which`, else of `no`."""
    return jax.tree.map(
        lambda a, b: jnp.where(which.reshape(-1, *[1] * (a.ndim - 1)), a, b), yes, no
    )


def solve_definite(matrix: Array, vector: Array) -> Array:
    """Solutions of matrix·y = vector; NaN, hence no step, where it is not positive definite."""
    factor = jnp.linalg.cholesky(matrix)
    return jax.vmap(lambda c, b: cho_solve((c, True), b))(factor, vector)
