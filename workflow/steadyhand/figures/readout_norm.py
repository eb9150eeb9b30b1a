"""Norm of the readout's weights against the training condition: what strong commands rest on."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from steadyhand.condition_text import text_of
from steadyhand.errors import UserError
from steadyhand.figures import conditions, norm_traces, style, wording
from steadyhand.figures.replicates import at_snapshots, offsets, replicate_table, who_is_excluded
from steadyhand.figures.source import Source
from steadyhand.intervals import mean_and_margin

MOST_TICKS = 12
"""Values of a condition that are labelled each; more of them are left to the axis."""

_SPREAD = 0.7
"""Share of the room around a value that its groups take up."""
_WEIGHT, _TARGET = "train.loss.readout_norm", "train.loss.readout_norm_value"


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """Norm ‖W‖_F [N] (network) of the readout at the chosen snapshot, and means by condition.

    The first column that varies lies along x; models that differ in others are groups. `x` is
    where a network stands, `centre` (condition) where its model does. `mean` (condition) and
    `margin`, half the width of its interval (see `intervals`), are over included replicates.
    `target` (condition) is the norm that the loss draws to, NaN if it draws to none; `before`
    (network), the norm before training. `UserError` if there is no model.
    """
    if not sources:
        raise UserError("readout_norm: no model was selected; it needs at least one")
    columns = conditions.varying_columns(sources)
    ordered = conditions.by_condition(sources, columns)
    table = replicate_table(ordered)
    others = columns[1:]
    numbers, names = conditions.numbered(
        ordered, others, lambda it: conditions.label_of(it, others) if others else ""
    )
    group = np.array(numbers)
    ticks, tick_text, is_even, centre, room = _axis(ordered, columns, group, len(names))
    of = table["model"].values
    norm, before, average = _norms(ordered, table)
    weights, values = ([it.condition.get(name) for it in ordered] for name in (_WEIGHT, _TARGET))
    targets = [value if weight else np.nan for weight, value in zip(weights, values, strict=True)]
    prepared = table.assign(
        norm=("network", norm),
        before=("network", before),
        x=("network", centre[of] + room * offsets(table["replicate"].values)),
        centre=("condition", centre),
        group=("condition", group),
        mean=("condition", average[0]),
        margin=("condition", average[1]),
        target=("condition", np.array(targets, float)),
        tick=("value", ticks),
    )
    prepared = prepared.assign_coords(
        condition=[conditions.label_of(it, columns) for it in ordered],
        value=tick_text,
        group_name=names,
    )
    is_number = bool(columns) and conditions.is_numeric(ordered, columns[0])
    axis = conditions.axis_title(columns[0], options.get("units", {})) if columns else ""
    return prepared.assign_attrs(
        axis=axis,
        is_number=is_number,
        is_even=is_even,
        has_ordered_groups=len(columns) == 2 and conditions.is_numeric(ordered, columns[1]),
    )


def draw(prepared: xr.Dataset, options: Mapping[str, Any]) -> go.Figure:
    """Networks as points, means with their intervals, joined where the condition is a number."""
    figure = go.Figure(list(norm_traces.traces(prepared)))
    ticks = prepared["tick"].values
    gap = float(np.diff(ticks).min()) if len(ticks) > 1 else 1.0
    title = prepared.attrs["axis"] or "training condition"
    if prepared.attrs["is_even"]:
        title += " (spaced evenly)"
    figure.update_xaxes(title=title, range=[ticks[0] - gap / 2, ticks[-1] + gap / 2])
    if len(ticks) <= MOST_TICKS or prepared.attrs["is_even"] or not prepared.attrs["is_number"]:
        words = [wording.wrapped(text, 30) for text in prepared["value"].values]
        figure.update_xaxes(tickvals=ticks, ticktext=words)
    figure.update_yaxes(title="norm of the readout ‖W‖<sub>F</sub> [N]", rangemode="tozero")
    if not np.isfinite(prepared["norm"]).any():
        style.say(figure, "No network has a chosen snapshot")
    heading = options.get("title") or "Norm of the readout, by training condition"
    width = 900 if len(ticks) * prepared.sizes["group_name"] <= 16 else 1240
    height = max(460, 80 + style.legend_height(figure))
    return style.finish(figure, heading, _subtitle(prepared), (width, height))


def _axis(
    ordered: Sequence[Source], columns: Sequence[str], group: np.ndarray, groups: int
) -> tuple[np.ndarray, list[str], bool, np.ndarray, float]:
    """Ticks, their words, whether they are spaced by rank, places of models, room of each."""
    if not columns:
        return np.zeros(1), [ordered[0].label], False, np.zeros(len(ordered)), 0.2
    values = conditions.values_of(ordered, columns[0])
    ticks, is_even = np.arange(len(values), dtype=float), False
    if conditions.is_numeric(ordered, columns[0]):
        ticks, is_even = conditions.places([float(str(value)) for value in values])
    index = {repr(value): rank for rank, value in enumerate(values)}
    at = ticks[[index[repr(source.condition.get(columns[0]))] for source in ordered]]
    gap = float(np.diff(ticks).min()) if len(ticks) > 1 else 1.0
    room = gap * min(_SPREAD / groups, 0.2)
    return (
        ticks,
        list(map(text_of, values)),
        is_even,
        at + room * (group - (groups - 1) / 2),
        0.5 * room,
    )


def _norms(
    ordered: Sequence[Source], table: xr.Dataset
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Norms at the choice and before training (network), and mean and margin (2, condition)."""
    norm, before = (np.full(table.sizes["network"], np.nan) for _ in range(2))
    average = np.full((2, len(ordered)), np.nan)
    for index, source in enumerate(ordered):
        own = table["model"].values == index
        norm[own] = at_snapshots(source, "readout_norm", table["chosen_batch"].values[own])
        before[own] = at_snapshots(source, "readout_norm", np.zeros(own.sum(), int))
        used = norm[own & table["included"].values]
        average[:, index] = mean_and_margin(used[np.isfinite(used)])
    return norm, before, average


def _subtitle(prepared: xr.Dataset) -> str:
    text = "Points: networks at their chosen snapshots."
    if np.isfinite(prepared["mean"]).any():
        bars = ", bars: 95 % intervals" if np.isfinite(prepared["margin"]).any() else ""
        text += f" Large: means over included replicates{bars}."
    text += f" {who_is_excluded(prepared, list(prepared['condition'].values))}"
    missing = int((~np.isfinite(prepared["norm"].values)).sum())
    if missing:
        text += f" Without a chosen snapshot, so not drawn: {missing} network{'s' * (missing > 1)}."
    return text.strip()
