"""Tangling of neural trajectories: how differently a network goes on from similar states."""

from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from steadyhand.analyses.principal_components import Covariance, components_of
from steadyhand.analysis_layout import about
from steadyhand.states_blocks import activity_of, in_blocks_of_trials

SOFTENING = 1e-6
"""Added to squared distances of states, against a division by 0."""

_ROWS = 512


def tangling_of(
    state: Float[np.ndarray, "sample dim"], derivative: Float[np.ndarray, "sample dim"]
) -> Float[np.ndarray, " sample"]:
    """Q_i = max over j of |ẋ_i − ẋ_j|² / (|x_i − x_j|² + ε), ε = 1e-6 [s-2].

    Russo et al. 2018, Neuron 97:953.
    """
    found = np.empty(len(state))
    sizes = [(it**2).sum(axis=1) for it in (state, derivative)]
    for first in range(0, len(state), _ROWS):
        rows = slice(first, first + _ROWS)
        apart, differ = (
            np.maximum(size[rows, None] + size[None] - 2 * values[rows] @ values.T, 0)
            for size, values in zip(sizes, (state, derivative), strict=True)
        )
        found[rows] = (differ / (apart + SOFTENING)).max(axis=1)
    return found


def tangling(states: xr.Dataset, request: dict[str, Any]) -> xr.Dataset:
    """Of every trial, network and step of time, among all states of the same condition.

    `request` has `components`: as many principal components of a network's states, over all
    conditions, stand for them. Derivatives are forward differences over the time step, so the last
    state has none. `rms` is the root of the mean of Q² over time, from step 1 on.
    """
    replicates, times = states.sizes["replicate"], _times(states)
    planes = _planes(states, request["components"])
    values = np.empty((states.sizes["trial"], replicates, len(times) - 1))
    for condition in np.unique(states.condition.values):
        chosen = np.flatnonzero(states.condition.values == condition)
        activity = activity_of(states[["hidden"]].isel(trial=chosen).load())
        for replicate, (mean, vectors) in enumerate(planes):
            x = (activity[:, replicate] - mean) @ vectors.T
            derivative = np.diff(x, axis=1) / (times[1] - times[0])
            at = (it.reshape(-1, it.shape[-1]) for it in (x[:, :-1], derivative))
            values[chosen, replicate] = tangling_of(*at).reshape(len(chosen), -1)
    rms = np.sqrt((values[:, :, 1:] ** 2).mean(axis=-1))
    return xr.Dataset(
        {
            "tangling": (("trial", "replicate", "time"), values, about("s-2", "tangling Q")),
            "rms": (("trial", "replicate"), rms, about("s-2", "root mean square of Q over time")),
            "condition": ("trial", states.condition.values, about("1", "number of the condition")),
        },
        coords={
            "trial": ("trial", states.trial.values, about("1", "number of the trial")),
            "replicate": ("replicate", states.replicate.values, about("1", "replicate")),
            "time": ("time", times[:-1], about("s", "time since the start of the trial")),
        },
    )


def _times(states: xr.Dataset) -> np.ndarray:
    name = "hidden_time" if "hidden_time" in states.dims else "time"
    return np.asarray(states[name].values, np.float64)


def _planes(states: xr.Dataset, components: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Mean and first principal components of every network's states, over all conditions."""
    sums = [Covariance() for _ in range(states.sizes["replicate"])]
    for block in in_blocks_of_trials(states, ["hidden"]):
        activity = activity_of(block)
        for replicate, covariance in enumerate(sums):
            covariance.add(activity[:, replicate].reshape(-1, activity.shape[-1]))
    return [(it.mean(), components_of(it.matrix())[1][:components]) for it in sums]
