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
from steadyhand.figures.predicted_response import difference, predicted_by
from steadyhand.figures.source import Source, in_order

_ROLE = "frequency_response"
CLEAR = 0.5
"""Coherence from which on an estimate is compared with a prediction."""
_MARKS = 40
"""Marks of a prediction, at most."""
_ROWS = {"gain": "gain", "phase": "phase [°]", "coherence": "coherence [1]"}


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """Mean and SD of gain, phase [deg] and coherence over networks and axes, by frequency [Hz].

    The response is that of an axis to its own noise; phases are averaged as angles, and unwrapped
    from the lowest frequency on. Options with names of conditions choose the one that is shown.
    Dims: group, sensed, frequency. `UserError` if they do not choose one, or the frequencies of
    models differ.

    With the option `prediction`, sources have linear responses, too: `predicted_gain` and
    `predicted_phase` (group, sensed, predicted_frequency) are means as above, of the linearization
    at fixed points; `difference` (group, sensed) is the median of |Ĥ − H|/|H| over networks, axes
    and the frequencies whose coherence is `CLEAR` or more, or NaN if there is none; `predicted`
    (group) counts the networks that have a fixed point.
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
                if f"predicted_{name}" in group:
                    figure.add_trace(_dots(group, look, name), **place)
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
    if "difference" in prepared:
        subtitle += f" Marks: by the linearization at fixed points. {_differences(prepared)}"
    title = options.get("title", "Frequency response of the closed loop, by training condition")
    return style.finish(figure, title, subtitle, (1000, 820), panel_titles=1)


def _group(source: Source, options: Mapping[str, Any]) -> xr.Dataset:
    names = [f"{sensed}_{name}" for sensed in GAINS for name in _ROWS]
    data = source.dataset(_ROLE, ("frequency", *names))
    at = only_condition(_ROLE, source, options)
    of_sensed = {name: [_summary(at[f"{it}_{name}"], name) for it in GAINS] for name in _ROWS}
    found: dict[str, tuple[tuple[str, ...], np.ndarray]] = {
        f"{name}_{which}": (("sensed", "frequency"), np.array([it[k] for it in rows]))
        for name, rows in of_sensed.items()
        for k, which in enumerate(("mean", "sd"))
    }
    if options.get("prediction"):
        found |= _predicted(source, at, options)
    coords = {"frequency": data["frequency"].values}
    if "predicted_gain" in found:
        coords["predicted_frequency"] = found.pop("predicted_frequency")[1]
    return xr.Dataset({**found, "networks": data.sizes["replicate"]}, coords=coords)


def _predicted(
    source: Source, at: xr.Dataset, options: Mapping[str, Any]
) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """What the linearization says, and how far the estimate is from that; NaN without points."""
    there, of_replicate = predicted_by(source, options)
    rows = [row for row, it in enumerate(at["replicate"].values) if int(it) in of_replicate]
    numbers = at["replicate"].values[rows].astype(int)
    shape = (len(GAINS), len(there))
    gains, phases, apart = (
        np.full(shape, np.nan),
        np.full(shape, np.nan),
        np.full(len(GAINS), np.nan),
    )
    for index, sensed in enumerate(GAINS) if len(rows) else ():
        own = _own(np.array([of_replicate[it][index] for it in numbers]))
        parts = (_own(_values(at[f"{sensed}_{it}"])[rows]) for it in _ROWS)
        gain, phase, coherence = parts
        gains[index] = _means(np.abs(own), "gain")[0]
        phases[index] = _beside(_means(np.angle(own), "phase")[0], _means(phase, "phase")[0])
        clear = coherence >= CLEAR
        if clear.any():
            estimated = gain * np.exp(1j * phase)
            off = difference(estimated, at["frequency"].values, own, there)
            apart[index] = float(np.median(off[clear]))
    dims = ("sensed", "predicted_frequency")
    return {
        "predicted_gain": (dims, gains),
        "predicted_phase": (dims, phases),
        "difference": (("sensed",), apart),
        "predicted": ((), np.array(len(rows))),
        "predicted_frequency": (("predicted_frequency",), there),
    }


def _beside(phase: np.ndarray, other: np.ndarray) -> np.ndarray:
    """A phase [deg], turned by whole turns to where another one begins."""
    return phase + 360 * np.round((other[0] - phase[0]) / 360)


def _values(values: xr.DataArray) -> np.ndarray:
    return values.transpose("replicate", "noise_axis", "axis", "frequency").values


def _own(every: np.ndarray) -> np.ndarray:
    """Of each axis to its own noise, of all networks, one axis after the other."""
    return np.concatenate([every[:, 0, 0], every[:, 1, 1]])


def _summary(values: xr.DataArray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean and SD over networks and axes, of the response of each axis to its own noise."""
    return _means(_own(_values(values)), name)


def _means(own: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
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


def _dots(group: xr.Dataset, look: style.Cue, name: str) -> go.Scatter:
    """The response by the linearization, at frequencies that are evenly spaced on the axis."""
    label, there = str(group["group"].values), group["predicted_frequency"].values
    wanted = np.geomspace(there[0], there[-1], _MARKS)
    chosen = np.unique(np.abs(there[:, None] - wanted).argmin(axis=0))
    return go.Scatter(
        x=style.single(there[chosen]),
        y=style.single(group[f"predicted_{name}"].values[chosen]),
        mode="markers",
        marker={"color": look.colour, "symbol": f"{look.symbol}-open", "size": 6},
        legendgroup=label,
        showlegend=False,
        hovertemplate=f"{wording.wrapped(label, 50)}, linearization<br>%{{x:.3g}} Hz"
        f"<br>{name} %{{y:.3g}}<extra></extra>",
    )


def _differences(prepared: xr.Dataset) -> str:
    """How far estimates are from predictions, in words, and which networks have none."""
    found = []
    for sensed, values in zip(
        GAINS, prepared["difference"].transpose("sensed", "group").values, strict=True
    ):
        said = [f"{100 * it:.2g}" if np.isfinite(it) else "–" for it in values]
        found += [f"{sensed} {', '.join(said)} %"] if np.isfinite(values).any() else []
    missing = int((prepared["networks"] - prepared["predicted"]).sum())
    lacking = f" Without a fixed point: {missing} networks." if missing else ""
    if not found:
        return f"Nowhere can both be compared at a coherence of {CLEAR:g} or more.{lacking}"
    return (
        f"Median distance of estimates from that, at coherences of {CLEAR:g} or more: "
        f"{'; '.join(found)}.{lacking}"
    )


def _gains(prepared: xr.Dataset, sensed: str) -> np.ndarray:
    return prepared["gain_mean"].sel(sensed=sensed).values.ravel()
