"""The panels of aligned reaches: one trace of single curves and one mean per condition."""

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

from steadyhand.figures import style
from steadyhand.figures.curve_traces import (
    Look,
    cues_of,
    in_milliseconds,
    legend_of,
    mean_curve,
    single_curves,
)

_PANELS = {"position": ("m", 1, 1), "velocity": ("m/s", 2, 1), "force": ("N", 2, 2)}


def draw_panels(prepared: xr.Dataset) -> go.Figure:
    """Position above, velocity and force below, from what `aligned_reaches.prepare` makes."""
    figure = make_subplots(
        rows=2,
        cols=2,
        specs=[[{"colspan": 2}, None], [{}, {}]],
        subplot_titles=[name.capitalize() for name in _PANELS],
        vertical_spacing=0.16,
        horizontal_spacing=0.12,
    )
    looks = cues_of(prepared)
    for quantity, (unit, row, column) in _PANELS.items():
        place = {"row": row, "col": column}
        for index in range(prepared.sizes["group"]):
            figure.add_trace(_curves(prepared.isel(group=index), quantity, looks[index]), **place)
        for index in range(prepared.sizes["group"]):
            figure.add_trace(_mean(prepared.isel(group=index), quantity, looks[index]), **place)
        figure.update_xaxes(title=f"parallel {quantity} [{unit}]", **place)
        figure.update_yaxes(title=f"lateral {quantity}, left positive [{unit}]", **place)
    for trace in _guides(np.unique(prepared["distance"].values)):
        figure.add_trace(trace, row=1, col=1)
    for row, column in ((1, 1), (2, 1), (2, 2)):
        figure.add_hline(
            0, line={"color": style.FAINT, "width": 1}, layer="below", row=row, col=column
        )
    for quantity, (_, row, column) in _PANELS.items():  # lines would touch the frame
        figure.update_xaxes(range=_limits(prepared, quantity), row=row, col=column)
    figure.update_yaxes(scaleanchor="x", scaleratio=1, row=1, col=1)
    return figure.update_layout(legend=legend_of(prepared) | {"groupclick": "togglegroup"})


def _curves(group: xr.Dataset, quantity: str, look: style.Cue) -> go.Scatter:
    curves, steps = int(group["curve_count"]), int(group["step_count"])
    return single_curves(
        Look(str(group["group"].values), look, _PANELS[quantity][0]),
        group[quantity].values[:curves, :steps],
        group["curve_replicate"].values[:curves],
        group["curve_trial"].values[:curves],
        in_milliseconds(group["time"].values[:steps]),
    )


def _mean(group: xr.Dataset, quantity: str, look: style.Cue) -> go.Scatter:
    steps, count = int(group["step_count"]), int(group["reach_count"])
    return mean_curve(
        Look(str(group["group"].values), look, _PANELS[quantity][0]),
        group[f"{quantity}_mean"].values[:steps],
        f"{count} reaches",
        in_milliseconds(group["time"].values[:steps]),
        showlegend=quantity == "position",
    )


def _limits(prepared: xr.Dataset, quantity: str) -> list[float]:
    """Of the horizontal axis: what is drawn, and some room."""
    drawn = [prepared[name].sel(component="parallel") for name in (quantity, f"{quantity}_mean")]
    if quantity == "position":
        drawn += [prepared["distance"], xr.zeros_like(prepared["distance"])]  # goal and start
    values = np.concatenate([it.values.ravel() for it in drawn])
    low, high = np.nanmin(values), np.nanmax(values)
    room = 0.05 * (high - low) or 0.5
    return [float(low - room), float(high + room)]


def _guides(distances: np.ndarray) -> list[go.Scatter]:
    """Start, goal and the straight line between them, from the distances in the data [m]."""
    distances = distances[np.isfinite(distances)]
    marker = {"size": 13, "color": style.INK, "line": {"width": 2}}
    shared = {"legendgroup": "guides", "hoverinfo": "skip"}
    zeros = np.zeros(len(distances))
    return [
        go.Scatter(
            x=[0, distances.max()],
            y=[0, 0],
            mode="lines",
            name="straight line",
            line={"color": style.INK, "dash": "dot", "width": 1.2},
            **shared,
        ),
        go.Scatter(
            x=[0],
            y=[0],
            mode="markers",
            name="start",
            marker=marker | {"symbol": "square-open"},
            **shared,
        ),
        go.Scatter(
            x=distances,
            y=zeros,
            mode="markers",
            name="goal",
            marker=marker | {"symbol": "circle-open"},
            **shared,
        ),
    ]
