"""From states to one row of measures per trial and replicate, block by block."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from steadyhand.alignment import align
from steadyhand.conditions import NO_UNIT
from steadyhand.measures.of_impulses import OF_IMPULSES
from steadyhand.measures.of_stimulation import OF_STIMULATION
from steadyhand.measures.of_trials import NEEDS, OF_TRIALS, Measure
from steadyhand.measures.trial import Activity, Impulse, Mask, Stimulation, Trial
from steadyhand.states_blocks import activity_of, in_blocks_of_trials, real

_OF_THE_TASK = ("condition", "repeat", "task_trial", "direction")
_NOT_OF_CONDITIONS = {"trial", "start", "goal", *_OF_THE_TASK}


def measures_of(states: xr.Dataset) -> dict[str, Measure]:
    """The measures that trials of an evaluation may have."""
    found = dict(OF_TRIALS)
    found |= OF_IMPULSES if "impulse_onset" in states.variables else {}
    found |= OF_STIMULATION if "stimulation_onset" in states.variables else {}
    return found


def attributes_of(states: xr.Dataset) -> dict[str, Any]:
    """What a table of measures says of itself: unit and definition of each measure."""
    return {
        "measures": {
            name: {"unit": it.unit, "definition": it.definition}
            for name, it in measures_of(states).items()
        },
        "conditions": condition_columns(states),
    }


def condition_columns(states: xr.Dataset) -> list[str]:
    """Names of what sets the conditions of an evaluation apart."""
    of_trials = [str(name) for name, it in states.variables.items() if it.dims == ("trial",)]
    return [name for name in of_trials if name not in _NOT_OF_CONDITIONS]


def measure(states: xr.Dataset) -> pd.DataFrame:
    """All rows at once, with `attributes_of` as `.attrs`; see `measure_blocks`."""
    table = pd.concat(measure_blocks(states), ignore_index=True)
    table.attrs.update(attributes_of(states))
    return table


def measure_blocks(states: xr.Dataset) -> Iterator[pd.DataFrame]:
    """One row per trial and replicate: what the trial was, and every measure of it.

    A measure that a trial has not is missing (null), and the column `missing` says why: `measure:
    reason; …`. Raises `ValueError` where a measure is not finite for no such reason.
    """
    yield from map(_measure_block, in_blocks_of_trials(states))


def trial_quantities(states: xr.Dataset) -> tuple[Trial, dict[str, Mask]]:
    """What measures are made of, with the leading axes `trial replicate`, and which need is met.

    Vectors are aligned to the reach; where there is none, to the impulse; for a stimulation alone,
    to the first axis.
    """
    position, velocity, force = (real(states, it) for it in ("position", "velocity", "force"))
    shape = position.shape[:2]
    start, goal = (real(states, it)[:, None, None] for it in ("start", "goal"))
    length = np.broadcast_to(np.linalg.norm(goal - start, axis=-1)[:, :, 0], shape)
    direction, has_direction = _direction(states)
    direction = np.broadcast_to(direction[:, None], shape)
    impulse, stimulation = _impulse(states, position), _stimulation(states, position)
    activity = _activity(states)
    trial = Trial(
        distance=np.linalg.norm(position - goal, axis=-1),
        excursion=np.linalg.norm(position - start, axis=-1),
        speed=np.linalg.norm(velocity, axis=-1),
        net_force=np.linalg.norm(force, axis=-1),
        position=align(position - start, direction),
        velocity=align(velocity, direction),
        force=align(force, direction),
        reach_length=length,
        time_step=float(states.time.values[1] - states.time.values[0]),
        impulse=impulse,
        stimulation=stimulation,
        activity=activity,
    )
    stimulated = np.zeros(len(position), bool)
    if stimulation:
        stimulated = states.stimulated_unit.values != NO_UNIT
    met = {
        "reach": length > 0,
        "direction": has_direction[:, None],
        "impulse": np.full(shape, impulse is not None),
        "onset": np.full(shape, stimulation is not None),
        "stimulation": stimulated[:, None],
        "activity": np.full(shape, activity is not None),
    }
    return trial, {name: np.broadcast_to(it, shape) for name, it in met.items()}


def _measure_block(states: xr.Dataset) -> pd.DataFrame:
    trial, met = trial_quantities(states)
    shape = trial.reach_length.shape
    columns: dict[str, Any] = {
        "trial": np.broadcast_to(states.trial.values[:, None], shape),
        "replicate": np.broadcast_to(states.replicate.values[None], shape),
    }
    for name in (*_OF_THE_TASK, *condition_columns(states)):
        columns[name] = np.broadcast_to(states[name].values[:, None], shape)
    for end in ("start", "goal"):
        for index, axis in enumerate("xy"):
            values = real(states, end)[:, index]
            columns[f"{end}_{axis}"] = np.broadcast_to(values[:, None], shape)
    reasons: list[tuple[Mask, str]] = []
    for name, entry in measures_of(states).items():
        columns[name] = _compute(name, entry, trial, met, reasons)
    table = pd.DataFrame({name: np.ravel(values) for name, values in columns.items()})
    table["missing"] = _told(reasons, table.index)
    return table


def _compute(
    name: str,
    entry: Measure,
    trial: Trial,
    met: Mapping[str, Mask],
    reasons: list[tuple[Mask, str]],
) -> np.ndarray:
    """A measure where it is defined, else NaN, with the reasons for that."""
    values = np.full(trial.reach_length.shape, np.nan)
    defined = met[entry.needs] if entry.needs else np.ones(values.shape, bool)
    if not defined.all() and entry.needs:
        reasons.append((~defined, f"{name}: {NEEDS[entry.needs]}"))
    if defined.any():
        values[defined] = entry.compute(trial.where(defined))
    undefined = defined & np.isnan(values)
    if np.isinf(values).any() or (undefined.any() and entry.undefined is None):
        raise ValueError(f"the measure '{name}' is not finite in some trials")
    if undefined.any():
        reasons.append((undefined, f"{name}: {entry.undefined}"))
    return values


def _told(reasons: list[tuple[Mask, str]], index: pd.Index) -> pd.Series:
    """The reasons of each row in one text; null where nothing is missing."""
    told = np.full(len(index), "", object)
    for where, reason in reasons:
        told[np.ravel(where)] += f"; {reason}"
    return pd.Series([text[2:] or None for text in told], index=index, dtype="string")


def _direction(states: xr.Dataset) -> tuple[np.ndarray, Mask]:
    """The direction that trials are aligned to [rad], and whether there is one."""
    direction = real(states, "direction")
    if "impulse_direction" in states.variables:
        direction = np.where(np.isnan(direction), real(states, "impulse_direction"), direction)
    elif "stimulation_onset" in states.variables:
        direction = np.where(np.isnan(direction), 0.0, direction)
    return np.nan_to_num(direction), ~np.isnan(direction)


def _window(
    states: xr.Dataset, of: str, position: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Last states before and in a window, and positions from that before it."""
    onset = states[f"{of}_onset"].values.astype(int)
    end = onset + states[f"{of}_duration"].values.astype(int)
    shape = position.shape[:2]
    onset, end = (np.broadcast_to(it[:, None], shape) for it in (onset, end))
    origin = np.take_along_axis(position, onset[..., None, None], axis=2)
    return onset, end, position - origin


