"""The layout of evaluated states on disk: names, dimensions, units."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from steadyhand import __version__
from steadyhand.cells import state_size
from steadyhand.described_conditions import described_conditions
from steadyhand.evaluate import Block
from steadyhand.identity import canonical_json
from steadyhand.network import CHANNELS, WITH_CONTEXT, WITHOUT_CONTEXT
from steadyhand.readout_layout import readout_of_state
from steadyhand.states_size import stored_times
from steadyhand.store.dataset_writer import DatasetWriter, Variable
from steadyhand.tiles import EVALUATION_TILE
from steadyhand.trials import NO_DIRECTION, Listed, in_blocks

WRITTEN_TOGETHER = EVALUATION_TILE
"""Trials that are written together, however large blocks are: the order of writing decides where
in a file things are."""

_RECORDED = {
    "position": ("axis", "m", "position of the hand"),
    "velocity": ("axis", "m s-1", "velocity of the hand"),
    "hidden": ("unit", "1", "hidden state of the network (lstm: activity, then memory)"),
    "network_input": ("channel", "1", "what the network received, in the units of each channel"),
    "command": ("axis", "N", "readout of the network, before motor noise"),
    "force": ("axis", "N", "force of the hand, after motor noise and muscles"),
    "field_force": ("axis", "N", "force of the field"),
    "feedback_position": ("axis", "m", "sensed position, with offset and noise"),
    "feedback_velocity": ("axis", "m s-1", "sensed velocity, with offset and noise"),
}
_COMMENT = (
    "State k of a trial is that after k updates of the closed loop of network and hand; signals of "
    "state k > 0 are those of the update that led to it, so what happens in update k is first "
    "visible in state k + 1. Every trial of the task is repeated under every condition; trials "
    "with the same repeat and task_trial have the same noise in all conditions and replicates."
)


class Column(NamedTuple):
    """A variable with one entry per trial."""

    name: str
    variable: Variable
    of: str
    """Its name in `Trials`."""


def write_states(
    path: Path | str,
    blocks: Iterable[Block],
    trials: Listed,
    weights: dict[str, np.ndarray],
    request: dict[str, Any],
    provenance: dict[str, Any],
) -> None:
    """Write blocks as they come: memory does not grow with the number of trials.

    The bytes of the file do not depend on how large the blocks are. `weights` are those of the
    networks that were evaluated.
    """
    columns = trial_columns(request)
    axes = coordinates(weights["replicate"], request)
    variables = {name: variable for name, (variable, _) in axes.items()}
    variables["readout_weight"] = Variable(
        ("replicate", "axis", "unit"),
        "f4",
        {"units": "N", "long_name": "what the hidden state adds to the command"},
    )
    variables |= {column.name: column.variable for column in columns}
    variables |= recorded_variables(request, columns)
    attrs = _attributes(request, provenance)
    sizes = {"trial": len(trials)} | {name: len(values) for name, (_, values) in axes.items()}
    with DatasetWriter(path, sizes, variables, attrs, {"trial": WRITTEN_TOGETHER}) as writer:
        for name, (_, values) in axes.items():
            writer.write(name, values)
        writer.write("readout_weight", readout_of_state(weights["readout.weight"], sizes["unit"]))
        for some in in_blocks(trials, 40 * WRITTEN_TOGETHER):
            for column in columns:
                writer.write(column.name, getattr(some, column.of))
        for block in blocks:
            for part in _parts(block):
                for name in request["keep"]:
                    writer.write(name, part[name])


def recorded_variables(request: dict[str, Any], columns: Iterable[Column]) -> dict[str, Variable]:
    """Every variable that was recorded over time and is to be kept."""
    every = request["hidden_every"]
    variables = {}
    for name in request["keep"]:
        last, units, meaning = _RECORDED[name]
        time = "hidden_time" if name == "hidden" and every > 1 else "time"
        dims = ("trial", "replicate", time, last)
        told = [it.name for it in columns if {*it.variable.dims} <= {*dims} and it.name != "trial"]
        told += [time, *(f"{it}_name" for it in (last,) if it in ("axis", "channel"))]
        attrs = {"units": units, "long_name": meaning, "coordinates": " ".join(told)}
        variables[name] = Variable(dims, "f4", attrs)
    if "hidden" in variables:
        units = request["physics"]["network"]["hidden_size"]
        variables["hidden"].attrs["activity_units"] = np.int32(units)
    return variables


def coordinates(
    replicates: np.ndarray, request: dict[str, Any]
) -> dict[str, tuple[Variable, np.ndarray]]:
    """Coordinates of every dimension but `trial`, with their values."""
    step, n_steps = request["physics"]["plant"]["time_step"], request["n_steps"]
    keep, every = request["keep"], request["hidden_every"]
    found = {
        "replicate": (_described("replicate", "i4", "1", "number of the replicate"), replicates),
        "time": (
            _described("time", "f8", "s", "time since the start of the trial"),
            step * np.arange(n_steps),
        ),
        "axis": (_described("axis", "str", "1", "axis of the plane"), np.array(["x", "y"])),
        "unit": (
            _described("unit", "i4", "1", "number within the hidden state"),
            np.arange(state_size(request["physics"]["network"])),
        ),
    }
    if "hidden" in keep and every > 1:
        found["hidden_time"] = (
            _described("hidden_time", "f8", "s", "time of the hidden states that are kept"),
            step * every * np.arange(stored_times(n_steps, every)),
        )
    if "network_input" in keep:
        found["channel"] = (
            _described("channel", "str", "1", "input channel of the network"),
            np.array(channel_names(request)),
        )
    return found


def channel_names(request: dict[str, Any]) -> list[str]:
    """The input channels of the networks, component by component."""
    names = WITHOUT_CONTEXT if request["sisu"] is None else WITH_CONTEXT
    return [
        f"{name}_{axis}" if CHANNELS[name] == 2 else name
        for name in names
        for axis in ("x", "y")[: CHANNELS[name]]
    ]


def trial_columns(request: dict[str, Any]) -> list[Column]:
    """What is told of each trial: the variables that its conditions are made of, and its task."""
    columns = [
        _column("trial", "i4", "1", "number of the trial", of="number"),
        Column("start", _described(("trial", "axis"), "f4", "m", "start of the reach"), "start"),
        Column("goal", _described(("trial", "axis"), "f4", "m", "goal of the reach"), "goal"),
        _column("direction", "f4", "rad", "direction from start to goal"),
        _column("condition", "i4", "1", "number of the condition"),
        _column("repeat", "i4", "1", "number of the repetition"),
        _column("task_trial", "i4", "1", "number of the trial within the task"),
        *(_column(name, *about) for name, about in described_conditions(request).items()),
    ]
    columns[3].variable.attrs["_FillValue"] = np.float32(NO_DIRECTION)
    return columns


def _attributes(request: dict[str, Any], provenance: dict[str, Any]) -> dict[str, str]:
    task = request["task"]
    what = {
        "center_out": f"reaches of {task.get('reach_length')} m in {task.get('directions')} "
        "directions",
        "steady": "a hand that is to stay where it is",
    }[task["type"]]
    network = request["physics"]["network"]
    return {
        "Conventions": "CF-1.11",
        "title": f"Evaluated states of {network['type']} networks of {network['hidden_size']} "
        f"units that control a simulated hand: {what}",
        "source": "simulation of the closed loop of a recurrent network and a point mass, by "
        f"steadyhand {__version__}",
        "references": "the attribute 'provenance' holds the resolved request (task, conditions, "
        "physics) and the digest of the weights",
        "history": "written once, as evaluated; nothing is changed afterwards",
        "comment": _COMMENT,
        "provenance": canonical_json(provenance),
    }


def _parts(block: Block) -> Iterator[Block]:
    size = len(next(iter(block.values())))
    for first in range(0, size, WRITTEN_TOGETHER):
        yield {name: values[first : first + WRITTEN_TOGETHER] for name, values in block.items()}


def _column(name: str, dtype: str, units: str, meaning: str, of: str | None = None) -> Column:
    return Column(name, _described("trial", dtype, units, meaning), of or name)


def _described(dims: str | tuple[str, ...], dtype: str, units: str, meaning: str) -> Variable:
    listed = (dims,) if isinstance(dims, str) else dims
    return Variable(listed, dtype, {"units": units, "long_name": meaning})
