"""Violins of trials, points of networks, and means with their intervals."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from steadyhand.figures import style, wording
from steadyhand.figures.replicates import offsets

_ROOM = 0.84
"""Share of the room of a place that its groups take up together."""
_WIDTH = 0.46
"""Half the width of a violin, of the room of a group."""
_POINTS = 0.5
"""Width over which networks are spread, of the room of a group."""


def draw_panel(prepared: xr.Dataset, title: str, about: str, axis: str, unit: str) -> go.Figure:
    """A figure of one panel; `about` is said below its title, before what the marks are."""
    figure = go.Figure(list(traces(prepared, unit)))
    dress(figure, prepared, f"{axis} [{unit}]")
    figure.update_layout(legend={"title": {"text": prepared.attrs["group_title"]}})
    if not (prepared["replicate"] >= 0).any():
        style.say(figure, "No trial has such a number")
    rooms = prepared.sizes["place"] * prepared.sizes["group"]
    size = (900 if rooms <= 12 else 1240, 500)
    return style.finish(figure, title, f"{about}. {words(prepared)}", size)


def traces(prepared: xr.Dataset, unit: str, *, named: bool = True) -> Iterator[go.Scatter]:
    """All traces of what `spread.prepare` makes; the means on top."""
    groups = [str(it) for it in prepared["group"].values]
    along = style.CONTEXTS if prepared.attrs["groups_are"] == "trials" else style.ORDERED
    looks = style.cues(len(groups), ordered=bool(prepared.attrs["ordered"]), along=along)
    room = _ROOM / len(groups)
    cells = [prepared.isel(cell=index) for index in range(prepared.sizes["cell"])]
    placed = [(cell, _centre(cell, len(groups), room), int(cell["colour"])) for cell in cells]
    for cell, centre, group in placed:
        yield _violin(cell, centre, room, looks[group])
    for cell, centre, group in placed:
        yield _networks(prepared, cell, centre, room, looks[group], unit)
    for group, look in enumerate(looks):
        own = [(cell, centre) for cell, centre, of in placed if of == group]
        if own:
            yield _means(prepared, own, look, unit, named)


def dress(figure: go.Figure, prepared: xr.Dataset, title: str, **place: Any) -> None:
    """Axes: places by their names, a line at 0 where there are values on both sides."""
    names = [wording.wrapped(it, 24) for it in prepared["place"].values]
    figure.update_xaxes(
        title=prepared.attrs["place_title"],
        tickvals=list(range(len(names))),
        ticktext=names,
        range=[-0.5, len(names) - 0.5],
        showgrid=False,
        **place,
    )
    shown = ("level_value", "network_mean", "low", "high")
    values = np.concatenate([prepared[it].values.ravel() for it in shown])
    values = values[np.isfinite(values)]
    figure.update_yaxes(title=title, **place)
    if prepared.attrs["log"]:
        figure.update_yaxes(**style.log_ticks(values), **place)
    elif len(values) and values.min() < 0 < values.max():
        line = {"color": style.INK, "width": 1}
        figure.add_hline(0, line=line, opacity=0.4, layer="below", **place)
    elif len(values) and 0 <= values.min() < values.max() / 2:
        figure.update_yaxes(rangemode="tozero", **place)
    for edge in range(1, len(names)):
        line = {"color": style.FAINT, "width": 1}
        figure.add_vline(edge - 0.5, line=line, layer="below", **place)


def words(prepared: xr.Dataset) -> str:
    """What the marks are, and how many trials have no number."""
    text = "Points: means of networks. Marks: mean over networks with its 95 % interval."
    if np.isfinite(prepared["density"]).any():
        text = f"Violins: trials of all networks. {text}"
    if prepared.attrs["log"]:
        text += " Means are geometric."
    missing, count = (int(prepared[it].sum()) for it in ("missing", "count"))
    return text + (f" In {missing} of {count} trials there is no such number." if missing else "")


def _centre(cell: xr.Dataset, groups: int, room: float) -> float:
    return float(cell["x"]) + room * (int(cell["colour"]) - (groups - 1) / 2)


def _violin(cell: xr.Dataset, centre: float, room: float, look: style.Cue) -> go.Scatter:
    known = np.isfinite(cell["density"].values)
    half = _WIDTH * room * cell["density"].values[known]
    level = cell["level_value"].values[known]
    return go.Scatter(
        x=style.single(np.concatenate([centre - half, (centre + half)[::-1]])),
        y=style.single(np.concatenate([level, level[::-1]])),
        mode="lines",
        fill="toself",
        fillcolor=style.faded(look.colour, 0.22),
        line={"color": look.colour, "width": 0.8},
        hoverinfo="skip",
        showlegend=False,
        legendgroup=f"group {int(cell['colour'])}",
    )


def _networks(
    prepared: xr.Dataset, cell: xr.Dataset, centre: float, room: float, look: style.Cue, unit: str
) -> go.Scatter:
    there = cell["replicate"].values >= 0
    numbers = cell["replicate"].values[there]
    return go.Scatter(
        x=style.single(centre + _POINTS * room * offsets(numbers)),
        y=style.single(cell["network_mean"].values[there]),
        customdata=numbers,
        hovertext=[_name(prepared, cell)] * len(numbers),
        mode="markers",
        marker={"color": look.colour, "symbol": look.symbol, "size": 5},
        opacity=0.75,
        showlegend=False,
        legendgroup=f"group {int(cell['colour'])}",
        hovertemplate=f"%{{hovertext}}<br>replicate %{{customdata}}"
        f"<br>mean %{{y:.4g}} {unit}<extra></extra>",
    )


def _means(
    prepared: xr.Dataset,
    cells: list[tuple[xr.Dataset, float]],
    look: style.Cue,
    unit: str,
    named: bool,
) -> go.Scatter:
    mean, low, high = (
        np.array([float(cell[it]) for cell, _ in cells]) for it in ("mean", "low", "high")
    )
    name = str(prepared["group"].values[int(cells[0][0]["colour"])])
    told = [
        (
            int((cell["replicate"] >= 0).sum()),
            int(cell["count"] - cell["missing"]),
            f"<br>95 % interval {a:.4g} to {b:.4g} {unit}" if np.isfinite(a) else "",
        )
        for (cell, _), a, b in zip(cells, low, high, strict=True)
    ]
    return go.Scatter(
        x=style.single(np.array([centre for _, centre in cells])),
        y=style.single(mean),
        error_y={
            "array": style.single(np.nan_to_num(high - mean)),
            "arrayminus": style.single(np.nan_to_num(mean - low)),
            "color": style.INK,
            "thickness": 1.6,
            "width": 4,
        },
        customdata=told,
        hovertext=[_name(prepared, cell) for cell, _ in cells],
        mode="markers",
        name=wording.wrapped(name, 26),
        marker={
            "color": look.colour,
            "symbol": look.symbol,
            "size": 10,
            "line": {"color": style.INK, "width": 1.4},
        },
        showlegend=named and bool(prepared.attrs["group_title"]),
        legendgroup=f"group {int(cells[0][0]['colour'])}",
        hovertemplate="%{hovertext}<br>mean of %{customdata[0]} networks (%{customdata[1]} trials)"
        f"<br>%{{y:.4g}} {unit}%{{customdata[2]}}<extra></extra>",
    )


def _name(prepared: xr.Dataset, cell: xr.Dataset) -> str:
    place = str(prepared["place"].values[int(cell["x"])])
    text = f"{prepared.attrs['place_title']}: {wording.plain(place)}"
    if prepared.attrs["group_title"]:
        group = str(prepared["group"].values[int(cell["colour"])])
        text += f"<br>{prepared.attrs['group_title']}: {wording.plain(group)}"
    return text
