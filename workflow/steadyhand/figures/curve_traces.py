"""Traces of turned trials, parallel against lateral: single ones as one line, and their mean."""

from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from jaxtyping import Float, Int

from steadyhand.figures import style, wording


def cues_of(prepared: xr.Dataset) -> list[style.Cue]:
    """How the groups of a prepared figure look: by their order, and by what they stand for."""
    attrs = prepared.attrs
    along = style.CONTEXTS if attrs.get("color") == "sisu" else style.ORDERED
    ordered = bool(attrs["ordering_column"])
    return style.cues(prepared.sizes["group"], ordered=ordered, along=along)


def legend_of(prepared: xr.Dataset) -> dict[str, Any]:
    """The legend of these groups."""
    heading = prepared.attrs["ordering_column"] or "training condition"
    return {"title": {"text": wording.wrapped(heading, 26)}}


def band(x: np.ndarray, low: np.ndarray, high: np.ndarray, colour: str, group: str) -> go.Scatter:
    """What lies between two lines, as a faint area that belongs to an entry of the legend."""
    return go.Scatter(
        x=style.single(np.concatenate([x, x[::-1]])),
        y=style.single(np.concatenate([high, low[::-1]])),
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=style.faded(colour, 0.15),
        legendgroup=group,
        showlegend=False,
        hoverinfo="skip",
    )


class Look(NamedTuple):
    """How the curves of a group look and what they are called; `unit` is that of both axes."""

    label: str
    cue: style.Cue
    unit: str


def single_curves(
    look: Look,
    curves: Float[np.ndarray, "curve step 2"],
    replicates: Int[np.ndarray, " curve"],
    trials: Int[np.ndarray, " curve"],
    milliseconds: Int[np.ndarray, " step"],
) -> go.Scatter:
    """Thin curves as one line with gaps; customdata: replicate, trial, time [ms]."""
    count, steps, _ = curves.shape
    places = np.concatenate([curves, np.full((count, 1, 2), np.nan)], axis=1).reshape(-1, 2)
    told = np.stack(
        [
            np.repeat(replicates, steps + 1),
            np.repeat(trials, steps + 1),
            np.tile(np.append(milliseconds, -1), count),
        ],
        axis=1,
    )
    return go.Scatter(
        x=style.single(places[:, 0]),
        y=style.single(places[:, 1]),
        customdata=told.astype(int),
        mode="lines",
        name=wording.wrapped(look.label, 26),
        line={"color": look.cue.colour, "width": 0.8},
        opacity=0.4,
        legendgroup=look.label,
        showlegend=False,
        hovertemplate=f"{wording.wrapped(look.label, 50)}"
        "<br>replicate %{customdata[0]}, trial %{customdata[1]}"
        f"<br>time %{{customdata[2]}} ms{_places(look.unit)}",
    )


def mean_curve(
    look: Look,
    curve: Float[np.ndarray, "step 2"],
    of: str,
    milliseconds: Int[np.ndarray, " step"],
    showlegend: bool,
) -> go.Scatter:
    """A thick curve; `of` says of what it is the mean, as "20 reaches"."""
    return go.Scatter(
        x=style.single(curve[:, 0]),
        y=style.single(curve[:, 1]),
        customdata=milliseconds[:, None],
        mode="lines",
        name=wording.wrapped(look.label, 26),
        line={"color": look.cue.colour, "dash": look.cue.dash, "width": 3},
        legendgroup=look.label,
        showlegend=showlegend,
        hovertemplate=f"{wording.wrapped(look.label, 50)}<br>mean of {of}"
        f"<br>time %{{customdata[0]}} ms{_places(look.unit)}",
    )


def in_milliseconds(times: Float[np.ndarray, " step"]) -> Int[np.ndarray, " step"]:
    """Times [s] as whole milliseconds; what is not finite, as in padding, is left out."""
    return np.rint(1000 * times[np.isfinite(times)]).astype(int)


def _places(unit: str) -> str:
    return f"<br>parallel %{{x:.3g}} {unit}, lateral %{{y:.3g}} {unit}<extra></extra>"
