"""The lines, bars and marks of the figure of schedules: what several share is drawn once."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from steadyhand.figures import style, wording

SCALES = ("learning_rate", "field_scale", "noise_scale")
"""What is drawn as lines."""
PARTS = ("hidden", "readout")
"""What is trained or fixed, drawn as bars."""
MOST_POINTS = 400
"""Batches at which a line has points, beside those where it jumps."""

TITLES = {
    "learning_rate": "learning rate [1]",
    "field_scale": "factor of the field [1]",
    "noise_scale": "factor of the noise [1]",
}
"""Titles of the axes of the lines."""


def _kept(values: np.ndarray) -> np.ndarray:
    """Indices of the points of a line: evenly spaced ones, and both sides of each jump."""
    if len(values) <= MOST_POINTS:
        return np.arange(len(values))
    even = np.linspace(0, len(values) - 1, MOST_POINTS).round().astype(int)
    jump = np.flatnonzero(np.abs(np.diff(values)) > 0.02 * max(np.abs(values).max(), 1e-300))
    return np.unique(np.concatenate([even, jump, jump + 1]))


def alike(prepared: xr.Dataset, names: Sequence[str]) -> list[list[int]]:
    """Schedules with the same values of these variables, together: they share what is drawn."""
    found: dict[bytes, list[int]] = {}
    for index in range(prepared.sizes["schedule"]):
        content = b"".join(prepared[name].values[index].tobytes() for name in names)
        found.setdefault(content, []).append(index)
    return list(found.values())


def _look(members: Sequence[int], looks: Sequence[style.Cue]) -> style.Cue:
    """That of the first schedule; black for what all share."""
    is_shared = len(members) == len(looks) > 1
    return style.Cue(style.INK, "solid", "circle") if is_shared else looks[members[0]]


def _whose(prepared: xr.Dataset, members: Sequence[int]) -> str:
    if len(members) == prepared.sizes["schedule"] > 1:
        return "all schedules"
    return wording.wrapped("; ".join(prepared["schedule"].values[list(members)]), 60)


def line(
    prepared: xr.Dataset, name: str, members: Sequence[int], looks: Sequence[style.Cue]
) -> go.Scatter:
    """A scale that holds for a batch, from the batches done before it to those done after."""
    count = int(prepared["n_batches"].values[members[0]])
    values = prepared[name].values[members[0], :count]
    kept, look = _kept(values), _look(members, looks)
    return go.Scatter(
        x=np.append(kept, count),
        y=np.append(values[kept], values[-1]),
        mode="lines",
        name=_whose(prepared, members),
        line={"color": look.colour, "dash": look.dash, "width": 2, "shape": "hv"},
        showlegend=False,
        hovertemplate=f"{_whose(prepared, members)}<br>after %{{x}} batches"
        f"<br>{TITLES[name]} %{{y:.4g}}<extra></extra>",
    )


def key(one: xr.Dataset, look: style.Cue) -> go.Scatter:
    """What a colour means: the schedule, and how many models have it unless it says so itself."""
    text, count = str(one["schedule"].values), int(one["models"])
    says_so = count == 1 or text.startswith("all ")
    return go.Scatter(
        x=[None],
        y=[None],
        mode="lines",
        name=wording.wrapped(text, 34) + ("" if says_so else f"<br>({count} models)"),
        line={"color": look.colour, "dash": look.dash, "width": 2},
    )


def resets(one: xr.Dataset, look: style.Cue) -> go.Scatter:
    at = np.flatnonzero(one["resets_optimizer"].fillna(0).values)
    return go.Scatter(
        x=at,
        y=one["learning_rate"].values[at],
        mode="markers",
        marker={"symbol": "x", "size": 9, "color": look.colour, "line": {"width": 0}},
        showlegend=False,
        hovertemplate=f"{wording.wrapped(one['schedule'].values, 60)}"
        "<br>optimizer reset after %{x} batches<extra></extra>",
    )


def resets_key() -> go.Scatter:
    return go.Scatter(
        x=[None],
        y=[None],
        mode="markers",
        name="optimizer reset",
        marker={"symbol": "x", "size": 9, "color": style.INK},
    )


def bars(
    prepared: xr.Dataset,
    members: Sequence[int],
    looks: Sequence[style.Cue],
    place: tuple[int, int],
) -> go.Scatter:
    """A bar over the batches in which a part is trained; `place`: which of how many beside it."""
    height, look = 0.7 / place[1], _look(members, looks)
    x: list[float] = []
    y: list[float] = []
    for row, part in enumerate(PARTS):
        trained = np.nan_to_num(prepared[f"trains_{part}"].values[members[0]]).astype(int)
        edges = np.flatnonzero(np.diff(trained, prepend=0, append=0))
        low = row - 0.35 + height * (place[0] + 0.12)
        high = low + 0.76 * height
        for start, end in edges.reshape(-1, 2).tolist():
            x += [start, end, end, start, start, np.nan]
            y += [low, low, high, high, low, np.nan]
    return go.Scatter(
        x=np.array(x, "f4"),
        y=np.array(y, "f4"),
        mode="lines",
        fill="toself",
        fillcolor=style.faded(look.colour, 0.35),
        line={"color": look.colour, "width": 1, "dash": "solid"},
        name=_whose(prepared, members),
        showlegend=False,
        hoveron="points",
        hovertemplate=f"{_whose(prepared, members)}<br>after %{{x}} batches<extra></extra>",
    )
