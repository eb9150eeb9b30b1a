"""Which ends of a search are one point, block by block of starts."""

from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from steadyhand.fixed_points.distinct import by_columns, gather
from steadyhand.fixed_points.ends import scale_of
from steadyhand.fixed_points.kinds import Assessment, Assessor
from steadyhand.maps import EPSILON
from steadyhand.point_kinds import KINDS
from steadyhand.row_tiles import rows_of

# Newton's bound holds to first order; where a point counts as fixed, its exact root is within 1.2
# times the bound, and no other root within 6.8 times (Kantorovich's theorem with h ≤ 1/4).
_SAFETY = 2.0
_ROUNDING = 8 * EPSILON
_NEAR = 1e-7  # ends this close may be one: whether they are, a certificate says


class Joined(NamedTuple):
    """Ends that may be distinct points, what they are, and which of them stands for each row."""

    x: Float[np.ndarray, "end dim"]
    group: Int[np.ndarray, " end"]
    """The map that the end belongs to"""
    assessed: Assessment
    end_of_row: Int[np.ndarray, " row"]


def join(
    assessor: Assessor,
    x: Float[np.ndarray, "row dim"],
    residual: Float[np.ndarray, " row"],
    group: Int[np.ndarray, " row"],
    own_of_group: Any,
) -> Joined:
    """Ends that are provably the same root are one; so are those that agree to rounding.

    Of each the one with the least residual is kept, and only these are assessed: most starts end at
    the same few points.
    """
    scale = scale_of(x)
    preference = by_columns(residual, x)
    near = gather(x, preference, _NEAR * scale, group)
    first = np.unique(near)
    assessed = assessor.assess(x[first], rows_of(own_of_group, group[first]))
    position = np.searchsorted(first, near)
    apart = np.abs(x - x[near]).max(axis=1)
    root = residual <= assessor.options.tolerance * scale
    proven = root & (apart < assessed.unique_within[position])
    open_ones = np.flatnonzero(~proven & (near != np.arange(len(x))))
    standing = near.copy()
    if len(open_ones):
        rounding, its = _ROUNDING * scale[open_ones], x[open_ones]
        order = by_columns(residual[open_ones], its)
        standing[open_ones] = open_ones[gather(its, order, rounding, group[open_ones])]
        others = np.setdiff1d(standing, first)
        more = assessor.assess(x[others], rows_of(own_of_group, group[others]))
        first, assessed = np.concatenate([first, others]), _both(assessed, more)
    place = np.full(len(x), -1)
    place[first] = np.arange(len(first))
    return Joined(x[first], group[first], assessed, place[standing])


def merge(blocks: list[Joined], end_of_row: Int[np.ndarray, " row"]) -> Joined:
    """Ends of several blocks as one; `end_of_row` counts through all their ends."""
    assessed = blocks[0].assessed
    for block in blocks[1:]:
        assessed = _both(assessed, block.assessed)
    x, group = (np.concatenate([getattr(it, name) for it in blocks]) for name in ("x", "group"))
    standing = _standing(x, group, assessed)
    kept = np.unique(standing)
    position = np.searchsorted(kept, standing)
    return Joined(x[kept], group[kept], chosen(assessed, kept), position[end_of_row])


def _standing(x: np.ndarray, group: np.ndarray, assessed: Assessment) -> np.ndarray:
    """For each end the one that stands for it: bounds cannot tell them apart."""
    rank = np.array([KINDS.index(kind) for kind in assessed.kind])
    rounding = _ROUNDING * scale_of(x)
    reach = rounding + _SAFETY * assessed.resolution
    # Roots of both kinds may be one root; nothing else may.
    class_of = group * len(KINDS) + np.maximum(rank, KINDS.index("marginal"))
    return gather(x, by_columns(rank, assessed.residual, x), reach, class_of)


def chosen(assessed: Assessment, rows: np.ndarray) -> Assessment:
    """Some of it."""
    return Assessment(**{it.name: getattr(assessed, it.name)[rows] for it in fields(assessed)})


def _both(first: Assessment, second: Assessment) -> Assessment:
    return Assessment(
        **{
            it.name: np.concatenate([getattr(first, it.name), getattr(second, it.name)])
            for it in fields(Assessment)
        }
    )
