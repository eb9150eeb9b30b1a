"""Where a search for fixed points holds what comes from outside: its conditions and places."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from steadyhand.analysis_layout import about
from steadyhand.conditions import has_value
from steadyhand.context import contexts_of
from steadyhand.task import equally_spaced, grid_points, unit_vectors

AXES = ("x", "y")

Labels = dict[str, tuple[tuple[str, ...], np.ndarray, dict[str, str]]]
"""Variables by name, as xarray wants them."""


@dataclass(frozen=True, eq=False)
class Places:
    """Goals, and what sets apart those that are alike."""

    goal: Float[np.ndarray, "place 2"]
    """[m]"""
    offset: Float[np.ndarray, "place 4"]
    """Added to the sensed position [m] and velocity [m/s]"""
    trial: np.ndarray
    """Number of the trial of the task; −1 where there is none"""
    step: np.ndarray
    """Number of the state of that trial"""
    labels: Labels
    """For the file"""

    def __len__(self) -> int:
        return len(self.goal)


@dataclass(frozen=True)
class Condition:
    """What all places of a search are combined with."""

    sisu: float
    amplitude: float
    """Of the field [N s/m or N]"""


def amplitudes_of(request: Mapping[str, Any]) -> Sequence[float] | None:
    """Amplitudes of the field, each with every place; None where a search has no field."""
    return request["field"]["amplitude"] if request["field"] else None


def conditions_of_search(request: Mapping[str, Any]) -> Iterator[Condition]:
    """All conditions, in order: amplitudes vary fastest."""
    for sisu, amplitude in product(contexts_of(request), amplitudes_of(request) or (0.0,)):
        yield Condition(float(sisu), float(amplitude))


def places_of(request: Mapping[str, Any], states: xr.Dataset) -> Places:
    """The places of a request, which may be those of the trials in `states`."""
    kind = request["at"]["type"]
    if kind == "goals":
        return _goals(request)
    chosen = states.isel(trial=trials_of(states, request, next(conditions_of_search(request))))
    own = np.arange(chosen.sizes["trial"])
    if kind == "reach_starts":
        return _of_trials(chosen, own, np.zeros(len(own), int), {})
    # State 0 is not the work of any input.
    steps = np.arange(request["at"]["every"], chosen.sizes["time"], request["at"]["every"])
    own, step = np.repeat(own, len(steps)), np.tile(steps, len(own))
    time = chosen["time"].values[step]
    return _of_trials(chosen, own, step, {"place_time": (("place",), time, about("s", _TIME))})


def trials_of(states: xr.Dataset, request: Mapping[str, Any], condition: Condition) -> np.ndarray:
    """Indices of the first repetition of the task's trials under a condition."""
    there = np.asarray(states["repeat"].values == 0)
    if request["sisu"] is not None:
        there &= has_value(states["sisu"].values, condition.sisu)
    if amplitudes_of(request) is not None:
        there &= has_value(states["field_amplitude"].values, condition.amplitude)
    elif there.any():  # what is the same in all fields is asked of the first one
        number = states["condition"].values
        there &= number == number[there].min()
    chosen = np.flatnonzero(there)
    numbers = states["task_trial"].values[chosen]
    if not len(chosen) or len(np.unique(numbers)) != len(numbers):
        raise ValueError(f"the states have no trials of their own for {condition}")
    return chosen[np.argsort(numbers, kind="stable")]


def sensed_at(
    places: Places, request: Mapping[str, Any], states: xr.Dataset, replicate: int, at: Condition
) -> Float[np.ndarray, "place 4"]:
    """Position [m] and velocity [m/s] that a network senses at each place, without offsets.

    On a goal that is the goal; at the start of a reach, the start; along a trial, what the network
    was told in the update that led to the state.
    """
    kind = request["at"]["type"]
    if kind == "goals":
        return np.concatenate([places.goal, np.zeros_like(places.goal)], axis=1)
    own = states.isel(trial=trials_of(states, request, at))
    if kind == "reach_starts":
        start = own["start"].transpose("trial", "axis").values[places.trial].astype(float)
        return np.concatenate([start, np.zeros_like(start)], axis=1)
    told = (
        own[name].sel(replicate=replicate).transpose("trial", "time", "axis").values
        for name in ("feedback_position", "feedback_velocity")
    )
    chosen = [it[places.trial, places.step].astype(float) for it in told]
    return np.concatenate(chosen, axis=1)


_TIME = "time of the state along the trial"


def _goals(request: Mapping[str, Any]) -> Places:
    at, (low, high) = request["at"], request["workspace"]
    middle, half = (low + high) / 2, at["spread"] * (high - low) / 2
    goals = grid_points(at["grid"], middle - half, middle + half)
    offsets = np.zeros((1, 4))
    labels: Labels = {}
    if held := at["offset"]:
        offsets = _offsets(held)
    goal = np.repeat(goals, len(offsets), axis=0)
    offset = np.tile(offsets, (len(goals), 1))
    if held:
        number = np.repeat(np.arange(len(goals), dtype=np.int32), len(offsets))
        labels = {
            "place_goal": (("place",), number, about("1", "number of the goal")),
            "offset_position": (("place", "axis"), offset[:, :2], about("m", _OFFSET)),
            "offset_velocity": (("place", "axis"), offset[:, 2:], about("m s-1", _OFFSET)),
        }
    none = np.full(len(goal), -1)
    return Places(goal, offset, none, none, labels)


_OFFSET = "held offset of what is sensed"


def _offsets(held: Mapping[str, Any]) -> np.ndarray:
    unit = unit_vectors(equally_spaced(held["directions"]))
    vectors = np.concatenate([amplitude * unit for amplitude in held["amplitude"]])
    nothing = np.zeros_like(vectors)
    both = (vectors, nothing) if held["channel"] == "position" else (nothing, vectors)
    return np.concatenate(both, axis=1)


def _of_trials(trials: xr.Dataset, own: np.ndarray, step: np.ndarray, labels: Labels) -> Places:
    goal = trials["goal"].transpose("trial", "axis").values[own].astype(float)
    start = trials["start"].transpose("trial", "axis").values[own].astype(float)
    number = trials["task_trial"].values[own].astype(np.int32)
    found: Labels = {
        "place_trial": (("place",), number, about("1", "number of the trial of the task")),
        "start_position": (("place", "axis"), start, about("m", "start of that trial")),
        **labels,
    }
    return Places(goal, np.zeros((len(goal), 4)), own, step, found)
