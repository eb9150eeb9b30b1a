"""Proofs that a fixed point is there, and only one.

Let C be a rounded inverse of J − I at a computed point x, and d = |C·(F(x) − x)|. If on the whole
box of radius r around x every row sum of |I − C·(J − I)| is at most β, and d + β·r < r, then the
chord iteration y ↦ y − C·(F(y) − y) maps the box into itself and contracts it: exactly one fixed
point lies in the box, and it lies within d/(1 − β) of x (Krawczyk 1969, Computing 4:187; Rump 2010,
Acta Numerica 19:287, §13). d and β are bounded by `enclosures`, rounding included. Lengths are the
largest of all coordinates.
"""

import logging
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from steadyhand.enclosures import Ball, NotEnclosed, ball, balls, evaluate, traced
from steadyhand.maps import Step
from steadyhand.row_tiles import rows_of

_log = logging.getLogger(__name__)

_TOGETHER = 16  # points whose boxes are in memory together
_FEWEST = 8
_FIRST_RADIUS = 1e-6  # relative to max(1, |x|)
_BEST = 0.5  # β at which a box is wide, and the root in it still well known


class Certificates(NamedTuple):
    """Of n points; 0 and inf where there is no proof."""

    unique_within: Float[np.ndarray, " n"]
    """Radius of a box around the point in which there is exactly one fixed point"""
    proven_error: Float[np.ndarray, " n"]
    """Radius of a box around the point in which that fixed point lies"""


def certify(
    step: Step, points: Float[np.ndarray, "n dim"], own: tuple[Any, ...], args: tuple[Any, ...]
) -> Certificates:
    """Certificates of `step(x, *args, *own)` at each point; leaves of `own` have a row per point.

    The exact function is meant, without rounding, with these numbers in it. Its derivatives are
    those that JAX makes: of a step with a derivative rule of its own nothing is certified.
    """
    parts = []
    for first in range(0, len(points), _TOGETHER):
        rows = np.arange(first, min(first + _TOGETHER, len(points)))
        try:
            parts.append(_of_rows(step, points, own, args, rows))
        except NotEnclosed:
            parts.extend(_alone(step, points, own, args, int(row)) for row in rows)
    if not parts:
        return Certificates(np.empty(0), np.empty(0))
    return Certificates(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _alone(step: Step, points: np.ndarray, own: Any, args: Any, row: int) -> Certificates:
    """Of one point, whose neighbours may not be bounded."""
    try:
        return _of_rows(step, points, own, args, np.array([row]))
    except NotEnclosed as why:
        _log.info("no certificate: %s", why)
        return Certificates(np.zeros(1), np.full(1, np.inf))


def _of_rows(step: Step, points: np.ndarray, own: Any, args: Any, rows: np.ndarray) -> Certificates:
    # Few shapes, so that it is traced a few times only; and several rows at least: products with
    # one are computed in another order, which shows in the last bit.
    chosen = np.resize(rows, max(_FEWEST, 1 << (len(rows) - 1).bit_length()))
    x, mine = points[chosen], rows_of(own, chosen)
    value, slope = (_bounded(it, step, (x, mine, args)) for it in (_value, _slope))
    eye = ball(np.eye(x.shape[1]))
    first = _FIRST_RADIUS * np.maximum(1.0, np.abs(x).max(axis=1))
    around = slope(first)
    inverse = ball(_inverse(around.mid - eye.mid))
    residual = balls.subtract(value(0.0), ball(x))
    off = balls.magnitude(balls.product(inverse, Ball(*(it[..., None] for it in residual))))
    d = off.max(axis=(1, 2))

    def spread(slopes: Ball) -> np.ndarray:
        """β"""
        product = balls.product(inverse, balls.subtract(slopes, eye))
        left = balls.magnitude(balls.subtract(eye, product))
        return np.asarray(balls.upper(left.sum(axis=-1) * (1 + 1e-10)).max(axis=-1))

    beta = spread(around)
    kept = _proven(d, beta, first)
    wider = _BEST * first / np.maximum(beta, 1e-12)
    usable = np.isfinite(wider) & (wider > 0)
    other = np.where(usable, np.minimum(wider, 1e6 * first), first)
    found = _proven(d, spread(slope(other)), other)
    better = found.unique_within > kept.unique_within
    both = zip(found, kept, strict=True)
    return Certificates(*(np.where(better, a, b)[: len(rows)] for a, b in both))


def _proven(d: np.ndarray, beta: np.ndarray, radius: np.ndarray) -> Certificates:
    error = balls.upper(d / np.maximum(1 - balls.upper(beta), 1e-300))
    # Comparisons with NaN are false.
    holds = (beta < 1) & (balls.upper(d + balls.upper(beta * radius)) < radius)
    return Certificates(np.where(holds, radius, 0.0), np.where(holds, error, np.inf))


def _inverse(matrices: np.ndarray) -> np.ndarray:
    """Of each; zeros, with which nothing is proven, where there is none."""
    usable = np.isfinite(matrices).all(axis=(1, 2))
    eye = np.eye(matrices.shape[1])
    found = np.zeros_like(matrices)
    for row in np.flatnonzero(usable):
        try:
            found[row] = np.linalg.solve(matrices[row], eye)
        except np.linalg.LinAlgError:  # exactly singular: that is the answer
            found[row] = 0.0
    return found


def _bounded(function: Any, step: Step, operands: Any) -> Any:
    """`function` of `step` with boxes of a radius around x."""
    leaves, tree = jax.tree.flatten(operands)
    shapes = tuple(jax.ShapeDtypeStruct(np.shape(it), np.asarray(it).dtype) for it in leaves)
    program = _program(function, step, tree, shapes)
    exact = [ball(it) if np.asarray(it).dtype.kind == "f" else np.asarray(it) for it in leaves[1:]]

    def bounds(radius: np.ndarray | float) -> Ball:
        box = ball(leaves[0], np.reshape(radius, (-1, 1)))
        (found,) = evaluate(program, [box, *exact])
        assert isinstance(found, Ball)
        return found

    return bounds


@lru_cache(maxsize=32)
def _program(function: Any, step: Step, tree: Any, shapes: tuple[Any, ...]) -> Any:
    def of_leaves(*leaves: Any) -> Any:
        x, own, args = jax.tree.unflatten(tree, leaves)
        return jax.vmap(lambda x, mine: function(step, x, (*args, *mine)))(x, own)

    return traced(of_leaves, *shapes)


def _value(step: Step, x: Any, args: Any) -> Any:
    return step(x, *args)


def _slope(step: Step, x: Any, args: Any) -> Any:
    return jax.jacfwd(lambda x: step(x, *args))(x)
