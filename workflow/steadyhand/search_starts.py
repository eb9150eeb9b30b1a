"""States of evaluated trials from which searches for fixed points start."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from steadyhand.held_loop import vector_of
from steadyhand.loop_data import State


class Starts(NamedTuple):
    """Of one replicate."""

    states: Float[np.ndarray, "start dim"]
    trial: Int[np.ndarray, " start"]
    """Number of the trial in the evaluation"""
    step: Int[np.ndarray, " start"]
    """Number of the state in that trial"""


def starts_of(states: xr.Dataset, replicate: int, count: int, delay: int | None = None) -> Starts:
    """`count` states of one replicate, evenly spread over all trials and times in `states`.

    They are hidden states; with a `delay` [steps], those of the whole loop: hidden state, position,
    velocity, force, and what was still to be sensed. All are converted to float64.
    """
    own = states.sel(replicate=replicate)
    hidden = own["hidden"].transpose("trial", ..., "unit").values
    n_trials, n_times = hidden.shape[:2]
    chosen = np.linspace(0, n_trials * n_times - 1, min(count, n_trials * n_times)).round()
    row, time = np.divmod(np.unique(chosen.astype(int)), n_times)
    # Of hidden states every so manieth may be stored, of all else every one.
    step = time * _every(states)
    found = hidden[row, time]
    if delay is not None:
        parts = {name: _series(own, name)[row, step] for name in ("position", "velocity", "force")}
        parts |= {"hidden": found, "queue": _queues(own, row, step, delay)}
        state = State(**{name: jnp.asarray(it) for name, it in parts.items()})
        found = np.asarray(vector_of(state))
    trials = states["trial"].values[row].astype(int)
    return Starts(found.astype(np.float64), trials, step)


def _queues(own: xr.Dataset, row: np.ndarray, step: np.ndarray, delay: int) -> np.ndarray:
    """What is still to be sensed, oldest first; before its trial, a hand was where it started."""
    sensed = np.concatenate([_series(own, name) for name in ("position", "velocity")], axis=-1)
    before = np.maximum(step[:, None] - np.arange(delay, 0, -1), 0)
    return np.asarray(sensed[row[:, None], before])


def _series(own: xr.Dataset, name: str) -> np.ndarray:
    return np.asarray(own[name].transpose("trial", "time", "axis").values)


def _every(states: xr.Dataset) -> int:
    if "hidden_time" not in states["hidden"].dims:
        return 1
    time, stored = states["time"].values, states["hidden_time"].values
    return round(stored[1] / time[1]) if len(stored) > 1 else 1
