"""Iterations of the map, with which a search begins, for a tile of rows."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from steadyhand.fixed_points.newton import scale_of
from steadyhand.maps import Step, uneven

_ROAM = 1e3  # iterates of the map may leave their start by so many times its own size
_MOVES = 1e-6  # relative residual of what has not come to a point
_ALTERNATES = 0.5  # how much nearer to itself such a state is after two iterations than after one


class Settled(NamedTuple):
    """Of every row."""

    x: Float[Array, "row dim"]
    residual: Float[Array, " row"]
    """‖F(x) − x‖"""
    usable: Bool[Array, " row"]
    """Whether step and slope are finite at the start"""
    alternates: Bool[Array, " row"]
    """Whether iterations go to and fro at x"""


def settle(step: Step, rows: Any, shared: Any) -> Settled:
    """`rows` = (starts, own arguments), `shared` = (arguments, number of iterations).

    A row that would leave the neighbourhood of its start goes no further; one whose iterations
    come to where the slope is not finite stays where it began.
    """
    (starts, own), (args, times) = rows, shared
    image = jax.vmap(lambda x, mine: step(x, *args, *mine))
    bound = _ROAM * scale_of(starts)

    def body(_: Array, x: Array) -> Array:
        following = image(x, own)
        stays = jnp.linalg.norm(following, axis=-1) <= bound
        return jnp.where(stays[:, None], following, x)

    x = jax.lax.fori_loop(0, times, body, starts)
    usable, still = (_is_usable(step, args, own, it) for it in (starts, x))
    x = jnp.where(still[:, None], x, starts)
    following = image(x, own)
    once, twice = (jnp.linalg.norm(it - x, axis=-1) for it in (following, image(following, own)))
    moves = once > _MOVES * scale_of(x)
    return Settled(x, once, usable, moves & (twice < _ALTERNATES * once))


def _is_usable(step: Step, args: Any, own: Any, x: Array) -> Array:
    """Whether the step, and its slope in a direction that no symmetry shares, are finite."""

    def one(x: Array, mine: Any) -> Array:
        value, slope = jax.jvp(lambda x: step(x, *args, *mine), (x,), (uneven(len(x)),))
        return jnp.isfinite(value).all() & jnp.isfinite(slope).all()

    return jax.vmap(one)(x, own)
