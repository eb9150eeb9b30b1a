"""The panels of responses to impulses: paths above, profiles over time below."""

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
from steadyhand.figures.profile_traces import COMPONENTS, over_time, profile, title_of

PROFILES = {"velocity": "m/s", "force": "N"}
"""What is drawn over time, with its unit."""


def draw_panels(prepared: xr.Dataset) -> go.Figure:
    """All panels, from what `impulse_responses.prepare` makes."""
    titles = [
        "Path of the hand",
        *(f"{name.capitalize()}, {part}" for name in PROFILES for part in COMPONENTS),
    ]
    figure = make_subplots(
        rows=3,
        cols=2,
        specs=[[{"colspan": 2}, None], [{}, {}], [{}, {}]],
        row_heights=[0.44, 0.28, 0.28],
        subplot_titles=titles,
        vertical_spacing=0.09,
        horizontal_spacing=0.12,
    )
    looks = cues_of(prepared)
    groups = [prepared.isel(group=index) for index in range(prepared.sizes["group"])]
    for group, look in zip(groups, looks, strict=True):
        figure.add_trace(_curves(group, look), row=1, col=1)
    for group, look in zip(groups, looks, strict=True):
        figure.add_trace(_mean_path(group, look), row=1, col=1)
    figure.add_trace(_start(), row=1, col=1)
    for row, name in enumerate(PROFILES, start=2):
        for column, part in enumerate(COMPONENTS, start=1):
            for group, look in zip(groups, looks, strict=True):
                for trace in profile(group, look, name, part, PROFILES[name]):
                    figure.add_trace(trace, row=row, col=column)
            _over_time(figure, prepared, row, column, title_of(part, name, PROFILES[name]))
    figure.update_xaxes(title="parallel position [m]", row=1, col=1)
    figure.update_yaxes(
        title="lateral position, left positive [m]", scaleanchor="x", scaleratio=1, row=1, col=1
    )
    return figure.update_layout(legend=legend_of(prepared) | {"groupclick": "togglegroup"})


def _over_time(figure: go.Figure, prepared: xr.Dataset, row: int, column: int, title: str) -> None:
    onset, end = (1000 * float(prepared[it].values[0]) for it in ("onset", "end"))
    place = {"row": row, "col": column}
    figure.add_vrect(onset, end, fillcolor=style.FAINT, line_width=0, layer="below", **place)
    over_time(figure, title, **place)


def _curves(group: xr.Dataset, look: style.Cue) -> go.Scatter:
    times, curves = in_milliseconds(group["path_time"].values), int(group["curve_count"])
    return single_curves(
        Look(str(group["group"].values), look, "m"),
        group["path"].values[:curves, : len(times)],
        group["curve_replicate"].values[:curves],
        group["curve_trial"].values[:curves],
        times,
    )


def _mean_path(group: xr.Dataset, look: style.Cue) -> go.Scatter:
    times, count = in_milliseconds(group["path_time"].values), int(group["trial_count"])
    named = Look(str(group["group"].values), look, "m")
    return mean_curve(
        named, group["path_mean"].values[: len(times)], f"{count} trials", times, True
    )


def _start() -> go.Scatter:
    marker = {"size": 13, "color": style.INK, "symbol": "square-open", "line": {"width": 2}}
    return go.Scatter(
        x=[0],
        y=[0],
        mode="markers",
        name="at the onset",
        marker=marker,
        legendgroup="guides",
        hoverinfo="skip",
    )
