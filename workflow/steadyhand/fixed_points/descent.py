"""Descent to local minima of q = ½‖step(x) − x‖² for a tile of rows, each on its own way.

Damped Newton, e.g. Nocedal & Wright (2006), ch. 3.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from steadyhand.fixed_points.newton import scale_of
from steadyhand.fixed_points.rows import choose, is_finite, solve_definite
from steadyhand.maps import EPSILON, Bowl, Step, derivatives_of_q

ITERATIONS = 20
"""Until it is asked which rows are coming to a minimum."""
FIRST_DAMPING, _MOST_DAMPING = 1e-3, 1e18


class Descent(NamedTuple):
    """Rows under way: where they are, their damping, which are done, and how steep it is there."""

    x: Float[Array, "row dim"]
    damping: Float[Array, " row"]
    done: Bool[Array, " row"]
    steepness: Float[Array, " row"]
    """‖∇q‖·max(1, ‖x‖)/q: how much q changes, relative to itself, with a relative change of x. At a
    minimum it is 0."""


def descend(step: Step, rows: Any, shared: Any) -> Descent:
    """At most `ITERATIONS` steps; also where ‖r‖ is that of a root, a row is done.

    `rows` = (descent, own arguments), `shared` = (arguments, tolerance). Newton on ∇q, damped by a
    multiple of the Hessian's size until it descends.
    """
    (descent, own), (args, tolerance) = rows, shared
    starts, first_damping, first_done, _ = Descent(*descent)
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
    state = (place, first_damping, first_done | ~is_finite(place), jnp.zeros((), jnp.int32))
    place, damping, done, _ = jax.lax.while_loop(
        lambda it: ~it[2].all() & (it[3] < ITERATIONS), advance, state
    )
    q = 0.5 * jnp.sum(place.r * place.r, axis=-1)
    steepness = jnp.linalg.norm(place.gradient, axis=-1) * scale_of(place.x) / q
    return Descent(place.x, damping, done, jnp.where(q > 0, steepness, 0.0))


def _descends(old: Bowl, new: Bowl) -> Bool[Array, " row"]:
    """Where q is less; or, once q cannot tell any more, where its gradient is."""
    q_old, q_new = (jnp.sum(it.r * it.r, axis=-1) for it in (old, new))
    flatter = jnp.linalg.norm(new.gradient, axis=-1) < jnp.linalg.norm(old.gradient, axis=-1)
    return (q_new < q_old) | (flatter & (q_new <= q_old * (1 + 1e-12)))
