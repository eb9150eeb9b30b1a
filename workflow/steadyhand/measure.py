"""From states to one row of measures per trial and replicate."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from steadyhand.alignment import align
from steadyhand.measures import MEASURES, Trial

BLOCK_TRIALS = 256
"""Trials measured together: memory, never a result."""

_OF_THE_TRIAL = (
    *("condition", "repeat", "direction", "field_amplitude", "impulse_amplitude"),
    "sisu",  # only of networks with a context input
)


def measure(states: xr.Dataset) -> pd.DataFrame:
    """One row per trial and replicate: what the trial was, and every measure of it.

    A measure that needs the direction of a reach is missing (null) where the reach has none.
    `.attrs["measures"]` has the unit and definition of each.
    """
    n_trials = states.sizes["trial"]
    blocks = [
        _measure_block(states.isel(trial=slice(first, first + BLOCK_TRIALS)))
        for first in range(0, n_trials, BLOCK_TRIALS)
    ]
    table = pd.concat(blocks, ignore_index=True)
    table.attrs["measures"] = {
        name: {"unit": it.unit, "definition": it.definition} for name, it in MEASURES.items()
    }
    return table


def trial_quantities(states: xr.Dataset) -> Trial:
    """What measures are made of, in float64, with the leading axes `trial replicate`."""

    def real(name: str) -> np.ndarray:
        ordered = states[name].transpose(
            "trial", "replicate", "time", "axis", missing_dims="ignore"
        )
        return ordered.values.astype(np.float64)

    position, velocity, force = real("position"), real("velocity"), real("force")
    start, goal = real("start")[:, None, None], real("goal")[:, None, None]
    direction = np.broadcast_to(real("direction")[:, None], position.shape[:2])
    length = np.linalg.norm(goal - start, axis=-1)[:, :, 0]
    return Trial(
        distance=np.linalg.norm(position - goal, axis=-1),
        excursion=np.linalg.norm(position - start, axis=-1),
        speed=np.linalg.norm(velocity, axis=-1),
        net_force=np.linalg.norm(force, axis=-1),
        position=align(position - start, direction),
        velocity=align(velocity, direction),
        force=align(force, direction),
        reach_length=np.broadcast_to(length, position.shape[:2]),
    )


def _measure_block(states: xr.Dataset) -> pd.DataFrame:
    trial = trial_quantities(states)
    shape = trial.reach_length.shape
    undefined = np.broadcast_to(states.direction.isnull().values[:, None], shape)
    columns: dict[str, Any] = {
        "trial": np.broadcast_to(states.trial.values[:, None], shape),
        "replicate": np.broadcast_to(states.replicate.values[None], shape),
    }
    for name in filter(states.variables.__contains__, _OF_THE_TRIAL):
        columns[name] = np.broadcast_to(states[name].values[:, None], shape)
    for end in ("start", "goal"):
        for index, axis in enumerate("xy"):
            values = states[end].values[:, index]
            columns[f"{end}_{axis}"] = np.broadcast_to(values[:, None], shape)
    for name, entry in MEASURES.items():
        columns[name] = _compute(name, trial, undefined)
        if not entry.needs_reach and not np.isfinite(columns[name]).all():
            raise ValueError(f"the measure '{name}' is not finite in some trials")
    return pd.DataFrame({name: np.ravel(values) for name, values in columns.items()})


def _compute(name: str, trial: Trial, undefined: np.ndarray) -> np.ndarray:
    entry = MEASURES[name]
    if not entry.needs_reach:
        return entry.compute(trial)
    values = np.full(undefined.shape, np.nan)
    if not undefined.all():
        defined = ~undefined
        part = Trial(**{key: value[defined] for key, value in vars(trial).items()})
        values[defined] = entry.compute(part)
        if not np.isfinite(values[defined]).all():
            raise ValueError(f"the measure '{name}' is not finite in some trials")
    return values
