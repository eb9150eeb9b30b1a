"""Moves towards known roots: cheap, since a root's Jacobian serves all rows that come to it."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int
from scipy.spatial.distance import cdist

from steadyhand.fixed_points.joining import Joined
from steadyhand.fixed_points.kinds import Assessor
from steadyhand.fixed_points.newton import scale_of
from steadyhand.maps import EPSILON, Step
from steadyhand.row_tiles import over_rows, rows_of

_MOVES = 16
_REACH = 0.5  # a longer first move, relative to the state, would go to another place
_STEADY = 0.5  # by so much each move has to be shorter than the last one
_TILE = 128


class Roots(NamedTuple):
    """Certified roots, and inverses of their Jacobians."""

    end: Int[np.ndarray, " root"]
    """Row among joined ends"""
    x: Float[np.ndarray, "root dim"]
    group: Int[np.ndarray, " root"]
    unique_within: Float[np.ndarray, " root"]
    inverse: Float[np.ndarray, "root dim dim"]


def roots_of(assessor: Assessor, joined: Joined, first_end: int, own_of_group: Any) -> Roots:
    """The certified roots among ends; `first_end` is the number of the first of these."""
    # By a derivative rule that is not that of its values, a certified root may have no inverse.
    known = joined.assessed
    chosen = np.flatnonzero((known.unique_within > 0) & (known.sigma_min > EPSILON))
    x, group = joined.x[chosen], joined.group[chosen]
    inverse = np.empty((len(x), x.shape[1], x.shape[1]))
    if len(x):
        inverse = np.linalg.inv(assessor.slopes(x, rows_of(own_of_group, group)))
    return Roots(chosen + first_end, x, group, joined.assessed.unique_within[chosen], inverse)


def nearest(
    x: Float[np.ndarray, "row dim"], group: Int[np.ndarray, " row"], roots: Roots
) -> Int[np.ndarray, " row"]:
    """For each row the nearest root of its group; −1 where there is none."""
    found = np.full(len(x), -1)
    for number in np.unique(roots.group):
        mine, its = np.flatnonzero(group == number), np.flatnonzero(roots.group == number)
        if len(mine):
            found[mine] = its[cdist(x[mine], roots.x[its]).argmin(axis=1)]
    return found


def come_to_roots(
    step: Step,
    x: Float[np.ndarray, "row dim"],
    own: Any,
    root: Int[np.ndarray, " row"],
    roots: Roots,
    args: Any,
) -> Bool[np.ndarray, " row"]:
    """Which rows come to their root: into the box around it that has a certificate.

    There the chord iteration y ↦ y − C·(F(y) − y) contracts, to this root alone, if derivatives are
    those of values. From outside, a
    row is let go unless each of its moves is at most half as long as the one before.
    """
    shared = (args, roots.x, roots.unique_within, roots.inverse)
    return np.asarray(over_rows(_come, (step,), (x, own, root), shared, _TILE))


def _come(step: Step, rows: Any, shared: Any) -> Bool[Array, " row"]:
    (x, own, root), (args, centres, radii, inverses) = rows, shared
    centre, radius = centres[root], radii[root]
    one = len(inverses) == 1
    inverse = inverses[0] if one else inverses[root]
    image = jax.vmap(lambda x, mine: step(x, *args, *mine))

    def move_of(x: Array) -> Array:
        r = image(x, own) - x
        return -(r @ inverse.T if one else jnp.einsum("bij,bj->bi", inverse, r))

    def inside(x: Array) -> Array:
        return jnp.abs(x - centre).max(axis=-1) < radius

    def advance(state: Any) -> Any:
        x, last, going, count = state
        move = move_of(x)
        length = jnp.linalg.norm(move, axis=-1)
        going &= (length <= last) & ~inside(x)
        x = jnp.where(going[:, None], x + move, x)
        return x, _STEADY * length, going, count + 1

    def unfinished(state: Any) -> Array:
        return state[2].any() & (state[3] < _MOVES)

    state = (x, _REACH * scale_of(x), jnp.ones(len(x), bool), 0)
    return inside(jax.lax.while_loop(unfinished, advance, state)[0])
