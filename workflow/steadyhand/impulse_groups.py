"""Trials with a sensory impulse, averaged over their repetitions in the frame of the impulse."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from steadyhand.states_blocks import in_blocks_of_trials, real

OF_GROUPS = ("field_amplitude", "sisu", "impulse_amplitude", "impulse_onset", "impulse_duration")
"""What the trials of a group have in common, beside their goal."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Trials of one condition at one goal; those with an impulse of length 0 are left out."""

    rows: list[Int[np.ndarray, " trial"]]
    """Indices of the trials of each group"""
    angles: list[Float[np.ndarray, " trial"]]
    """Directions of their impulses [rad]"""
    goal: Float[np.ndarray, "group 2"]
    """[m]"""
    told: Mapping[str, Float[np.ndarray, " group"]]
    """By the names of `OF_GROUPS`, those that the states have"""
    n_steps: int
    """States after each onset that all of them have"""

    def __len__(self) -> int:
        return len(self.rows)


def groups_of(states: xr.Dataset) -> Groups:
    """The groups of an evaluation with impulses, by condition and then by goal."""
    columns = {name: states[name].values.astype(float) for name in OF_GROUPS if name in states}
    keys = np.stack([states["condition"].values, states["task_trial"].values], axis=1)
    keys = keys[columns["impulse_amplitude"] > 0]
    there = np.flatnonzero(columns["impulse_amplitude"] > 0)
    _, of_group = np.unique(keys, axis=0, return_inverse=True)
    rows = [there[of_group == group] for group in range(of_group.max(initial=-1) + 1)]
    first = np.array([it[0] for it in rows], int)
    angle = states["impulse_direction"].values.astype(float)
    last = columns["impulse_onset"].max(initial=0)
    return Groups(
        rows,
        [angle[it] for it in rows],
        states["goal"].transpose("trial", "axis").values[first].astype(float),
        {name: values[first] for name, values in columns.items()},
        states.sizes["time"] - 1 - int(last),
    )


def mean_responses(
    states: xr.Dataset, groups: Groups
) -> Float[np.ndarray, "replicate group time 2"]:
    """What the impulse did to the position, along it and to its left [m].

    That is the difference to the trial with the same noise, and no impulse: it holds no noise, as
    far as a loop is linear, and no approach to rest that has not come to its end. Means over the
    trials of a group, of the `n_steps` states after the onset. States are read block by block.
    """
    partner = _without_impulse(states)
    group_of = np.full(states.sizes["trial"], -1)
    angle = np.zeros(states.sizes["trial"])
    for number, (rows, angles) in enumerate(zip(groups.rows, groups.angles, strict=True)):
        group_of[rows], angle[rows] = number, angles
    onset = states["impulse_onset"].values.astype(int)
    found = np.zeros((states.sizes["replicate"], len(groups), groups.n_steps, 2))
    first = 0
    for block in in_blocks_of_trials(states, ["position"]):
        position = real(block, "position")
        partners = partner[first : first + len(position)]
        needed, of_row = np.unique(partners, return_inverse=True)
        calm = real(states[["position"]].isel(trial=needed), "position")
        for row, trial in enumerate(range(first, first + len(position))):
            if group_of[trial] >= 0:
                after = slice(onset[trial] + 1, onset[trial] + 1 + groups.n_steps)
                moved = (position[row] - calm[of_row[row]])[:, after]
                found[:, group_of[trial]] += moved @ frame_of(angle[trial]).T
        first += len(position)
    counts = np.array([len(it) for it in groups.rows])
    return found / counts[:, None, None]


def _without_impulse(states: xr.Dataset) -> Int[np.ndarray, " trial"]:
    """For each trial, one under the same condition and with the same noise, without an impulse.

    An impulse of length 0 is the same at all times and in all directions.
    """
    names = [it for it in ("field_amplitude", "sisu", "task_trial", "repeat") if it in states]
    keys = np.stack([states[it].values.astype(float) for it in names], axis=1)
    kinds, kind = np.unique(keys, axis=0, return_inverse=True)
    calm = np.flatnonzero(states["impulse_amplitude"].values == 0)
    _, first = np.unique(kind[calm], return_index=True)
    if len(first) < len(kinds):
        raise ValueError("trials have no partner without an impulse: no amplitude of them is 0")
    return np.asarray(calm[first][kind])


def frame_of(angle: float) -> Float[np.ndarray, "2 2"]:
    """The matrix that takes a vector of the plane into its parts along a direction, and left."""
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
