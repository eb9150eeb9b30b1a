"""Validation loss of every replicate before, at the best of, and after training, by condition."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from steadyhand.condition_text import text_of
from steadyhand.errors import UserError
from steadyhand.figures import conditions, style
from steadyhand.figures.replicates import (
    MOST_SYMBOLS,
    at_snapshots,
    offsets,
    replicate_table,
    symbols,
    who_is_excluded,
)
from steadyhand.figures.source import Source

STAGES = ("first", "chosen", "last")
"""Snapshots that are shown of each replicate."""

_PLACES = (-0.3, 0.0, 0.3)
"""Where a stage stands in the room of its condition."""
_JITTER = 0.2
"""Width over which the replicates of a stage are spread, of the room of a condition."""
_LOOKS = dict(zip(STAGES, ("#56b4e9", "#0072b2", "#d55e00"), strict=True))
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
    """A room per condition: first, chosen and last snapshot side by side, replicates as lines."""
    figure = go.Figure()
    count = prepared.sizes["condition"]
    width = min(_MOST_WIDTH, max(_LEAST_WIDTH, _LEGEND + _ROOM * count))
    place = _places(prepared)
    for included in (False, True):
        figure.add_trace(_lines(prepared, place, included))
    figure.add_trace(_points(prepared, place, None))
    for stage in STAGES:
        figure.add_trace(_points(prepared, place, stage))
        figure.add_trace(_means(prepared, stage, 0.2 * (width - _LEGEND) / count))
    for trace in _keys(prepared):
        figure.add_trace(trace)
    for edge in range(1, count):
        figure.add_vline(edge - 0.5, line={"color": style.FAINT, "width": 1}, layer="below")
    rows, titles = prepared["rows"].values, prepared["column"].values
    ticks = ["<br>".join(map(style.plain, row)) for row in rows]
    if not len(titles):
        ticks = [style.wrapped(label, 40) for label in prepared["condition"].values]
    figure.update_xaxes(
        title=_axis_title(titles),
        tickvals=list(range(count)),
        ticktext=ticks,
        range=[-0.5, count - 0.5],
        showgrid=False,
    )
    figure.update_yaxes(
        title="validation loss [1]", **style.log_ticks(prepared["loss"].values.flat)
    )
    figure.update_layout(legend={"tracegroupgap": 14, "itemsizing": "constant"})
    if not np.isfinite(prepared["loss"]).any():
        style.say(figure, "No snapshot has a finite validation loss")
    title = options.get("title") or "Validation loss of every replicate, by training condition"
    return style.finish(figure, title, _subtitle(prepared), (width, 460), right=_LEGEND - 70)


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


def _places(prepared: xr.Dataset) -> np.ndarray:
    """Where each snapshot stands along the axis, (network, stage)."""
    beside = _JITTER * offsets(prepared["replicate"].values)
    return prepared["model"].values[:, None] + np.array(_PLACES)[None] + beside[:, None]


def _lines(prepared: xr.Dataset, place: np.ndarray, included: bool) -> go.Scatter:
    """Each replicate's snapshots joined, all of them as one line with gaps."""
    own = prepared["included"].values == included
    gaps = np.full((own.sum(), 1), np.nan)
    return go.Scatter(
        x=np.hstack([place[own], gaps]).ravel().astype("f4"),
        y=np.hstack([prepared["loss"].values[own], gaps]).ravel().astype("f4"),
        mode="lines",
        line={"color": "#8a8a8a" if included else style.EXCLUDED, "width": 0.8},
        opacity=0.7,
        hoverinfo="skip",
        showlegend=False,
    )


