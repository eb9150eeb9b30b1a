"""Batched searches for roots of r(x) = step(x) − x, and for minima of q = ½‖r‖².

Every row of a batch goes its own way: own damping, own acceptance, and it stays as it is once it
has finished. A step is taken only where it makes the row better, so no row diverges.

Sources: Levenberg–Marquardt with a damping proportional to ‖r‖, which converges quadratically
also to roots that are not isolated (Fan & Yuan 2005, Computing 74:23–39); its factor follows
Nielsen (1999, IMM-REP-1999-05); damped Newton for minima, e.g. Nocedal & Wright (2006), ch. 3.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.linalg import cho_solve
from jaxtyping import Array, Bool, Float

from steadyhand import precision  # noqa: F401
from steadyhand.maps import Bowl, Place, Step, derivatives, derivatives_of_q

EPSILON = float(jnp.finfo(jnp.float64).eps)

_ROAM = 1e3  # iterates of the map may leave their start by so many times its own size
_POLISH_STEPS = 60
_POLISH_REACH = 1e-2  # relative to the state: a longer step would go to another place
_LEAST_DAMPING, _MOST_DAMPING = 1e-10, 1e18
_LEAST_PROGRESS = 1e-10  # predicted decrease of q, relative to q, below which a row has stalled


class Search(NamedTuple):
    """A batch under way: where it is, per-row damping and its growth, and which rows are done."""

    place: Any
    damping: Float[Array, " row"]
    growth: Float[Array, " row"]
    done: Bool[Array, " row"]
    iteration: Array


def scale_of(x: Float[Array, "row dim"]) -> Float[Array, " row"]:
    """max(1, ‖x‖): what residuals and distances are relative to."""
    return jnp.maximum(1.0, jnp.linalg.norm(x, axis=-1))


@partial(jax.jit, static_argnums=0)
def find_roots(
    step: Step,
    starts: Float[Array, "row dim"],
    args: Any,
    settle: int,
    tolerance: float,
    max_iterations: int,
) -> tuple[Float[Array, "row dim"], Float[Array, " row"], Bool[Array, " row"]]:
    """Ends of a search from each start, ‖r‖ there, and whether step and slope exist at the start.

    `settle` iterations of the map, Levenberg–Marquardt until ‖r‖ ≤ tolerance·max(1, ‖x‖) or no
    progress, then Newton.
    """
    look = jax.vmap(partial(derivatives, step, args))
    settled = _settle(step, args, starts, settle)
    # A loop, so that the derivatives are compiled once for both.
    both = jax.lax.map(look, jnp.stack([starts, settled]))
    first, place = (jax.tree.map(lambda part, i=i: part[i], both) for i in (0, 1))
    usable = _finite(first)
    place = _choose(_finite(place), place, first)
    place = _levenberg_marquardt(look, place, tolerance, max_iterations)
    place = _polish(look, place)
    return place.x, jnp.linalg.norm(place.r, axis=-1), usable


@partial(jax.jit, static_argnums=0)
def find_minima(
    step: Step, starts: Float[Array, "row dim"], args: Any, tolerance: float, max_iterations: int
) -> Float[Array, "row dim"]:
    """Ends of a descent on q from each start; it also ends where ‖r‖ is that of a root."""
    look = jax.vmap(partial(derivatives_of_q, step, args))
    return _descend(look, starts, tolerance, max_iterations)


def _finite(place: Any) -> Bool[Array, " row"]:
    """Rows of which everything is finite."""
    parts = [jnp.isfinite(part.reshape(part.shape[0], -1)).all(axis=1) for part in place]
    return jnp.stack(parts).all(axis=0)


def _choose(which: Bool[Array, " row"], yes: Any, no: Any) -> Any:
    """Rows of `yes` where `which`, else of `no`."""
    return jax.tree.map(
        lambda a, b: jnp.where(which.reshape(-1, *[1] * (a.ndim - 1)), a, b), yes, no
    )


def _settle(step: Step, args: Any, starts: Array, times: int) -> Array:
    """Iterates of the map; a row that leaves the neighbourhood of its start goes no further."""
    bound = _ROAM * scale_of(starts)

    def body(_: Array, x: Array) -> Array:
        following = jax.vmap(lambda x: step(x, *args))(x)
        return _choose(jnp.linalg.norm(following, axis=-1) <= bound, following, x)

    return jax.lax.fori_loop(0, times, body, starts)


def _run(advance: Callable[[Search], Search], search: Search, max_iterations: int) -> Any:
    """Advance until every row is done; rows that are done stay as they are."""

    def body(search: Search) -> Search:
        new = advance(search)
        place, damping, growth, done = _choose(search.done, search[:-1], new[:-1])
        return Search(place, damping, growth, done, search.iteration + 1)

    def unfinished(search: Search) -> Array:
        return ~search.done.all() & (search.iteration < max_iterations)

    return jax.lax.while_loop(unfinished, body, search).place


def _begin(place: Any, damping: Array, done: Array) -> Search:
    return Search(place, damping, jnp.full_like(damping, 2.0), done, jnp.zeros((), jnp.int32))


def _levenberg_marquardt(look: Callable, place: Place, tolerance: float, limit: int) -> Place:
    eye = jnp.eye(place.x.shape[1])

    def reached(place: Place) -> Array:
        return jnp.linalg.norm(place.r, axis=-1) <= tolerance * scale_of(place.x)

    def advance(search: Search) -> Search:
        x, r, slope = search.place
        q = 0.5 * jnp.sum(r * r, axis=-1)
        shift = search.damping * jnp.sqrt(2 * q)
        gradient = jnp.einsum("bij,bi->bj", slope, r)
        normal = jnp.einsum("bij,bik->bjk", slope, slope) + shift[:, None, None] * eye
        move = -_solve_definite(normal, gradient)
        new = look(x + move)
        decrease = q - 0.5 * jnp.sum(new.r * new.r, axis=-1)
        predicted = 0.5 * jnp.sum(move * (shift[:, None] * move - gradient), axis=-1)
        better = _finite(new) & (decrease > 0)
        gain = jnp.where(better, decrease / predicted, 0.0)
        factor = jnp.maximum(1 / 3, 1 - (2 * gain - 1) ** 3)
        damping = search.damping * jnp.where(better, factor, search.growth)
        damping = jnp.clip(damping, _LEAST_DAMPING, _MOST_DAMPING)
        growth = jnp.where(better, 2.0, 2 * search.growth)
        following = _choose(better, new, search.place)
        stalled = (predicted <= _LEAST_PROGRESS * q) | (damping >= _MOST_DAMPING)
        return Search(following, damping, growth, reached(following) | stalled, search.iteration)

    damping = jnp.full(place.x.shape[0], 1e-2)
    return _run(advance, _begin(place, damping, reached(place)), limit)


def _polish(look: Callable, place: Place) -> Place:
    """Newton steps for as long as they reduce ‖r‖."""

    def advance(search: Search) -> Search:
        x, r, slope = search.place
        move = -jnp.linalg.solve(slope, r[..., None])[..., 0]
        new = look(x + move)
        better = jnp.linalg.norm(new.r, axis=-1) < jnp.linalg.norm(r, axis=-1)
        better &= jnp.linalg.norm(move, axis=-1) <= _POLISH_REACH * scale_of(x)
        better &= _finite(new)
        place = _choose(better, new, search.place)
        return search._replace(place=place, done=~better)

    rows = place.x.shape[0]
    return _run(advance, _begin(place, jnp.zeros(rows), jnp.zeros(rows, bool)), _POLISH_STEPS)


def _descend(look: Callable, starts: Array, tolerance: float, limit: int) -> Array:
    """Newton on ∇q, damped by a multiple of the Hessian's size until it descends."""
    eye = jnp.eye(starts.shape[1])

    def advance(search: Search) -> Search:
        x, _, gradient, hessian = search.place
        size = jnp.linalg.norm(hessian, axis=(1, 2))
        shift = search.damping * size
        move = -_solve_definite(hessian + shift[:, None, None] * eye, gradient)
        new = look(x + move)
        better = _finite(new) & _descends(search.place, new)
        damping = jnp.where(better, search.damping / 10, jnp.maximum(search.damping * 10, 1e-6))
        damping = jnp.where(damping < 1e-14, 0.0, damping)
        place = _choose(better, new, search.place)
        still = jnp.linalg.norm(move, axis=-1) <= 4 * EPSILON * scale_of(x)
        root = jnp.linalg.norm(place.r, axis=-1) <= tolerance * scale_of(place.x)
        done = still | root | (damping >= _MOST_DAMPING)
        return Search(place, damping, search.growth, done, search.iteration)

    place = look(starts)
    damping = jnp.full(starts.shape[0], 1e-3)
    return _run(advance, _begin(place, damping, ~_finite(place)), limit).x


def _descends(old: Bowl, new: Bowl) -> Bool[Array, " row"]:
    """Where q is less; or, once q cannot tell any more, where its gradient is."""
    q_old, q_new = (jnp.sum(it.r * it.r, axis=-1) for it in (old, new))
    flatter = jnp.linalg.norm(new.gradient, axis=-1) < jnp.linalg.norm(old.gradient, axis=-1)
    return (q_new < q_old) | (flatter & (q_new <= q_old * (1 + 1e-12)))


def _solve_definite(matrix: Array, vector: Array) -> Array:
    """Solutions of matrix·y = vector; NaN, hence no step, where it is not positive definite."""
    factor = jnp.linalg.cholesky(matrix)
    return jax.vmap(lambda c, b: cho_solve((c, True), b))(factor, vector)
