"""What the fixed points of a replicate are like as a set, as one number."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from steadyhand.conditions import has_value
from steadyhand.lone_points import lone_among
from steadyhand.point_kinds import are_roots, are_single
from steadyhand.report.quantities import Sample

FEWEST = 4
"""Goals that are needed to say how their points lie."""

OF_SETS = {
    "count": "fixed points of one input, on average",
    "single": "share of inputs with one fixed point, and no other",
    "off_plane": "share of the variance of fixed points over goals outside of their best plane",
    "off_grid": "share of that variance which is no affine function of the goal",
    "endpoint_error": "distance of the hand at rest from its goal",
}
"""Statistics of the points of a condition, by name."""
OF_SHIFTS = {
    "size": "length of the shift, over the root mean square distance of points from their middle",
    "uneven": "share of the squared shift that differs from goal to goal",
    "angle": "angle of the shift from the best plane of the points",
}
"""Statistics of how the points of all goals move from one condition to another."""
UNITS = {"endpoint_error": "m", "angle": "deg"}
"""Of those that have one."""


def sample_of_points(
    points: xr.Dataset, quantity: Mapping[str, Any], trials: Mapping[str, float]
) -> Sample:
    """A statistic of the fixed points under some conditions, of every replicate.

    NaN where there are too few. Raises `ValueError` where no search was made there.
    """
    _require_searched(points, trials)
    of_rows = _OF_SETS[quantity["statistic"]]
    return _sample(points, quantity, lambda number: of_rows(points, _rows(points, number, trials)))


def sample_of_shift(
    points: xr.Dataset, quantity: Mapping[str, Any], trials: Mapping[str, float]
) -> Sample:
    """A statistic of the shift between the two conditions of `quantity`, of every replicate.

    Of goals that have one fixed point in each. NaN where there are too few. Raises `ValueError`
    where no search was made there.
    """
    (name, values) = next(iter(quantity["of"].items()))
    sides = [{**trials, name: value} for value in values]
    for side in sides:
        _require_searched(points, side)

    def of_replicate(number: int) -> float:
        first, second = (_single(points, _rows(points, number, side)) for side in sides)
        both = sorted(first.keys() & second.keys())
        if len(both) < FEWEST:
            return np.nan
        hidden = points["hidden"].transpose("point", "unit").values
        at = hidden[[first[it] for it in both]]
        return _OF_SHIFTS[quantity["statistic"]](at, hidden[[second[it] for it in both]] - at)

    return _sample(points, quantity, of_replicate)


def _sample(
    points: xr.Dataset, quantity: Mapping[str, Any], of_replicate: Callable[[int], float]
) -> Sample:
    numbers = [int(it) for it in points["replicate"].values]
    unit = UNITS.get(quantity["statistic"], "1")
    return Sample({number: float(of_replicate(number)) for number in numbers}, unit=unit)


def _require_searched(points: xr.Dataset, at: Mapping[str, float]) -> None:
    for name, value in at.items():
        if not has_value(points[name].values, value).any():
            raise ValueError(f"no fixed point was searched for at {dict(at)}")


def _rows(points: xr.Dataset, replicate: int, at: Mapping[str, float]) -> Int[np.ndarray, " row"]:
    """The points at which the loop of a replicate holds still under a condition."""
    chosen = are_roots(points["kind"].values)
    chosen &= points["point_replicate"].values == replicate
    for name, value in at.items():
        chosen &= has_value(points[f"point_{name}"].values, value)
    return np.flatnonzero(chosen)


def _single(points: xr.Dataset, rows: Int[np.ndarray, " row"]) -> dict[int, int]:
    """The point of each place that has one, and no other."""
    lone = lone_among(points, rows, ("point_place",))
    return dict(
        zip(points["point_place"].values[lone].astype(int).tolist(), lone.tolist(), strict=True)
    )


def _count(points: xr.Dataset, rows: Int[np.ndarray, " row"]) -> float:
    return len(rows) / points.sizes["place"]


def _share_single(points: xr.Dataset, rows: Int[np.ndarray, " row"]) -> float:
    alone = _single(points, rows).values()
    one = are_single(points["kind"].values)
    return sum(bool(one[it]) for it in alone) / points.sizes["place"]


def _off_plane(points: xr.Dataset, rows: Int[np.ndarray, " row"]) -> float:
    hidden, _ = _grid(points, rows)
    if len(hidden) < FEWEST:
        return np.nan
    variance = np.linalg.svd(hidden, compute_uv=False) ** 2
    return float(variance[2:].sum() / variance.sum())


def _off_grid(points: xr.Dataset, rows: Int[np.ndarray, " row"]) -> float:
    hidden, goals = _grid(points, rows)
    if len(hidden) < FEWEST:
        return np.nan
    slopes, *_ = np.linalg.lstsq(goals, hidden)
    return float(np.sum((hidden - goals @ slopes) ** 2) / np.sum(hidden**2))


def _grid(points: xr.Dataset, rows: Int[np.ndarray, " row"]) -> tuple[np.ndarray, np.ndarray]:
    """Hidden states (goal, unit) and goals (goal, axis), without their means."""
    single = list(_single(points, rows).values())
    hidden = points["hidden"].transpose("point", "unit").values[single]
    goals = points["goal_position"].transpose("place", "axis").values
    goals = goals[points["point_place"].values[single].astype(int)]
    return _centred(hidden), _centred(goals)


def _centred(rows: np.ndarray) -> np.ndarray:
    """Without the mean over rows; none stay none."""
    return rows - rows.mean(axis=0) if len(rows) else rows


def _endpoint_error(points: xr.Dataset, rows: Int[np.ndarray, " row"]) -> float:
    if not len(rows):
        return np.nan
    goals = points["goal_position"].transpose("place", "axis").values
    goals = goals[points["point_place"].values[rows].astype(int)]
    hand = points["position"].transpose("point", "axis").values[rows]
    return float(np.linalg.norm(hand - goals, axis=1).mean())


Set = Callable[[xr.Dataset, Int[np.ndarray, " row"]], float]
_OF_SETS: dict[str, Set] = {
    "count": _count,
    "single": _share_single,
    "off_plane": _off_plane,
    "off_grid": _off_grid,
    "endpoint_error": _endpoint_error,
}

States = Float[np.ndarray, "goal unit"]


def _size(at: States, shift: States) -> float:
    extent = np.sqrt(np.mean(np.sum(_centred(at) ** 2, axis=1)))
    return float(np.linalg.norm(shift.mean(axis=0)) / extent)


def _uneven(at: States, shift: States) -> float:
    return float(1 - np.sum(shift.mean(axis=0) ** 2) / np.mean(np.sum(shift**2, axis=1)))


def _angle(at: States, shift: States) -> float:
    _, _, directions = np.linalg.svd(_centred(at), full_matrices=False)
    mean = shift.mean(axis=0)
    in_plane = np.linalg.norm(directions[:2] @ mean) / np.linalg.norm(mean)
    return float(np.degrees(np.arccos(np.clip(in_plane, 0.0, 1.0))))


_OF_SHIFTS: dict[str, Callable[[States, States], float]] = {
    "size": _size,
    "uneven": _uneven,
    "angle": _angle,
}
