"""Profiles over time of what is turned to a direction: means with bands, by group."""

from typing import Any

import plotly.graph_objects as go
import xarray as xr

from steadyhand.figures import style, wording
from steadyhand.figures.curve_traces import band, in_milliseconds

COMPONENTS = ("parallel", "lateral")


def title_of(part: str, name: str, unit: str) -> str:
    """Title of the axis of a profile."""
    left = ", left positive" if part == "lateral" else ""
    return f"{part} {name}{left} [{unit}]"


def over_time(figure: go.Figure, title: str, **place: Any) -> None:
    """Axes of a profile, with a line at 0."""
    figure.add_hline(0, line={"color": style.FAINT, "width": 1}, layer="below", **place)
    figure.update_xaxes(title="time [ms]", **place)
    figure.update_yaxes(title=title, **place)


def profile(
    group: xr.Dataset, look: style.Cue, name: str, part: str, unit: str, *, named: bool = False
) -> list[go.Scatter]:
    """Band of ± 1 SD, and the mean; `{name}_mean` and `{name}_sd` have steps and components."""
    steps, label = int(group["step_count"]), str(group["group"].values)
    mean, spread = (
        group[f"{name}_{it}"].sel(component=part).values[:steps] for it in ("mean", "sd")
    )
    times = in_milliseconds(group["time"].values[:steps])
    line = go.Scatter(
        x=times,
        y=style.single(mean),
        customdata=style.single(spread)[:, None],
        mode="lines",
        name=wording.wrapped(label, 26),
        line={"color": look.colour, "dash": look.dash, "width": 2},
        hovertemplate=f"{wording.wrapped(label, 50)}<br>time %{{x}} ms"
        f"<br>{part} {name} %{{y:.3g}} {unit}, SD %{{customdata[0]:.3g}}<extra></extra>",
        legendgroup=label,
        showlegend=named,
    )
    return [band(times, mean - spread, mean + spread, look.colour, label), line]
