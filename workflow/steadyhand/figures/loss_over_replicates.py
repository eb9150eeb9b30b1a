"""Validation loss of every replicate before, at the best of, and after training, by condition."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

from steadyhand.condition_text import text_of
from steadyhand.errors import UserError
from steadyhand.figures import conditions, stage_traces, style, wording
from steadyhand.figures.replicates import at_snapshots, replicate_table, who_is_excluded
from steadyhand.figures.source import Source
from steadyhand.figures.stage_traces import STAGES

_PANELS = (STAGES[:1], STAGES[1:])
"""Stages of a panel: beside an untrained network, differences between trained ones vanish."""
_HEIGHTS, _GAP = (0.27, 0.73), 0.04
_LEAST_WIDTH, _MOST_WIDTH, _ROOM, _LEGEND = 640, 1240, 120, 230
"""Limits of the figure's width, room of a condition, and of legend and axis [px]."""


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """Validation losses (network, stage) of every replicate, models in the order of conditions.

    `mean` (condition, stage) is the geometric mean over included replicates, `spread` the standard
    deviation of log10 (NaN for fewer than two); `batches` (network, stage) those done before the
    snapshot. What is not finite or not positive is NaN. `rows` (condition, column) are the words of
    a condition. `UserError` if there is no model.
    """
    if not sources:
        raise UserError("loss_over_replicates: no model was selected; it needs at least one")
    columns = conditions.varying_columns(sources)
    ordered = conditions.by_condition(sources, columns)
    table = replicate_table(ordered)
    batches = np.zeros((table.sizes["network"], len(STAGES)), int)
    batches[:, 1], batches[:, 2] = table["chosen_batch"], table["last_batch"]
    first = [source.dataset("history", ["snapshot"])["snapshot"].values[0] for source in ordered]
    batches[:, 0] = np.array(first)[table["model"].values]
    loss = np.full(batches.shape, np.nan)
    for index, source in enumerate(ordered):
        own = table["model"].values == index
        for stage in range(len(STAGES)):
            loss[own, stage] = at_snapshots(source, "validation_loss", batches[own, stage])
    loss[~(loss > 0)] = np.nan
    mean, spread = _over_replicates(loss, table, len(ordered))
    rows = [[text_of(it.condition.get(name)) for name in columns] for it in ordered]
    units = options.get("units", {})
    return table.assign(
        loss=(("network", "stage"), loss),
        batches=(("network", "stage"), batches),
        mean=(("condition", "stage"), mean),
        spread=(("condition", "stage"), spread),
        rows=(("condition", "column"), np.array(rows, object).reshape(len(ordered), -1)),
    ).assign_coords(
        stage=list(STAGES),
        condition=[conditions.label_of(it, columns) for it in ordered],
        column=[conditions.axis_title(it, units) for it in columns],
    )


def draw(prepared: xr.Dataset, options: Mapping[str, Any]) -> go.Figure:
    """A room per condition; above, the first snapshot; below, chosen and last, joined by lines."""
    figure = make_subplots(
        rows=2, shared_xaxes=True, row_heights=list(_HEIGHTS), vertical_spacing=_GAP
    )
    count = prepared.sizes["condition"]
    width = min(_MOST_WIDTH, max(_LEAST_WIDTH, _LEGEND + _ROOM * count))
    place = stage_traces.places(prepared)
    for included in (False, True):
        figure.add_trace(stage_traces.lines(prepared, place, included), row=2, col=1)
    for row, stages in enumerate(_PANELS, 1):
        figure.add_trace(
            stage_traces.points(prepared, place, stages, excluded=True), row=row, col=1
        )
        for stage in stages:
            figure.add_trace(stage_traces.points(prepared, place, (stage,)), row=row, col=1)
            dash = stage_traces.means(prepared, stage, 0.25 * (width - _LEGEND) / count)
            figure.add_trace(dash, row=row, col=1)
        columns = [STAGES.index(stage) for stage in stages]
        figure.update_yaxes(
            title=f"validation loss,<br>{' and '.join(stages)} [1]",
            **style.log_ticks(prepared["loss"].values[:, columns].flat, 6 * row),
            row=row,
        )
    for trace in stage_traces.keys(prepared):
        figure.add_trace(trace, row=2, col=1)
    _dress(figure, prepared)
    figure.update_layout(legend={"tracegroupgap": 14, "itemsizing": "constant"})
    title = options.get("title") or "Validation loss of every replicate, by training condition"
    return style.finish(figure, title, _subtitle(prepared), (width, 560), right=_LEGEND - 70)


def _dress(figure: go.Figure, prepared: xr.Dataset) -> None:
    """Rooms of conditions with their names, or words where there is nothing to see."""
    count = prepared.sizes["condition"]
    for edge in range(1, count):
        figure.add_vline(edge - 0.5, line={"color": style.FAINT, "width": 1}, layer="below")
    rows, titles = prepared["rows"].values, prepared["column"].values
    ticks = ["<br>".join(map(wording.plain, row)) for row in rows]
    if not len(titles):
        ticks = [wording.wrapped(label, 40) for label in prepared["condition"].values]
    figure.update_xaxes(
        tickvals=list(range(count)),
        ticktext=ticks,
        range=[-0.5, count - 0.5],
        showgrid=False,
    )
    figure.update_xaxes(title=_axis_title(list(titles)), row=2)
    if not np.isfinite(prepared["loss"]).any():
        style.say(figure, "No snapshot has a finite validation loss")


def _over_replicates(
    loss: np.ndarray, table: xr.Dataset, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Geometric mean and standard deviation of log10 (model, stage), of included replicates."""
    mean, spread = (np.full((count, len(STAGES)), np.nan) for _ in range(2))
    for index in range(count):
        own = loss[(table["model"].values == index) & table["included"].values]
        if len(own):
            mean[index] = 10 ** np.log10(own).mean(axis=0)
        if len(own) > 1:
            spread[index] = np.log10(own).std(axis=0, ddof=1)
    return mean, spread


def _axis_title(columns: Sequence[str]) -> str:
    if len(columns) < 2:
        return "".join(columns) or "training condition"
    return ";  ".join(f"row {row}: {column}" for row, column in enumerate(columns, 1))


def _subtitle(prepared: xr.Dataset) -> str:
    text = (
        "A line joins a replicate's snapshots; dashes: geometric means over included replicates. "
    )
    text += who_is_excluded(prepared, list(prepared["condition"].values))
    return text.strip()
