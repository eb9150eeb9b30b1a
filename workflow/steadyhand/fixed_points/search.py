"""Fixed points and slow points of any map, each with a bound on how far the truth may be."""

from functools import lru_cache
from numbers import Real
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float, Int

from steadyhand import precision  # noqa: F401
from steadyhand.fixed_points.ends import Options, residuals, search_ends, settle_all
from steadyhand.fixed_points.found import FixedPoints
from steadyhand.fixed_points.joining import Joined, join, merge
from steadyhand.fixed_points.kinds import Assessor
from steadyhand.fixed_points.pilots import search
from steadyhand.fixed_points.presenting import Orbits, present
from steadyhand.maps import MapError, Step, as_arguments, as_points, check_map
from steadyhand.one_thread import on_one_thread
from steadyhand.row_tiles import rows_of

TILE = 16
"""Rows computed together: few, as most are spared. Part of a result, in its last bits."""


def find_fixed_points(
    step: Step,
    starts: Any,
    *,
    args: tuple[Any, ...] = (),
    tolerance: float = 1e-12,
    settle: int = 0,
    max_iterations: int = 100,
) -> FixedPoints:
    """Where `step(x, *args) = x`, searched from each row of `starts`, shape (n_starts, dim).

    `settle` iterations of the map come first (a start that would leave for 1000 times its own
    size stops before); then Newton's method for as long as it gains; where this finds no root, at
    most `max_iterations` of Levenberg–Marquardt; where this finds none, as many of a descent on q.
    Most starts are spared that: where a root has a certificate, those that come steadily into the
    box around it by moves with its own Jacobian end there.

    No end is dropped, moved or averaged: ends that are provably one root, or within their error
    bounds, are one point, which is the one of them with the smallest residual. Where iterations
    alternate between two states, the orbit is found as well. Points are, to the bit, independent
    of the order of the starts and of the number of devices.

    `step` is a JAX function of a state (dim,), differentiable twice; it is compiled once for all
    `args` (a tuple of pytrees of arrays) of the same shapes, as long as it is the same object.
    Starts and `args` are converted to float64.

    Raises `MapError` where starts are not a finite, non-empty matrix, where `step` returns another
    shape or dtype, has no derivative, and where it or its derivative is not finite at a start.
    """
    begin = as_points(starts, "starts", at_least=1)
    (found,) = find_fixed_points_of_each(
        step,
        begin,
        np.zeros(len(begin), int),
        (),
        groups=1,
        args=args,
        tolerance=tolerance,
        settle=settle,
        max_iterations=max_iterations,
    )
    return found


@on_one_thread
def find_fixed_points_of_each(
    step: Step,
    starts: Any,
    group: Int[np.ndarray, " n_starts"],
    own: tuple[Any, ...],
    *,
    groups: int,
    args: tuple[Any, ...] = (),
    tolerance: float = 1e-12,
    settle: int = 0,
    max_iterations: int = 100,
) -> list[FixedPoints]:
    """`find_fixed_points` for several maps at once: one result for each of `groups`.

    Start i is for the map `step(x, *args, *own_g)`, where g is `group[i]` and `own_g` has of each
    array in `own` (leading axis: group) the part of that group. The results are those of searches
    one after the other, to the bit; but they fill tiles together.
    """
    options = Options(_as_number(tolerance), max_iterations, TILE)
    _check_options(options, settle)
    begin = as_points(starts, "starts", at_least=1)
    args, own = as_arguments(args), as_arguments(own)
    one = jax.tree.map(lambda leaf: leaf[0], own)
    check_map(step, begin.shape[1], (*args, *one))
    assessor = Assessor(step, args, options)
    settled = settle_all(step, begin, rows_of(own, group), args, settle)
    x, residual, _, alternates = map(np.asarray, settled)
    points = search(assessor, x, residual, group, own)
    orbits = None
    if alternates.any():
        twice = Assessor(_twice(step), args, options)
        rows = np.flatnonzero(alternates)
        orbits = Orbits(twice, _orbits(assessor, twice, x[rows], group[rows], own))
    return [present(assessor, points, orbits, group, own, it) for it in range(groups)]


def _orbits(
    assessor: Assessor, twice: Assessor, settled: np.ndarray, group: np.ndarray, own: Any
) -> Joined:
    """Fixed points of F∘F from states between which F goes to and fro, and from their images.

    Of the results, rows of the images are left out: points are there, but no start counts twice.
    """
    count, group = len(settled), np.tile(group, 2)
    mine = rows_of(own, group)
    move = residuals(assessor.step, settled, rows_of(mine, np.arange(count)), assessor.args)
    both = np.concatenate([settled, settled + move])
    ends = search_ends(twice.step, both, mine, twice.args, twice.options)
    joined = join(twice, ends.x, ends.residual, group, own)
    merged = merge([joined], joined.end_of_row)
    return merged._replace(end_of_row=merged.end_of_row[:count])


@lru_cache(maxsize=64)
def _twice(step: Step) -> Step:
    """F∘F; the same object for the same step, so that it is compiled once."""

    def step_twice(x: Float[Array, " dim"], *arguments: Any) -> Float[Array, " dim"]:
        return step(step(x, *arguments), *arguments)

    return step_twice


def _as_number(value: Any) -> Any:
    """A number that NumPy or JAX holds as an array."""
    return value.item() if np.shape(value) == () and hasattr(value, "item") else value


def _check_options(options: Options, settle: int) -> None:
    numbers = {"tolerance": options.tolerance, "max_iterations": options.max_iterations}
    for name, given in (numbers | {"settle": settle}).items():
        if not isinstance(given, Real) or not np.isfinite(given):
            raise MapError(f"{name}: is {given!r}; allowed: a finite number")
    if not 0 < options.tolerance < 1:
        raise MapError(f"tolerance: is {options.tolerance}; allowed: between 0 and 1")
    for name, value, least in (
        ("settle", settle, 0),
        ("max_iterations", options.max_iterations, 1),
    ):
        if int(value) != value or value < least:
            raise MapError(f"{name}: is {value}; allowed: integers from {least}")
