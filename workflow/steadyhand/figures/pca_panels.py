"""The panels of fixed points in principal components, and the key of goals."""

from dataclasses import dataclass

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
_COLUMNS = 5
"""Replicates side by side; more of them stand in further bands below."""
# Lengths in pixels. A figure is at most as wide as a window of 1280 shows it whole.
_WIDEST, _LEFT, _RIGHT, _BOTTOM = 1240, 70, 40, 60
_PANEL_WIDTH, _PANEL_HEIGHT, _KEY = 280, 215, 130
_GAP, _BETWEEN = 60, 92  # beside a panel, and below it, where titles have to stand


@dataclass(frozen=True)
class _Grid:
    """Places of the panels of `count` replicates: bands of two rows, and the key at the right."""

    count: int

    @property
    def columns(self) -> int:
        return min(self.count, _COLUMNS)

    @property
    def rows(self) -> int:
        return 2 * -(-self.count // _COLUMNS)

    @property
    def panel_width(self) -> int:
        room = _WIDEST - _LEFT - _RIGHT - _KEY - self.columns * _GAP
        return min(_PANEL_WIDTH, room // self.columns)

    @property
    def width(self) -> int:
        return self.columns * (self.panel_width + _GAP) + _KEY

    @property
    def height(self) -> int:
        return self.rows * (_PANEL_HEIGHT + _BETWEEN) - _BETWEEN

    def place(self, index: int) -> tuple[int, int]:
        """Upper row and column, from 1, of the panels of the replicate at `index`."""
        band, column = divmod(index, self.columns)
        return 2 * band + 1, column + 1

    def panels(self, titles: list[str], key_title: str) -> go.Figure:
        """Empty panels for `titles`, one for each replicate, and for the key."""
        used = {self.place(index): title for index, title in enumerate(titles)}
        used |= {(1, self.columns + 1): key_title}
        lower = {(row + 1, column): "" for row, column in used if column <= self.columns}
        every = [
            [used.get((row, column), lower.get((row, column))) for column in self._column_numbers]
            for row in range(1, self.rows + 1)
        ]
        return make_subplots(
            rows=self.rows,
            cols=self.columns + 1,
            column_widths=[self.panel_width] * self.columns + [_KEY],
            specs=[[None if title is None else {} for title in row] for row in every],
            subplot_titles=[title for row in every for title in row if title is not None],
            horizontal_spacing=_GAP / self.width,
            vertical_spacing=_BETWEEN / self.height,
        )

    @property
    def _column_numbers(self) -> range:
        return range(1, self.columns + 2)


def size_of(replicates: int) -> tuple[int, int]:
    """Width, and height below the title [px], of a figure of so many replicates."""
    grid = _Grid(replicates)
    return grid.width + _LEFT + _RIGHT, grid.height + _BOTTOM


def draw_panels(prepared: xr.Dataset) -> go.Figure:
    """Two panels per replicate, one below the other; `prepared` by `fixed_points_pca.prepare`."""
    replicates = [prepared.isel(replicate=index) for index in range(prepared.sizes["replicate"])]
    grid = _Grid(len(replicates))
    figure = grid.panels([_panel_title(it) for it in replicates], "Colour: goal")
    colours = np.array(goal_colours(prepared["goal_position"].transpose("goal", "axis").values))
    for index, replicate in enumerate(replicates):
        top, column = grid.place(index)
        for row, component in ((top, 2), (top + 1, 3)):
            place = {"row": row, "col": column}
            figure.add_trace(_lattice(replicate, component), **place)
            for kind in _SYMBOLS:
                if (prepared["kind"] == kind).any():
                    figure.add_trace(_points(replicate, component, kind, colours), **place)
            figure.update_xaxes(title="PC1 [1]" if component == 3 else None, nticks=5, **place)
            title = f"PC{component} [1]" if column == 1 else None
            figure.update_yaxes(title=title, nticks=7, tickformat=".3~g", **place)
    _add_key(figure, prepared, colours, grid.columns + 1)
    _add_kinds(figure, prepared)
    return figure.update_layout(
        legend={
            "title": {"text": "Symbol: kind of point"},
            "x": 1 - _KEY / grid.width,
            "y": 1 - (_PANEL_HEIGHT + _BETWEEN) / grid.height,
            "itemsizing": "constant",
        }
    )


def goal_colours(position: np.ndarray) -> list[str]:
    """Colours of goals (goal, axis) by their place between the outermost goals."""
    low, high = position.min(axis=0), position.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    place = np.where(high > low, (position - low) / span, 0.5)
    return [style.two_dimensional_colour(float(x), float(y)) for x, y in place]


def _panel_title(replicate: xr.Dataset) -> str:
    """Its number, and how much of the variance the three components have."""
    kind = str(replicate["basis_kind"].values)
    below = "no point found"
    if kind != "none":
        percent = [f"{100 * float(share):.3g}" for share in replicate["variance_fraction"]]
        below = f"{', '.join(percent)} %{' (of all points)' if kind == 'all' else ''}"
    return f"Replicate {int(replicate['replicate'])}<br><span style='font-size:11px'>{below}</span>"


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
