"""Profiles over time of reaches turned to their own direction, by training condition or context."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

from steadyhand.figures import aligned_groups, style, wording
from steadyhand.figures.chosen_reaches import (
    QUANTITIES,
    SELECTED,
    chosen_reaches,
    turned_quantity,
)
from steadyhand.figures.curve_traces import cues_of, legend_of
from steadyhand.figures.profile_traces import COMPONENTS, over_time, profile, title_of
from steadyhand.figures.source import Source

_TYPE = "reach_profiles"
_UNITS = dict(zip(QUANTITIES, ("m", "m/s", "N"), strict=True))


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """Mean and SD of position (from the start), velocity and force over trials and replicates.

    Parts and options are those of `aligned_reaches`. Dims: group, step, component ("parallel",
    "lateral"). Groups with fewer steps are padded with NaN; `step_count` says how far they reach.
    """
    return aligned_groups.prepare(_TYPE, sources, SELECTED, options, _group)


def draw(prepared: xr.Dataset, options: Mapping[str, Any]) -> go.Figure:
    """A row for each quantity, a column for each part."""
    figure = make_subplots(
        rows=len(QUANTITIES),
        cols=len(COMPONENTS),
        subplot_titles=[f"{name.capitalize()}, {it}" for name in QUANTITIES for it in COMPONENTS],
        vertical_spacing=0.1,
        horizontal_spacing=0.12,
    )
    groups = [prepared.isel(group=index) for index in range(prepared.sizes["group"])]
    for row, name in enumerate(QUANTITIES, start=1):
        for column, part in enumerate(COMPONENTS, start=1):
            place = {"row": row, "col": column}
            for group, look in zip(groups, cues_of(prepared), strict=True):
                named = row == column == 1
                for trace in profile(group, look, name, part, _UNITS[name], named=named):
                    figure.add_trace(trace, **place)
            over_time(figure, title_of(part, name, _UNITS[name]), **place)
    figure.update_layout(legend=legend_of(prepared))
    words = aligned_groups.title("Reaches over time", SELECTED, prepared.attrs)
    counts = wording.counts(prepared["reach_count"].values)
    subtitle = f"Along and across each reach: mean over {counts} reaches; bands: ± 1 SD."
    return style.finish(figure, words, subtitle, (1000, 900), panel_titles=1)


def _group(
    source: Source, selection: Mapping[str, float | None], options: Mapping[str, Any]
) -> xr.Dataset:
    states, _, direction = chosen_reaches(_TYPE, source, selection)
    group = xr.Dataset(
        {
            "time": ("step", states["time"].values.astype(float)),
            "step_count": states.sizes["time"],
            "reach_count": states.sizes["trial"] * states.sizes["replicate"],
        }
    )
    for name in QUANTITIES:
        turned = turned_quantity(source, states, name, direction)
        group[f"{name}_mean"] = (("step", "component"), turned.mean(axis=(0, 1)))
        group[f"{name}_sd"] = (("step", "component"), turned.std(axis=(0, 1)))
    return group
