"""The lines and marks of a loss history: replicates, mean and spread, choices, failures."""

from collections.abc import Iterator

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from steadyhand.figures import style, wording

_NAMES = {
    "total": "total",
    "effector_position": "position",
    "effector_final_velocity": "final velocity",
    "nn_output": "network output",
    "nn_hidden": "hidden activity",
    "readout_norm": "readout norm",
}


def name_of(term: str) -> str:
    """What a reader calls a term of the loss."""
    return wording.plain(_NAMES.get(term, term))


def traces(prepared: xr.Dataset) -> Iterator[go.Scatter]:
    """All traces of a prepared history; means, choices and failures lie on top."""
    included = prepared["included"].values
    looks = dict(zip(prepared["term"].values, _looks(prepared.sizes["term"]), strict=True))
    excluded = prepared.isel(replicate=~included)
    for term in prepared["term"].values[1:]:
        yield _thin(excluded["loss"].sel(term=term), term, style.EXCLUDED, " (excluded)")
    for index in range(excluded.sizes["replicate"]):
        one = excluded.isel(replicate=[index])
        note = f"<br>excluded: {wording.wrapped(one['exclusion_reason'].values[0], 60)}"
        yield _thin(one["loss"].sel(term="total"), "total", style.EXCLUDED, note)
    for term, look in looks.items():
        yield _thin(prepared["loss"].sel(term=term).isel(replicate=included), term, look.colour)
    for term, look in looks.items():
        if np.isfinite(prepared["spread"].sel(term=term)).any():
            yield _band(prepared, term, look)
    for term, look in looks.items():
        if included.any():
            yield _mean(prepared, term, look)
    yield _choices(prepared)
    if np.isfinite(prepared["failed_loss"]).any():
        yield _failures(prepared)
    if excluded.sizes["replicate"]:
        yield _excluded_key(excluded["replicate"].values)


def _looks(count: int) -> list[style.Cue]:
    return [style.Cue(style.INK, "solid", "circle"), *style.cues(count, ordered=False)][:count]


def _thin(loss: xr.DataArray, term: str, colour: str, note: str = "") -> go.Scatter:
    """Replicates of a term as one line with gaps; customdata: replicate. A note: excluded."""
    count, length = loss.sizes["replicate"], loss.sizes["batch"]
    gaps = np.full((count, 1), np.nan)
    x = np.concatenate([np.tile(loss["batch"].values.astype(float), (count, 1)), gaps], axis=1)
    y = np.concatenate([loss.values, gaps], axis=1)
    replicates = np.repeat(loss["replicate"].values.astype("i2"), length + 1)
    return go.Scatter(
        x=x.ravel().astype("f4"),
        y=style.single(y.ravel()),
        customdata=replicates[:, None],
        mode="lines",
        name=f"{name_of(term)}{' (excluded)' if note else ''}",
        line={"color": colour, "width": 0.7},
        opacity=0.6 if note else 0.4,
        legendgroup="excluded" if note else term,
        showlegend=False,
        hovertemplate=f"replicate %{{customdata[0]}}{note}<br>after %{{x:.0f}} batches"
        f"<br>{name_of(term)} %{{y:.4g}}<extra></extra>",
    )


def _band(prepared: xr.Dataset, term: str, look: style.Cue) -> go.Scatter:
    """One standard deviation of the logarithm to both sides of the mean, as a closed line."""
    mean, spread = prepared["mean"].sel(term=term), prepared["spread"].sel(term=term)
    at = np.flatnonzero(np.isfinite(mean.values) & np.isfinite(spread.values))
    x, factor = _centres(prepared)[at], 10 ** spread.values[at]
    edges = mean.values[at] * factor, (mean.values[at] / factor)[::-1]
    return go.Scatter(
        x=np.concatenate([x, x[::-1]]).astype("f4"),
        y=style.single(np.concatenate(edges)),
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=style.faded(look.colour, 0.18),
        name=f"{name_of(term)}, spread",
        legendgroup=term,
        showlegend=False,
        hoverinfo="skip",
    )


def _mean(prepared: xr.Dataset, term: str, look: style.Cue) -> go.Scatter:
    """The thick line; customdata: batches of the bin, the factor of one standard deviation."""
    factor = 10 ** prepared["spread"].sel(term=term).values
    spread = "<br>× or ÷ %{customdata[2]:.3g} (1 SD)" if np.isfinite(factor).any() else ""
    columns = [prepared["first"].values, prepared["last"].values, *([factor] if spread else [])]
    return go.Scatter(
        x=_centres(prepared),
        y=style.single(prepared["mean"].sel(term=term).values),
        customdata=np.column_stack(columns).astype("f4"),
        # A line of a single batch would not be seen.
        mode="lines" if prepared.sizes["bin"] > 1 else "markers",
        name=name_of(term),
        marker={"symbol": look.symbol, "color": look.colour, "size": 9},
        line={"color": look.colour, "dash": look.dash, "width": 2.6},
        legendgroup=term,
        hovertemplate=f"mean of {int(prepared['included'].sum())} replicates"
        "<br>after %{customdata[0]} to %{customdata[1]} batches"
        f"<br>{name_of(term)} %{{y:.4g}}{spread}<extra></extra>",
    )


def _centres(prepared: xr.Dataset) -> np.ndarray:
    """Where bins stand on a logarithmic axis: a bin of one batch at that batch."""
    return np.sqrt(prepared["first"].values * prepared["last"].values).astype("f4")


def _choices(prepared: xr.Dataset) -> go.Scatter:
    """The chosen snapshot of each replicate, on its curve of the total loss."""
    included = prepared["included"].values
    there = np.isfinite(prepared["chosen_loss"].values)
    batches = prepared["chosen_batch"].values
    return go.Scatter(
        x=np.maximum(batches, 1)[there],
        y=style.single(prepared["chosen_loss"].values[there]),
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


def _failures(prepared: xr.Dataset) -> go.Scatter:
    """Where the curve of a network ends because it failed; customdata: replicate, batch."""
    failed = prepared.isel(replicate=np.isfinite(prepared["failed_loss"].values))
    batches = failed["failed_batch"].values
    return go.Scatter(
        x=batches,
        y=style.single(failed["failed_loss"].values),
        customdata=np.stack([failed["replicate"].values, batches], axis=1),
        hovertext=[wording.plain(failure) for failure in failed["failure"].values],
        mode="markers",
        name="network failed",
        marker={
            "symbol": "x",
            "size": 11,
            "color": style.FAILED,
            "line": {"color": "white", "width": 1},
        },
        hovertemplate="replicate %{customdata[0]}<br>failed: %{hovertext} in batch %{customdata[1]}"
        "<br>last total %{y:.4g}<extra></extra>",
    )


def _excluded_key(replicates: np.ndarray) -> go.Scatter:
    return go.Scatter(
        x=[None],
        y=[None],
        mode="lines",
        name=f"{wording.replicates(replicates, 24)}<br>(excluded)",
        line={"color": style.EXCLUDED, "width": 2},
        legendgroup="excluded",
    )
