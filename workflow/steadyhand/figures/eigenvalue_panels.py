"""The panels of eigenvalues in the complex plane, all with the same limits."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

from steadyhand.figures import style, wording
from steadyhand.figures.pca_marks import goal_colours

COLUMNS = {"replicate": 5, "sisu": 3, "field_amplitude": 3, "place": 3}  # at most
"""Panels side by side, by what colours mean: models are many, replicates are looked at closely."""
SVG_LIMIT = 20_000
"""Eigenvalues beyond which the browser draws them as one image (WebGL), not as elements."""

_WIDTH, _GAP, _ROW_GAP, _LEGEND = 1240, 58, 130, 110
"""Width of a figure, spaces between columns and rows, and room for the legend [px]."""
_LARGEST_SIDE = (460, 340)
"""Width of a panel at most, in one row and in several [px]."""
_ENTRY = 30
"""Height of an entry of the legend [px]."""


@dataclass(frozen=True)
class Drawn:
    """A figure without its title, its size, and the lines that its panels' titles have."""

    figure: go.Figure
    width: int
    height: int
    title_lines: int
    legend_room: int = _LEGEND


def draw_panels(prepared: xr.Dataset) -> Drawn:
    """A panel per group with the unit circle; colour and symbol by series."""
    count = prepared.sizes["group"]
    rows = -(-count // COLUMNS[prepared.attrs["color"]])
    columns = -(-count // rows)  # as many in every row, so that no row is nearly empty
    limits = _limits(prepared)
    titles = [_panel_title(prepared.isel(group=g)) for g in range(count)]
    side = min(_LARGEST_SIDE[rows > 1], (_WIDTH - _LEGEND - 70 - (columns - 1) * _GAP) // columns)
    panel = side * (limits[1][1] - limits[1][0]) / (limits[0][1] - limits[0][0])
    inside = (columns * side + (columns - 1) * _GAP, rows * panel + (rows - 1) * _ROW_GAP)
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=titles,
        horizontal_spacing=_GAP / inside[0],
        vertical_spacing=_ROW_GAP / inside[1],
    )
    kind_of_trace = go.Scattergl if prepared.sizes["eigenvalue"] > SVG_LIMIT else go.Scatter
    looks = _looks(prepared)
    for group in range(count):
        place = {"row": group // columns + 1, "col": group % columns + 1}
        figure.add_trace(unit_circle(), **place)
        for series, look in reversed(looks.items()):  # of contexts, the low ones spread least
            figure.add_trace(kind_of_trace(_trace(prepared, group, series, look)), **place)
        _dress(figure, place, limits, y_title=group % columns == 0)
    for series, look in looks.items() if prepared.attrs["color"] != "place" else ():
        figure.add_trace(_legend_entry(series, look), row=1, col=1)
    title = prepared.attrs["series_name"]
    figure.update_layout(legend={"title": {"text": title}, "itemsizing": "constant"})
    lines = 1 + max(text.count("<br>") for text in titles)
    # The legend has the height of the panels, without the margin below them.
    entries = 0 if prepared.attrs["color"] == "place" else len(looks) + 1
    height = 60 + max(round(inside[1]), _ENTRY * entries)
    return Drawn(figure, round(inside[0]) + 70 + _LEGEND, height, lines)


def _looks(prepared: xr.Dataset) -> dict[float, style.Cue]:
    """How each series looks, in every panel."""
    ordered = prepared.attrs["color"] != "replicate"
    series = np.unique(prepared["series"].values).tolist()
    if prepared.attrs["color"] == "place":
        colours = goal_colours(prepared["goal_position"].values)
        return {it: style.Cue(colours[int(it)], "solid", "circle") for it in series}
    looks = style.cues(len(series), ordered=ordered, along=style.CONTEXTS)
    return dict(zip(series, looks, strict=True))


def _trace(prepared: xr.Dataset, group: int, series: float, look: style.Cue) -> dict[str, Any]:
    """Eigenvalues of one series; customdata: goal, |λ|, angle [rad], frequency [Hz]."""
    chosen = (prepared["group_index"] == group) & (prepared["series"] == series)
    own = prepared.isel(eigenvalue=np.flatnonzero(chosen.values))
    label = wording.wrapped(prepared["group"].values[group], 50)
    columns = [own["goal"], own["magnitude"], own["angle"]]
    name = f"{prepared.attrs['series_name']} {wording.number(series)}"
    hover = (
        f"{label}<br>{name}, goal %{{customdata[0]}}"
        "<br>λ = %{x:.4f} + %{y:.4f} i"
        "<br>|λ| %{customdata[1]:.4f}, angle %{customdata[2]:.3f} rad"
    )
    if "frequency" in own:
        columns.append(own["frequency"])
        hover += "<br>frequency %{customdata[3]:.3g} Hz"
    return {
        "x": own["re"].values.astype("f4"),
        "y": own["im"].values.astype("f4"),
        "customdata": np.column_stack([column.values for column in columns]).astype("f4"),
        "mode": "markers",
        "name": name,
        "legendgroup": wording.number(series),
        "showlegend": False,
        "marker": {
            "color": look.colour,
            "symbol": f"{look.symbol}-open",
            "size": 4,
            "opacity": 0.5,
        },
        "hovertemplate": hover + "<extra></extra>",
    }


def _legend_entry(series: float, look: style.Cue) -> go.Scatter:
    marker = {"color": look.colour, "symbol": f"{look.symbol}-open", "size": 8}
    return go.Scatter(
        x=[None],
        y=[None],
        mode="markers",
        marker=marker,
        name=wording.number(series),
        legendgroup=wording.number(series),
    )


def unit_circle() -> go.Scatter:
    """Inside it, modes decay."""
    angle = np.linspace(0, 2 * np.pi, 181)
    return go.Scatter(
        x=np.cos(angle).astype("f4"),
        y=np.sin(angle).astype("f4"),
        mode="lines",
        name="unit circle",
        line={"color": style.INK, "dash": "dot", "width": 1},
        hoverinfo="skip",
        showlegend=False,
    )


def _dress(
    figure: go.Figure,
    place: dict[str, int],
    limits: tuple[list[float], list[float]],
    *,
    y_title: bool,
) -> None:
    """Axes through zero, equal aspect and the same limits in every panel."""
    figure.update_xaxes(
        title="real part [1]", range=limits[0], constrain="domain", nticks=5, **place
    )
    figure.update_yaxes(range=limits[1], scaleratio=1, constrain="domain", nticks=7, **place)
    axis = next(figure.select_yaxes(**place))
    axis.update(scaleanchor=axis.anchor, constraintoward="top")
    if y_title:
        axis.title.text = "imaginary part [1]"
    for line in (figure.add_hline, figure.add_vline):
        line(0, line={"color": style.FAINT, "width": 1}, layer="below", **place)


def _limits(prepared: xr.Dataset) -> tuple[list[float], list[float]]:
    """Limits that hold the unit circle and every eigenvalue, in x and symmetric in y."""
    low = float(prepared["re"].values.min(initial=-1.0))
    high = float(prepared["re"].values.max(initial=1.0))
    tall = float(np.abs(prepared["im"].values).max(initial=1.0))
    room = 0.06 * (high - low)
    return [low - room, high + room], [-tall - room, tall + room]


def _panel_title(group: xr.Dataset) -> str:
    stable, unstable = int(group["stable_count"]), int(group["unstable_count"])
    counts = f"{stable} stable, {unstable} unstable" if stable + unstable else "no fixed point"
    if other := int(group["other_count"]):
        counts += f"<br>{other} other point{'' if other == 1 else 's'} left out"
    return f"{wording.wrapped(group['group'].values, 34)}<br><sup>{counts}</sup>"
