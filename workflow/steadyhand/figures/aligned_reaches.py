"""Reaches turned to their own direction, by training condition or context: curves and means."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from steadyhand.errors import UserError
from steadyhand.figures import aligned_groups, style, wording
from steadyhand.figures.aligned_panels import draw_panels
from steadyhand.figures.source import Source

QUANTITIES = ("position", "velocity", "force")

_TYPE = "aligned_reaches"
_SELECTED = {"field_amplitude": "field amplitude", "sisu": "SISU"}
"""What a condition of an evaluation is made of, and how it is called."""
_NEEDED = ("start", "goal", "field_amplitude", "replicate", "trial", "time", *QUANTITIES)


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """Parallel and lateral components of every drawn reach, and means over all reaches.

    Parallel is along start -> goal; lateral is positive LEFT of it: x_lateral = d_x x_y - d_y x_x
    with d the unit vector to the goal. Positions are relative to the trial's start. Options:
    `field_amplitude` and `sisu` select trials (needed if the states hold several values); `color`
    is what groups are, "train" (models, the default) or "sisu" (contexts of one model);
    `max_curves`.

    Dims: group, curve, step, component ("parallel", "lateral"). Groups with fewer curves, steps or
    goal distances than others are padded at their ends with NaN; `curve_count`, `step_count`
    and `distance_count` say how far they reach. `UserError` if a selection is empty.
    """
    return aligned_groups.prepare(_TYPE, sources, _SELECTED, options, _group)


def draw(prepared: xr.Dataset, options: Mapping[str, Any]) -> go.Figure:
    """Three panels, parallel against lateral: position (equal aspect), velocity and force."""
    figure = draw_panels(prepared)
    title = options.get("title") or aligned_groups.title(
        "Reaches along their own direction", _SELECTED, prepared.attrs
    )
    shown = wording.numbers(sorted(set(prepared["curve_count"].values.tolist())))
    all_reaches = wording.numbers(sorted(set(prepared["reach_count"].values.tolist())))
    subtitle = f"Thin: {shown} single reaches per condition. Thick: mean of all {all_reaches}."
    return style.finish(figure, title, subtitle, (1000, 780), panel_titles=1)


def _group(
    source: Source, selection: Mapping[str, float | None], options: Mapping[str, Any]
) -> xr.Dataset:
    states = source.dataset("states", _NEEDED)
    asked = aligned_groups.chosen_trials(_TYPE, source, states, selection)
    chosen = _reaches(source, states, asked)
    states = states.isel(trial=chosen)
    reach = (states["goal"] - states["start"]).transpose("trial", "axis").values.astype(float)
    distance, direction = np.hypot(*reach.T), np.arctan2(reach[:, 1], reach[:, 0])
    curves, told = aligned_groups.drawn(states, options)
    distances = _distinct(distance)
    group = xr.Dataset(
        {
            "distance": ("goal", distances),
            "distance_count": len(distances),
            "time": ("step", states["time"].values.astype(float)),
            "step_count": states.sizes["time"],
            **told,
            "reach_count": len(chosen) * states.sizes["replicate"],
        }
    )
    for quantity in QUANTITIES:
        vectors = states[quantity]
        if quantity == "position":
            vectors = vectors - states["start"]
        turned = aligned_groups.turned(source, quantity, vectors, direction)
        group[quantity] = (("curve", "step", "component"), turned[curves])
        group[f"{quantity}_mean"] = (("step", "component"), turned.mean(axis=(0, 1)))
    return group


def _distinct(distances: np.ndarray) -> np.ndarray:
    """Increasing values; those that differ by rounding (the data are float32) are one."""
    ordered = np.sort(distances)
    new = np.diff(ordered, prepend=-np.inf) > 1e-5 * ordered[-1]
    return ordered[new]


def _reaches(source: Source, states: xr.Dataset, asked: np.ndarray) -> np.ndarray:
    """Of these trials the reaches: one that starts on its goal is none."""
    where = f"{_TYPE}: model {source.model_id}"
    distance = np.linalg.norm((states["goal"] - states["start"]).transpose("trial", "axis"), axis=1)
    if not (distance[asked] > 0).any():
        raise UserError(f"{where}: none of {len(asked)} trials is a reach: all start on their goal")
    return asked[distance[asked] > 0]
