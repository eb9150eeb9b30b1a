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
    """Position from that at the onset, along the impulse and to its left [m].

    Means over the trials of a group, of the `n_steps` states after the onset.
    """
    group_of = np.full(states.sizes["trial"], -1)
    angle = np.zeros(states.sizes["trial"])
    for number, (rows, angles) in enumerate(zip(groups.rows, groups.angles, strict=True)):
        group_of[rows], angle[rows] = number, angles
    onset = states["impulse_onset"].values.astype(int)
    found = np.zeros((states.sizes["replicate"], len(groups), groups.n_steps, 2))
    first = 0
    for block in in_blocks_of_trials(states, ["position"]):
        position = real(block, "position")
        for row, trial in enumerate(range(first, first + len(position))):
            if group_of[trial] >= 0:
                own = position[row, :, onset[trial] : onset[trial] + 1 + groups.n_steps]
                moved = own[:, 1:] - own[:, :1]
                found[:, group_of[trial]] += moved @ frame_of(angle[trial]).T
        first += len(position)
    counts = np.array([len(it) for it in groups.rows])
    return found / counts[:, None, None]


def frame_of(angle: float) -> Float[np.ndarray, "2 2"]:
    """The matrix that takes a vector of the plane into its parts along a direction, and left."""
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
