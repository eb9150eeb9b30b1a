"""Panels of the figure of modes: paths of the hand by condition, and numbers of all replicates."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

from steadyhand.described_conditions import SENSED
from steadyhand.figures import style, wording

PATHS = 1060
"""Height of the panels [px]."""
MOST = 4
"""Conditions whose paths have a panel."""
_COLUMNS = 12
_LOOKS = ((1.6, "#56b4e9"), (2.6, "#0072b2"))
"""Width and colour of responses in trials, to the smallest and to the largest impulse."""
_PREDICTED = {"color": style.INK, "dash": "dot", "width": 1.8}
_MODES = ("#d55e00", "#009e73", "#cc79a7", "#e69f00")


def panels(prepared: xr.Dataset) -> tuple[go.Figure, list[int]]:
    """An empty figure, and the conditions whose paths it shows: all, or some in even steps."""
    count = prepared.sizes["group"]
    most = min(count, MOST)
    shown = [round(it) for it in np.linspace(0, count - 1, most)] if count else []
    wide = _COLUMNS // max(most, 1)
    row = [{"colspan": wide} if at % wide == 0 else None for at in range(_COLUMNS)]
    numbers = [{"colspan": 4} if at % 4 == 0 else None for at in range(_COLUMNS)]
    labels = [
        f"{prepared['group'].values[it]} (replicate {prepared['example'].values[it]})"
        for it in shown
    ]
    figure = make_subplots(
        rows=3,
        cols=_COLUMNS,
        specs=[row, row, numbers],
        subplot_titles=[*labels, *[""] * most, *_NUMBERS] if count else ["", "", *_NUMBERS],
        horizontal_spacing=0.05,
        vertical_spacing=0.09,
    )
    return figure, shown


_NUMBERS = ("Error of the prediction", "What modes leave over", "The mode that tells most")


def add_paths(figure: go.Figure, prepared: xr.Dataset, shown: Sequence[int]) -> None:
    """Both rows of paths, of these conditions."""
    wide = _COLUMNS // max(len(shown), 1)
    unit = wording.unit({"position": "1", "velocity": "s"}[prepared.attrs["channel"]])
    for panel, group in enumerate(shown):
        one, column = prepared.isel(group=group), 1 + panel * wide
        for trace in _responses(one, named=panel == 0):
            figure.add_trace(trace, row=1, col=column)
        for trace in _modes(one, named=panel == 0):
            figure.add_trace(trace, row=2, col=column)
        seen = [one["evaluated"].values, one["predicted"].values], [one["predicted"].values]
        seen[1].append(one["mode_path"].values)
        for row, paths in enumerate(seen, start=1):
            x, y = (_range([it[..., axis] for it in paths]) for axis in (0, 1))
            at = {"row": row, "col": column}
            figure.update_xaxes(title=f"parallel [{unit}]", range=x, **at)
            anchor = figure.get_subplot(row, column).xaxis.plotly_name.replace("axis", "")
            figure.update_yaxes(scaleanchor=anchor, range=y, **at)
            if not panel:
                figure.update_yaxes(title=f"lateral [{unit}]", row=row, col=column)


def _range(values: Sequence[np.ndarray]) -> list[float]:
    """Of an axis that shows all of these with a margin: lines alone would touch the border."""
    low, high = (float(of([of(it) for it in values])) for of in (np.min, np.max))
    margin = 0.07 * (high - low) or 1.0
    return [low - margin, high + margin]


def _responses(one: xr.Dataset, *, named: bool) -> list[go.Scatter]:
    unit = wording.unit(SENSED[one.attrs["channel"]])
    traces = []
    looks = list(enumerate(_LOOKS[-one.sizes["shown"] :]))
    for index, (width, colour) in reversed(looks):
        length = wording.number(float(one["shown"].values[index]))
        label = f"trials, {length} {unit}"
        line = {"color": colour, "width": width}
        traces.append(_path(one["evaluated"].values[index], one, label, line, named))
    return [*traces, _path(one["predicted"].values, one, "linearization", _PREDICTED, named)]


def _modes(one: xr.Dataset, *, named: bool) -> list[go.Scatter]:
    """The linear response, and its first modes; what they are is told where they begin."""
    traces = [_path(one["predicted"].values, one, "linearization", _PREDICTED, False)]
    for rank in range(one.sizes["drawn"]):
        told = _told(one, rank)
        line = {"color": _MODES[rank], "width": 1.8}
        path = one["mode_path"].values[rank]
        traces.append(_path(path, one, f"mode {rank + 1}", line, named, told))
    return traces


def _told(one: xr.Dataset, rank: int) -> str:
    value = complex(
        one["drawn_eigenvalue_re"].values[rank], one["drawn_eigenvalue_im"].values[rank]
    )
    frequency, damping = (
        float(one[f"drawn_{it}"].values[rank]) for it in ("frequency", "damping_ratio")
    )
    if not value.imag:
        return f"|λ| = {abs(value):.3g}, no oscillation"
    return f"{frequency:.2f} Hz, damping {damping:.2f}, |λ| = {abs(value):.3g}"


def _path(
    path: np.ndarray,
    one: xr.Dataset,
    label: str,
    line: dict[str, Any],
    named: bool,
    told: str = "",
) -> go.Scatter:
    milliseconds = np.rint(1000 * one["time"].values).astype(int)
    return go.Scatter(
        x=style.single(path[:, 0]),
        y=style.single(path[:, 1]),
        customdata=milliseconds,
        mode="lines",
        line=line,
        name=label,
        legendgroup=label,
        showlegend=named,
        hovertemplate=f"{one['group'].values}, {label}{f': {told}' if told else ''}"
        "<br>%{customdata} ms: %{x:.3g}, %{y:.3g}<extra></extra>",
    )


def add_numbers(figure: go.Figure, prepared: xr.Dataset, looks: Sequence[style.Cue]) -> None:
    """The last row: a colour for each condition, a line or mark for each replicate."""
    channel = prepared.attrs["channel"]
    for index, look in enumerate(looks):
        one = prepared.isel(group=index)
        for trace in _lines(one, look, one["amplitude"].values, one["error"].values, True):
            figure.add_trace(trace, row=3, col=1)
        rank = one["rank"].values + 1
        for trace in _lines(one, look, rank, one["left_over"].values, False):
            figure.add_trace(trace, row=3, col=5)
        figure.add_trace(_marks(one, look), row=3, col=9)
    unit = wording.unit(SENSED[channel])
    ticks = style.log_ticks(prepared["amplitude"].values)
    figure.update_xaxes(title=f"impulse of the sensed {channel} [{unit}]", **ticks, row=3, col=1)
    errors = style.log_ticks(prepared["error"].values.ravel())
    figure.update_yaxes(title="relative error [1]", **errors, row=3, col=1)
    figure.update_xaxes(title="modes taken together", dtick=1, row=3, col=5)
    figure.update_yaxes(title="share of the prediction [1]", rangemode="tozero", row=3, col=5)
    figure.update_xaxes(title="frequency [Hz]", rangemode="tozero", row=3, col=9)
    figure.update_yaxes(title="damping ratio [1]", row=3, col=9)


def _lines(
    one: xr.Dataset, look: style.Cue, x: np.ndarray, values: np.ndarray, named: bool
) -> list[go.Scatter]:
    label = str(one["group"].values)
    traces: list[go.Scatter] = []
    for row, number in zip(values, one["replicate"].values, strict=True):
        if np.isfinite(row).all():
            first = named and not traces
            traces.append(
                go.Scatter(
                    x=style.single(x),
                    y=style.single(row),
                    mode="lines+markers",
                    line={"color": look.colour, "width": 1.2},
                    marker={"symbol": look.symbol, "size": 6},
                    name=wording.wrapped(label, 22),
                    legendgroup=label,
                    showlegend=first,
                    hovertemplate=f"{label}, replicate {number}<br>%{{x:.3g}}: %{{y:.3g}}"
                    "<extra></extra>",
                )
            )
    return traces


def _marks(one: xr.Dataset, look: style.Cue) -> go.Scatter:
    label = str(one["group"].values)
    there = np.isfinite(one["frequency"].values)
    return go.Scatter(
        x=style.single(one["frequency"].values[there]),
        y=style.single(one["damping_ratio"].values[there]),
        customdata=one["replicate"].values[there],
        mode="markers",
        marker={"color": look.colour, "symbol": look.symbol, "size": 8},
        legendgroup=label,
        showlegend=False,
        hovertemplate=f"{label}, replicate %{{customdata}}<br>%{{x:.3g}} Hz, damping %{{y:.3g}}"
        "<extra></extra>",
    )
