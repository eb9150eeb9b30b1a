"""Levenberg–Marquardt on r(x) = step(x) − x for a tile of rows, each on its own way.

The damping is proportional to ‖r‖, which converges quadratically also to roots that are not
isolated (Fan & Yuan 2005, Computing 74:23–39); its factor follows Nielsen (1999, IMM-REP-1999-05).
A step is made only where it makes the row better, so no row diverges.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from steadyhand.fixed_points.newton import scale_of
from steadyhand.fixed_points.rows import choose, is_finite, solve_definite
from steadyhand.maps import Place, Step, derivatives

FIRST_DAMPING, FIRST_GROWTH = 1e-2, 2.0
ITERATIONS = 8
"""Until rows that are done make room for others."""

_LEAST_DAMPING, _MOST_DAMPING = 1e-10, 1e18
_LEAST_PROGRESS = 1e-10  # predicted decrease of q, relative to q, below which a row has stalled


class Search(NamedTuple):
    """Rows under way: where they are, damping and its growth, and which are done."""

    x: Float[Array, "row dim"]
    damping: Float[Array, " row"]
    growth: Float[Array, " row"]
    done: Bool[Array, " row"]
    residual: Float[Array, " row"]
    """‖r‖ at x"""
    away: Float[Array, " row"]
    """How far Newton's method would go from there, over max(1, ‖x‖)"""


def levenberg_marquardt(step: Step, rows: Any, shared: Any) -> Search:
    """At most `ITERATIONS` steps.

    `rows` = (search, own arguments), `shared` = (arguments, tolerance). A row is done
    where ‖r‖ ≤ tolerance·max(1, ‖x‖), or where it makes no progress.
    """
    (state, own), (args, tolerance) = rows, shared
    search = Search(*state)
    look = jax.vmap(lambda x, mine: derivatives(step, (*args, *mine), x))

    def reached(place: Place) -> Array:
        return jnp.linalg.norm(place.r, axis=-1) <= tolerance * scale_of(place.x)

    def advance(state: Any) -> Any:
        place, search, iteration = state
        following, new = _advance(lambda x: look(x, own), place, search)
        new = choose(search.done, search, new._replace(done=reached(following) | new.done))
        return choose(search.done, place, following), new, iteration + 1

    def unfinished(state: Any) -> Array:
        return ~state[1].done.all() & (state[2] < ITERATIONS)

    place = look(search.x, own)
    search = search._replace(done=reached(place) | ~is_finite(place))
    place, search, _ = jax.lax.while_loop(unfinished, advance, (place, search, 0))
    away = jnp.linalg.norm(jnp.linalg.solve(place.slope, place.r[..., None])[..., 0], axis=-1)
    return search._replace(
        residual=jnp.linalg.norm(place.r, axis=-1), away=away / scale_of(place.x)
    )


def _advance(look: Any, place: Place, search: Search) -> tuple[Place, Search]:
    """One step, where it is better; `done` says which rows have stalled."""
    x, r, slope = place
    q = 0.5 * jnp.sum(r * r, axis=-1)
    shift = search.damping * jnp.sqrt(2 * q)
    gradient = jnp.einsum("bij,bi->bj", slope, r)
    normal = jnp.einsum("bij,bik->bjk", slope, slope) + shift[:, None, None] * jnp.eye(x.shape[1])
    move = -solve_definite(normal, gradient)
    new = look(x + move)
    decrease = q - 0.5 * jnp.sum(new.r * new.r, axis=-1)
    predicted = 0.5 * jnp.sum(move * (shift[:, None] * move - gradient), axis=-1)
    better = is_finite(new) & (decrease > 0)
    gain = jnp.where(better, decrease / predicted, 0.0)
    factor = jnp.maximum(1 / 3, 1 - (2 * gain - 1) ** 3)
    damping = search.damping * jnp.where(better, factor, search.growth)
    damping = jnp.clip(damping, _LEAST_DAMPING, _MOST_DAMPING)
    growth = jnp.where(better, FIRST_GROWTH, 2 * search.growth)
    following = choose(better, new, place)
    stalled = (predicted <= _LEAST_PROGRESS * q) | (damping >= _MOST_DAMPING)
    return following, search._replace(x=following.x, damping=damping, growth=growth, done=stalled)
