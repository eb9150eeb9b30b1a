"""Where each start of a search ends, before any ends are found to be the same point."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Bool, Float

from steadyhand.fixed_points import descent
from steadyhand.fixed_points.descent import Descent, descend
from steadyhand.fixed_points.levenberg import (
    FIRST_DAMPING,
    FIRST_GROWTH,
    ITERATIONS,
    Search,
    levenberg_marquardt,
)
from steadyhand.fixed_points.newton import Newton, newton
from steadyhand.fixed_points.settling import Settled, settle
from steadyhand.maps import MapError, Step
from steadyhand.row_tiles import over_rows, rows_of

_SMALL, _GAIN, _FAR = 1e-2, 0.1, 0.05
"""A row creeps if its residual is small, but more than this is left of it after two turns, and
Newton's method sees no root within this share of its size: as where units saturate, and q vanishes
at infinity."""
_FLATTER = 0.1
"""What is left of the steepness of q after some steps, where a row comes to a minimum."""
_SETTLING_TILE = 256  # larger, as there are no matrices of a row


@dataclass(frozen=True)
class Options:
    """Of a search; see `find_fixed_points`."""

    tolerance: float
    max_iterations: int
    tile: int


class Ends(NamedTuple):
    """Of every row."""

    x: Float[np.ndarray, "row dim"]
    residual: Float[np.ndarray, " row"]


def search_ends(
    step: Step,
    starts: Float[np.ndarray, "row dim"],
    own: tuple[Any, ...],
    args: tuple[Any, ...],
    options: Options,
) -> Ends:
    """Newton; where that finds no root, Levenberg–Marquardt; where that finds none, a descent."""
    found = _newton(step, starts, own, args, options)
    x, residual = np.array(found.x), np.array(found.residual)
    for go_on in (_levenberg_marquardt, _descend):
        missed = np.flatnonzero(~(residual <= options.tolerance * scale_of(x)))
        if not len(missed):
            break
        mine = rows_of(own, missed)
        further = go_on(step, x[missed], mine, args, options)
        x[missed], residual[missed] = _newton(step, further, mine, args, options)
    return Ends(x, residual)


def settle_all(
    step: Step, starts: Float[np.ndarray, "row dim"], own: Any, args: Any, times: int
) -> Settled:
    """Iterations of the map. Raises `MapError` where a start is not usable."""
    found = Settled(*over_rows(settle, (step,), (starts, own), (args, times), _SETTLING_TILE))
    if not found.usable.all():
        row = int(np.flatnonzero(~found.usable)[0])
        raise MapError(f"step: it or its derivative is not finite at starts row {row}")
    return found


def scale_of(x: Float[np.ndarray, "row dim"]) -> Float[np.ndarray, " row"]:
    """max(1, ‖x‖): what residuals and distances are relative to."""
    return np.asarray(np.maximum(1.0, np.linalg.norm(x, axis=1)))


def nearest_roots(
    step: Step, x: Float[np.ndarray, "row dim"], own: Any, args: Any, options: Options
) -> tuple[Float[np.ndarray, "row dim"], Bool[np.ndarray, " row"]]:
    """Where Levenberg–Marquardt, which goes the shortest way, comes to; and whether to a root."""
    ends = _levenberg_marquardt(step, x, own, args, options)
    residual = np.linalg.norm(residuals(step, ends, own, args), axis=1)
    return ends, residual <= options.tolerance * scale_of(ends)


def residuals(
    step: Step, x: Float[np.ndarray, "row dim"], own: Any, args: Any
) -> Float[np.ndarray, "row dim"]:
    """F(x) − x of each row."""
    return np.asarray(over_rows(_residuals, (step,), (x, own), args, _SETTLING_TILE))


def _residuals(step: Step, rows: Any, args: Any) -> Any:
    x, own = rows
    return jax.vmap(lambda x, mine: step(x, *args, *mine) - x)(x, own)


def _newton(step: Step, starts: np.ndarray, own: Any, args: Any, options: Options) -> Newton:
    shared = (args, options.tolerance)
    return Newton(*over_rows(newton, (step,), (starts, own), shared, options.tile))


def _levenberg_marquardt(
    step: Step, starts: np.ndarray, own: Any, args: Any, options: Options
) -> np.ndarray:
    """Rows that are done leave room in the tiles for others, and so do those that only creep."""
    count = len(starts)
    damping, growth = np.full(count, FIRST_DAMPING), np.full(count, FIRST_GROWTH)
    residual, away = np.full(count, np.inf), np.full(count, np.inf)
    state = (np.array(starts), damping, growth, np.zeros(count, bool), residual, away)
    earlier = [residual.copy(), residual.copy()]  # after the last two turns
    under_way = np.arange(count)
    for _ in range(0, options.max_iterations, ITERATIONS):
        rows = rows_of((state, own), under_way)
        shared = (args, options.tolerance)
        new = Search(*over_rows(levenberg_marquardt, (step,), rows, shared, options.tile))
        for whole, part in zip(state, new, strict=True):
            whole[under_way] = part
        creeps = (residual <= _SMALL * scale_of(state[0])) & (residual > _GAIN * earlier[0])
        creeps &= ~(away <= _FAR)
        earlier = [earlier[1], residual.copy()]
        under_way = under_way[~(new.done | creeps[under_way])]
        if not len(under_way):
            break
    return state[0]


def _descend(step: Step, starts: np.ndarray, own: Any, args: Any, options: Options) -> np.ndarray:
    """Until rows come to no minimum: a Newton method that does makes gradients vanish fast."""
    count = len(starts)
    damping, steepness = np.full(count, descent.FIRST_DAMPING), np.full(count, np.inf)
    state = (np.array(starts), damping, np.zeros(count, bool), steepness)
    under_way = np.arange(count)
    for _ in range(0, options.max_iterations, descent.ITERATIONS):
        rows = rows_of((state, own), under_way)
        shared = (args, options.tolerance)
        new = Descent(*over_rows(descend, (step,), rows, shared, options.tile))
        comes = new.steepness <= _FLATTER * steepness[under_way]
        for whole, part in zip(state, new, strict=True):
            whole[under_way] = part
        under_way = under_way[~new.done & comes]
        if not len(under_way):
            break
    return state[0]
