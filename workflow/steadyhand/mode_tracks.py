"""The same mode at every fixed point of a network: eigenvalues followed from point to point.

From one condition to the next, and from one place to the others, what is held changes on a straight
way. Fixed points on it are found by Newton's method, and eigenvalues are followed along it, so that
a mode is the same one not because of its rank, but because it becomes the other.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Complex, Int

from steadyhand.analysis_layout import POINTS_TOGETHER, about
from steadyhand.context import check_context
from steadyhand.continuation.matching import Spectrum, match_along
from steadyhand.fixed_points.newton import newton
from steadyhand.linearize import jacobians
from steadyhand.lone_points import CONDITIONS, keys_of, lone_points
from steadyhand.mode_measures import in_time
from steadyhand.model_loops import Loops
from steadyhand.one_thread import on_one_thread
from steadyhand.row_tiles import over_rows, rows_of
from steadyhand.spectrum import eigenvalues_of
from steadyhand.steady_layout import KEPT, held_at_points, loop_states

TILE = 16
"""Fixed points between two others that are computed together."""
_TOLERANCE = 1e-10
_FAR = 1.0
"""A fixed point that is farther from the chord than this, in its lengths, is another one."""

Held = tuple[np.ndarray, ...]
"""What is held, as `held_at_points` tells it"""


class Way(NamedTuple):
    """From one point to another, by their rows."""

    begin: int
    end: int
    changes: bool
    """Whether it leads to another condition, and not only to another place"""


_LEAST = {True: 5, False: 2}
"""How often ways are halved, whatever comes out: conditions change more than places do."""


def mode_tracks(
    weights: dict[str, np.ndarray],
    weights_spec: dict[str, Any],
    points: xr.Dataset,
    request: dict[str, Any],
) -> Iterator[xr.Dataset]:
    """Eigenvalues at the fixed points of `find_steady_states`, a column for each mode.

    Of each replicate in turn, of the places and conditions at which it has one fixed point, and no
    other. Modes are those of its first condition, at its place nearest to the middle, by falling
    magnitude.
    """
    check_context(weights_spec, request)
    loops = Loops(weights, weights_spec, request)
    chosen = lone_points(points)
    own = points.isel(point=chosen).assign(
        point_number=("point", chosen.astype(np.int32), about("1", "number of the fixed point"))
    )
    owner = own["point_replicate"].values.astype(int)
    # Where there is no point, one part without any, of the first replicate.
    for replicate in np.unique(owner) if len(owner) else points["replicate"].values[:1].astype(int):
        yield _of_replicate(loops, own.isel(point=np.flatnonzero(owner == replicate)), replicate)


def count_single(points: xr.Dataset) -> int:
    """How many points have tracks."""
    return len(lone_points(points))


def ways_of(points: xr.Dataset) -> list[Way]:
    """A tree of ways that reaches every point of a replicate, from the root on.

    The root is the point of the first condition whose goal is nearest to the middle of all.
    Conditions are joined one to the next at such points, and there to all other places.
    """
    conditions = keys_of(points, CONDITIONS)
    if not points.sizes["point"]:
        return []
    goal, offset, *_ = held_at_points(points, {})
    away = np.linalg.norm(goal - goal.mean(axis=0), axis=1) + np.linalg.norm(offset, axis=1)
    ways: list[Way] = []
    before = None
    for condition in np.unique(conditions, axis=0):
        rows = np.flatnonzero((conditions == condition).all(axis=1))
        middle = int(rows[away[rows].argmin()])
        ways += [] if before is None else [Way(before, middle, True)]
        ways += [Way(middle, int(row), False) for row in rows if row != middle]
        before = middle
    return ways


@on_one_thread
def _of_replicate(loops: Loops, points: xr.Dataset, replicate: int) -> xr.Dataset:
    states, held = loop_states(points), held_at_points(points, loops.request)
    spectra = _spectra(loops, replicate, states, held)
    ways = ways_of(points)
    begin, end = (np.array([it[k] for it in ways], int) for k in (0, 1))

    def spectra_at(which: Int[np.ndarray, " some"], at: np.ndarray) -> list[Spectrum | None]:
        return _between(loops, replicate, states, held, begin[which], end[which], at)

    least = [_LEAST[it.changes] for it in ways]
    starts, ends = ([spectra[it] for it in rows] for rows in (begin, end))
    found = match_along(starts, ends, spectra_at, least)
    order = {int(begin[0]) if ways else 0: np.arange(states.shape[1])}
    sure = np.ones(len(states), bool)
    for way, step, is_sure in zip(ways, found.order, found.sure, strict=True):
        order[way.end] = step[order[way.begin]]
        sure[way.end] = sure[way.begin] and is_sure
    values = np.array([spectrum[order[row]] for row, spectrum in enumerate(spectra)], complex)
    return _dataset(points, values.reshape(states.shape), sure, loops.request)


def _spectra(loops: Loops, replicate: int, states: np.ndarray, held: Held) -> list[Spectrum]:
    """Of some points, few Jacobians of which are in memory together."""
    args, found = (loops.physics, loops.controller(replicate)), []
    for first in range(0, len(states), POINTS_TOGETHER):
        some = slice(first, first + POINTS_TOGETHER)
        own = loops.own_arguments(*(it[some] for it in held))
        slopes, _ = jacobians(loops.step, states[some], args=args, own=own)
        found += [eigenvalues_of(it) for it in slopes]
    return found


def _between(
    loops: Loops,
    replicate: int,
    states: np.ndarray,
    held: Held,
    begin: np.ndarray,
    end: np.ndarray,
    at: np.ndarray,
) -> list[Spectrum | None]:
    """Spectra at the fixed points on ways; None where there is none near the chord."""

    def along(values: np.ndarray) -> np.ndarray:
        share = at.reshape(-1, *[1] * (values.ndim - 1))
        return np.asarray((1 - share) * values[begin] + share * values[end])

    guess, there = along(states), tuple(along(it) for it in held)
    shared = ((loops.physics, loops.controller(replicate)), np.float64(_TOLERANCE))
    rows = (guess, rows_of(loops.own_arguments(*there), np.arange(len(guess))))
    x, residual = over_rows(newton, (loops.step,), rows, shared, TILE)
    chord = np.linalg.norm(states[end] - states[begin], axis=1)
    near = np.linalg.norm(x - guess, axis=1) <= _FAR * chord + _TOLERANCE
    good = near & (residual <= _TOLERANCE * np.maximum(1, np.linalg.norm(x, axis=1)))
    known = iter(_spectra(loops, replicate, x[good], tuple(it[good] for it in there)))
    return [next(known) if it else None for it in good]


def _dataset(
    points: xr.Dataset,
    values: Complex[np.ndarray, "point track"],
    sure: Bool[np.ndarray, " point"],
    request: Mapping[str, Any],
) -> xr.Dataset:
    told = in_time(values, request["physics"]["plant"]["time_step"])
    path = ("point", "track")
    kept = [it for it in (*KEPT, "point_number") if it in points.variables]
    return points[kept].assign(
        {
            "eigenvalue_re": (path, values.real, about("1", "eigenvalue, real part")),
            "eigenvalue_im": (path, values.imag, about("1", "eigenvalue, imaginary part")),
            "frequency": (path, told.frequency, about("Hz", "frequency of the mode")),
            "damping_ratio": (path, told.damping_ratio, about("1", "damping ratio of the mode")),
            "sure": (
                "point",
                sure.astype(np.int8),
                about("1", "whether all modes were followed without doubt to this point"),
            ),
        }
    )
