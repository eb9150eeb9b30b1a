"""The layout of evaluated states on disk: names, dimensions, units."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from steadyhand.cells import state_size
from steadyhand.evaluate import Block
from steadyhand.identity import canonical_json
from steadyhand.store.datasets import DatasetWriter, Variable
from steadyhand.tiles import TILE
from steadyhand.trials import NO_DIRECTION, Trials

CHUNKS = {"trial": TILE}

_RECORDED = {
    "position": ("axis", "m", "position of the hand"),
    "velocity": ("axis", "m s-1", "velocity of the hand"),
    "hidden": ("unit", "1", "hidden state of the network (lstm: activity, then memory)"),
    "command": ("axis", "N", "readout of the network, before motor noise"),
    "force": ("axis", "N", "force of the hand, after motor noise"),
    "field_force": ("axis", "N", "force of the field"),
    "feedback_position": ("axis", "m", "sensed position, with offset and noise"),
    "feedback_velocity": ("axis", "m s-1", "sensed velocity, with offset and noise"),
}


def write_states(
    path: Path | str,
    blocks: Iterator[Block],
    trials: Trials,
    replicates: np.ndarray,
    request: dict[str, Any],
    provenance: dict[str, Any],
) -> None:
    """Write blocks as they come: memory does not grow with the number of trials."""
    sizes, variables = states_layout(trials, replicates, request)
    attrs = {
        "Conventions": "CF-1.11",
        "title": "Evaluated states",
        "provenance": canonical_json(provenance),
    }
    with DatasetWriter(path, sizes, variables, attrs, CHUNKS) as writer:
        for name, (_, values) in coordinates(trials, replicates, request).items():
            writer.write(name, values)
        for block in blocks:
            for name in _RECORDED:
                writer.write(name, block[name])


def states_layout(
    trials: Trials, replicates: np.ndarray, request: dict[str, Any]
) -> tuple[dict[str, int], dict[str, Variable]]:
    """Sizes of the dimensions, and every variable of a file of states."""
    sizes = {
        "trial": len(trials),
        "replicate": len(replicates),
        "time": request["n_steps"],
        "axis": 2,
        "unit": state_size(request["physics"]["network"]),
    }
    variables = {
        name: Variable(
            ("trial", "replicate", "time", last), "f4", {"units": units, "long_name": meaning}
        )
        for name, (last, units, meaning) in _RECORDED.items()
    }
    for name, values in coordinates(trials, replicates, request).items():
        variables[name] = values[0]
    return sizes, variables


def coordinates(
    trials: Trials, replicates: np.ndarray, request: dict[str, Any]
) -> dict[str, tuple[Variable, np.ndarray]]:
    """Coordinates and the variables of each trial, with their values."""
    channel = request["sensory_impulse"] and request["sensory_impulse"]["channel"]
    impulse_unit = "m s-1" if channel == "velocity" else "m"
    field_unit = "N s m-1" if request["field"]["type"] == "curl" else "N"
    step = request["physics"]["plant"]["time_step"]

    trial = ("trial",)
    direction = _described(trial, "f4", "rad", "direction from start to goal")
    direction.attrs["_FillValue"] = np.float32(NO_DIRECTION)
    return {
        "trial": (_described(trial, "i4", "1", "number of the trial"), np.arange(len(trials))),
        "replicate": (_described(("replicate",), "i4", "1", "number of the replicate"), replicates),
        "time": (
            _described(("time",), "f8", "s", "time since the start of the trial"),
            step * np.arange(request["n_steps"]),
        ),
        "axis": (_described(("axis",), "str", "1", "axis of the plane"), np.array(["x", "y"])),
        "unit": (
            _described(("unit",), "i4", "1", "number within the hidden state"),
            np.arange(state_size(request["physics"]["network"])),
        ),
        "start": (_described(("trial", "axis"), "f4", "m", "start of the reach"), trials.start),
        "goal": (_described(("trial", "axis"), "f4", "m", "goal of the reach"), trials.goal),
        "direction": (direction, trials.direction),
        "condition": (_described(trial, "i4", "1", "number of the condition"), trials.condition),
        "repeat": (_described(trial, "i4", "1", "number of the repetition"), trials.repeat),
        "field_amplitude": (
            _described(
                trial, "f8", field_unit, f"amplitude of the {request['field']['type']} field"
            ),
            trials.field_amplitude,
        ),
        "impulse_amplitude": (
            _described(
                trial, "f8", impulse_unit, f"length of the offset of {channel or 'nothing'}"
            ),
            trials.impulse_amplitude,
        ),
        **_context(trials, request),
    }


def _context(trials: Trials, request: dict[str, Any]) -> dict[str, tuple[Variable, np.ndarray]]:
    """The context input of each trial, where networks have one."""
    if request["sisu"] is None:
        return {}
    return {"sisu": (_described(("trial",), "f8", "1", "context input (SISU)"), trials.sisu)}


def _described(dims: tuple[str, ...], dtype: str, units: str, meaning: str) -> Variable:
    return Variable(dims, dtype, {"units": units, "long_name": meaning})