def _impulse(states: xr.Dataset, position: np.ndarray) -> Impulse | None:
    if "impulse_onset" not in states.variables:
        return None
    onset, end, moved = _window(states, "impulse", position)
    direction = np.broadcast_to(real(states, "impulse_direction")[:, None], onset.shape)
    return Impulse(onset, end, align(moved, direction))


def _stimulation(states: xr.Dataset, position: np.ndarray) -> Stimulation | None:
    if "stimulation_onset" not in states.variables:
        return None
    onset, end, moved = _window(states, "stimulation", position)
    unit = states.stimulated_unit.values
    weight = states.readout_weight.transpose("unit", "replicate", "axis").values.astype(float)
    readout = np.where((unit != NO_UNIT)[:, None, None], weight[unit], 0)
    return Stimulation(onset, end, moved, readout)


def _activity(states: xr.Dataset) -> Activity | None:
    """At the stored times of hidden states, less the start: nothing was commanded there."""
    if "hidden" not in states.variables or "command" not in states.variables:
        return None
    weight = real(states, "readout_weight")
    units, command = activity_of(states), real(states, "command")
    every = 1
    if "hidden_time" in states.dims:
        every = round(float(states.hidden_time[1] / states.time[1]))
    return Activity(
        units[:, :, 1:],
        command[:, :, ::every][:, :, 1:],
        np.broadcast_to(np.linalg.norm(weight, axis=(1, 2))[None], units.shape[:2]),
    )
