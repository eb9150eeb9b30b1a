"""Evaluated states block by block, in float64: what measures and analyses are made of."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

_BYTES = 2**26
_ORDER = ("trial", "replicate", "time", "hidden_time", "axis", "unit")


def real(states: xr.Dataset, name: str) -> np.ndarray:
    """A variable in float64, trials first and time before what comes last."""
    return states[name].transpose(*_ORDER, missing_dims="ignore").values.astype(np.float64)


def activity_of(states: xr.Dataset) -> np.ndarray:
    """Activity of the units, axes `trial replicate time unit`; without the memory of an LSTM."""
    return real(states, "hidden")[..., : int(states["hidden"].attrs["activity_units"])]


def in_blocks_of_trials(states: xr.Dataset, names: list[str] | None = None) -> Iterator[xr.Dataset]:
    """Variables (all, if left out) of consecutive trials, as many as fit into memory."""
    chosen = states if names is None else states[names]
    widest = max(states.sizes.get("unit", 1), 16) * states.sizes["time"]
    size = int(np.clip(_BYTES // (8 * states.sizes["replicate"] * widest), 1, 256))
    for first in range(0, states.sizes["trial"], size):
        yield chosen.isel(trial=slice(first, first + size)).load()
