"""Bode plots of the closed loop: from noise of what is sensed to the command, by condition."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

from steadyhand.analyses.frequency_response import GAINS
from steadyhand.errors import UserError
from steadyhand.figures import style, wording
from steadyhand.figures.chosen_conditions import only_condition
from steadyhand.figures.curve_traces import band, cues_of, legend_of
from steadyhand.figures.source import Source, in_order

_ROLE = "frequency_response"
_ROWS = {"gain": "gain", "phase": "phase [°]", "coherence": "coherence [1]"}


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """Mean and SD of gain, phase [deg] and coherence over networks and axes, by frequency [Hz].

    The response is that of an axis to its own noise; phases are averaged as angles, and unwrapped
    from the lowest frequency on. Options with names of conditions choose the one that is shown.
    Dims: group, sensed, frequency. `UserError` if they do not choose one, or the frequencies of
    models differ.
    """
    ordered, column = in_order(_ROLE, sources)
    groups = [_group(source, options) for source in ordered]
    first = groups[0]["frequency"].values
    for source, group in zip(ordered, groups, strict=True):
        if not np.array_equal(group["frequency"].values, first):
            raise UserError(f"{_ROLE}: model {source.model_id} has other frequencies than others")
    joined = xr.concat(groups, dim="group", coords="minimal", compat="override", join="exact")
    labels = [source.label for source in ordered]
    return joined.assign_coords(group=labels, sensed=list(GAINS)).assign_attrs(
        ordering_column=column or ""
    )


def draw(prepared: xr.Dataset, options: Mapping[str, Any]) -> go.Figure:
    """Gain and phase on logarithmic frequency, and coherence, a column for each sensed quantity."""
    figure = make_subplots(
        rows=len(_ROWS),
        cols=len(GAINS),
        subplot_titles=[f"Sensed {name} to command" for name in GAINS],
        shared_xaxes=True,
        vertical_spacing=0.06,
        horizontal_spacing=0.12,
    )
    looks = cues_of(prepared)
    for column, (sensed, unit) in enumerate(GAINS.items(), start=1):
        for row, (name, title) in enumerate(_ROWS.items(), start=1):
            place = {"row": row, "col": column}
            for index, look in enumerate(looks):
                group = prepared.isel(group=index).sel(sensed=sensed)
                for trace in _traces(group, look, name, row == 1 and column == 1):
                    figure.add_trace(trace, **place)
            figure.update_yaxes(
                title=f"{title} [{wording.unit(unit)}]" if name == "gain" else title, **place
            )
            figure.update_xaxes(**style.log_ticks(prepared["frequency"].values), **place)
        figure.update_yaxes(**style.log_ticks(_gains(prepared, sensed)), row=1, col=column)
        figure.update_yaxes(range=[0, 1.02], row=3, col=column)
        figure.update_xaxes(title="frequency [Hz]", row=3, col=column)
    figure.update_layout(legend=legend_of(prepared))
    counts = wording.counts(prepared["networks"].values)
    subtitle = (
        f"Response of an axis to its own noise, in the closed loop: mean over {counts} networks "
        "and both axes; bands: ± 1 SD. Where the coherence is low, gain and phase are uncertain."
    )
    title = options.get("title", "Frequency response of the closed loop, by training condition")
    return style.finish(figure, title, subtitle, (1000, 820), panel_titles=1)


def _group(source: Source, options: Mapping[str, Any]) -> xr.Dataset:
    names = [f"{sensed}_{name}" for sensed in GAINS for name in _ROWS]
    data = source.dataset(_ROLE, ("frequency", *names))
    at = only_condition(_ROLE, source, options)
    of_sensed = {name: [_summary(at[f"{it}_{name}"], name) for it in GAINS] for name in _ROWS}
    found = {
        f"{name}_{which}": (("sensed", "frequency"), np.array([it[k] for it in rows]))
        for name, rows in of_sensed.items()
        for k, which in enumerate(("mean", "sd"))
    }
    return xr.Dataset(
        {**found, "networks": data.sizes["replicate"]},
        coords={"frequency": data["frequency"].values},
    )


def _summary(values: xr.DataArray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean and SD over networks and axes, of the response of each axis to its own noise."""
    dims = ("replicate", "noise_axis", "axis", "frequency")
    every = values.transpose(*dims).values
    own = np.concatenate([every[:, 0, 0], every[:, 1, 1]])
    if name != "phase":
        return own.mean(axis=0), own.std(axis=0)
    turned = np.angle(np.exp(1j * own).mean(axis=0))
    apart = np.angle(np.exp(1j * (own - turned)))
    return np.degrees(np.unwrap(turned)), np.degrees(np.sqrt((apart**2).mean(axis=0)))


def _traces(group: xr.Dataset, look: style.Cue, name: str, named: bool) -> list[go.Scatter]:
    """Band of ± 1 SD, and the mean."""
    label, frequency = str(group["group"].values), group["frequency"].values
    mean, spread = group[f"{name}_mean"].values, group[f"{name}_sd"].values
    low, high = mean - spread, mean + spread
    if name == "gain":  # on a logarithmic axis nothing is below 0
        low = np.maximum(low, 0.02 * mean)
    line = go.Scatter(
        x=style.single(frequency),
        y=style.single(mean),
        customdata=style.single(spread)[:, None],
        name=wording.wrapped(label, 26),
        line={"color": look.colour, "dash": look.dash, "width": 2},
        showlegend=named,
        hovertemplate=f"{wording.wrapped(label, 50)}<br>%{{x:.3g}} Hz"
        f"<br>{name} %{{y:.3g}}, SD %{{customdata[0]:.3g}}<extra></extra>",
        mode="lines",
        legendgroup=label,
    )
    return [band(frequency, low, high, look.colour, label), line]


def _gains(prepared: xr.Dataset, sensed: str) -> np.ndarray:
    return prepared["gain_mean"].sel(sensed=sensed).values.ravel()
