"""Fixed points and slow points of any map, each with a bound on how far it may be from the truth.

Residuals are r = F(x) − x, A = J − I, q = ½‖r‖², and everything is relative to max(1, ‖x‖).
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from steadyhand import precision  # noqa: F401
from steadyhand.distinct import EPSILON, by_columns, gather
from steadyhand.fixed_point_kinds import KINDS, Assessment, assess
from steadyhand.maps import MapError, Step, as_arguments, as_points, check_map, in_tiles
from steadyhand.newton import find_minima, find_roots

TILE = 64
"""Starts computed together. Part of the definition of a result, in its last bits."""

# Newton's bound holds to first order; where a point counts as fixed, its exact root is within 1.2
# times the bound, and no other root within 6.8 times (Kantorovich's theorem with h ≤ 1/4).
_SAFETY = 2.0
_ROUNDING = 8 * EPSILON
_DIGITS = 9  # in which points are ordered, so that rounding does not order symmetric points


@dataclass(frozen=True, eq=False)
class FixedPoints:
    """Distinct ends of a search, in order of kind, spectral radius, then coordinates.

    Kinds, in their order:
      "fixed": ‖r‖ ≤ tolerance·max(1, ‖x‖), or what rounding allows if that is more, and an
        isolated root lies within about `error_bound`, which is at most 1e-6·max(1, ‖x‖).
      "marginal": as small a residual, but σ_min is zero as far as float64 can tell: a point of a
        line of fixed points, a tangency, roots too close to be told apart. `error_bound` means
        little.
      "slow": a local minimum of q that is no root; `error_bound` is that of the minimum.
      "not_converged": nothing of these: a runaway (x + exp(−x) has roots nowhere, and residuals
        as small as one likes), a region where q is flat, a saddle of q, or too few iterations.
    """

    points: Float[np.ndarray, "n dim"]
    residual: Float[np.ndarray, " n"]
    """‖F(x) − x‖"""
    sigma_min: Float[np.ndarray, " n"]
    """Least singular value of I − J"""
    error_bound: Float[np.ndarray, " n"]
    """(‖r‖ + its rounding)/σ_min, for slow points (‖∇q‖ + its rounding)/λ_min(Hessian of q): the
    distance to the exact point, to first order; inf where nothing bounds it."""
    q: Float[np.ndarray, " n"]
    """½‖F(x) − x‖²"""
    kind: np.ndarray
    spectral_radius: Float[np.ndarray, " n"]
    """max |λ(J)|"""
    start_count: Int[np.ndarray, " n"]
    """How many starts ended at the point"""
    point_of_start: Int[np.ndarray, " n_starts"]
    """Row of the point at which each start ended"""

    def of_kind(self, kind: str) -> Bool[np.ndarray, " n"]:
        """Which points are of one kind."""
        if kind not in KINDS:
            raise MapError(f"kind: {kind!r} is unknown; allowed: {', '.join(KINDS)}")
        return self.kind == kind


def find_fixed_points(
    step: Step,
    starts: Any,
    *,
    args: tuple[Any, ...] = (),
    tolerance: float = 1e-12,
    settle: int = 0,
    max_iterations: int = 100,
    tile: int = TILE,
) -> FixedPoints:
    """Where `step(x, *args) = x`, searched from each row of `starts`, shape (n_starts, dim).

    `settle` iterations of the map come first (a start that would leave for 1000 times its own
    size stops before); then at most `max_iterations` of Levenberg–Marquardt, then Newton for as
    long as it gains. Where this finds no root, a descent on q follows. No end is dropped, moved
    or averaged: ends that are within their error bounds are one point, which is the one of them
    with the smallest residual. Points are independent of the order of the starts, and the end of
    a start, to the bit, of its company.

    `step` is a JAX function of a state (dim,), differentiable twice; it is compiled once for all
    `args` (a tuple of pytrees of arrays) of the same shapes, as long as it is the same object.
    Starts and `args` are converted to float64.

    Raises `MapError` where starts are not a finite, non-empty matrix, where `step` returns another
    shape or dtype, and where it or its derivative is not finite at a start.
    """
    _check_options(tolerance, settle, max_iterations, tile)
    begin = as_points(starts, "starts", at_least=1)
    args = as_arguments(args)
    check_map(step, begin.shape[1], args)
    ends, residual = search_ends(step, begin, args, tolerance, settle, max_iterations, tile)
    # Most starts end at the same few points, to rounding: assess those only.
    rounding = _ROUNDING * np.maximum(1.0, np.linalg.norm(ends, axis=1))
    preference = by_columns(residual, ends)
    standing = gather(ends, preference, rounding, np.zeros(len(ends), int))
    rows, row_of_start = np.unique(standing, return_inverse=True)
    found = assess(step, ends[rows], args, tolerance, tile)
    return _distinct(ends[rows], found, rounding[rows], row_of_start)


def search_ends(
    step: Step,
    starts: Float[np.ndarray, "n_starts dim"],
    args: tuple[Any, ...],
    tolerance: float,
    settle: int,
    max_iterations: int,
    tile: int,
) -> tuple[Float[np.ndarray, "n_starts dim"], Float[np.ndarray, " n_starts"]]:
    """Where each start ends, and ‖r‖ there, before any are found to be the same point."""
    limits = (tolerance, max_iterations)

    def roots(rows: np.ndarray, settle: int) -> Any:
        return in_tiles(lambda some: find_roots(step, some, args, settle, *limits), rows, tile)

    ends, residual, usable = roots(starts, settle)
    if not usable.all():
        row = int(np.flatnonzero(~usable)[0])
        raise MapError(f"step: it or its derivative is not finite at starts row {row}")
    missed = residual > tolerance * np.maximum(1.0, np.linalg.norm(ends, axis=1))
    if missed.any():
        lowest = in_tiles(lambda some: find_minima(step, some, args, *limits), ends[missed], tile)
        # Some may have come to a root after all.
        ends[missed], residual[missed], _ = roots(lowest, 0)
    return ends, residual


def _distinct(
    ends: np.ndarray, found: Assessment, rounding: np.ndarray, row_of_start: np.ndarray
) -> FixedPoints:
    """Join ends that their bounds cannot tell apart, and put what remains in order."""
    rank = np.array([KINDS.index(kind) for kind in found.kind])
    reach = rounding + _SAFETY * found.resolution
    # Roots of both kinds may be one root; nothing else may.
    group = np.maximum(rank, KINDS.index("marginal"))
    preference = by_columns(rank, found.residual, ends)
    standing = gather(ends, preference, reach, group)
    kept = np.unique(standing)
    order = by_columns(
        rank[kept],
        np.round(found.spectral_radius[kept], _DIGITS),
        np.round(ends[kept], _DIGITS),
        ends[kept],
    )
    kept = kept[order]
    position = np.empty(len(ends), int)
    position[kept] = np.arange(len(kept))
    point_of_start = position[standing[row_of_start]]
    values = {it.name: getattr(found, it.name)[kept] for it in fields(found)}
    del values["resolution"]
    return FixedPoints(
        points=ends[kept],
        start_count=np.bincount(point_of_start, minlength=len(kept)),
        point_of_start=point_of_start,
        **values,
    )


def _check_options(tolerance: float, settle: int, max_iterations: int, tile: int) -> None:
    if not 0 < tolerance < 1:
        raise MapError(f"tolerance: is {tolerance}; allowed: between 0 and 1")
    for name, value, least in (
        ("settle", settle, 0),
        ("max_iterations", max_iterations, 1),
        ("tile", tile, 1),
    ):
        if int(value) != value or value < least:
            raise MapError(f"{name}: is {value}; allowed: integers from {least}")
