"""The schedule of a training: learning rate, field, noise, and what is trained, by batch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

from steadyhand.errors import UserError
from steadyhand.figures import conditions, schedule_traces, style
from steadyhand.figures.schedule_traces import PARTS, SCALES, TITLES
from steadyhand.figures.source import Source

_NEEDED = (*SCALES, *(f"trains_{part}" for part in PARTS), "resets_optimizer", "batch")
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
        for members in schedule_traces.alike(prepared, (name,)):
            figure.add_trace(schedule_traces.line(prepared, name, members, looks), row=row, col=1)
    for index, look in enumerate(looks):
        figure.add_trace(schedule_traces.resets(prepared.isel(schedule=index), look), row=1, col=1)
        figure.add_trace(schedule_traces.key(prepared.isel(schedule=index), look), row=1, col=1)
    groups = schedule_traces.alike(prepared, tuple(f"trains_{part}" for part in PARTS))
    for place, members in enumerate(groups):
        bars = schedule_traces.bars(prepared, members, looks, (place, len(groups)))
        figure.add_trace(bars, row=len(heights), col=1)
    if prepared["resets_optimizer"].fillna(0).values.any():
        figure.add_trace(schedule_traces.resets_key(), row=1, col=1)
    last = float(prepared["n_batches"].max())
    figure.update_xaxes(range=[-0.01 * last, 1.01 * last])
    figure.update_xaxes(title="batches done [1]", row=len(heights), col=1)
    for row, name in enumerate(SCALES, 1):
        top = float(np.nanmax(prepared[name].values)) or 1.0
        figure.update_yaxes(title=TITLES[name], range=[-0.06 * top, 1.1 * top], row=row, col=1)
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
    height = 60 + max(total, style.legend_height(figure))
    return style.finish(figure, title, _subtitle(prepared), (1000, height))


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


def _subtitle(prepared: xr.Dataset) -> str:
    count, models = prepared.sizes["schedule"], int(prepared["models"].sum())
    if count == 1:
        return "All models share one schedule." if models > 1 else "One model."
    return f"{count} schedules of {models} models; black: what all of them share."
