"""How many dimensions the activity of networks fills, by training condition."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

from steadyhand.errors import UserError
from steadyhand.figures import conditions, spread, spread_traces, style, wording
from steadyhand.figures.curve_traces import band
from steadyhand.figures.source import Source

ENOUGH = 0.999
"""Share of the variance after which further components are not shown."""

_TYPE = "principal_components"


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """Variance that the first components explain, and participation ratios by condition.

    See `spread.prepare` for the ratios, whose groups are models. `explained_mean` and
    `explained_sd` (group, components) are over networks, NaN where a network has fewer units.
    """
    ratios = spread.prepare(
        _TYPE,
        sources,
        {**options, "color": "train"},
        _ratios,
        in_panels=False,
        of="conditions",
    )
    ordered = conditions.by_condition(sources, conditions.varying_columns(sources))
    explained = [_cumulated(source) for source in ordered]
    shown = max(int((it.mean(axis=0) < ENOUGH).sum()) + 1 for it in explained)
    curves = [
        np.pad(of(axis=0)[:shown], (0, max(0, shown - it.shape[1])), constant_values=np.nan)
        for it in explained
        for of in (it.mean, it.std)
    ]
    return ratios.assign(
        explained_mean=(("group", "components"), np.array(curves[::2])),
        explained_sd=(("group", "components"), np.array(curves[1::2])),
    ).assign_coords(components=np.arange(1, shown + 1))


def draw(prepared: xr.Dataset, options: Mapping[str, Any]) -> go.Figure:
    """Explained variance beside participation ratios."""
    figure = make_subplots(
        cols=2,
        subplot_titles=["Variance that they explain", "Participation ratio"],
        horizontal_spacing=0.12,
    )
    looks = style.cues(
        prepared.sizes["group"], ordered=bool(prepared.attrs["ordered"]), along=style.ORDERED
    )
    for index, look in enumerate(looks):
        for trace in _curve(prepared.isel(group=index), look, f"group {index}"):
            figure.add_trace(trace, row=1, col=1)
    for trace in spread_traces.traces(prepared, ""):
        figure.add_trace(trace, row=1, col=2)
    figure.update_xaxes(title="number of principal components", row=1, col=1)
    figure.update_yaxes(title="share of the variance [1]", range=[0, 1.03], row=1, col=1)
    spread_traces.dress(figure, prepared, row=1, col=2)
    figure.update_yaxes(title="dimensions that are filled [1]", row=1, col=2)
    figure.update_layout(legend={"title": {"text": prepared.attrs["group_title"]}})
    subtitle = (
        "Hidden states of a network over all its trials and conditions: mean over networks, bands: "
        "± 1 SD. Participation ratio (Σλ)² / Σλ² of the variances λ in a condition. "
        f"{spread_traces.words(prepared)}"
    )
    title = options.get("title", "Principal components, by training condition")
    return style.finish(figure, title, subtitle, (1100, 440), panel_titles=1)


def _ratios(source: Source, columns: Sequence[str]) -> pd.DataFrame:
    name = "participation_ratio_of_condition"
    data = source.dataset(_TYPE, (name, "replicate", *columns))
    ratios = data[name].transpose("condition", "replicate")
    count, replicates = ratios.shape
    table = {it: data[it].values.astype(float).repeat(replicates) for it in columns}
    numbers = data["replicate"].values.tolist() * count
    return pd.DataFrame({"replicate": numbers, "value": ratios.values.ravel(), **table})


def _cumulated(source: Source) -> np.ndarray:
    """(network, components)"""
    data = source.dataset(_TYPE, ("explained",))
    if not data.sizes["replicate"]:
        raise UserError(f"{_TYPE}: model {source.model_id}: nothing to draw of 0 replicates")
    return data["explained"].transpose("replicate", "rank").values.cumsum(axis=1)


def _curve(group: xr.Dataset, look: style.Cue, called: str) -> list[go.Scatter]:
    there = np.isfinite(group["explained_mean"].values)
    count = group["components"].values[there]
    mean, spread_of = (group[f"explained_{it}"].values[there] for it in ("mean", "sd"))
    label = wording.wrapped(str(group["group"].values), 50)
    line = go.Scatter(
        x=count,
        y=style.single(mean),
        customdata=style.single(spread_of)[:, None],
        mode="lines+markers",
        line={"color": look.colour, "dash": look.dash, "width": 2},
        marker={"color": look.colour, "symbol": look.symbol, "size": 6},
        legendgroup=called,
        showlegend=False,
        hovertemplate=f"{label}<br>%{{x}} components: %{{y:.4f}}, SD %{{customdata[0]:.2g}}"
        "<extra></extra>",
    )
    return [band(count, mean - spread_of, mean + spread_of, look.colour, called), line]
