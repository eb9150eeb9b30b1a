"""Loss and its weighted terms over training: every replicate, and their geometric mean."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from steadyhand.errors import UserError
from steadyhand.figures import style
from steadyhand.figures.source import Source, only_source

MAX_POINTS = 1000
"""Batches drawn per curve, unless the option `max_points` says otherwise."""

_NAMES = {
    "total": "total",
    "effector_position": "position",
    "effector_final_velocity": "final velocity",
    "nn_output": "network output",
    "nn_hidden": "hidden activity",
}
_NEEDED = ("loss", "loss_term", "term", "replicate", "chosen_batch", "included", "batch")


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """Losses (term, replicate, batch), their geometric means over included replicates, choices.

    `batch` counts from 1. Of more than `max_points`, all early ones stay, later ones are spaced
    evenly in the logarithm. Values <= 0 are NaN; a term without positive values is left out and
    named in the attribute `not_drawn`. A `chosen_batch` < 0 is no choice: `chosen_loss` is NaN.
    `UserError` if nothing was trained, or an included replicate has a loss that is not finite.
    """
    source = only_source("loss_history", sources)
    history = source.dataset("history", _NEEDED)
    if not history.sizes["replicate"] or not history.sizes["batch"]:
        sizes = f"{history.sizes['replicate']} replicates, {history.sizes['batch']} batches"
        raise UserError(f"loss_history: model {source.model_id} has no losses to draw ({sizes})")
    number = _counted_from_one(history["batch"].values)
    chosen_batch = history["chosen_batch"].values.astype(int)
    included = history["included"].values.astype(bool)
    kept = _kept(number, chosen_batch, int(options.get("max_points", MAX_POINTS)))
    loss, names = _losses(history, kept)
    _refuse_broken(source.model_id, history["replicate"].values[included], loss[:, included])
    loss = np.where(loss > 0, loss, np.nan)
    drawn = np.isfinite(loss).any(axis=(1, 2))
    drawn[0] = True  # a model that broke in its first batch still has its figure
    not_drawn = [name for name, there in zip(names, drawn, strict=True) if not there]
    loss, at_choice = loss[drawn], np.searchsorted(number[kept], chosen_batch)
    chosen_loss = loss[0, np.arange(len(included)), np.clip(at_choice, 0, len(kept) - 1)]
    return xr.Dataset(
        {
            "loss": (("term", "replicate", "batch"), loss),
            "mean": (("term", "batch"), _geometric_mean(loss[:, included])),
            "included": ("replicate", included),
            "chosen_batch": ("replicate", chosen_batch),
            "chosen_loss": ("replicate", np.where(chosen_batch < 0, np.nan, chosen_loss)),
        },
        coords={
            "term": [name for name in names if name not in not_drawn],
            "replicate": history["replicate"].values.astype(int),
            "batch": number[kept],
        },
        attrs={"label": source.label, "model_id": source.model_id, "not_drawn": not_drawn},
    )


def draw(prepared: xr.Dataset, options: Mapping[str, Any]) -> go.Figure:
    """The figure: x, batches on a logarithmic axis; y, weighted loss, logarithmic."""
    figure = go.Figure()
    included = prepared["included"].values
    looks = dict(zip(prepared["term"].values, _looks(prepared.sizes["term"]), strict=True))
    # Thin lines first, so that means and choices lie on top.
    for term in prepared["term"].values:
        excluded = prepared["loss"].sel(term=term).isel(replicate=~included)
        figure.add_trace(_thin(excluded, term, style.EXCLUDED, excluded=True))
        each = prepared["loss"].sel(term=term).isel(replicate=included)
        figure.add_trace(_thin(each, term, looks[term].colour, excluded=False))
    if included.any():
        for term in prepared["term"].values:
            figure.add_trace(_mean(prepared, term, looks[term]))
    figure.add_trace(_choices(prepared))
    if (~included).any():
        figure.add_trace(_excluded_key(prepared["replicate"].values[~included]))
    figure.update_xaxes(type="log", title="batch [1]", exponentformat="power", dtick=1)
    figure.update_yaxes(type="log", title="weighted loss [1]", exponentformat="power")
    title = options.get("title") or f"Loss over training: {prepared.attrs['label']}"
    return style.finish(figure, title, _subtitle(prepared), (900, 480))


def _counted_from_one(batch: np.ndarray) -> np.ndarray:
    """Numbers of batches that begin with 1, also if the artefact's begin with 0."""
    number = batch.astype(int)
    return number + 1 if number[0] == 0 else number


