"""The points, means and guides of the figure of readout norms."""

from collections.abc import Iterator

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from steadyhand.figures import style, wording


def traces(prepared: xr.Dataset) -> Iterator[go.Scatter]:
    """All traces, the means on top; `prepared` is what `readout_norm.prepare` makes."""
    names = prepared["group_name"].values
    looks = style.cues(len(names), ordered=prepared.attrs["has_ordered_groups"])
    yield from _guides(prepared, looks)
    if not prepared["included"].values.all():
        yield _points(prepared, None, style.Cue(style.EXCLUDED, "solid", "circle-open"))
    for group, look in enumerate(looks):
        if prepared.attrs["is_number"]:
            yield _lines(prepared, group, look)
        yield _points(prepared, group, look)
    for group, (name, look) in enumerate(zip(names, looks, strict=True)):
        if np.isfinite(prepared["mean"].values[prepared["group"].values == group]).any():
            yield _means(prepared, group, str(name), look)


def _guides(prepared: xr.Dataset, looks: list[style.Cue]) -> Iterator[go.Scatter]:
    """The norm before training, and the norms that losses draw to."""
    before = prepared["before"].values
    if np.isfinite(before).any():
        mean = float(np.nanmean(before))
        yield _level(prepared, mean, f"before training: {mean:.3g} N", style.EXCLUDED, "dash")
    targets, group = prepared["target"].values, prepared["group"].values
    for target in np.unique(targets[np.isfinite(targets)]):
        own = np.unique(group[targets == target])
        colour = looks[own[0]].colour if len(own) == 1 < len(looks) else style.INK
        text = f"target of the loss: {wording.number(target)} N"
        yield _level(prepared, float(target), text, colour, "dot")


def _level(prepared: xr.Dataset, level: float, name: str, colour: str, dash: str) -> go.Scatter:
    ticks = prepared["tick"].values
    gap = float(np.diff(ticks).min()) if len(ticks) > 1 else 1.0
    return go.Scatter(
        x=[ticks[0] - gap / 2, ticks[-1] + gap / 2],
        y=[level, level],
        mode="lines",
        name=name,
        line={"color": colour, "dash": dash, "width": 1.5},
        legendgroup="guides",
        legendrank=2000,
        hoverinfo="skip",
    )


def _points(prepared: xr.Dataset, group: int | None, look: style.Cue) -> go.Scatter:
    """Included networks of a group; None: all excluded ones."""
    included, of = prepared["included"].values, prepared["model"].values
    chosen = ~included if group is None else included & (prepared["group"].values[of] == group)
    own = prepared.isel(network=np.flatnonzero(chosen))
    return go.Scatter(
        x=own["x"].values.astype("f4"),
        y=own["norm"].values.astype("f4"),
        hovertext=[_words(prepared, own.isel(network=it)) for it in range(own.sizes["network"])],
        mode="markers",
        name="excluded" if group is None else "networks",
        marker={"symbol": look.symbol, "color": look.colour, "size": 7},
        opacity=1 if group is None else 0.55,
        legendgroup=f"group {group}",
        legendrank=1500,
        showlegend=group is None,
        hovertemplate="%{hovertext}<br>norm %{y:.4g} N<extra></extra>",
    )


def _words(prepared: xr.Dataset, network: xr.Dataset) -> str:
    label = wording.wrapped(prepared["condition"].values[int(network["model"])], 60)
    text = f"{label}<br>replicate {int(network['replicate'])}"
    text += f"<br>snapshot after {int(network['chosen_batch'])} batches"
    reason = str(network["reason"].values)
    return text + (f"<br>excluded: {wording.wrapped(reason, 60)}" if reason else "")


def _lines(prepared: xr.Dataset, group: int, look: style.Cue) -> go.Scatter:
    """Replicates of a group joined through the conditions: those of a number are paired."""
    of = prepared["model"].values
    own = np.flatnonzero((prepared["group"].values[of] == group) & prepared["included"].values)
    x, y = [], []
    for replicate in np.unique(prepared["replicate"].values[own]):
        mine = own[prepared["replicate"].values[own] == replicate]
        x += [*prepared["x"].values[mine], np.nan]
        y += [*prepared["norm"].values[mine], np.nan]
    return go.Scatter(
        x=np.array(x, "f4"),
        y=np.array(y, "f4"),
        mode="lines",
        line={"color": look.colour, "width": 0.8},
        opacity=0.35,
        legendgroup=f"group {group}",
        showlegend=False,
        hoverinfo="skip",
    )


def _means(prepared: xr.Dataset, group: int, name: str, look: style.Cue) -> go.Scatter:
    """Means of a group; customdata: number of replicates, words on the interval."""
    own = np.flatnonzero(prepared["group"].values == group)
    mean, margin = prepared["mean"].values[own], prepared["margin"].values[own]
    included, of = prepared["included"].values, prepared["model"].values
    counts = [int((included & (of == model)).sum()) for model in own]
    words = [wording.wrapped(prepared["condition"].values[model], 60) for model in own]
    ends = [
        f"<br>95 % interval {low:.4g} to {high:.4g} N" if np.isfinite(low) else ""
        for low, high in zip(mean - margin, mean + margin, strict=True)
    ]
    return go.Scatter(
        x=prepared["centre"].values[own].astype("f4"),
        y=mean.astype("f4"),
        error_y={
            "array": np.nan_to_num(margin).astype("f4"),
            "color": look.colour,
            "thickness": 2,
            "width": 5,
        },
        customdata=list(zip(counts, ends, strict=True)),
        hovertext=words,
        mode="lines+markers" if prepared.attrs["is_number"] else "markers",
        name=wording.wrapped(name, 30) if name else "mean",
        line={"color": look.colour, "dash": look.dash, "width": 2.2},
        marker={
            "symbol": look.symbol,
            "color": look.colour,
            "size": 12,
            "line": {"color": "white", "width": 1.5},
        },
        legendgroup=f"group {group}",
        hovertemplate="%{hovertext}<br>mean of %{customdata[0]} replicates: %{y:.4g} N"
        "%{customdata[1]}<extra></extra>",
    )
