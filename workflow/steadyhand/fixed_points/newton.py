"""Newton's method on r(x) = step(x) − x for a tile of rows, each on its own way.

A Jacobian, which costs more than a hundred steps of the map, serves several moves (Shamanskii 1967,
Ukr. Math. J. 19:118): each makes the residual smaller by about the same factor. A move is made only
where it makes the residual smaller, so no row diverges; a row that cannot go on stays where it is.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from steadyhand.maps import Step, derivatives

_REACH = 0.5  # a longer move, relative to the state, would go to another place
_POLISH_REACH = 1e-2  # the same, where the residual is that of a root already
_JACOBIANS = 8
_MOVES = 6  # with one Jacobian
_WORTHWHILE = 0.25  # a move that leaves more of the residual wants a new Jacobian


class Newton(NamedTuple):
    """Where rows came to."""

    x: Float[Array, "row dim"]
    residual: Float[Array, " row"]
    """‖r‖ at x."""


class _Way(NamedTuple):
    x: Array
    r: Array
    done: Array
    jacobians: Array


def newton(step: Step, rows: Any, shared: Any) -> Newton:
    """From `rows` = (states, own arguments), by `shared` = (arguments, tolerance), for as long as
    it gains."""
    (starts, own), (args, tolerance) = rows, shared
    image = jax.vmap(lambda x, mine: step(x, *args, *mine))
    slope = jax.vmap(lambda x, mine: derivatives(step, (*args, *mine), x).slope)

    def move(_: Array, state: Any) -> Any:
        x, r, going, gained, stuck, inverse = state
        by = -jax.vmap(_solve)(inverse, r)
        new = x + by
        new_r = image(new, own) - new
        ratio = _norm(new_r) / _norm(r)
        reached = _norm(r) <= tolerance * scale_of(x)
        reach = jnp.where(reached, _POLISH_REACH, _REACH) * scale_of(x)
        better = going & (ratio < 1) & (_norm(by) <= reach)
        x, r = jnp.where(better[:, None], new, x), jnp.where(better[:, None], new_r, r)
        stuck |= going & ~better
        return x, r, better & (ratio <= _WORTHWHILE), gained | better, stuck, inverse

    def advance(way: _Way) -> _Way:
        triangles, _, permutation = jax.lax.linalg.lu(slope(way.x, own))
        inverse = (triangles, permutation)
        never = jnp.zeros_like(way.done)
        state = (way.x, way.r, ~way.done, never, never, inverse)
        x, r, _, gained, stuck, _ = jax.lax.fori_loop(0, _MOVES, move, state)
        # What is small enough and suddenly gains no more has come to what rounding leaves.
        reached = (_norm(r) <= tolerance * scale_of(x)) & stuck
        return _Way(x, r, way.done | ~gained | reached, way.jacobians + 1)

    def unfinished(way: _Way) -> Array:
        return ~way.done.all() & (way.jacobians < _JACOBIANS)

    r = image(starts, own) - starts
    way = _Way(starts, r, _norm(r) == 0, jnp.zeros((), jnp.int32))
    way = jax.lax.while_loop(unfinished, advance, way)
    return Newton(way.x, _norm(way.r))


def scale_of(x: Float[Array, "row dim"]) -> Float[Array, " row"]:
    """max(1, ‖x‖): what residuals and distances are relative to."""
    return jnp.maximum(1.0, _norm(x))


def _norm(x: Array) -> Array:
    return jnp.linalg.norm(x, axis=-1)


def _solve(factors: tuple[Array, Array], r: Array) -> Array:
    triangles, permutation = factors
    lower = jax.lax.linalg.triangular_solve(
        triangles, r[permutation][:, None], left_side=True, lower=True, unit_diagonal=True
    )
    return jax.lax.linalg.triangular_solve(triangles, lower, left_side=True)[:, 0]
