"""Where a network, or the whole loop, holds still while nothing that comes from outside changes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Float

from steadyhand import precision
from steadyhand.conditions import has_value
from steadyhand.context import check_context
from steadyhand.fixed_points import FixedPoints, find_fixed_points_of_each
from steadyhand.held_loop import Held, clamped_step, closed_step, held_at
from steadyhand.network import Controller, from_arrays
from steadyhand.perturbation import Field
from steadyhand.plant import Physics, physics_from
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
    trial: np.ndarray
    """Of each start, where it is from"""
    step: np.ndarray


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
    return points_dataset(found, places, weights["replicate"], request)


class Loops:
    """The networks of a model in their loops, and what a request holds."""

    def __init__(
        self,
        weights: dict[str, np.ndarray],
        weights_spec: dict[str, Any],
        request: Mapping[str, Any],
    ):
        dtype = precision.ANALYSIS_DTYPE
        self.request = request
        self.physics: Physics = physics_from(request["physics"], dtype)
        self.delay: int | None = None
        """Of the feedback [steps], where it is part of the state."""
        if request["closed_loop"]:
            self.delay = request["physics"]["feedback"]["delay"]
        self._controllers = from_arrays(weights, weights_spec, dtype)
        self.hidden_size: int = self._controllers.cell.state_size
        """Numbers of a hidden state."""
        self._numbers = weights["replicate"].astype(int).tolist()

    @property
    def step(self) -> Any:
        """The map: `clamped_step` or a `closed_step`."""
        return clamped_step if self.delay is None else closed_step(self.delay)

    def controller(self, replicate: int) -> Controller:
        """The network with this number."""
        index = self._numbers.index(replicate)
        return jax.tree.map(lambda leaf: leaf[index], self._controllers)

    def own_arguments(
        self,
        goal: Float[np.ndarray, "row 2"],
        offset: Float[np.ndarray, "row 4"],
        sisu: Float[np.ndarray, " row"],
        amplitude: Float[np.ndarray, " row"],
        sensed: Float[np.ndarray, "row 4"],
    ) -> tuple[Any, ...]:
        """The arguments of the map after physics and controller, with a row for each."""
        held = _held(self.request["field"], goal, offset, sisu, amplitude)
        return (held, jnp.asarray(sensed)) if self.delay is None else (held,)


def _held(
    field: Mapping[str, Any] | None,
    goal: np.ndarray,
    offset: np.ndarray,
    sisu: np.ndarray,
    amplitude: np.ndarray,
) -> Held:
    curl, constant = np.zeros(len(goal)), np.zeros((len(goal), 2))
    if field and field["type"] == "curl":
        curl = amplitude
    elif field:
        angle = field["direction"]
        constant = amplitude[:, None] * np.array([np.cos(angle), np.sin(angle)])
    of_field = Field(jnp.asarray(curl), jnp.asarray(constant))
    return held_at(jnp.asarray(goal), jnp.asarray(sisu), of_field, jnp.asarray(offset))


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
        its = starts[index]
        yield Found(replicate, condition, place, sensed[index], points[index], its.trial, its.step)


def _starts(
    loops: Loops, places: Places, states: xr.Dataset, replicate: int, conditions: list[Condition]
) -> list[Starts]:
    """Of every condition and place in turn; places that share their starts hold the same arrays."""
    request, found = loops.request, []
    for condition in conditions:
        if request["at"]["type"] == "path":
            own = [
                starts_of(states.isel(trial=[it]), replicate, request["starts"])
                for it in trials_of(states, request, condition)
            ]
            found += [own[trial] for trial in places.trial]
        else:
            chosen = states.isel(trial=_trials_alike(states, request, condition))
            shared = starts_of(chosen, replicate, request["starts"], loops.delay)
            found += [shared] * len(places)
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