def _points(prepared: xr.Dataset, place: np.ndarray, stage: str | None) -> go.Scatter:
    """Included replicates at a stage; None: excluded ones at all stages, grey and open."""
    chosen = list(STAGES) if stage is None else [stage]
    columns = [STAGES.index(it) for it in chosen]
    own = np.flatnonzero(prepared["included"].values == (stage is not None))
    shape = [f"{it}-open" if stage is None else it for it in symbols(prepared["replicate"].values)]
    colour = style.EXCLUDED if stage is None else _LOOKS[stage]
    return go.Scatter(
        x=place[np.ix_(own, columns)].ravel().astype("f4"),
        y=prepared["loss"].values[np.ix_(own, columns)].ravel().astype("f4"),
        hovertext=[_words(prepared, network, column) for network in own for column in columns],
        mode="markers",
        name="excluded" if stage is None else stage,
        marker={
            "symbol": [shape[network] for network in own for _ in columns],
            "color": colour,
            "size": 8,
            "line": {"color": colour if stage is None else "white", "width": 1},
        },
        legendgroup="snapshot",
        legendgrouptitle={"text": "snapshot"},
        legendrank=1100,
        showlegend=stage is None and len(own) > 0,
        hovertemplate="%{hovertext}<br>validation loss %{y:.4g}<extra></extra>",
    )


def _words(prepared: xr.Dataset, network: int, column: int) -> str:
    one = prepared.isel(network=network)
    label = style.wrapped(prepared["condition"].values[int(one["model"])], 60)
    text = f"{label}<br>replicate {int(one['replicate'])}, {STAGES[column]} snapshot"
    text += f"<br>after {int(one['batches'].values[column])} batches"
    reason = str(one["reason"].values)
    return text + (f"<br>excluded: {style.wrapped(reason, 60)}" if reason else "")


def _means(prepared: xr.Dataset, stage: str, length: float) -> go.Scatter:
    """A dash [px] at the geometric mean; customdata: the factor of one standard deviation."""
    own = prepared.sel(stage=stage)
    factor = 10 ** own["spread"].values
    spread = "<br>× or ÷ %{customdata[0]:.3g} (1 SD)" if np.isfinite(factor).any() else ""
    return go.Scatter(
        x=np.arange(prepared.sizes["condition"]) + _PLACES[STAGES.index(stage)],
        y=own["mean"].values.astype("f4"),
        customdata=factor.astype("f4")[:, None] if spread else None,
        hovertext=[style.wrapped(label, 60) for label in prepared["condition"].values],
        mode="markers",
        marker={
            "symbol": "line-ew",
            "size": min(length, 24),
            "line": {"color": _LOOKS[stage], "width": 3},
        },
        showlegend=False,
        hovertemplate=f"%{{hovertext}}<br>{stage} snapshot, mean of included replicates"
        f"<br>validation loss %{{y:.4g}}{spread}<extra></extra>",
    )


def _keys(prepared: xr.Dataset) -> list[go.Scatter]:
    """What colours and symbols mean."""
    words = {"first": "first", "chosen": "chosen (best)", "last": "last"}
    marks = [("snapshot", words[it], "circle", _LOOKS[it]) for it in STAGES]
    numbers = np.unique(prepared["replicate"].values)
    if 1 < len(numbers) <= MOST_SYMBOLS:
        shapes = zip(numbers, symbols(numbers), strict=True)
        marks += [("replicate", str(number), shape, style.INK) for number, shape in shapes]
    return [
        go.Scatter(
            x=[None],
            y=[None],
            mode="markers",
            name=name,
            marker={"symbol": shape, "color": colour, "size": 9},
            legendgroup=group,
            legendgrouptitle={"text": group},
        )
        for group, name, shape, colour in marks
    ]


def _axis_title(columns: Sequence[str]) -> str:
    if len(columns) < 2:
        return "".join(columns) or "training condition"
    return ";  ".join(f"row {row}: {column}" for row, column in enumerate(columns, 1))


def _subtitle(prepared: xr.Dataset) -> str:
    text = "A line joins the snapshots of a replicate; dashes: geometric means"
    text += " over included replicates. " + who_is_excluded(prepared, prepared["condition"].values)
    return text.strip()
