"""Descent to local minima of q = ½‖step(x) − x‖² for a tile of rows, each on its own way.

Damped Newton, e.g. Nocedal & Wright (2006), ch. 3.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from steadyhand.fixed_points.newton import scale_of
from steadyhand.fixed_points.rows import choose, is_finite, solve_definite
from steadyhand.maps import EPSILON, Bowl, Step, derivatives_of_q

_FIRST_DAMPING, _MOST_DAMPING = 1e-3, 1e18


def descend(step: Step, limit: int, rows: Any, shared: Any) -> Float[Array, "row dim"]:
    """Ends of at most `limit` steps; also where ‖r‖ is that of a root.

    `rows` = (starts, own arguments), `shared` = (arguments, tolerance). Newton on ∇q, damped by a
    multiple of the Hessian's size until it descends.
    """
    (starts, own), (args, tolerance) = rows, shared
    look = jax.vmap(lambda x, mine: derivatives_of_q(step, (*args, *mine), x))
    eye = jnp.eye(starts.shape[1])

    def advance(state: tuple[Bowl, Array, Array, Array]) -> tuple[Bowl, Array, Array, Array]:
        place, damping, done, iteration = state
        size = jnp.linalg.norm(place.hessian, axis=(1, 2))
        shift = damping * size
        move = -solve_definite(place.hessian + shift[:, None, None] * eye, place.gradient)
        new = look(place.x + move, own)
        better = is_finite(new) & _descends(place, new) & ~done
        damping = jnp.where(better, damping / 10, jnp.maximum(damping * 10, 1e-6))
        damping = jnp.where(damping < 1e-14, 0.0, damping)
        still = jnp.linalg.norm(move, axis=-1) <= 4 * EPSILON * scale_of(place.x)
        place = choose(better, new, place)
        root = jnp.linalg.norm(place.r, axis=-1) <= tolerance * scale_of(place.x)
        return place, damping, done | still | root | (damping >= _MOST_DAMPING), iteration + 1

    place = look(starts, own)
    damping = jnp.full(starts.shape[0], _FIRST_DAMPING)
    state = (place, damping, ~is_finite(place), jnp.zeros((), jnp.int32))
    return jax.lax.while_loop(lambda it: ~it[2].all() & (it[3] < limit), advance, state)[0].x


def _descends(old: Bowl, new: Bowl) -> Bool[Array, " row"]:
    """Where q is less; or, once q cannot tell any more, where its gradient is."""
    q_old, q_new = (jnp.sum(it.r * it.r, axis=-1) for it in (old, new))
    flatter = jnp.linalg.norm(new.gradient, axis=-1) < jnp.linalg.norm(old.gradient, axis=-1)
    return (q_new < q_old) | (flatter & (q_new <= q_old * (1 + 1e-12)))
