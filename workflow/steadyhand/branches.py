"""Branches of the fixed points of a search along a parameter, and margins of stability."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import equinox as eqx
import jax
import numpy as np
import xarray as xr
from jaxtyping import Array

from steadyhand.continuation import Bifurcation, Branch, follow_branch
from steadyhand.held_loop import Held, Vector, closed_step, hidden_size_of
from steadyhand.linearize import jacobians
from steadyhand.model_loops import Loops
from steadyhand.point_kinds import are_roots
from steadyhand.spectrum import spectrum_of
from steadyhand.steady_layout import held_at_points, loop_states
from steadyhand.task import unit_vectors

_COLUMNS = {"sisu": "point_sisu", "field": "point_field_amplitude"}
"""Where points say what their parameter is."""
LEADING = 6
"""Eigenvalues of each point that are kept; states of loops with other delays have other sizes."""


@dataclass(frozen=True, eq=False)
class Followed:
    """The branch through one fixed point."""

    point: int
    """Its number in the search"""
    started_at: float
    """Its parameter"""
    branch: Branch


def follow_points(loops: Loops, points: xr.Dataset) -> Iterator[Followed]:
    """The branch of each fixed point that is a start, from one bound of the parameter to the other.

    Starts are the points of kinds `ROOTS` at the one value of the parameter that is nearest to the
    middle of its bounds, of those that the search has; all else that is held stays. Branches go
    both ways from there, in order of the parameter at the start.
    """
    request = loops.request
    states, held = loop_states(points), held_at_points(points, request)
    values = _values(points, request)
    for row in _starts(points, values, request):
        replicate = int(points["point_replicate"].values[row])
        own = loops.own_arguments(*(it[[row]] for it in held))
        mine = jax.tree.map(lambda leaf: leaf[0], own)
        args = (loops.physics, loops.controller(replicate), *mine)
        if request["parameter"] == "delay":
            branch = _through_delays(loops, states[row], args)
        else:
            branch = _both_ways(loops, states[row], values[row], args)
        yield Followed(int(row), float(values[row]), branch)


def _values(points: xr.Dataset, request: Mapping[str, Any]) -> np.ndarray:
    """The parameter of each point."""
    name = request["parameter"]
    if name in ("goal_x", "goal_y"):
        place = points["point_place"].values.astype(int)
        return np.asarray(points["goal_position"].values[place, int(name == "goal_y")], float)
    if name == "delay":
        return np.full(points.sizes["point"], float(request["physics"]["feedback"]["delay"]))
    column = _COLUMNS[name]
    return np.asarray(
        points[column].values if column in points else np.zeros(points.sizes["point"]), float
    )


def _starts(points: xr.Dataset, values: np.ndarray, request: Mapping[str, Any]) -> np.ndarray:
    usable = are_roots(points["kind"].values)
    if request["parameter"] != "delay":
        usable &= (values >= request["low"]) & (values <= request["high"])
    if request["parameter"] in _COLUMNS and usable.any():
        there = np.unique(values[usable])
        middle = (request["low"] + request["high"]) / 2
        usable &= values == there[np.argmin(np.abs(there - middle))]
    return np.flatnonzero(usable)


def _both_ways(loops: Loops, state: np.ndarray, value: float, args: Any) -> Branch:
    request = loops.request
    step = along(loops.step, request["parameter"], _turned(request))
    bounds = {"low": float(request["low"]), "high": float(request["high"])}
    parts = [
        follow_branch(
            step,
            state,
            value,
            upwards=upwards,
            args=args,
            max_points=request["max_points"],
            **bounds,
        )
        for upwards in (False, True)
    ]
    return joined(*parts)


def _turned(request: Mapping[str, Any]) -> float | None:
    """The direction of a constant field; None where the field is a curl."""
    field = request["field"]
    return float(field["direction"]) if field and field["type"] == "constant" else None


@lru_cache(maxsize=64)
def along(
    step: Callable[..., Vector], parameter: str, direction: float | None
) -> Callable[..., Vector]:
    """`step` with a parameter as its second argument, in place of what is held."""

    def at(
        x: Vector, p: Array, physics: Any, controller: Any, held: Held, *sensed: Array
    ) -> Vector:
        if parameter in ("goal_x", "goal_y"):
            axis = int(parameter == "goal_y")
            moved = held.goal.at[axis].set(p)
            # A hand that is held is held on its goal.
            sensed = tuple(it.at[axis].set(it[axis] + p - held.goal[axis]) for it in sensed)
            held = eqx.tree_at(lambda it: it.goal, held, moved)
        elif parameter == "sisu":
            held = eqx.tree_at(lambda it: it.sisu, held, p)
        elif direction is None:
            held = eqx.tree_at(lambda it: it.field.curl, held, p)
        else:
            force = p * unit_vectors(direction)
            held = eqx.tree_at(lambda it: it.field.constant, held, force)
        return step(x, physics, controller, held, *sensed)

    return at


def _through_delays(loops: Loops, state: np.ndarray, args: Any) -> Branch:
    """The same fixed point in loops with every delay: what rests is sensed as it is, however late.

    Of the states, what all of them have; the leading eigenvalues, by magnitude. Where stability
    changes, the first delay with another one, counted upwards, stands for the bifurcation.
    """
    assert loops.delay is not None
    size = hidden_size_of(len(state), loops.delay) + 6
    rest = state[:size]
    sensed = np.concatenate([rest[-6:-4], np.zeros(2)])
    delays = range(int(loops.request["low"]), int(loops.request["high"]) + 1)
    spectra = []
    for delay in delays:
        x = np.concatenate([rest, np.tile(sensed, delay)])
        ((jacobian,), _) = jacobians(closed_step(delay), x[None], args=args)
        spectra.append(spectrum_of(jacobian).eigenvalues[:LEADING])
    values = np.array(spectra)
    outside = (np.abs(values) > 1).sum(axis=1)
    changes = [
        Bifurcation(_kind_of(values[at]), float(delays[at]), rest, complex(values[at][0]), at - 1)
        for at in range(1, len(delays))
        if outside[at] != outside[at - 1]
    ]
    points = np.tile(rest, (len(delays), 1))
    return Branch(np.array(delays, float), points, values, changes, "bound, bound")


def _kind_of(values: np.ndarray) -> str:
    leading = values[0]
    if leading.imag != 0:
        return "neimark_sacker"
    return "flip" if leading.real < 0 else "branch"


def joined(down: Branch, up: Branch) -> Branch:
    """Two branches from one point as one, from the end of the first to the end of the second."""
    if down.end == "closed":  # the other one goes the same way around
        return down
    count = len(down.parameter)
    turned = [replace(it, after=count - 2 - it.after) for it in reversed(down.bifurcations)]
    later = [replace(it, after=it.after + count - 1) for it in up.bifurcations]
    return Branch(
        np.concatenate([down.parameter[::-1], up.parameter[1:]]),
        np.concatenate([down.points[::-1], up.points[1:]]),
        np.concatenate([down.eigenvalues[::-1], up.eigenvalues[1:]]),
        turned + later,
        f"{down.end}, {up.end}",
    )


def margins(followed: Followed) -> tuple[float, float]:
    """The parameters between which the start keeps its stability, or lack of it, along the branch.

    Where nothing happens, the end of the branch.
    """
    branch = followed.branch
    at = int(np.argmin(np.abs(branch.parameter - followed.started_at)))
    before = [it.parameter for it in branch.bifurcations if it.after < at]
    after = [it.parameter for it in branch.bifurcations if it.after >= at]
    low = before[-1] if before else float(branch.parameter[0])
    high = after[0] if after else float(branch.parameter[-1])
    return low, high
