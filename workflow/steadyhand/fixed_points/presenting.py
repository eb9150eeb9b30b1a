"""From ends that are distinct to what a search says: continua, orbits, stability, order."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int

from steadyhand.fixed_points.continua import continua_of
from steadyhand.fixed_points.coverage import coverage_of
from steadyhand.fixed_points.distinct import by_columns
from steadyhand.fixed_points.ends import residuals, scale_of
from steadyhand.fixed_points.found import FixedPoints
from steadyhand.fixed_points.joining import Joined, chosen
from steadyhand.fixed_points.kinds import Assessment, Assessor
from steadyhand.point_kinds import KINDS, ROOTS
from steadyhand.row_tiles import rows_of

_ON_CIRCLE = 1e-8  # an eigenvalue this close to the unit circle may lie on either side
_DIGITS = 9  # in which points are ordered, so that rounding does not order symmetric points
_AT_REST = 1e-6  # relative: what moves less is a fixed point, and no orbit
_SAME = 1e-6  # relative: two phases of one orbit


class Orbits(NamedTuple):
    """Fixed points of F∘F where iterations alternate, and what assesses them."""

    assessor: Assessor
    joined: Joined


class Rows:
    """Points of one map under way to their result: each with its kind and what it stands for."""

    def __init__(self, x: np.ndarray, assessed: Assessment):
        self.x, self.assessed = x, assessed
        self.kind = assessed.kind.astype(object)
        self.dimension, self.extent = np.zeros(len(x), int), np.zeros(len(x))
        self.stands = np.arange(len(x))
        """Row that stands for each row"""


def present(
    assessor: Assessor,
    joined: Joined,
    orbits: Orbits | None,
    group: Int[np.ndarray, " n_starts"],
    own_of_group: tuple[Any, ...],
    number: int,
) -> FixedPoints:
    """The result of the map with this number."""
    mine, end_of_start = _of_group(joined, group, number)
    rows = Rows(mine.x, mine.assessed)
    _join_continua(assessor, rows, own_of_group, number)
    kept = np.flatnonzero(rows.stands == np.arange(len(rows.x)))
    start_count = np.bincount(rows.stands[end_of_start], minlength=len(rows.x))[kept]
    parts = [_columns(rows, kept, start_count)]
    if orbits is not None and (orbits.joined.group == number).any():
        parts.append(_orbits(assessor, orbits, own_of_group, number))
    columns = {name: np.concatenate([it[name] for it in parts]) for name in parts[0]}
    order = _order(columns)
    place = np.empty(len(order), int)
    place[order] = np.arange(len(order))
    position = np.full(len(rows.x), -1)
    position[kept] = place[: len(kept)]
    roots = np.isin(columns["kind"], ROOTS)
    return FixedPoints(
        **{name: values[order] for name, values in columns.items()},
        point_of_start=position[rows.stands[end_of_start]],
        coverage=coverage_of(columns["start_count"][roots], len(end_of_start)),
    )


def _of_group(joined: Joined, group: np.ndarray, number: int) -> tuple[Joined, np.ndarray]:
    """The ends of one map, and for each of its starts the row among them."""
    rows = np.flatnonzero(joined.group == number)
    ends = np.searchsorted(rows, joined.end_of_row[group == number])
    some = Joined(joined.x[rows], joined.group[rows], chosen(joined.assessed, rows), ends)
    return some, ends


def _join_continua(assessor: Assessor, rows: Rows, own_of_group: Any, number: int) -> None:
    """Make one row of all marginal ends that are on the same continuum: that of least residual."""
    marginal = np.flatnonzero(rows.kind == "marginal")
    if not len(marginal):
        return
    own = rows_of(own_of_group, np.full(len(marginal), number))
    label = continua_of(assessor, rows.x[marginal], own)
    for one in range(label.max() + 1):
        members = marginal[label == one]
        order = by_columns(rows.assessed.residual[members], rows.x[members])
        best = members[order[0]]
        rows.stands[members] = best
        rows.kind[best] = "continuum"
        rows.dimension[best] = rows.assessed.null_dimension[best]
        rows.extent[best] = np.linalg.norm(rows.x[members] - rows.x[best], axis=1).max()


def _columns(rows: Rows, kept: np.ndarray, start_count: np.ndarray) -> dict[str, np.ndarray]:
    """What a result has of the rows that are kept."""
    some = chosen(rows.assessed, kept)
    size = np.abs(some.eigenvalues)
    outside = (size > 1 + _ON_CIRCLE).sum(axis=1)
    on_circle = (np.abs(size - 1) <= _ON_CIRCLE).any(axis=1)
    kind = rows.kind[kept].astype(str)
    at_rest = np.isin(kind, [*ROOTS, "cycle"]) & some.differentiable
    cases = [~at_rest, on_circle, outside == 0, outside == size.shape[1]]
    names = ("residual", "q", "sigma_min", "error_bound", "proven_error", "unique_within")
    return {
        "points": rows.x[kept],
        "kind": kind,
        **{name: getattr(some, name) for name in names},
        "spectral_radius": size.max(axis=1),
        "unstable_dimension": outside,
        "stability": np.select(cases, ["unknown", "marginal", "stable", "unstable"], "saddle"),
        "differentiable": some.differentiable,
        "dimension": rows.dimension[kept],
        "extent": rows.extent[kept],
        "start_count": start_count,
    }


def _orbits(
    assessor: Assessor, orbits: Orbits, own_of_group: Any, number: int
) -> dict[str, np.ndarray]:
    """Orbits of period 2: of each, or of a family, the point that comes first in order."""
    joined = orbits.joined
    mine, ends = _of_group(joined, joined.group[joined.end_of_row], number)
    rows = Rows(mine.x, mine.assessed)
    own = rows_of(own_of_group, np.full(len(rows.x), number))
    scale = scale_of(rows.x)
    move = residuals(assessor.step, rows.x, own, assessor.args)
    at_rest = np.linalg.norm(move, axis=1) <= _AT_REST * scale
    rows.kind[at_rest] = "not_converged"  # of this search, which is for orbits: no part of a family
    _join_continua(orbits.assessor, rows, own_of_group, number)
    cycle = np.isin(rows.kind, ROOTS) & (rows.stands == np.arange(len(rows.x)))
    rows.kind[cycle] = "cycle"
    candidates = np.flatnonzero(cycle)
    order = candidates[by_columns(np.round(rows.x[candidates], _DIGITS), rows.x[candidates])]
    kept: list[int] = []
    count = np.bincount(rows.stands[ends], minlength=len(rows.x))
    for row in order:
        away = [np.linalg.norm(rows.x[it] + move[it] - rows.x[row]) for it in kept]
        same = [it for it, far in zip(kept, away, strict=True) if far <= _SAME * scale[row]]
        if same:
            count[same[0]] += count[row]
        else:
            kept.append(int(row))
    chosen_rows = np.array(kept, int)
    return _columns(rows, chosen_rows, count[chosen_rows])


def _order(columns: dict[str, np.ndarray]) -> np.ndarray:
    rank = np.array([KINDS.index(kind) for kind in columns["kind"]], int)
    return by_columns(
        rank,
        np.round(columns["spectral_radius"], _DIGITS),
        np.round(columns["points"], _DIGITS),
        columns["points"],
    )
