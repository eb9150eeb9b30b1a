"""The order of a search: a few rows at a time find roots, to which most others come cheaply."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from steadyhand.fixed_points.chords import Roots, come_to_roots, nearest, roots_of
from steadyhand.fixed_points.distinct import by_columns
from steadyhand.fixed_points.ends import search_ends
from steadyhand.fixed_points.joining import Joined, join, merge
from steadyhand.fixed_points.kinds import Assessor
from steadyhand.row_tiles import rows_of

_PILOTS = 4  # of each map, in each round
_ROUNDS = 8
_WORTHWHILE = 0.1  # of a map's rows that are left: if fewer come to roots, each goes its own way


def search(
    assessor: Assessor,
    x: Float[np.ndarray, "row dim"],
    residual: Float[np.ndarray, " row"],
    group: Int[np.ndarray, " row"],
    own_of_group: Any,
) -> Joined:
    """Where rows end. Which are pilots depends on the rows of a map alone, not on their order."""
    blocks: list[Joined] = []
    end_of_row = np.full(len(x), -1)
    left = np.arange(len(x))
    roots: list[Roots] = []
    one_by_one = np.zeros(group.max() + 1, bool)
    for number in range(_ROUNDS + 1):
        one_by_one |= number == _ROUNDS
        pilots = left[_pilots(x[left], residual[left], group[left])]
        pilots = np.union1d(pilots, left[one_by_one[group[left]]])
        first = sum(len(it.x) for it in blocks)
        blocks.append(_ends_of(assessor, x[pilots], group[pilots], own_of_group))
        end_of_row[pilots] = blocks[-1].end_of_row + first
        left = left[end_of_row[left] < 0]
        if not len(left):
            break
        roots.append(roots_of(assessor, blocks[-1], first, own_of_group))
        before = np.bincount(group[left], minlength=len(one_by_one))
        left = _come(assessor, x, group, own_of_group, left, roots, end_of_row)
        if not len(left):
            break
        after = np.bincount(group[left], minlength=len(one_by_one))
        one_by_one |= before - after < _WORTHWHILE * before
    return merge(blocks, end_of_row)


def _pilots(x: np.ndarray, residual: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Rows of each group that are spread evenly from the least to the largest residual."""
    order = by_columns(group, residual, x)
    _, first, count = np.unique(group[order], return_index=True, return_counts=True)
    shares = np.linspace(0, 1, _PILOTS)
    places = first[:, None] + np.round(shares * (count[:, None] - 1)).astype(int)
    return order[np.unique(places)]


def _ends_of(assessor: Assessor, x: np.ndarray, group: np.ndarray, own_of_group: Any) -> Joined:
    own = rows_of(own_of_group, group)
    ends = search_ends(assessor.step, x, own, assessor.args, assessor.options)
    return join(assessor, ends.x, ends.residual, group, own_of_group)


def _come(
    assessor: Assessor,
    x: np.ndarray,
    group: np.ndarray,
    own_of_group: Any,
    left: np.ndarray,
    roots: list[Roots],
    end_of_row: np.ndarray,
) -> np.ndarray:
    """Note which of the rows that are left come to roots; the others."""
    known = Roots(*(np.concatenate(part) for part in zip(*roots, strict=True)))
    if not len(known.x):
        return left
    root = nearest(x[left], group[left], known)
    some = np.flatnonzero(root >= 0)
    rows = left[some]
    if len(rows):
        own = rows_of(own_of_group, group[rows])
        there = come_to_roots(assessor.step, x[rows], own, root[some], known, assessor.args)
        end_of_row[rows[there]] = known.end[root[some][there]]
    return left[end_of_row[left] < 0]
