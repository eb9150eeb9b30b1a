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
    heights = [_ROW] * len(SCALES) + [_PARTS_ROW * len(PARTS)]
    total = sum(heights) + _GAP * (len(heights) - 1)
    figure = make_subplots(
        rows=len(heights),
        shared_xaxes=True,
        row_heights=heights,
        vertical_spacing=_GAP / total,
    )
    for row, name in enumerate(SCALES, 1):
        for members in _alike(prepared, (name,)):
            figure.add_trace(_line(prepared, name, members, looks), row=row, col=1)
    for index, look in enumerate(looks):
        figure.add_trace(_resets(prepared.isel(schedule=index), look), row=1, col=1)
        figure.add_trace(_key(prepared.isel(schedule=index), look), row=1, col=1)
    groups = _alike(prepared, tuple(f"trains_{part}" for part in PARTS))
    for place, members in enumerate(groups):
        bars = _bars(prepared, members, looks, (place, len(groups)))
        figure.add_trace(bars, row=len(heights), col=1)
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


def _alike(prepared: xr.Dataset, names: Sequence[str]) -> list[list[int]]:
    """Schedules with the same values of these variables, together: they share what is drawn."""
    found: dict[bytes, list[int]] = {}
    for index in range(prepared.sizes["schedule"]):
        content = b"".join(prepared[name].values[index].tobytes() for name in names)
        found.setdefault(content, []).append(index)
    return list(found.values())


def _look(members: Sequence[int], looks: Sequence[style.Cue]) -> style.Cue:
    """That of the first schedule; black for what all share."""
    is_shared = len(members) == len(looks) > 1
    return style.Cue(style.INK, "solid", "circle") if is_shared else looks[members[0]]


def _whose(prepared: xr.Dataset, members: Sequence[int]) -> str:
    if len(members) == prepared.sizes["schedule"] > 1:
        return "all schedules"
    return style.wrapped("; ".join(prepared["schedule"].values[list(members)]), 60)


def _line(
    prepared: xr.Dataset, name: str, members: Sequence[int], looks: Sequence[style.Cue]
) -> go.Scatter:
    """A scale that holds for a batch, from the batches done before it to those done after."""
    count = int(prepared["n_batches"].values[members[0]])
    values = prepared[name].values[members[0], :count]
    kept, look = _kept(values), _look(members, looks)
    return go.Scatter(
        x=np.append(kept, count),
        y=np.append(values[kept], values[-1]),
        mode="lines",
        name=_whose(prepared, members),
        line={"color": look.colour, "dash": look.dash, "width": 2, "shape": "hv"},
        showlegend=False,
        hovertemplate=f"{_whose(prepared, members)}<br>after %{{x}} batches"
        f"<br>{_TITLES[name]} %{{y:.4g}}<extra></extra>",
    )


def _key(one: xr.Dataset, look: style.Cue) -> go.Scatter:
    """What a colour means: the schedule, and how many models have it unless it says so itself."""
    text, count = str(one["schedule"].values), int(one["models"])
    says_so = count == 1 or text.startswith("all ")
    return go.Scatter(
        x=[None],
        y=[None],
        mode="lines",
        name=style.wrapped(text, 34) + ("" if says_so else f"<br>({count} models)"),
        line={"color": look.colour, "dash": look.dash, "width": 2},
    )


def _resets(one: xr.Dataset, look: style.Cue) -> go.Scatter:
    at = np.flatnonzero(one["resets_optimizer"].fillna(0).values)
    return go.Scatter(
        x=at,
        y=one["learning_rate"].values[at],
        mode="markers",
        marker={"symbol": "x", "size": 9, "color": look.colour, "line": {"width": 0}},
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


def _bars(
    prepared: xr.Dataset,
    members: Sequence[int],
    looks: Sequence[style.Cue],
    place: tuple[int, int],
) -> go.Scatter:
    """A bar over the batches in which a part is trained; `place`: which of how many beside it."""
    height, look = 0.7 / place[1], _look(members, looks)
    x: list[float] = []
    y: list[float] = []
    for row, part in enumerate(PARTS):
        trained = np.nan_to_num(prepared[f"trains_{part}"].values[members[0]]).astype(int)
        edges = np.flatnonzero(np.diff(trained, prepend=0, append=0))
        low = row - 0.35 + height * (place[0] + 0.12)
        high = low + 0.76 * height
        for start, end in edges.reshape(-1, 2).tolist():
            x += [start, end, end, start, start, np.nan]
            y += [low, low, high, high, low, np.nan]
    return go.Scatter(
        x=np.array(x, "f4"),
        y=np.array(y, "f4"),
        mode="lines",
        fill="toself",
        fillcolor=style.faded(look.colour, 0.35),
        line={"color": look.colour, "width": 1, "dash": "solid"},
        name=_whose(prepared, members),
        showlegend=False,
        hoveron="points",
        hovertemplate=f"{_whose(prepared, members)}<br>after %{{x}} batches<extra></extra>",
    )


def _subtitle(prepared: xr.Dataset) -> str:
    count, models = prepared.sizes["schedule"], int(prepared["models"].sum())
    if count == 1:
        return "All models share one schedule." if models > 1 else "One model."
    return f"{count} schedules of {models} models; black: what all of them share."