def _losses(history: xr.Dataset, kept: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Total and terms at the kept batches, (term, replicate, batch), and their names."""
    terms = history["loss_term"].transpose("term", "replicate", "batch").isel(batch=kept)
    total = history["loss"].transpose("replicate", "batch").isel(batch=kept)
    names = ["total", *map(str, history["term"].values)]
    return np.concatenate([total.values[None], terms.values]).astype(float), names


def _refuse_broken(model_id: str, replicates: np.ndarray, loss: np.ndarray) -> None:
    bad = replicates[~np.isfinite(loss).all(axis=(0, 2))]
    if len(bad):
        raise UserError(
            f"loss_history: model {model_id}: {_counted(bad)} included, with losses not finite"
        )


def _kept(number: np.ndarray, chosen: np.ndarray, most: int) -> np.ndarray:
    """Indices of the batches that are drawn: at most about `most`, and the chosen ones."""
    if len(number) <= most:
        return np.arange(len(number))
    spaced = np.geomspace(1, len(number), most).round().astype(int) - 1
    chosen_index = np.clip(np.searchsorted(number, chosen), 0, len(number) - 1)
    return np.unique(np.concatenate([spaced, np.arange(most // 10), chosen_index]))


def _geometric_mean(loss: np.ndarray) -> np.ndarray:
    """Over axis 1; NaN where a replicate has no logarithm, and if there is no replicate."""
    if loss.shape[1] == 0:
        return np.full((loss.shape[0], loss.shape[2]), np.nan)
    return np.exp(np.log(loss).mean(axis=1))


def _looks(count: int) -> list[style.Cue]:
    return [style.Cue(style.INK, "solid", "circle"), *style.cues(count, ordered=False)][:count]


def _name(term: str) -> str:
    return style.plain(_NAMES.get(term, term))


def _thin(loss: xr.DataArray, term: str, colour: str, *, excluded: bool) -> go.Scatter:
    """All replicates of a term as one line with gaps; customdata: replicate."""
    count, length = loss.sizes["replicate"], loss.sizes["batch"]
    gaps = np.full((count, 1), np.nan)
    x = np.concatenate([np.tile(loss["batch"].values.astype(float), (count, 1)), gaps], axis=1)
    y = np.concatenate([loss.values, gaps], axis=1)
    replicates = np.repeat(loss["replicate"].values, length + 1)
    note = " (excluded)" if excluded else ""
    return go.Scatter(
        x=x.ravel().astype("f4"),
        y=y.ravel().astype("f4"),
        customdata=replicates[:, None],
        mode="lines",
        name=f"{_name(term)}{note}",
        line={"color": colour, "width": 0.9},
        opacity=0.6 if excluded else 0.5,
        legendgroup="excluded" if excluded else term,
        showlegend=False,
        hovertemplate=f"replicate %{{customdata[0]}}{note}<br>batch %{{x:.0f}}"
        f"<br>{_name(term)} %{{y:.4g}}<extra></extra>",
    )


def _mean(prepared: xr.Dataset, term: str, look: style.Cue) -> go.Scatter:
    return go.Scatter(
        x=prepared["batch"].values,
        y=prepared["mean"].sel(term=term).values.astype("f4"),
        # A line of a single batch would not be seen.
        mode="lines" if prepared.sizes["batch"] > 1 else "markers",
        name=_name(term),
        marker={"symbol": look.symbol, "color": look.colour, "size": 9},
        line={"color": look.colour, "dash": look.dash, "width": 2.6},
        legendgroup=term,
        hovertemplate=f"mean of {int(prepared['included'].sum())} replicates<br>batch %{{x}}"
        f"<br>{_name(term)} %{{y:.4g}}<extra></extra>",
    )


def _choices(prepared: xr.Dataset) -> go.Scatter:
    """The chosen snapshot of each replicate, on its curve of the total loss."""
    included = prepared["included"].values
    there = np.isfinite(prepared["chosen_loss"].values)
    batches = prepared["chosen_batch"].values
    return go.Scatter(
        x=np.maximum(batches, 1)[there],
        y=prepared["chosen_loss"].values[there].astype("f4"),
        customdata=np.stack([prepared["replicate"].values, batches], axis=1)[there],
        mode="markers",
        name="chosen snapshot",
        marker={
            "symbol": "star-diamond",
            "size": 12,
            "color": [style.INK if yes else style.EXCLUDED for yes in included[there]],
            "line": {"color": "white", "width": 1},
        },
        hovertemplate="replicate %{customdata[0]}<br>snapshot chosen after %{customdata[1]} "
        "batches<br>total %{y:.4g}<extra></extra>",
    )


def _excluded_key(replicates: np.ndarray) -> go.Scatter:
    return go.Scatter(
        x=[None],
        y=[None],
        mode="lines",
        name=f"{_counted(replicates)}<br>(excluded)",
        line={"color": style.EXCLUDED, "width": 2},
        legendgroup="excluded",
    )


def _counted(replicates: np.ndarray) -> str:
    noun = "replicate" if len(replicates) == 1 else "replicates"
    return f"{noun} {style.numbers(replicates)}"


def _subtitle(prepared: xr.Dataset) -> str:
    included = prepared["replicate"].values[prepared["included"].values]
    text = f"Thin: replicates. Thick: geometric mean over the included {_counted(included)}."
    if not len(included):
        text = "Thin: replicates. None of them is included."
    if prepared.attrs["not_drawn"]:
        names = ", ".join(_NAMES.get(name, name) for name in prepared.attrs["not_drawn"])
        text += f" Never positive, so not on a logarithmic axis: {names}."
    return text
