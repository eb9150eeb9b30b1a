"""The panels of fixed points in principal components, and the key of goals."""

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

from steadyhand.figures import style

_SYMBOLS = {
    "fixed": ("circle", "fixed"),
    "marginal": ("diamond", "marginal"),
    "slow": ("triangle-up", "slow"),
    "not_converged": ("x", "not converged"),
}
_KEY_WIDTH = 0.75
"""Width of the key's column, relative to a panel's."""


def draw_panels(prepared: xr.Dataset) -> go.Figure:
    """A column per replicate; `prepared` as `fixed_points_pca.prepare` makes it."""
    count = prepared.sizes["replicate"]
    figure = make_subplots(
        rows=2,
        cols=count + 1,
        column_widths=[1.0] * count + [_KEY_WIDTH],
        specs=[[{}] * (count + 1), [{}] * count + [None]],
        subplot_titles=[*map(_panel_title, _per_replicate(prepared)), "Colour: goal"],
        horizontal_spacing=0.3 / (count + 1.5),
        vertical_spacing=0.14,
    )
    colours = np.array(goal_colours(prepared["goal_position"].transpose("goal", "axis").values))
    for index in range(count):
        for row, component in ((1, 2), (2, 3)):
            place = {"row": row, "col": index + 1}
            replicate = prepared.isel(replicate=index)
            figure.add_trace(_lattice(replicate, component), **place)
            for kind in _SYMBOLS:
                if (prepared["kind"] == kind).any():
                    figure.add_trace(_points(replicate, component, kind, colours), **place)
            figure.update_xaxes(title=_axis_title(replicate, 1), nticks=6, **place)
            figure.update_yaxes(
                title=_axis_title(replicate, component), nticks=7, tickformat=".3~g", **place
            )
    _add_key(figure, prepared, colours, count + 1)
    _add_kinds(figure, prepared)
    key = figure.layout[f"xaxis{count + 1}"]
    return figure.update_layout(
        legend={
            "title": {"text": "Symbol: kind of point"},
            "x": key.domain[0],
            "y": 0.36,
            "itemsizing": "constant",
        }
    )


def goal_colours(position: np.ndarray) -> list[str]:
    """Colours of goals (goal, axis) by their place between the outermost goals."""
    low, high = position.min(axis=0), position.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    place = np.where(high > low, (position - low) / span, 0.5)
    return [style.two_dimensional_colour(float(x), float(y)) for x, y in place]


def _per_replicate(prepared: xr.Dataset) -> list[xr.Dataset]:
    return [prepared.isel(replicate=index) for index in range(prepared.sizes["replicate"])]


def _panel_title(replicate: xr.Dataset) -> str:
    notes = {"none": "<br>no point found", "all": "<br>basis: all points", "fixed": ""}
    return f"Replicate {int(replicate['replicate'])}{notes[str(replicate['basis_kind'].values)]}"


def _axis_title(replicate: xr.Dataset, component: int) -> str:
    if replicate["basis_kind"] == "none":
        return f"PC{component} [1]"
    fraction = float(replicate["variance_fraction"].sel(component=component))
    return f"PC{component} [1], {100 * fraction:.3g} %"


def _lattice(replicate: xr.Dataset, component: int) -> go.Scatter:
    """Lines between neighbouring goals' points, as one line with gaps."""
    edges = replicate["edge"].values
    own = replicate["point_replicate"].values[edges[:, 0]] == int(replicate["replicate"])
    score = replicate["score"].sel(component=[1, component]).values[edges[own]]
    line = np.concatenate([score, np.full((len(score), 1, 2), np.nan)], axis=1).reshape(-1, 2)
    return go.Scatter(
        x=line[:, 0],
        y=line[:, 1],
        mode="lines",
        line={"color": "#b0b0b0", "width": 1},
        hoverinfo="skip",
        showlegend=False,
    )


def _points(replicate: xr.Dataset, component: int, kind: str, colours: np.ndarray) -> go.Scatter:
    """One kind of point; customdata: goal, its place [m], residual, error bound."""
    number = int(replicate["replicate"])
    chosen = (replicate["point_replicate"].values == number) & (replicate["kind"].values == kind)
    goal = replicate["point_goal"].values[chosen].astype(int)
    score = replicate["score"].sel(component=[1, component]).values[chosen]
    place = replicate["goal_position"].transpose("goal", "axis").values[goal]
    numbers = [replicate[name].values[chosen] for name in ("residual", "error_bound")]
    symbol, name = _SYMBOLS[kind]
    return go.Scatter(
        x=score[:, 0],
        y=score[:, 1],
        customdata=np.column_stack([goal, place, *numbers]),
        mode="markers",
        name=name,
        marker={
            "symbol": symbol,
            "size": 9,
            "color": colours[goal].tolist(),
            "line": {"color": "white", "width": 0.8},
        },
        legendgroup=kind,
        showlegend=False,
        hovertemplate=f"replicate {number}, goal %{{customdata[0]}} at "
        f"(%{{customdata[1]:.3g}}, %{{customdata[2]:.3g}}) m<br>{name}"
        "<br>residual %{customdata[3]:.2e}<br>error bound %{customdata[4]:.2e}<extra></extra>",
    )


def _add_key(figure: go.Figure, prepared: xr.Dataset, colours: np.ndarray, column: int) -> None:
    """The goals at their places in the workspace, coloured as in the panels."""
    position = prepared["goal_position"].transpose("goal", "axis").values
    key = go.Scatter(
        x=position[:, 0],
        y=position[:, 1],
        customdata=np.arange(len(position))[:, None],
        mode="markers",
        marker={"symbol": "square", "size": 12, "color": colours.tolist()},
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


def _add_kinds(figure: go.Figure, prepared: xr.Dataset) -> None:
    """Entries of the legend: colour means the goal, so kinds are shown without it."""
    for kind, (symbol, name) in _SYMBOLS.items():
        count = int((prepared["kind"] == kind).sum())
        if count:
            marker = {"symbol": symbol, "size": 9, "color": "#555555"}
            figure.add_trace(
                go.Scatter(
                    x=[None],
                    y=[None],
                    mode="markers",
                    marker=marker,
                    name=f"{name} ({count})",
                    legendgroup=kind,
                ),
                row=1,
                col=1,
            )
