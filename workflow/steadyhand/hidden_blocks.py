"""Activity of the units, block by block, in float64: what analyses of hidden states add up."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

_BYTES = 2**26


def activity_of(states: xr.Dataset) -> np.ndarray:
    """Activity of the units, axes `trial replicate time unit`; without the memory of an LSTM."""
    time = "hidden_time" if "hidden_time" in states.dims else "time"
    hidden = states["hidden"].transpose("trial", "replicate", time, "unit")
    units = int(states["hidden"].attrs["activity_units"])
    return hidden.isel(unit=slice(units)).values.astype(np.float64)


def in_blocks_of_trials(states: xr.Dataset, names: list[str]) -> Iterator[xr.Dataset]:
    """Some variables of consecutive trials, as many as fit into memory."""
    per_trial = 8 * states.sizes["replicate"] * states.sizes["time"] * states.sizes["unit"]
    size = int(np.clip(_BYTES // per_trial, 1, 256))
    for first in range(0, states.sizes["trial"], size):
        yield states[names].isel(trial=slice(first, first + size)).load()
