"""What linearizations of closed loops predict, beside what the loops do, by amplitude."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

from steadyhand.alignment import align
from steadyhand.described_conditions import SENSED
from steadyhand.figures import style, wording
from steadyhand.figures.grouped_points import OF_POINTS, WORDS, grouped
from steadyhand.figures.source import Source, only_source

_ROLE = "linear_response"
_NEEDED = (
    *("simulated", "predicted", "relative_error", "amplitude", "direction", "time"),
    *("point_replicate", "replicate"),
)


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """Responses along the offset by condition, and relative errors by replicate.

    `simulated` and `predicted` (group, shown, time) are means over points and directions of the
    displacement along the offset, per unit of it, for the smallest and the largest amplitude.
    `error` (group, replicate, amplitude) is the mean relative error of a replicate; NaN where it
    has no fixed point under a condition. Groups are conditions: context input, field.
    """
    source = only_source(_ROLE, sources)
    data = source.dataset(_ROLE, _NEEDED)
    labels, members = grouped(data, OF_POINTS, WORDS, "point")
    shown = [0, -1] if data.sizes["amplitude"] > 1 else [0]
    replicates = data["replicate"].values.astype(int)
    along = {name: _along(data, name, shown) for name in ("simulated", "predicted")}
    return xr.Dataset(
        {
            **{
                name: (("group", "shown", "time"), _means(values, members))
                for name, values in along.items()
            },
            "error": (
                ("group", "replicate", "amplitude"),
                _errors(data, members, replicates),
            ),
            "points": ("group", np.array([len(it) for it in members], int)),
        },
        coords={
            "group": np.array(labels, object),
            "shown": data["amplitude"].values[shown],
            "time": data["time"].values,
            "amplitude": data["amplitude"].values,
            "replicate": replicates,
        },
        attrs={"label": source.label, "channel": options["channel"]},
    )


def draw(prepared: xr.Dataset, options: Mapping[str, Any]) -> go.Figure:
    """Responses of the smallest and the largest amplitude, then errors of every replicate."""
    channel = prepared.attrs["channel"]
    unit = wording.unit(SENSED[channel])
    shown = [wording.number(it) for it in prepared["shown"].values]
    figure = make_subplots(
        rows=1,
        cols=len(shown) + 1,
        subplot_titles=[f"Offset of {it} {unit}" for it in shown] + ["Error of the prediction"],
        horizontal_spacing=0.09,
    )
    looks = style.cues(prepared.sizes["group"], ordered=True, along=style.CONTEXTS)
    for index, look in enumerate(looks):
        group = prepared.isel(group=index)
        for column in range(len(shown)):
            for trace in _responses(group.isel(shown=column), look, named=column == 0):
                figure.add_trace(trace, row=1, col=column + 1)
        for trace in _error_lines(group, look):
            figure.add_trace(trace, row=1, col=len(shown) + 1)
    per = "1" if channel == "position" else "s"
    for column in range(1, len(shown) + 1):
        figure.update_xaxes(title="time since the offset began [s]", row=1, col=column)
    figure.update_yaxes(title=f"displacement per offset [{wording.unit(per)}]", row=1, col=1)
    last = {"row": 1, "col": len(shown) + 1}
    figure.update_xaxes(
        title=f"offset of the sensed {channel} [{unit}]",
        **style.log_ticks(prepared["amplitude"].values),
        **last,
    )
    errors = prepared["error"].values
    figure.update_yaxes(title="relative error [1]", **style.log_ticks(errors.ravel()), **last)
    if not prepared.sizes["group"]:
        style.say(figure, "The search found no fixed point of a closed loop to linearize at.")
    title = options.get("title") or f"Predicted and simulated responses: {prepared.attrs['label']}"
    subtitle = (
        f"To an offset of the sensed {channel} for a while, at rest; without noise. Lines: "
        "simulated, dots: by the linearization; mean over fixed points and directions. Errors: "
        "norm over time, a line for each replicate."
    )
    return style.finish(figure, title, subtitle, (1240, 430), panel_titles=1, right=170)


def _along(data: xr.Dataset, name: str, shown: list[int]) -> np.ndarray:
    """Displacement along the offset, per unit of it (point, shown, time)."""
    dims = ("point", "amplitude", "direction", "time", "axis")
    values = data[name].transpose(*dims).values[:, shown]
    along = align(values, data["direction"].values)[..., 0].mean(axis=2)
    return np.asarray(along / data["amplitude"].values[shown][None, :, None])


def _means(values: np.ndarray, members: list[np.ndarray]) -> np.ndarray:
    return np.array([values[it].mean(axis=0) for it in members]).reshape(-1, *values.shape[1:])


def _errors(data: xr.Dataset, members: list[np.ndarray], replicates: np.ndarray) -> np.ndarray:
    errors = data["relative_error"].transpose("point", "amplitude", "direction").values
    owner = data["point_replicate"].values.astype(int)
    found = np.full((len(members), len(replicates), errors.shape[1]), np.nan)
    for group, rows in enumerate(members):
        for index, number in enumerate(replicates):
            own = rows[owner[rows] == number]
            if len(own):
                found[group, index] = errors[own].mean(axis=(0, 2))
    return found


def _responses(group: xr.Dataset, look: style.Cue, *, named: bool) -> list[go.Scatter]:
    label, time = str(group["group"].values), group["time"].values
    every = max(1, len(time) // 25)
    hover = f"{label}<br>%{{x:.3g}} s, %{{y:.4g}}<extra></extra>"
    line = go.Scatter(
        x=style.single(time),
        y=style.single(group["simulated"].values),
        mode="lines",
        line={"color": look.colour, "width": 2},
        name=wording.wrapped(label, 20),
        legendgroup=label,
        showlegend=named,
        hovertemplate=f"simulated, {hover}",
    )
    dots = go.Scatter(
        x=style.single(time[::every]),
        y=style.single(group["predicted"].values[::every]),
        mode="markers",
        marker={"color": look.colour, "size": 5, "symbol": f"{look.symbol}-open"},
        legendgroup=label,
        showlegend=False,
        hovertemplate=f"predicted, {hover}",
    )
    return [line, dots]


def _error_lines(group: xr.Dataset, look: style.Cue) -> list[go.Scatter]:
    label = str(group["group"].values)
    return [
        go.Scatter(
            x=style.single(group["amplitude"].values),
            y=style.single(group["error"].values[index]),
            mode="lines+markers",
            line={"color": look.colour, "width": 1.2},
            marker={"symbol": look.symbol, "size": 6},
            legendgroup=label,
            showlegend=False,
            hovertemplate=f"{label}, replicate {number}<br>%{{x:.3g}}: %{{y:.3e}}<extra></extra>",
        )
        for index, number in enumerate(group["replicate"].values.astype(int))
        if np.isfinite(group["error"].values[index]).all()
    ]
