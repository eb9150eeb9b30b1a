"""Where a network, or the whole loop, holds still while nothing that comes from outside changes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from steadyhand.conditions import has_value
from steadyhand.context import check_context
from steadyhand.fixed_points import FixedPoints, find_fixed_points_of_each
from steadyhand.model_loops import Loops
from steadyhand.search_places import (
    Condition,
    Places,
    conditions_of_search,
    places_of,
    sensed_at,
    trials_of,
)
from steadyhand.search_starts import Starts, starts_of
from steadyhand.steady_layout import points_dataset


@dataclass(frozen=True, eq=False)
class Found:
    """The fixed points of one replicate at one place under one condition."""

    replicate: int
    condition: Condition
    place: int
    sensed: Float[np.ndarray, "4"]
    """What the network senses there, without offset: position [m], velocity [m/s]"""
    points: FixedPoints
    starts: Starts


def find_steady_states(
    weights: dict[str, np.ndarray],
    weights_spec: dict[str, Any],
    states: xr.Dataset,
    request: dict[str, Any],
) -> xr.Dataset:
    """Fixed points of every network in `weights` at every place and condition of a request.

    Of networks whose hand is held where it is, or, with `closed_loop`, of the whole loop. Searches
    of a replicate start from its own states in `states`, of the trials with the same context
    input; along a trial, of that trial. All points that were found are there, each with its kind;
    see `fixed_points.find_fixed_points`.
    """
    check_context(weights_spec, request)
    places = places_of(request, states)
    loops = Loops(weights, weights_spec, request)
    found = [
        it
        for replicate in weights["replicate"].astype(int)
        for it in _of_replicate(loops, places, states, int(replicate))
    ]
    return points_dataset(found, places, weights, request)


def _of_replicate(
    loops: Loops, places: Places, states: xr.Dataset, replicate: int
) -> Iterator[Found]:
    request = loops.request
    conditions = list(conditions_of_search(request))
    where = [(it, place) for it in conditions for place in range(len(places))]
    sensed = np.concatenate(
        [sensed_at(places, request, states, replicate, it) for it in conditions]
    )
    starts = _starts(loops, places, states, replicate, conditions)
    at = np.array([place for _, place in where])
    own = loops.own_arguments(
        places.goal[at],
        places.offset[at],
        np.array([it.sisu for it, _ in where]),
        np.array([it.amplitude for it, _ in where]),
        sensed,
    )
    points = find_fixed_points_of_each(
        loops.step,
        np.concatenate([it.states for it in starts]),
        np.repeat(np.arange(len(where)), [len(it.states) for it in starts]),
        own,
        groups=len(where),
        args=(loops.physics, loops.controller(replicate)),
        tolerance=request["tolerance"],
        settle=request["settle"],
    )
    for index, (condition, place) in enumerate(where):
        yield Found(replicate, condition, place, sensed[index], points[index], starts[index])


def _starts(
    loops: Loops, places: Places, states: xr.Dataset, replicate: int, conditions: list[Condition]
) -> list[Starts]:
    """Of every condition and place in turn; places that share their starts hold the same arrays."""
    request, found = loops.request, []
    alike: dict[float, Starts] = {}  # by context: fields have the same ones
    for condition in conditions:
        if request["at"]["type"] == "path":
            own = [
                starts_of(states.isel(trial=[it]), replicate, request["starts"])
                for it in trials_of(states, request, condition)
            ]
            found += [own[trial] for trial in places.trial]
            continue
        if condition.sisu not in alike:
            chosen = states.isel(trial=_trials_alike(states, request, condition))
            starts = starts_of(chosen, replicate, request["starts"], loops.delay)
            alike[condition.sisu] = starts
        found += [alike[condition.sisu]] * len(places)
    return found


def _trials_alike(
    states: xr.Dataset, request: Mapping[str, Any], condition: Condition
) -> np.ndarray:
    """Indices of the trials with the same context input; of all, where networks have none."""
    if request["sisu"] is None:
        return np.arange(states.sizes["trial"])
    chosen = np.flatnonzero(has_value(states["sisu"].values, condition.sisu))
    if not len(chosen):
        there = np.unique(states["sisu"].values).tolist()
        raise ValueError(
            f"the states to start from have no trial with sisu {condition.sisu:g}, only {there}"
        )
    return chosen
