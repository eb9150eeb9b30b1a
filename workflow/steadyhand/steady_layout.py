"""The layout of fixed points on disk: names, dimensions, units."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from steadyhand.analysis_layout import POINTS_TOGETHER, about
from steadyhand.context import contexts_of
from steadyhand.described_conditions import FIELD
from steadyhand.held_loop import state_of, vector_of
from steadyhand.loop_data import State
from steadyhand.readout_layout import readout_of_state
from steadyhand.search_places import AXES, Places, amplitudes_of

if TYPE_CHECKING:
    from steadyhand.steady_states import Found

NO_BOUND = 1e300
"""Stands for infinity, which no file of results holds: nothing bounds the error of the point."""


def bounded(values: np.ndarray) -> np.ndarray:
    """With `NO_BOUND` for infinity."""
    return np.clip(values, -NO_BOUND, NO_BOUND)


KEPT = (
    *("kind", "point_replicate", "point_place", "point_sisu", "point_field_amplitude"),
    *("goal_position", "place_goal", "place_trial", "place_time", "start_position"),
    *("offset_position", "offset_velocity"),
    *("replicate", "sisu", "field_amplitude"),
)
"""What the file of linearizations repeats of that of fixed points."""

_NUMBERS = {
    "residual": "|F(x) - x|",
    "sigma_min": "least singular value of I - J",
    "error_bound": "first-order bound of the distance to the exact point; 1e300: none",
    "proven_error": "certificate: largest distance to the exact point, by coordinate; 1e300: none",
    "unique_within": "certificate: distance by coordinate within which is no other point; 0: none",
    "q": "half the squared residual",
    "extent": "largest distance of an end of the search on that continuum; 0: none",
}
_COUNTS = {
    "unstable_dimension": "eigenvalues outside the unit circle",
    "dimension": "dimension of the continuum that the point stands for; 0: none",
    "start_count": "starts that ended here",
}
_WORDS = {"kind": "kind of point", "stability": "whether states near the point come to it"}


def points_dataset(
    found: Sequence["Found"],
    places: Places,
    weights: Mapping[str, np.ndarray],
    request: Mapping[str, Any],
) -> xr.Dataset:
    """Everything that was found, with named axes; `found` has the order of the dimensions of
    `starts`, of which the last varies fastest. `weights` are those of the networks."""
    coords = _coords(weights["replicate"], request)
    of_states = _of_states(np.concatenate([it.points.points for it in found]), request)
    sizes = {name: len(variable[1]) for name, variable in coords.items() if name != "axis"}
    sizes["place"] = len(places)
    starts = np.array([len(it.points.point_of_start) for it in found], np.int32)
    unseen = np.array([it.points.coverage.unseen_at_most for it in found])
    grid = (tuple(sizes), tuple(sizes.values()))
    return xr.Dataset(
        {
            **of_states,
            "readout_weight": (
                ("replicate", "axis", "unit"),
                readout_of_state(weights["readout.weight"], of_states["hidden"][1].shape[1]),
                about("N", "what the hidden state adds to the command"),
            ),
            "goal_position": (("place", "axis"), places.goal, about("m", "position of the goal")),
            **places.labels,
            "starts": (grid[0], starts.reshape(grid[1]), about("1", "starts of the search")),
            "unseen_at_most": (
                grid[0],
                unseen.reshape(grid[1]),
                about("1", "95 % bound of the probability that one more start ends elsewhere"),
            ),
            **_of_points(found),
            **_of_conditions(found, request),
        },
        coords=coords,
    )


def _coords(replicates: np.ndarray, request: Mapping[str, Any]) -> dict[str, Any]:
    coords: dict[str, Any] = {
        "replicate": ("replicate", replicates, about("1", "number of the replicate"))
    }
    if request["sisu"] is not None:
        values = np.array(contexts_of(request), np.float64)
        coords["sisu"] = ("sisu", values, about("1", "context input (SISU)"))
    amplitudes = amplitudes_of(request)
    if amplitudes is not None:
        values = np.array(amplitudes, np.float64)
        coords["field_amplitude"] = ("field_amplitude", values, about_field(request))
    coords["axis"] = ("axis", np.array(AXES, object), about("1", "axis of the plane"))
    return coords


def about_field(request: Mapping[str, Any]) -> dict[str, str]:
    """Units and meaning of the amplitude of a request's field."""
    kind = request["field"]["type"]
    return about(FIELD[kind], f"amplitude of the {kind} field")


def _of_states(points: np.ndarray, request: Mapping[str, Any]) -> dict[str, Any]:
    """States by the names of their parts."""
    if not request["closed_loop"]:
        return {"hidden": (("point", "unit"), points, about("1", "hidden state"))}
    delay = request["physics"]["feedback"]["delay"]
    state = jax.tree.map(np.asarray, state_of(jnp.asarray(points), delay))
    of_hand = ("point", "axis")
    named: dict[str, Any] = {
        "hidden": (("point", "unit"), state.hidden, about("1", "hidden state")),
        "position": (of_hand, state.position, about("m", "position of the hand")),
        "velocity": (of_hand, state.velocity, about("m s-1", "velocity of the hand")),
        "force": (of_hand, state.force, about("N", "force of the hand")),
    }
    if delay:
        dims, meaning = ("point", "lag", "axis"), "that is still to be sensed, oldest first"
        parts = state.queue[:, :, :2], state.queue[:, :, 2:]
        named["queue_position"] = (dims, parts[0], about("m", f"position {meaning}"))
        named["queue_velocity"] = (dims, parts[1], about("m s-1", f"velocity {meaning}"))
    return named


