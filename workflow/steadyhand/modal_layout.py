"""The layout of responses to impulses on disk, beside what modes make of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Complex, Float

from steadyhand.analysis_layout import about
from steadyhand.held_loop import PARTS
from steadyhand.impulse_groups import Groups
from steadyhand.mode_measures import in_time
from steadyhand.search_places import AXES


@dataclass(frozen=True, eq=False)
class OfModes:
    """Modes in order of what they tell of a response."""

    eigenvalue: Complex[np.ndarray, " rank"]
    path: Float[np.ndarray, "rank time 2"]
    """What each adds [m]"""
    left_over: Float[np.ndarray, " rank"]
    participation: Float[np.ndarray, "rank part"]


@dataclass(frozen=True, eq=False)
class Response:
    """Of a replicate, around one of its fixed points."""

    replicate: int
    point: int
    group: int
    evaluated: Float[np.ndarray, "time 2"]
    """[m]"""
    predicted: Float[np.ndarray, "time 2"]
    """[m]"""
    modes: OfModes


_PATH = ("response", "time", "component")
_OF = ("response", "rank")


def responses_dataset(
    found: Sequence[Response],
    groups: Groups,
    states: xr.Dataset,
    left_out: np.ndarray,
    request: Mapping[str, Any],
) -> xr.Dataset:
    """Responses with named axes; `left_out` has a number for each replicate of the states."""
    step, shape = request["physics"]["plant"]["time_step"], (len(found), groups.n_steps, 2)
    evaluated = np.array([it.evaluated for it in found]).reshape(shape)
    predicted = np.array([it.predicted for it in found]).reshape(shape)
    off, size = (np.linalg.norm(it, axis=(1, 2)) for it in (evaluated - predicted, evaluated))
    error = np.divide(off, size, out=np.zeros_like(off), where=size > 0)
    return xr.Dataset(
        {
            "evaluated": (
                _PATH,
                evaluated,
                about("m", "what the impulse does to the position in trials, their mean"),
            ),
            "predicted": (_PATH, predicted, about("m", "the same by the linearization")),
            "relative_error": ("response", error, about("1", _ERROR)),
            **_of_modes([it.modes for it in found], request["modes"], groups.n_steps, step),
            **_of_groups(found, groups, states),
            "left_out": ("replicate", left_out.astype(np.int32), about("1", _LEFT_OUT)),
        },
        coords={
            "replicate": ("replicate", states["replicate"].values, about("1", _REPLICATE)),
            "time": ("time", step * np.arange(1, shape[1] + 1), about("s", _TIME)),
            "axis": ("axis", np.array(AXES, object), about("1", "axis of the plane")),
            "component": ("component", np.array(["parallel", "lateral"], object), _COMPONENT),
            "part": ("part", np.array(PARTS, object), about("1", "part of the loop")),
            "rank": ("rank", np.arange(request["modes"], dtype=np.int32), about("1", _RANK)),
        },
    )


_ERROR = "norm over time of what the prediction lacks, over that of the response in trials"
_LEFT_OUT = "responses without a prediction: no fixed point, several, or one far from stable"
_REPLICATE = "number of the replicate"
_TIME = "time since the onset of the impulse"
_COMPONENT = about("1", "along the impulse, and to its left")
_RANK = "place of the mode: the first one tells most of the response"
_LEFT = "norm of what this mode and those before it leave of the prediction, over its norm"


def _of_modes(modes: Sequence[OfModes], count: int, n_steps: int, step: float) -> dict[str, Any]:
    """Zeros where a loop has fewer modes than are asked for."""
    value = _padded([it.eigenvalue for it in modes], (count,), complex)
    left = _padded([it.left_over for it in modes], (count,), float)
    for row, own in zip(left, modes, strict=True):
        row[len(own.left_over) :] = own.left_over[-1] if len(own.left_over) else 1.0
    told = in_time(value, step)
    path = _padded([it.path for it in modes], (count, n_steps, 2), np.float32)
    shares = _padded([it.participation for it in modes], (count, len(PARTS)), float)
    meaning = "displacement that the mode adds, with its conjugate"
    return {
        "mode_path": (("response", "rank", "time", "component"), path, about("m", meaning)),
        "left_over": (_OF, left, about("1", _LEFT)),
        "eigenvalue_re": (_OF, value.real, about("1", "eigenvalue, real part")),
        "eigenvalue_im": (_OF, value.imag, about("1", "eigenvalue, imaginary part")),
        "frequency": (_OF, told.frequency, about("Hz", "frequency of the mode")),
        "damping_ratio": (_OF, told.damping_ratio, about("1", "damping ratio of the mode")),
        "participation": (
            (*_OF, "part"),
            shares,
            about("1", "share of the mode that is in this part of the loop"),
        ),
    }


def _padded(rows: Sequence[np.ndarray], shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    found = np.zeros((len(rows), *shape), dtype)
    for target, row in zip(found, rows, strict=True):
        target[: len(row)] = row
    return found


def _of_groups(found: Sequence[Response], groups: Groups, states: xr.Dataset) -> dict[str, Any]:
    """What is told of each response."""
    group = np.array([it.group for it in found], int)
    trials = np.array([len(groups.rows[it]) for it in group], np.int32)
    columns = {
        "response_replicate": ([it.replicate for it in found], _REPLICATE),
        "response_point": ([it.point for it in found], "number of the fixed point"),
        "trials": (trials, "trials that the mean is of"),
    }
    return {
        "goal": (("response", "axis"), groups.goal[group], about("m", "position of the goal")),
        **{
            name: ("response", np.array(values, np.int32), about("1", meaning))
            for name, (values, meaning) in columns.items()
        },
        **{
            name: (
                "response",
                values[group],
                about(states[name].attrs["units"], states[name].attrs["long_name"]),
            )
            for name, values in groups.told.items()
        },
    }
