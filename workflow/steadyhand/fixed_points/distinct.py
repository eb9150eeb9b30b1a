"""Which of many computed points are one point, given how far each may be from the truth."""

import numpy as np
from jaxtyping import Float, Int

from steadyhand.maps import EPSILON, uneven


def gather(
    points: Float[np.ndarray, "n dim"],
    preference: Int[np.ndarray, " n"],
    reach: Float[np.ndarray, " n"],
    group: Int[np.ndarray, " n"],
) -> Int[np.ndarray, " n"]:
    """For each point the row of the point that stands for it (for itself: its own row).

    In order of `preference` (row numbers, the best first), a point that nobody stands for yet
    stands for all such points i of its group within `reach` of itself plus `reach` of i. So points
    are neither moved nor averaged, and chains of neighbours do not merge. The result depends on
    the order of rows only through `preference`.

    Distances are computed only between points whose projections on one line are near enough.
    """
    line = _projections(points)
    along = np.argsort(line, kind="stable")
    sorted_line = line[along]
    # Rounding of a projection must not hide a neighbour.
    slack = 64 * EPSILON * (1 + np.abs(points).sum(axis=1).max())
    widest = reach.max() + slack
    standing = np.full(len(points), -1)
    for row in preference:
        if standing[row] >= 0:
            continue
        standing[row] = row
        window = line[row] + np.array([-1, 1]) * (reach[row] + widest)
        first, last = np.searchsorted(sorted_line, window, side="left")
        near = along[first:last]
        near = near[(standing[near] < 0) & (group[near] == group[row])]
        distance = np.linalg.norm(points[near] - points[row], axis=1)
        standing[near[distance <= reach[row] + reach[near]]] = row
    return standing


def by_columns(*columns: np.ndarray) -> Int[np.ndarray, " n"]:
    """Row numbers in ascending order of the first column, ties by the next, and so on."""
    flat = [part for column in columns for part in np.atleast_2d(column.T)]
    return np.lexsort(flat[::-1])


def _projections(points: np.ndarray) -> np.ndarray:
    """Coordinates along one fixed direction."""
    # Row by row, so that equal points have equal projections.
    return np.asarray((points * uneven(points.shape[1])).sum(axis=1))
