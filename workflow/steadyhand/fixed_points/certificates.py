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

from steadyhand.enclosures import (
    Ball,
    NotEnclosed,
    ball,
    balls,
    evaluate,
    is_floating,
    is_key,
    traced,
    without_own_rules,
)
from steadyhand.maps import Step
from steadyhand.row_tiles import rows_of

_log = logging.getLogger(__name__)

_TOGETHER = 8  # points that are proven together
_RADII = (1e-6, 1e-12)  # relative to max(1, |x|); the second one where the first is of no use
_BEST = 0.5  # β at which a box is wide, and the root in it still well known
_NARROWINGS = 4  # of a wide box, where it cannot be bounded


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

    The exact function is meant, without rounding, with these numbers in it, and its derivatives are
    those of its values: rules of its own for them, which a step may have, count for nothing.
    """
    found = _nothing(len(points))
    for relative in _RADII:
        left = np.flatnonzero(found.unique_within == 0)
        for first in range(0, len(left), _TOGETHER):
            rows = left[first : first + _TOGETHER]
            proofs = _of_block(step, points, own, args, rows, relative)
            for whole, part in zip(found, proofs, strict=True):
                whole[rows] = part
    return found


def _nothing(count: int) -> Certificates:
    return Certificates(np.zeros(count), np.full(count, np.inf))


def _of_block(
    step: Step, points: np.ndarray, own: Any, args: Any, rows: np.ndarray, relative: float
) -> Certificates:
    """Of some points together; one by one, where not all are bounded."""
    try:
        return _of_rows(step, points, own, args, rows, relative)
    except NotEnclosed as why:
        if len(rows) == 1:
            _log.info("no certificate within %g: %s", relative, why)
            return _nothing(1)
    parts = [_of_block(step, points, own, args, rows[[it]], relative) for it in range(len(rows))]
    return Certificates(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _of_rows(
    step: Step, points: np.ndarray, own: Any, args: Any, rows: np.ndarray, relative: float
) -> Certificates:
    # One shape: products with more or fewer rows are computed in another order, which shows in the
    # last bit.
    chosen = np.resize(rows, _TOGETHER)
    x, mine = points[chosen], rows_of(own, chosen)
    value, slope = (_bounded(it, step, (x, mine, args)) for it in (_value, _slope))
    eye = ball(np.eye(x.shape[1]))
    first = relative * np.maximum(1.0, np.abs(x).max(axis=1))
    around = slope(first)
    inverse = ball(_inverse(around.mid - eye.mid))
    residual = balls.subtract(value(0.0), ball(x))
    off = balls.magnitude(balls.product(inverse, Ball(*(it[..., None] for it in residual))))
    d = off.max(axis=(1, 2))

    def spread(radius: np.ndarray, slopes: Ball) -> np.ndarray:
        """β; inf where values are not bounded. A jump between equal slopes is in values alone."""
        values = value(radius)
        known = np.isfinite(values.mid + values.rad).all(axis=1)
        product = balls.product(inverse, balls.subtract(slopes, eye))
        left = balls.magnitude(balls.subtract(eye, product))
        total = balls.upper(left.sum(axis=-1) * (1 + 1e-10)).max(axis=-1)
        return np.where(known, total, np.inf)

    beta = spread(first, around)
    kept = _proven(d, beta, first)
    found = _wider(d, beta, first, lambda it: spread(it, slope(it)), alone=len(rows) == 1)
    better = found.unique_within > kept.unique_within
    both = zip(found, kept, strict=True)
    return Certificates(*(np.where(better, a, b)[: len(rows)] for a, b in both))


def _wider(
    d: np.ndarray, beta: np.ndarray, first: np.ndarray, spread_within: Any, *, alone: bool
) -> Certificates:
    """Of boxes that are as wide as it seems good; where alone, of narrower ones if they must be."""
    wide = _BEST * first / np.maximum(beta, 1e-12)
    usable = np.isfinite(wide) & (wide > 0)
    radius = np.where(usable, np.minimum(wide, 1e6 * first), first)
    for _ in range(_NARROWINGS):
        try:
            return _proven(d, spread_within(radius), radius)
        except NotEnclosed:
            if not alone:
                raise
            radius = np.sqrt(first * radius)
    return _nothing(len(d))


def _proven(d: np.ndarray, beta: np.ndarray, radius: np.ndarray) -> Certificates:
    error = balls.upper(d / np.maximum(1 - balls.upper(beta), 1e-300))
    # Comparisons with NaN are false.
    holds = (d >= 0) & (beta >= 0) & (beta < 1)
    holds &= balls.upper(d + balls.upper(beta * radius)) < radius
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
    if any(is_key(it) for it in leaves):
        raise NotEnclosed("it draws random numbers")
    program = _program(function, step, tree, tuple(map(jax.typeof, leaves)))
    if isinstance(program, NotEnclosed):
        raise program
    exact = [ball(it) if is_floating(it) else np.asarray(it) for it in leaves[1:]]

    def bounds(radius: np.ndarray | float) -> Ball:
        box = ball(leaves[0], np.reshape(radius, (-1, 1)))
        (found,) = evaluate(program, [box, *exact])
        assert isinstance(found, Ball)
        return found

    return bounds


@lru_cache(maxsize=32)
def _program(function: Any, step: Step, tree: Any, types: tuple[Any, ...]) -> Any:
    """`function` for all rows as JAX has it; the exception, where it cannot be bounded."""
    plain = without_own_rules(step)

    def of_leaves(*leaves: Any) -> Any:
        x, own, args = jax.tree.unflatten(tree, leaves)
        return jax.vmap(lambda x, mine: function(plain, x, (*args, *mine)))(x, own)

    try:
        return traced(of_leaves, *types)
    except NotEnclosed as why:
        return why


def _value(step: Step, x: Any, args: Any) -> Any:
    return step(x, *args)


def _slope(step: Step, x: Any, args: Any) -> Any:
    return jax.jacfwd(lambda x: step(x, *args))(x)
