"""Loss and its weighted terms over training: every replicate, their mean, spread and choices."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from steadyhand.errors import UserError
from steadyhand.figures import loss_traces, phases, style, wording
from steadyhand.figures.source import Source, only_source

MAX_POINTS = 1000
"""Batches drawn per curve, unless the option `max_points` says otherwise."""
BINS = 240
"""Bins of batches over which means and spreads are taken, evenly spaced in the logarithm."""

_INSIDE = 640
"""About the width of the axes [px]: what the labels of phases have to themselves."""
_NEEDED = (
    *("loss", "loss_term", "term", "replicate", "batch", "chosen_batch"),
    *("included", "exclusion_reason", "diverged_batch", "failure", *phases.COLUMNS),
)


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """Losses (term, replicate, batch), their means and spreads over included replicates, choices.

    `batch` is how many were done, that of the loss included. Of more than `max_points`, all early
    ones stay, later ones are spaced evenly in the logarithm; those beside a change, a choice or a
    failure stay too. `mean` (term, bin) is geometric, of all batches `first` to `last` (bin) and
    all included replicates; `spread` is the standard deviation, over replicates, of log10 of their
    means: it holds no noise of single batches that averages out. Values <= 0 are NaN; a term
    without positive values is left out and named in the attribute `not_drawn`.
    `chosen_loss`, `failed_loss` are the totals where a choice was made or a network failed; NaN
    if `chosen_batch` or `failed_batch` is < 0, and where it failed in its first batch.
    `UserError` if nothing was trained, or an included replicate has a loss that is not finite.
    """
    source = only_source("loss_history", sources)
    history = source.dataset("history", _NEEDED)
    if not history.sizes["replicate"] or not history.sizes["batch"]:
        sizes = f"{history.sizes['replicate']} replicates, {history.sizes['batch']} batches"
        raise UserError(f"loss_history: model {source.model_id} has no losses to draw ({sizes})")
    done = history["batch"].values.astype(int) + 1
    shown = phases.changes(history)
    kept = _kept(done, _wanted(history, shown), int(options.get("max_points", MAX_POINTS)))
    included = history["included"].values.astype(bool)
    loss, names = _losses(history, kept)
    _refuse_broken(source.model_id, history["replicate"].values[included], loss[:, included])
    loss = np.where(loss > 0, loss, np.nan)
    drawn = np.isfinite(loss).any(axis=(1, 2))
    drawn[0] = True  # a model that broke in its first batch still has its figure
    every, _ = _losses(history, np.arange(len(done)))
    first = _first_of_bins(done, [it.batch + 1 for it in shown])
    logarithm = _binned(every[drawn][:, included], first)
    return xr.Dataset(
        {
            "loss": (("term", "replicate", "batch"), loss[drawn]),
            "mean": (("term", "bin"), 10 ** _over_replicates(np.mean, logarithm, 1)),
            "spread": (("term", "bin"), _over_replicates(_deviation, logarithm, 2)),
            "first": ("bin", first),
            "last": ("bin", np.append(first[1:] - 1, done[-1])),
            "change_batch": ("change", np.array([it.batch for it in shown], int)),
            "change_text": ("change", np.array([it.text for it in shown], str)),
            **_outcomes(history, loss[0], done[kept]),
        },
        coords={
            "term": [name for name, there in zip(names, drawn, strict=True) if there],
            "replicate": history["replicate"].values.astype(int),
            "batch": done[kept],
        },
        attrs={
            "label": source.label,
            "model_id": source.model_id,
            "not_drawn": [name for name, there in zip(names, drawn, strict=True) if not there],
        },
    )


def draw(prepared: xr.Dataset, options: Mapping[str, Any]) -> go.Figure:
    """The figure: x, batches on a logarithmic axis; y, weighted loss, logarithmic."""
    figure = go.Figure(list(loss_traces.traces(prepared)))
    last = float(prepared["batch"][-1])
    limits = (-0.05, max(np.log10(last), 0.3) * 1.03)
    changes = zip(prepared["change_batch"].values, prepared["change_text"].values, strict=True)
    shown = [phases.Change(int(batch), str(text)) for batch, text in changes]
    phases.draw_guides(figure, shown, limits, _INSIDE)
    figure.update_xaxes(
        type="log", title="batches done [1]", exponentformat="power", dtick=1, range=limits
    )
    figure.update_yaxes(title="weighted loss [1]", **style.log_ticks(prepared["loss"].values.flat))
    if not np.isfinite(prepared["loss"]).any():
        why = ", ".join(sorted({it for it in prepared["failure"].values if it})) or "no loss"
        style.say(figure, f"No loss to draw: every replicate failed in its first batch ({why})")
    title = options.get("title") or f"Loss over training: {prepared.attrs['label']}"
    return style.finish(
        figure, title, _subtitle(prepared), (900, max(480, 80 + style.legend_height(figure)))
    )


def _losses(history: xr.Dataset, kept: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Total and terms at the kept batches, (term, replicate, batch), and their names."""
    terms = history["loss_term"].transpose("term", "replicate", "batch").isel(batch=kept)
    total = history["loss"].transpose("replicate", "batch").isel(batch=kept)
    names = ["total", *map(str, history["term"].values)]
    return np.concatenate([total.values[None], terms.values]).astype(float), names