def loop_states(points: xr.Dataset) -> np.ndarray:
    """The inverse: states (point, dim) of the map that was searched."""
    hidden = points["hidden"].values
    if "position" not in points:
        return hidden
    queue = np.zeros((len(hidden), 0, 4))
    if "queue_position" in points:
        both = (points[f"queue_{name}"].values for name in ("position", "velocity"))
        queue = np.concatenate(list(both), axis=-1)
    hand = {name: jnp.asarray(points[name].values) for name in ("position", "velocity", "force")}
    state = State(hidden=jnp.asarray(hidden), queue=jnp.asarray(queue), **hand)
    return np.asarray(vector_of(state))


def held_at_points(points: xr.Dataset, request: Mapping[str, Any]) -> tuple[np.ndarray, ...]:
    """Goal, offset, context, amplitude of the field, and what is sensed, of each point."""
    place = points["point_place"].values.astype(int)
    nothing = np.zeros((len(place), 4))

    def pairs(*names: str, at: Any = slice(None)) -> np.ndarray:
        if names[0] not in points:
            return nothing
        return np.concatenate([points[name].values[at] for name in names], axis=1)

    def column(name: str) -> np.ndarray:
        return np.asarray(points[name].values if name in points else np.zeros(len(place)))

    return (
        points["goal_position"].values[place],
        pairs("offset_position", "offset_velocity", at=place),
        column("point_sisu"),
        column("point_field_amplitude"),
        pairs("sensed_position", "sensed_velocity"),
    )


def blocks_of_points(points: xr.Dataset) -> Iterator[tuple[int, np.ndarray]]:
    """Replicate and rows of consecutive points of one replicate, at most `POINTS_TOGETHER`.

    Where there are no points, one block of none of the first replicate.
    """
    owner = points["point_replicate"].values.astype(int)
    if not len(owner):
        yield int(points["replicate"].values[0]), np.arange(0)
    for own in np.split(np.arange(len(owner)), np.flatnonzero(np.diff(owner)) + 1):
        for first in range(0, len(own), POINTS_TOGETHER):
            yield int(owner[own[0]]), own[first : first + POINTS_TOGETHER]


def _of_points(found: Sequence["Found"]) -> dict[str, Any]:
    """What is known of each point, by name."""

    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(it.points, name) for it in found])

    counts = [len(it.points.points) for it in found]
    first = [
        _first_starts(it.points.point_of_start, n) for it, n in zip(found, counts, strict=True)
    ]
    trial, step = (
        np.concatenate(
            [
                np.where(own >= 0, getattr(it.starts, name)[own], -1).astype(np.int32)
                for it, own in zip(found, first, strict=True)
            ]
        )
        for name in ("trial", "step")
    )
    place = np.repeat([it.place for it in found], counts).astype(np.int32)
    replicate = np.repeat([it.replicate for it in found], counts).astype(np.int32)
    columns = {
        **{it: (bounded(joined(it)), about("1", text)) for it, text in _NUMBERS.items()},
        **{it: (joined(it).astype(object), about("1", text)) for it, text in _WORDS.items()},
        **{it: (joined(it).astype(np.int32), about("1", text)) for it, text in _COUNTS.items()},
        "origin_trial": (trial, about("1", "trial of the first start that ended here")),
        "origin_step": (step, about("1", "number of the state of that start")),
        "point_replicate": (replicate, about("1", "number of the replicate")),
        "point_place": (place, about("1", "number of the place")),
    }
    return {name: ("point", *rest) for name, rest in columns.items()}


def _first_starts(point_of_start: np.ndarray, count: int) -> np.ndarray:
    """The first start that ended at each point; −1 where iterations lead there, and no start."""
    found = np.full(count, -1)
    points, first = np.unique(point_of_start, return_index=True)
    found[points] = first
    return found


def _of_conditions(found: Sequence["Found"], request: Mapping[str, Any]) -> dict[str, Any]:
    """What was held at each point."""
    counts = [len(it.points.points) for it in found]
    columns: dict[str, Any] = {}
    if request["sisu"] is not None:
        values = np.repeat([it.condition.sisu for it in found], counts)
        columns["point_sisu"] = ("point", values, about("1", "context input (SISU)"))
    if amplitudes_of(request) is not None:
        values = np.repeat([it.condition.amplitude for it in found], counts)
        columns["point_field_amplitude"] = ("point", values, about_field(request))
    if not request["closed_loop"]:
        sensed = np.repeat(np.array([it.sensed for it in found]), counts, axis=0)
        dims, meaning = ("point", "axis"), "of the hand that is sensed, without offset"
        columns["sensed_position"] = (dims, sensed[:, :2], about("m", f"position {meaning}"))
        columns["sensed_velocity"] = (dims, sensed[:, 2:], about("m s-1", f"velocity {meaning}"))
    return columns
