"""Tangling of the trajectories of networks, by training condition and by trials."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import xarray as xr

from steadyhand.figures import spread, spread_traces
from steadyhand.figures.source import Source

_TYPE = "tangling"


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """Root mean square over time of the tangling of every trial; see `spread.prepare`."""
    return spread.prepare(_TYPE, sources, options, _table, log=True)


def draw(prepared: xr.Dataset, options: Mapping[str, Any]) -> go.Figure:
    """Violins on a logarithmic axis, a room for each place."""
    about = (
        "How differently a network goes on from similar states (Russo et al. 2018), among all "
        "trials of a condition"
    )
    title, axis = options.get("title", "Tangling"), "tangling Q, root mean square over time"
    return spread_traces.draw_panels(prepared, title, about, axis, "1/s²")


def _table(source: Source, columns: Sequence[str]) -> pd.DataFrame:
    data = source.dataset(_TYPE, ("rms", "replicate", *columns))
    rms = data["rms"].transpose("trial", "replicate")
    trials, replicates = rms.shape
    table = {name: data[name].values.astype(float).repeat(replicates) for name in columns}
    numbers = data["replicate"].values.tolist() * trials
    return pd.DataFrame({"replicate": numbers, "value": rms.values.ravel(), **table})
