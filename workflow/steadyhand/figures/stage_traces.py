"""The points, lines and dashes of the figure of losses over replicates."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from steadyhand.figures import style, wording
from steadyhand.figures.replicates import MOST_SYMBOLS, offsets, symbols

STAGES = ("first", "chosen", "last")
"""Snapshots that are shown of each replicate."""

_PLACES = (0.0, -0.22, 0.22)
"""Where a stage stands in the room of its condition."""
_JITTER = 0.24
"""Width over which the replicates of a stage are spread, of the room of a condition."""
_LOOKS = dict(zip(STAGES, ("#56b4e9", "#0072b2", "#d55e00"), strict=True))


def places(prepared: xr.Dataset) -> np.ndarray:
    """Where each snapshot stands along the axis, (network, stage)."""
    beside = _JITTER * offsets(prepared["replicate"].values)
    return prepared["model"].values[:, None] + np.array(_PLACES)[None] + beside[:, None]


def lines(prepared: xr.Dataset, place: np.ndarray, included: bool) -> go.Scatter:
    """Chosen and last snapshot of each replicate joined, all of them as one line with gaps."""
    own = prepared["included"].values == included
    gaps = np.full((own.sum(), 1), np.nan)
    return go.Scatter(
        x=np.hstack([place[own, 1:], gaps]).ravel().astype("f4"),
        y=style.single(np.hstack([prepared["loss"].values[own, 1:], gaps]).ravel()),
        mode="lines",
        line={"color": "#8a8a8a" if included else style.EXCLUDED, "width": 0.8},
        opacity=0.7,
        hoverinfo="skip",
        showlegend=False,
    )


def points(
    prepared: xr.Dataset, place: np.ndarray, stages: Sequence[str], *, excluded: bool = False
) -> go.Scatter:
    """Included replicates at a stage; or excluded ones at stages, grey and open."""
    columns = [STAGES.index(stage) for stage in stages]
    own = np.flatnonzero(prepared["included"].values != excluded)
    shape = [f"{it}-open" if excluded else it for it in symbols(prepared["replicate"].values)]
    colour = style.EXCLUDED if excluded else _LOOKS[stages[0]]
    return go.Scatter(
        x=place[own][:, columns].ravel().astype("f4"),
        y=style.single(prepared["loss"].values[own][:, columns].ravel()),
        hovertext=[_words(prepared, int(it), column) for it in own for column in columns],
        mode="markers",
        name="excluded" if excluded else stages[0],
        marker={
            "symbol": [shape[network] for network in own for _ in columns],
            "color": colour,
            "size": 8,
            "line": {"color": colour if excluded else "white", "width": 1},
        },
        legendgroup="snapshot",
        legendgrouptitle={"text": "snapshot"},
        legendrank=1100,
        showlegend=excluded and len(own) > 0 and "last" in stages,
        hovertemplate="%{hovertext}<br>validation loss %{y:.4g}<extra></extra>",
    )


def _words(prepared: xr.Dataset, network: int, column: int) -> str:
    one = prepared.isel(network=network)
    label = wording.wrapped(prepared["condition"].values[int(one["model"])], 60)
    text = f"{label}<br>replicate {int(one['replicate'])}, {STAGES[column]} snapshot"
    text += f"<br>after {int(one['batches'].values[column])} batches"
    reason = str(one["reason"].values)
    return text + (f"<br>excluded: {wording.wrapped(reason, 60)}" if reason else "")


def means(prepared: xr.Dataset, stage: str, length: float) -> go.Scatter:
    """A dash [px] at the geometric mean; customdata: the factor of one standard deviation."""
    own = prepared.sel(stage=stage)
    factor = 10 ** own["spread"].values
    spread = "<br>× or ÷ %{customdata[0]:.3g} (1 SD)" if np.isfinite(factor).any() else ""
    return go.Scatter(
        x=np.arange(prepared.sizes["condition"]) + _PLACES[STAGES.index(stage)],
        y=style.single(own["mean"].values),
        customdata=factor.astype("f4")[:, None] if spread else None,
        hovertext=[wording.wrapped(label, 60) for label in prepared["condition"].values],
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


def keys(prepared: xr.Dataset) -> list[go.Scatter]:
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
