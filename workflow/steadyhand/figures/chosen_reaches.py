"""The reaches that a figure shows, turned to their own direction."""

import numpy as np
import xarray as xr

from steadyhand.errors import UserError
from steadyhand.figures import aligned_groups
from steadyhand.figures.source import Source

QUANTITIES = ("position", "velocity", "force")
SELECTED = {"field_amplitude": "field amplitude", "sisu": "SISU"}
"""What a condition of an evaluation is made of, and how it is called."""

_NEEDED = ("start", "goal", "field_amplitude", "replicate", "trial", "time", *QUANTITIES)


def chosen_reaches(
    figure_type: str, source: Source, selection: aligned_groups.Selection
) -> tuple[xr.Dataset, np.ndarray, np.ndarray]:
    """States of the chosen trials that are reaches, their distance [m] and direction [rad].

    A trial that starts on its goal is no reach; `UserError` if there is no other.
    """
    states = source.dataset("states", _NEEDED)
    asked = aligned_groups.chosen_trials(figure_type, source, states, selection)
    states = states.isel(trial=asked)
    vector = (states["goal"] - states["start"]).transpose("trial", "axis").values.astype(float)
    distance, direction = np.hypot(*vector.T), np.arctan2(vector[:, 1], vector[:, 0])
    reaches = np.flatnonzero(distance > 0)
    if not len(reaches):
        raise UserError(
            f"{figure_type}: model {source.model_id}: none of {len(asked)} trials is a reach: all "
            "start on their goal"
        )
    return states.isel(trial=reaches), distance[reaches], direction[reaches]


def turned_quantity(
    source: Source, states: xr.Dataset, quantity: str, direction: np.ndarray
) -> np.ndarray:
    """Parallel and lateral parts, axes `trial replicate time component`; positions from the start.

    Lateral is positive LEFT of start -> goal: x_lateral = d_x x_y - d_y x_x with d the unit vector
    to the goal.
    """
    vectors = states[quantity]
    if quantity == "position":
        vectors = vectors - states["start"]
    return aligned_groups.turned(source, quantity, vectors, direction)
