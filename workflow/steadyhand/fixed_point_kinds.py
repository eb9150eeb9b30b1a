"""What the end of a search is: a fixed, marginal or slow point, or nothing; and how sure that is.

Residuals are r = F(x) − x, A = J − I = U S Vᵀ, q = ½‖r‖², and lengths are relative to
max(1, ‖x‖).
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float

from steadyhand.distinct import EPSILON
from steadyhand.maps import Bowl, Step, curvature, derivatives, derivatives_of_q, in_tiles

KINDS = ("fixed", "marginal", "slow", "not_converged")

_MEANINGFUL = 1e-6  # a larger bound on the distance to the exact point is no statement about it
_NEAR = 1e-3  # no root within this distance, as a quadratic model has it: there is none
_KANTOROVICH = 0.25  # 1/2 suffices for a root; at a double root the number is 1/2


@dataclass(frozen=True, eq=False)
class Assessment:
    """Of n ends: kind, and the numbers behind it; see `fixed_points.FixedPoints`."""

    kind: np.ndarray
    residual: Float[np.ndarray, " n"]
    sigma_min: Float[np.ndarray, " n"]
    error_bound: Float[np.ndarray, " n"]
    q: Float[np.ndarray, " n"]
    spectral_radius: Float[np.ndarray, " n"]
    resolution: Float[np.ndarray, " n"]
    """How far two ends of one and the same point may lie from it; 0: nothing says so"""


def assess(
    step: Step,
    ends: Float[np.ndarray, "n dim"],
    args: tuple[Any, ...],
    tolerance: float,
    tile: int,
) -> Assessment:
    """Kinds of the ends of a search, tile by tile (a tile's matrices are all that is in memory)."""
    parts = [
        _assess_some(step, args, tolerance, ends[first : first + tile], tile)
        for first in range(0, len(ends), tile)
    ]
    rank, *numbers = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Assessment(np.array(KINDS)[rank], *numbers)


def _assess_some(
    step: Step, args: Any, tolerance: float, x: np.ndarray, tile: int
) -> tuple[np.ndarray, ...]:
    """Of at most a tile of ends. Only derivatives are padded to the tile: decompositions, which
    take much longer, do not look at their company anyway."""
    _, r, slope = in_tiles(lambda rows: _derivatives(step, args, rows), x, tile)
    left, singular, right = np.linalg.svd(slope)
    bend = in_tiles(lambda rows: curvature(step, args, *rows), (x, right[:, -1, :]), tile)
    scale = np.maximum(1.0, np.linalg.norm(x, axis=1))
    residual = np.linalg.norm(r, axis=1)
    # x itself is rounded, and J passes that on; so no residual is known better than this.
    rounding = 2 * EPSILON * (1 + singular[:, 0]) * scale
    parts = np.abs(np.einsum("bij,bi->bj", left, r))
    bend_out = np.abs(np.einsum("bi,bi->b", left[:, :, -1], bend))
    bound = _ratio(residual + rounding, singular[:, -1])
    root = residual <= np.maximum(tolerance * scale, rounding)
    kantorovich = _ratio(np.linalg.norm(bend, axis=1) * (residual + rounding), singular[:, -1] ** 2)
    fixed = root & (bound <= _MEANINGFUL * scale) & (kantorovich <= _KANTOROVICH)
    away = _distance_to_root(parts, singular, bend_out, rounding)
    marginal = root & ~fixed & (away <= _NEAR * scale)
    # At a tangency, rounding of r moves the root by the root of it; on a line of roots, at will.
    apart = np.minimum(bound, np.sqrt(_ratio(2 * (parts[:, -1] + rounding), bend_out)))
    apart = np.where(apart <= _NEAR * scale, apart, 0.0)
    slow_bound = np.full(len(x), np.inf)
    if not root.all():
        bowl = in_tiles(lambda rows: _derivatives_of_q(step, args, rows), x, tile)
        slow_bound = _bound_of_minimum(bowl, singular[:, 0], residual, rounding)
    slow = ~root & (slow_bound <= _MEANINGFUL * scale)
    cases = [fixed, marginal, slow]
    return (
        np.select(cases, [0, 1, 2], 3),
        residual,
        singular[:, -1],
        np.select(cases, [bound, bound, slow_bound], np.inf),
        0.5 * residual**2,
        np.abs(np.linalg.eigvals(slope + np.eye(x.shape[1]))).max(axis=1),
        np.select(cases, [bound, apart, slow_bound], 0.0),
    )


def _distance_to_root(
    parts: np.ndarray, singular: np.ndarray, bend: np.ndarray, rounding: np.ndarray
) -> np.ndarray:
    """Length of the way to the nearest root, as the derivatives have it.

    `parts` are |Uᵀr|. Newton's way along each singular vector; none where that part of r is zero
    but for rounding; and along the last one no longer than the curvature there takes to make up
    for r. At a tangency this is short, where a residual just vanishes at infinity it is not.
    """
    ways = np.where(parts > rounding[:, None], _ratio(parts, singular), 0.0)
    ways[:, -1] = np.minimum(ways[:, -1], np.sqrt(_ratio(2 * parts[:, -1], bend)))
    return np.linalg.norm(ways, axis=1)


def _bound_of_minimum(
    bowl: Bowl, steepest: np.ndarray, residual: np.ndarray, rounding: np.ndarray
) -> np.ndarray:
    """(‖∇q‖ + its rounding)/λ_min(Hessian of q); inf where that is no minimum."""
    gradient, hessian = np.asarray(bowl.gradient), np.asarray(bowl.hessian)
    usable = np.isfinite(hessian).all(axis=(1, 2))
    hessian = np.where(usable[:, None, None], hessian, 0.0)
    least = np.linalg.eigvalsh((hessian + hessian.transpose(0, 2, 1)) / 2)[:, 0]
    noise = steepest * rounding + 2 * EPSILON * (1 + steepest) * residual
    size = np.where(usable, np.linalg.norm(gradient, axis=1) + noise, np.inf)
    return _ratio(size, np.maximum(least, 0.0))


def _ratio(over: np.ndarray, under: np.ndarray) -> np.ndarray:
    """over/under of non-negative numbers; inf where `under` is 0, also for 0/0."""
    return np.divide(over, under, out=np.full_like(over, np.inf), where=under > 0)


@partial(jax.jit, static_argnums=0)
def _derivatives(step: Step, args: Any, x: Array) -> Any:
    return jax.vmap(partial(derivatives, step, args))(x)


@partial(jax.jit, static_argnums=0)
def _derivatives_of_q(step: Step, args: Any, x: Array) -> Any:
    return jax.vmap(partial(derivatives_of_q, step, args))(x)
