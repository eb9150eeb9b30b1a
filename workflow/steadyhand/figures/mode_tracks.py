"""Modes that are followed from condition to condition, or from place to place."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

from steadyhand.figures import style, wording
from steadyhand.figures.eigenvalue_panels import unit_circle
from steadyhand.figures.grouped_points import OF_POINTS, WORDS, grouped
from steadyhand.figures.source import Source, only_source
from steadyhand.mode_statistics import eigenvalues_in

_ROLE = "mode_tracks"
_NEEDED = (
    *("eigenvalue_re", "eigenvalue_im", "sure", "point_replicate", "point_place"),
    *("goal_position", "replicate"),
)
_SIDE_BY_SIDE, _PANEL = 4, (265, 250)
"""Panels in a row at most, and the size of each [px]."""


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """Eigenvalues by replicate, condition, place and track; NaN where there is no point.

    `middle` (replicate) is the place at which conditions are joined by lines: that nearest to the
    middle of all goals which has a point under every condition, or −1. `unsure` (replicate) counts
    points to which some mode could not be followed without doubt.
    """
    source = only_source(_ROLE, sources)
    data = source.dataset(_ROLE, _NEEDED)
    labels, members = grouped(data, OF_POINTS, WORDS, "point")
    replicates = data["replicate"].values.astype(int)
    goal = data["goal_position"].transpose("place", "axis").values
    found = np.full((len(replicates), len(labels), len(goal), data.sizes["track"]), np.nan, complex)
    values = eigenvalues_in(data, "track")
    owner = np.searchsorted(replicates, data["point_replicate"].values)
    place = data["point_place"].values.astype(int)
    for group, rows in enumerate(members):
        found[owner[rows], group, place[rows]] = values[rows]
    unsure = np.bincount(owner[data["sure"].values == 0], minlength=len(replicates))
    axes = ("replicate", "group", "place", "track")
    return xr.Dataset(
        {
            "re": (axes, found.real),
            "im": (axes, found.imag),
            "middle": ("replicate", _middle(np.isfinite(found[..., 0]), goal)),
            "unsure": ("replicate", unsure),
        },
        coords={"replicate": replicates, "group": np.array(labels, object)},
        attrs={"label": source.label},
    )


def draw(prepared: xr.Dataset, options: Mapping[str, Any]) -> go.Figure:
    """A panel for each replicate, the upper half of the complex plane."""
    count = prepared.sizes["replicate"]
    columns = min(count, _SIDE_BY_SIDE)
    rows = -(-count // columns)
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=[_title(prepared.isel(replicate=it)) for it in range(count)],
        horizontal_spacing=0.05,
        vertical_spacing=0.3 / rows,
    )
    looks = style.cues(prepared.sizes["group"], ordered=True, along=style.CONTEXTS)
    for index in range(count):
        at = {"row": index // columns + 1, "col": index % columns + 1}
        one = prepared.isel(replicate=index)
        for trace in [unit_circle(), *_points(one, looks, index == 0), *_lines(one)]:
            figure.add_trace(trace, **at)
    _dress(figure, prepared)
    figure.update_layout(legend={"itemsizing": "constant"})
    if not prepared.sizes["group"]:
        style.say(figure, "The search found no fixed point that is alone at its place.")
    closed = ", of the closed loop" if options.get("closed_loop") else ""
    title = options.get("title") or f"Modes followed{closed}: {prepared.attrs['label']}"
    way = (
        "from condition to condition, at the goal in the middle; marks: at all goals."
        if prepared.sizes["group"] > 1
        else "from the goal in the middle to all others."
    )
    subtitle = (
        f"Eigenvalues in the upper half of the complex plane, a line for each mode: {way} Modes "
        "are followed along the way, not sorted."
    )
    size = (columns * _PANEL[0] + 190, rows * (_PANEL[1] + 70))
    return style.finish(figure, title, subtitle, size, panel_titles=2, right=170)


def _middle(there: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """Of each replicate, the place of the lines; −1 where none has points in all conditions."""
    away = np.linalg.norm(goal - goal.mean(axis=0), axis=1)
    usable: np.ndarray = np.logical_and(there.all(axis=1), there.shape[1] > 0)
    nearest = np.where(usable, away, np.inf).argmin(axis=1)
    return np.where(usable.any(axis=1), nearest, -1)


def _dress(figure: go.Figure, prepared: xr.Dataset) -> None:
    """The same axes in every panel, with all of the eigenvalues."""
    real, size = prepared["re"].values, np.abs(prepared["im"].values)
    known = np.isfinite(real)
    low = float(real[known].min(initial=0.0)) - 0.05
    high = float(real[known].max(initial=1.0)) + 0.05
    tall = float(size[known].max(initial=0.2)) + 0.05
    figure.update_xaxes(title="real part [1]", range=[low, high])
    figure.update_yaxes(range=[-0.02, tall])
    figure.update_yaxes(title="imaginary part [1]", col=1)


def _title(one: xr.Dataset) -> str:
    unsure = int(one["unsure"])
    said = f"in doubt at {unsure} point{'' if unsure == 1 else 's'}" if unsure else "no doubt"
    return f"replicate {int(one['replicate'])}<br><sup>{said}</sup>"


def _lines(one: xr.Dataset) -> list[go.Scatter]:
    """Each mode as a line with gaps: over conditions, or from the middle to each other place."""
    middle = int(one["middle"])
    if middle < 0:
        return []
    values = one["re"].values + 1j * one["im"].values  # (group, place, track)
    if len(values) > 1:
        paths = values[:, middle].T
    else:
        others = np.delete(values[0], middle, axis=0)
        hub = np.broadcast_to(values[0, middle], others.shape)
        paths = np.stack([hub, others], axis=-1).reshape(-1, 2)
    # Of a pair, the one above; a mode that is real for a part of its way is above in the others.
    paths = paths[np.isfinite(paths).all(axis=1) & (paths.imag >= 0).any(axis=1)]
    paths = paths.real + 1j * np.abs(paths.imag)
    gap = np.full((len(paths), 1), np.nan, complex)
    line = np.concatenate([paths, gap], axis=1).ravel()
    return [
        go.Scatter(
            x=style.single(line.real),
            y=style.single(line.imag),
            mode="lines",
            line={"color": style.INK, "width": 0.8},
            opacity=0.7,
            hoverinfo="skip",
            showlegend=False,
        )
    ]


def _points(one: xr.Dataset, looks: Sequence[style.Cue], named: bool) -> list[go.Scatter]:
    traces = []
    number = int(one["replicate"])
    for group, look in enumerate(looks):
        label = str(one["group"].values[group])
        real, imaginary = (one[it].values[group] for it in ("re", "im"))
        place, track = np.nonzero(np.isfinite(real) & (imaginary >= 0))
        traces.append(
            go.Scatter(
                x=style.single(real[place, track]),
                y=style.single(imaginary[place, track]),
                customdata=np.stack([place, track], axis=1),
                mode="markers",
                marker={
                    "color": look.colour,
                    "symbol": f"{look.symbol}-open",
                    "size": 4,
                    "opacity": 0.6,
                },
                name=wording.wrapped(label, 20),
                legendgroup=label,
                showlegend=named,
                hovertemplate=f"replicate {number}, {label}, place %{{customdata[0]}}, mode "
                "%{customdata[1]}<br>%{x:.4f} + %{y:.4f} i<extra></extra>",
            )
        )
    return traces
