"""Violins of trials, points of networks, and means with their intervals."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

from steadyhand.figures import style, wording
from steadyhand.figures.replicates import offsets

_BESIDE = 14
"""Rooms of a panel that another one may stand beside, or that fit a narrow figure."""
_ROOM = 0.84
"""Share of the room of a place that its groups take up together."""
_WIDTH = 0.46
"""Half the width of a violin, of the room of a group."""
_POINTS = 0.5
"""Width over which networks are spread, of the room of a group."""


def draw_panels(prepared: xr.Dataset, title: str, about: str, axis: str, unit: str) -> go.Figure:
    """A figure with all panels; `about` is said below its title, before what the marks are."""
    panels, rooms = prepared.sizes["panel"], prepared.sizes["place"] * prepared.sizes["group"]
    columns = 1 if panels == 1 or rooms > _BESIDE else 2
    rows = -(-panels // columns)
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=[
            wording.wrapped(it, 120 // columns) for it in prepared["panel"].values if it
        ],
        shared_yaxes="all",
        vertical_spacing=0.3 / rows,
        horizontal_spacing=0.06,
    )
    for index in range(panels):
        place = {"row": index // columns + 1, "col": index % columns + 1}
        for trace in traces(prepared, unit, panel=index, named=index == 0):
            figure.add_trace(trace, **place)
        dress(figure, prepared, **place)
    named = wording.wrapped(f"{axis} [{unit}]", 60 if panels == 1 else 28)
    for row in range(rows):
        figure.update_yaxes(title=named, row=row + 1, col=1)
    figure.update_layout(legend={"title": {"text": prepared.attrs["group_title"]}})
    if not (prepared["replicate"] >= 0).any():
        style.say(figure, "No trial has such a number")
    width = 900 if columns == 1 and rooms <= _BESIDE else 1240
    size = (width, 500 if panels == 1 else 340 * rows)
    about = f"{about}. {words(prepared)}"
    return style.finish(figure, title, about, size, panel_titles=int(panels > 1))


def traces(
    prepared: xr.Dataset, unit: str, *, panel: int = 0, named: bool = True
) -> Iterator[go.Scatter]:
    """The traces of a panel of what `spread.prepare` makes, the means on top.

    All groups are in the legend, if `named`, also those that are in other panels only.
    """
    groups = [str(it) for it in prepared["group"].values]
    along = style.CONTEXTS if prepared.attrs["groups_are"] == "trials" else style.ORDERED
    looks = style.cues(len(groups), ordered=bool(prepared.attrs["ordered"]), along=along)
    room = _ROOM / len(groups)
    own = np.flatnonzero(prepared["panel_of"].values == panel)
    cells = [prepared.isel(cell=index) for index in own]
    placed = [(cell, _centre(cell, len(groups), room), int(cell["colour"])) for cell in cells]
    for cell, centre, group in placed:
        yield _violin(cell, centre, room, looks[group])
    for cell, centre, group in placed:
        yield _networks(prepared, cell, centre, room, looks[group], unit)
    for group, look in enumerate(looks):
        of_group = [(cell, centre) for cell, centre, of in placed if of == group]
        if of_group:
            yield _means(prepared, of_group, look, unit)
        if named and prepared.attrs["group_title"]:
            yield _key(groups[group], group, look)


def dress(figure: go.Figure, prepared: xr.Dataset, **place: Any) -> None:
    """Axes of a panel: places by their names, a line at 0 where there are values on both sides."""
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
        text = f"Violins: {prepared.attrs['of']} of all networks. {text}"
    if prepared.attrs["log"]:
        text += " Means are geometric."
    missing, count = (int(prepared[it].sum()) for it in ("missing", "count"))
    of = prepared.attrs["of"]
    return text + (f" In {missing} of {count} {of} there is no such number." if missing else "")


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
    prepared: xr.Dataset, cells: list[tuple[xr.Dataset, float]], look: style.Cue, unit: str
) -> go.Scatter:
    mean, low, high = (
        np.array([float(cell[it]) for cell, _ in cells]) for it in ("mean", "low", "high")
    )
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
        marker=_mark(look),
        showlegend=False,
        legendgroup=f"group {int(cells[0][0]['colour'])}",
        hovertemplate="%{hovertext}<br>mean of %{customdata[0]} networks (%{customdata[1]} "
        f"{prepared.attrs['of']})<br>%{{y:.4g}} {unit}%{{customdata[2]}}<extra></extra>",
    )


def _key(name: str, group: int, look: style.Cue) -> go.Scatter:
    """The entry of a group in the legend."""
    return go.Scatter(
        x=[None],
        y=[None],
        mode="markers",
        name=wording.wrapped(name, 26),
        marker=_mark(look),
        legendgroup=f"group {group}",
    )


def _mark(look: style.Cue) -> dict[str, Any]:
    line = {"color": style.INK, "width": 1.4}
    return {"color": look.colour, "symbol": look.symbol, "size": 9, "line": line}


def _name(prepared: xr.Dataset, cell: xr.Dataset) -> str:
    place = str(prepared["place"].values[int(cell["x"])])
    panel = wording.wrapped(prepared["panel"].values[int(cell["panel_of"])], 60)
    text = f"{panel}<br>" if panel else ""
    text += f"{prepared.attrs['place_title']}: {wording.plain(place)}"
    if prepared.attrs["group_title"]:
        group = str(prepared["group"].values[int(cell["colour"])])
        text += f"<br>{prepared.attrs['group_title']}: {wording.plain(group)}"
    return text