def _refuse_broken(model_id: str, replicates: np.ndarray, loss: np.ndarray) -> None:
    bad = replicates[~np.isfinite(loss).all(axis=(0, 2))]
    if len(bad):
        which = wording.replicates(bad)
        raise UserError(f"loss_history: model {model_id}: {which} included, with losses not finite")


def _outcomes(history: xr.Dataset, total: np.ndarray, done: np.ndarray) -> dict[str, Any]:
    """What became of each replicate, and its loss there: variables along `replicate`."""
    columns: dict[str, Any] = {"included": ("replicate", history["included"].values.astype(bool))}
    for name in ("exclusion_reason", "failure"):
        columns[name] = ("replicate", history[name].values.astype(str))
    for name, variable in (("chosen", "chosen_batch"), ("failed", "diverged_batch")):
        batch = history[variable].values.astype(int)
        columns[f"{name}_batch"] = ("replicate", batch)
        columns[f"{name}_loss"] = ("replicate", _at(total, done, batch))
    return columns


def _wanted(history: xr.Dataset, shown: Sequence[phases.Change]) -> np.ndarray:
    """Batches done that are drawn in any case: choices, failures, both sides of a change."""
    beside = [it.batch + after for it in shown for after in (0, 1)]
    marks = [history[name].values for name in ("chosen_batch", "diverged_batch")]
    return np.concatenate([*marks, beside]).astype(int)


def _kept(done: np.ndarray, wanted: np.ndarray, most: int) -> np.ndarray:
    """Indices of the batches that are drawn: at most about `most`, and those that are wanted."""
    if len(done) <= most:
        return np.arange(len(done))
    spaced = np.geomspace(1, len(done), most).round().astype(int) - 1
    index = np.clip(np.searchsorted(done, wanted), 0, len(done) - 1)
    return np.unique(np.concatenate([spaced, np.arange(most // 10), index]))


def _at(total: np.ndarray, done: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The total (replicate, batch) after each replicate's wanted batches; NaN where none is.

    Weights before the first batch have no loss before them: the first stands for it.
    """
    index = np.clip(np.searchsorted(done, wanted), 0, len(done) - 1)
    return np.where(wanted < 0, np.nan, total[np.arange(len(total)), index])


def _first_of_bins(done: np.ndarray, borders: Sequence[int]) -> np.ndarray:
    """The first batch of each bin; no bin reaches over a border (the first batch after it)."""
    spaced = np.geomspace(1, len(done) + 1, BINS + 1).round().astype(int)[:-1]
    return np.unique([it for it in (*spaced, *borders) if 1 <= it <= done[-1]])


def _binned(loss: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Mean of log10 of positive losses (term, replicate, bin); NaN for a bin without any."""
    there = np.isfinite(loss) & (loss > 0)
    logarithm = np.log10(loss, out=np.zeros_like(loss), where=there)
    total, count = (np.add.reduceat(it, first - 1, axis=-1) for it in (logarithm, there * 1.0))
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)


def _over_replicates(
    statistic: Callable[..., np.ndarray], logarithm: np.ndarray, least: int
) -> np.ndarray:
    """Over axis 1; NaN where a replicate has no logarithm, or there are fewer than `least`."""
    if logarithm.shape[1] < least:
        return np.full((logarithm.shape[0], logarithm.shape[2]), np.nan)
    return statistic(logarithm, axis=1)


def _deviation(values: np.ndarray, axis: int) -> np.ndarray:
    return np.asarray(values.std(axis=axis, ddof=1))


def _subtitle(prepared: xr.Dataset) -> str:
    included = prepared["replicate"].values[prepared["included"].values]
    text = (
        f"Thin: replicates. Thick: geometric mean over the included {wording.replicates(included)}."
    )
    if len(included) > 1:
        text += " Band: ± 1 standard deviation of the logarithm."
    if not len(included):
        text = "Thin: replicates. None of them is included."
    failed = prepared["failed_batch"].values >= 0
    if failed.any():
        text += f" Failed: {wording.replicates(prepared['replicate'].values[failed])}."
    if prepared.attrs["not_drawn"] and np.isfinite(prepared["loss"]).any():
        names = ", ".join(map(loss_traces.name_of, prepared.attrs["not_drawn"]))
        text += f" Always 0, so not drawn: {names}."
    return text
