"""The schedule of a training: learning rate, field, noise, and what is trained, by batch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

from steadyhand.errors import UserError
from steadyhand.figures import conditions, style
from steadyhand.figures.source import Source

SCALES = ("learning_rate", "field_scale", "noise_scale")
"""What is drawn as lines."""
PARTS = ("hidden", "readout")
"""What is trained or fixed, drawn as bars."""
MOST_POINTS = 400
"""Batches at which a line has points, beside those where it jumps."""

_NEEDED = (*SCALES, *(f"trains_{part}" for part in PARTS), "resets_optimizer", "batch")
_TITLES = {
    "learning_rate": "learning rate [1]",
    "field_scale": "factor of the field [1]",
    "noise_scale": "factor of the noise [1]",
}
_ROW, _PARTS_ROW, _GAP = 170, 60, 26
"""Heights of a panel of lines, and of each line of bars and its least room; gaps [px]."""


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """Schedules (schedule, batch) that differ, in the order of conditions, and whose they are.

    Variables are those of the history; beyond the end of a shorter training they are NaN, and
    `n_batches` (schedule) is its length. The label of a schedule says what of the conditions sets
    it apart from the others, `models` how many share it. `UserError` if there is no model.
    """
    if not sources:
        raise UserError("training_schedule: no model was selected; it needs at least one")
    columns = conditions.varying_columns(sources)
    shared: dict[bytes, list[Source]] = {}
    for source in conditions.by_condition(sources, columns):
        shared.setdefault(_content(source), []).append(source)
    groups = list(shared.values())
    histories = [group[0].dataset("history", _NEEDED) for group in groups]
    lengths = np.array([history.sizes["batch"] for history in histories])
    tables = {
        name: np.full((len(groups), lengths.max()), np.nan) for name in _NEEDED if name != "batch"
    }
    for row, history in enumerate(histories):
        for name, table in tables.items():
            table[row, : lengths[row]] = history[name].values
    return xr.Dataset(
        {
            **{name: (("schedule", "batch"), table) for name, table in tables.items()},
            "n_batches": ("schedule", lengths),
            "models": ("schedule", [len(group) for group in groups]),
        },
        coords={"schedule": _labels(groups, columns), "batch": np.arange(lengths.max())},
    )


def draw(prepared: xr.Dataset, options: Mapping[str, Any]) -> go.Figure:
    """Four panels above each other: three lines by batch, and bars of what is trained."""
    count = prepared.sizes["schedule"]
    looks = style.cues(count, ordered=False)
    bars = max(_PARTS_ROW, 14 * count) * len(PARTS)
    heights = [_ROW] * len(SCALES) + [bars]
    total = sum(heights) + _GAP * (len(heights) - 1)
    figure = make_subplots(
        rows=len(heights),
        shared_xaxes=True,
        row_heights=heights,
        vertical_spacing=_GAP / total,
    )
    for index, look in enumerate(looks):
        one = prepared.isel(schedule=index)
        for row, name in enumerate(SCALES, 1):
            figure.add_trace(_line(one, name, look), row=row, col=1)
        figure.add_trace(_resets(one, look), row=1, col=1)
        figure.add_trace(_bars(one, look, index, count), row=len(heights), col=1)
    if prepared["resets_optimizer"].fillna(0).values.any():
        figure.add_trace(_resets_key(), row=1, col=1)
    last = float(prepared["n_batches"].max())
    figure.update_xaxes(range=[-0.01 * last, 1.01 * last])
    figure.update_xaxes(title="batches done [1]", row=len(heights), col=1)
    for row, name in enumerate(SCALES, 1):
        top = float(np.nanmax(prepared[name].values)) or 1.0
        figure.update_yaxes(title=_TITLES[name], range=[-0.06 * top, 1.1 * top], row=row, col=1)
    figure.update_yaxes(
        title="trained",
        tickvals=list(range(len(PARTS))),
        ticktext=list(PARTS),
        range=[len(PARTS) - 0.5, -0.5],
        showgrid=False,
        row=len(heights),
        col=1,
    )
    title = options.get("title") or "Schedule of the training"
    return style.finish(figure, title, _subtitle(prepared), (1000, round(total) + 60))


def _content(source: Source) -> bytes:
    """Equal for equal schedules."""
    history = source.dataset("history", _NEEDED)
    return b"".join(history[name].values.astype("f8").tobytes() for name in sorted(_NEEDED))


def _labels(groups: Sequence[Sequence[Source]], columns: Sequence[str]) -> list[str]:
    """What is the same within every group, and not in all of them; all models, if one group."""
    if len(groups) == 1:
        return [f"all {len(groups[0])} models" if len(groups[0]) > 1 else groups[0][0].label]
    apart = [
        column
        for column in columns
        if all(len(conditions.values_of(group, column)) == 1 for group in groups)
    ]
    labels = [conditions.label_of(group[0], apart) for group in groups]
    return [
        label if apart and labels.count(label) == 1 else "; ".join(it.label for it in group)
        for label, group in zip(labels, groups, strict=True)
    ]


def _kept(values: np.ndarray) -> np.ndarray:
    """Indices of the points of a line: evenly spaced ones, and both sides of each jump."""
    if len(values) <= MOST_POINTS:
        return np.arange(len(values))
    even = np.linspace(0, len(values) - 1, MOST_POINTS).round().astype(int)
    jump = np.flatnonzero(np.abs(np.diff(values)) > 0.02 * max(np.abs(values).max(), 1e-300))
    return np.unique(np.concatenate([even, jump, jump + 1]))


def _line(one: xr.Dataset, name: str, look: style.Cue) -> go.Scatter:
    """A scale that holds for a batch, from the batches done before it to those done after."""
    count = int(one["n_batches"])
    values = one[name].values[:count]
    kept = _kept(values)
    return go.Scatter(
        x=np.append(kept, count),
        y=np.append(values[kept], values[-1]),
        mode="lines",
        name=_legend_name(one),
        line={"color": look.colour, "dash": look.dash, "width": 2, "shape": "hv"},
        legendgroup=str(one["schedule"].values),
        showlegend=name == SCALES[0],
        hovertemplate=f"{style.wrapped(one['schedule'].values, 60)}<br>after %{{x}} batches"
        f"<br>{_TITLES[name]} %{{y:.4g}}<extra></extra>",
    )


def _resets(one: xr.Dataset, look: style.Cue) -> go.Scatter:
    at = np.flatnonzero(one["resets_optimizer"].fillna(0).values)
    return go.Scatter(
        x=at,
        y=one["learning_rate"].values[at],
        mode="markers",
        marker={"symbol": "x", "size": 9, "color": look.colour, "line": {"width": 0}},
        legendgroup=str(one["schedule"].values),
        showlegend=False,
        hovertemplate=f"{style.wrapped(one['schedule'].values, 60)}"
        "<br>optimizer reset after %{x} batches<extra></extra>",
    )


def _resets_key() -> go.Scatter:
    return go.Scatter(
        x=[None],
        y=[None],
        mode="markers",
        name="optimizer reset",
        marker={"symbol": "x", "size": 9, "color": style.INK},
    )


def _bars(one: xr.Dataset, look: style.Cue, index: int, count: int) -> go.Scatter:
    """A bar over the batches in which a part is trained, one beside the other by schedule."""
    height = 0.7 / count
    x: list[float] = []
    y: list[float] = []
    for place, part in enumerate(PARTS):
        trained = one[f"trains_{part}"].values[: int(one["n_batches"])].astype(int)
        edges = np.flatnonzero(np.diff(trained, prepend=0, append=0))
        low = place - 0.35 + height * (index + 0.12)
        high = low + 0.76 * height
        for start, end in edges.reshape(-1, 2).tolist():
            x += [start, end, end, start, start, np.nan]
            y += [low, low, high, high, low, np.nan]
    return go.Scatter(
        x=np.array(x, "f4"),
        y=np.array(y, "f4"),
        mode="lines",
        fill="toself",
        fillcolor=style.faded(look.colour, 0.5),
        line={"color": look.colour, "width": 1, "dash": "solid"},
        name=_legend_name(one),
        legendgroup=str(one["schedule"].values),
        showlegend=False,
        hoveron="points",
        hovertemplate=f"{style.wrapped(one['schedule'].values, 60)}<br>after %{{x}} batches"
        "<extra></extra>",
    )


def _legend_name(one: xr.Dataset) -> str:
    """The schedule, and how many models have it, unless it says so itself."""
    text, count = str(one["schedule"].values), int(one["models"])
    says_so = count == 1 or text.startswith("all ")
    return style.wrapped(text, 34) + ("" if says_so else f"<br>({count} models)")


def _subtitle(prepared: xr.Dataset) -> str:
    count, models = prepared.sizes["schedule"], int(prepared["models"].sum())
    if count == 1:
        return "All models share one schedule." if models > 1 else "One model."
    return f"{count} schedules of {models} models; models with the same schedule share a line."
