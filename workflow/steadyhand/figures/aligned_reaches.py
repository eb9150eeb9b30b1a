"""Reaches turned to their own direction, by training condition or context: curves and means."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from steadyhand.figures import aligned_groups, style, wording
from steadyhand.figures.aligned_panels import draw_panels
from steadyhand.figures.chosen_reaches import (
    QUANTITIES,
    SELECTED,
    chosen_reaches,
    turned_quantity,
)
from steadyhand.figures.source import Source

_TYPE = "aligned_reaches"


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
    return aligned_groups.prepare(_TYPE, sources, SELECTED, options, _group)


def draw(prepared: xr.Dataset, options: Mapping[str, Any]) -> go.Figure:
    """Three panels, parallel against lateral: position (equal aspect), velocity and force."""
    figure = draw_panels(prepared)
    title = options.get("title") or aligned_groups.title(
        "Reaches along their own direction", SELECTED, prepared.attrs
    )
    shown = wording.counts(prepared["curve_count"].values)
    all_reaches = wording.counts(prepared["reach_count"].values)
    subtitle = f"Thin: {shown} single reaches per condition. Thick: mean of all {all_reaches}."
    return style.finish(figure, title, subtitle, (1000, 780), panel_titles=1)


def _group(
    source: Source, selection: Mapping[str, float | None], options: Mapping[str, Any]
) -> xr.Dataset:
    states, distance, direction = chosen_reaches(_TYPE, source, selection)
    curves, told = aligned_groups.drawn(states, options)
    distances = _distinct(distance)
    group = xr.Dataset(
        {
            "distance": ("goal", distances),
            "distance_count": len(distances),
            "time": ("step", states["time"].values.astype(float)),
            "step_count": states.sizes["time"],
            **told,
            "reach_count": states.sizes["trial"] * states.sizes["replicate"],
        }
    )
    for quantity in QUANTITIES:
        turned = turned_quantity(source, states, quantity, direction)
        group[quantity] = (("curve", "step", "component"), turned[curves])
        group[f"{quantity}_mean"] = (("step", "component"), turned.mean(axis=(0, 1)))
    return group


def _distinct(distances: np.ndarray) -> np.ndarray:
    """Increasing values; those that differ by rounding (the data are float32) are one."""
    ordered = np.sort(distances)
    new = np.diff(ordered, prepend=-np.inf) > 1e-5 * ordered[-1]
    return ordered[new]
