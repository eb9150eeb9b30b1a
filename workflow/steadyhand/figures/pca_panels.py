"""The panels of fixed points in principal components, and the key of goals."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from steadyhand.figures import style
from steadyhand.figures.pca_grid import PAIRS, Grid
from steadyhand.figures.pca_marks import (
    Lattice,
    Mark,
    colours_by_goal,
    is_by_context,
    lattices_of,
    legend_of,
    marks_of,
)


def draw_panels(prepared: xr.Dataset) -> go.Figure:
    """Panels of each replicate, one below the other; `prepared` by `fixed_points_pca.prepare`."""
    replicates = [prepared.isel(replicate=index) for index in range(prepared.sizes["replicate"])]
    grid = Grid(len(replicates))
    with_key = not is_by_context(prepared)
    titles = [_panel_title(it) for it in replicates]
    figure = grid.panels(titles, "Colour: goal" if with_key else None)
    lattices, marks = lattices_of(prepared), marks_of(prepared)
    for index, replicate in enumerate(replicates):
        top, column = grid.place(index)
        for row, pair in enumerate(PAIRS, start=top):
            place = {"row": row, "col": column}
            for lattice in lattices:
                figure.add_trace(_lines(replicate, pair, lattice), **place)
            for mark in marks:
                figure.add_trace(_points(replicate, pair, mark), **place)
            for axis in range(2):
                figure.add_trace(_arrow(replicate, pair, axis), **place)
            figure.update_xaxes(title=f"PC{pair[0]} [1]", nticks=5, **place)
            title = f"PC{pair[1]} [1]" if column == 1 else None
            figure.update_yaxes(title=title, nticks=7, tickformat=".3~g", **place)
    if with_key:
        _add_key(figure, prepared, grid.columns + 1)
    title, entries = legend_of(prepared)
    for entry in [*entries, *map(_arrow_entry, range(2))]:
        figure.add_trace(entry, row=1, col=1)
    return figure.update_layout(
        legend={
            "title": {"text": title},
            "x": grid.beside,
            "y": grid.below_key if with_key else 1,
            "itemsizing": "constant",
        }
    )


def _panel_title(replicate: xr.Dataset) -> str:
    """Its number, and how much of the variance the three components have."""
    kind = str(replicate["basis_kind"].values)
    below = "no point found"
    if kind != "none":
        percent = [f"{100 * float(share):.3g}" for share in replicate["variance_fraction"]]
        below = f"{', '.join(percent)} %{' (of all points)' if kind == 'all' else ''}"
    return f"Replicate {int(replicate['replicate'])}<br><span style='font-size:11px'>{below}</span>"


def _lines(replicate: xr.Dataset, pair: tuple[int, int], lattice: Lattice) -> go.Scatter:
    """Lines between neighbouring goals' points, as one line with gaps."""
    first = replicate["edge"].values[:, 0]
    own = replicate["point_replicate"].values[first] == int(replicate["replicate"])
    edges = replicate["edge"].values[own & lattice.chosen[first]]
    score = replicate["score"].sel(component=list(pair)).values[edges]
    line = np.concatenate([score, np.full((len(score), 1, 2), np.nan)], axis=1).reshape(-1, 2)
    return go.Scatter(
        x=line[:, 0],
        y=line[:, 1],
        mode="lines",
        line={"color": lattice.colour, "width": 1},
        hoverinfo="skip",
        legendgroup=lattice.group,
        showlegend=False,
    )


def _points(replicate: xr.Dataset, pair: tuple[int, int], mark: Mark) -> go.Scatter:
    """Points that look alike; customdata: goal, its place [m], residual, error bound."""
    number = int(replicate["replicate"])
    chosen = (replicate["point_replicate"].values == number) & mark.chosen
    goal = replicate["point_place"].values[chosen].astype(int)
    score = replicate["score"].sel(component=list(pair)).values[chosen]
    place = replicate["goal_position"].transpose("place", "axis").values[goal]
    numbers = [replicate[name].values[chosen] for name in ("residual", "error_bound")]
    return go.Scatter(
        x=score[:, 0],
        y=score[:, 1],
        customdata=np.column_stack([goal, place, *numbers]),
        mode="markers",
        name=mark.name,
        marker={
            "symbol": mark.symbol,
            "size": mark.size,
            "color": mark.colours[chosen].tolist(),
            "line": {"color": "white", "width": 0.8},
        },
        legendgroup=mark.group,
        showlegend=False,
        hovertemplate=f"replicate {number}, goal %{{customdata[0]}} at "
        f"(%{{customdata[1]:.3g}}, %{{customdata[2]:.3g}}) m<br>{mark.name}"
        "<br>residual %{customdata[3]:.2e}<br>error bound %{customdata[4]:.2e}<extra></extra>",
    )


_ARROWS = (("x", "solid"), ("y", "dot"))
_REACH = 0.45
"""Length of the longer of the two vectors, over the largest distance of a point from the middle."""


def _arrow(replicate: xr.Dataset, pair: tuple[int, int], axis: int) -> go.Scatter:
    """The weights of the readout of an axis, from the middle of the points."""
    number = int(replicate["replicate"])
    score = replicate["score"].values[replicate["point_replicate"].values == number]
    vectors = replicate["readout"].values
    longest = float(np.linalg.norm(vectors, axis=-1).max())
    reach = _REACH * float(np.linalg.norm(score, axis=-1).max(initial=0))
    end = np.zeros(2)
    if longest:
        seen = replicate["readout"].sel(component=list(pair)).values[axis]
        end = reach / longest * seen
    share = float(replicate["readout_share"].values[axis])
    return go.Scatter(
        x=[0, end[0]],
        y=[0, end[1]],
        showlegend=False,
        hovertemplate=f"replicate {number}, readout {_ARROWS[axis][0]}"
        f"<br>{100 * share:.3g} % of its length is in PC1 to PC3<extra></extra>",
        **_arrow_look(axis),
    )


def _arrow_entry(axis: int) -> go.Scatter:
    name, look = f"readout {_ARROWS[axis][0]}", _arrow_look(axis)
    return go.Scatter(x=[None], y=[None], name=name, **{**look, "mode": "lines"})


def _arrow_look(axis: int) -> dict[str, Any]:
    name, dash = _ARROWS[axis]
    return {
        "mode": "lines+markers",
        "line": {"color": style.INK, "width": 1.6, "dash": dash},
        "marker": {
            "color": style.INK,
            "symbol": ["circle", "arrow"],
            "size": [0, 9],
            "angleref": "previous",
        },
        "legendgroup": f"readout {name}",
    }


def _add_key(figure: go.Figure, prepared: xr.Dataset, column: int) -> None:
    """The goals at their places in the workspace, coloured as in the panels."""
    position = prepared["goal_position"].transpose("place", "axis").values
    key = go.Scatter(
        x=position[:, 0],
        y=position[:, 1],
        customdata=np.arange(len(position))[:, None],
        mode="markers",
        marker={"symbol": "square", "size": 12, "color": colours_by_goal(prepared).tolist()},
        showlegend=False,
        hovertemplate="goal %{customdata[0]} at (%{x:.3g}, %{y:.3g}) m<extra></extra>",
    )
    figure.add_trace(key, row=1, col=column)
    figure.update_xaxes(title="goal x [m]", nticks=4, row=1, col=column)
    anchor = figure.data[-1].xaxis
    figure.update_yaxes(
        title="goal y [m]", nticks=5, scaleanchor=anchor, constrain="domain", row=1, col=column
    )
    figure.update_xaxes(constrain="domain", row=1, col=column)
    figure.update_yaxes(constraintoward="top", row=1, col=column)
