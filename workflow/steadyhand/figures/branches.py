"""Branches of fixed points: how stable they are and where, along a parameter."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

from steadyhand.figures import style, wording
from steadyhand.figures.eigenvalue_panels import unit_circle
from steadyhand.figures.source import Source, only_source

_NEEDED = (
    *("step_branch", "parameter", "spectral_radius", "eigenvalue_re", "eigenvalue_im"),
    *("event_branch", "event_kind", "event_parameter", "event_eigenvalue_re"),
    *("event_eigenvalue_im", "branch_replicate", "replicate", "command", "start_parameter"),
)
_NOTHING = 1e-12  # a distance that is rounding
_EVENTS = {
    "fold": ("triangle-right", "fold"),
    "branch": ("star", "branch point"),
    "flip": ("x-thin", "flip"),
    "neimark_sacker": ("circle-open", "Neimark–Sacker"),
}
"""Symbols and names of bifurcations."""
_NAMES = {
    "sisu": "SISU",
    "field": "amplitude of the field",
    "goal_x": "x of the goal",
    "goal_y": "y of the goal",
    "delay": "feedback delay",
}


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """All points of all branches of a model, with what moves along them, and its bifurcations.

    `moved` (step) is the distance of the hand from where it is at the start of the branch, or, of
    networks whose hand is held, that of the command. `stable` (step) is whether all eigenvalues
    are within the unit circle.
    """
    source = only_source("branches", sources)
    data = source.dataset("branches", _NEEDED)
    owner = data["step_branch"].values.astype(int)
    replicate = data["branch_replicate"].values.astype(int)
    what = "position" if "position" in data else "command"
    event = data["event_branch"].values.astype(int)
    return xr.Dataset(
        {
            "branch": ("step", owner),
            "step_replicate": ("step", replicate[owner]),
            "parameter": ("step", data["parameter"].values),
            "spectral_radius": ("step", data["spectral_radius"].values),
            "stable": ("step", data["spectral_radius"].values < 1),
            "moved": ("step", _moved(data, what, owner)),
            **{
                name: (("step", "leading_mode"), data[name].values)
                for name in ("eigenvalue_re", "eigenvalue_im")
            },
            "event_replicate": ("event", replicate[event]),
            **{
                f"event_{name}": ("event", data[f"event_{name}"].values)
                for name in ("kind", "parameter", "eigenvalue_re", "eigenvalue_im")
            },
        },
        coords={"replicate": data["replicate"].values.astype(int)},
        attrs={
            "label": source.label,
            "unit": data["parameter"].attrs["units"],
            "what": what,
            "what_unit": "m" if what == "position" else "N",
            "branches": data.sizes["branch"],
        },
    )


def draw(prepared: xr.Dataset, options: Mapping[str, Any]) -> go.Figure:
    """Spectral radius, what moves, and the paths of eigenvalues, by replicate."""
    attrs, name = prepared.attrs, _NAMES[options["parameter"]]
    what = "hand moves" if attrs["what"] == "position" else "command changes"
    moved = f"How far the {what}"
    if not prepared["moved"].any():
        moved = "The hand stays" if attrs["what"] == "position" else "The command stays"
    figure = make_subplots(
        rows=1,
        cols=3,
        subplot_titles=["Stability", moved, "Leading eigenvalues"],
        horizontal_spacing=0.08,
    )
    looks = style.cues(prepared.sizes["replicate"], ordered=False)
    for number, look in zip(prepared["replicate"].values, looks, strict=True):
        own = prepared.isel(step=np.flatnonzero(prepared["step_replicate"] == number))
        for trace, column in _lines(own, int(number), look):
            figure.add_trace(trace, row=1, col=column)
    for trace, column in _events(prepared):
        figure.add_trace(trace, row=1, col=column)
    figure.add_trace(unit_circle(), row=1, col=3)
    figure.add_hline(1, line={"color": style.INK, "dash": "dot", "width": 1}, row=1, col=1)
    unit = wording.unit(attrs["unit"])
    for column in (1, 2):
        figure.update_xaxes(title=f"{name} [{unit}]", row=1, col=column)
    figure.update_yaxes(title="spectral radius [1]", row=1, col=1)
    figure.update_yaxes(title=f"distance [{attrs['what_unit']}]", row=1, col=2)
    figure.update_xaxes(title="real part [1]", row=1, col=3)
    figure.update_yaxes(title="imaginary part [1]", scaleanchor="x3", row=1, col=3)
    if not attrs["branches"]:
        style.say(figure, "The search found no fixed point from which a branch could begin.")
    figure.update_layout(legend={"title": {"text": "replicate"}})
    title = options.get("title") or f"Branches of fixed points along {name}: {attrs['label']}"
    subtitle = (
        f"{attrs['branches']} branches. Solid: stable; dotted: not. On the unit circle stability "
        "changes; distances are from where a branch was begun."
    )
    return style.finish(figure, title, subtitle, (1240, 420), panel_titles=1, right=170)


def _moved(data: xr.Dataset, what: str, owner: np.ndarray) -> np.ndarray:
    """Distance from the point of each branch whose parameter is that of its start."""
    values, parameter = data[what].values, data["parameter"].values
    begun = data["start_parameter"].values
    found = np.zeros(len(owner))
    for branch in np.unique(owner):
        own = np.flatnonzero(owner == branch)
        start = own[np.argmin(np.abs(parameter[own] - begun[branch]))]
        found[own] = np.linalg.norm(values[own] - values[start], axis=1)
    return np.where(found < _NOTHING, 0.0, found)


def _lines(own: xr.Dataset, number: int, look: style.Cue) -> list[tuple[go.Scatter, int]]:
    """Stable parts as lines, others as dots; branches apart; with the panel of each."""
    branch = own["branch"].values
    breaks = np.flatnonzero(np.diff(branch)) + 1
    traces = []
    columns = {1: own["spectral_radius"].values, 2: own["moved"].values}
    for column, values in columns.items():
        for stable in (True, False):
            shown = np.where(_with_neighbours(own, stable), values, np.nan)
            x, y = (np.insert(it, breaks, np.nan) for it in (own["parameter"].values, shown))
            dash = "solid" if stable else "dot"
            line = {"color": look.colour, "width": 1.2, "dash": dash}
            look_of: dict[str, Any] = {"mode": "lines", "line": line}
            traces.append((_trace(x, y, number, look_of, named=column == 1 and stable), column))
    every = own["eigenvalue_re"].values, own["eigenvalue_im"].values
    paths = [np.insert(it.astype(float), breaks, np.nan, axis=0) for it in every]
    x, y = (np.concatenate([it, np.full((1, it.shape[1]), np.nan)]).T.ravel() for it in paths)
    look_of = {"mode": "lines", "line": {"color": look.colour, "width": 0.8}, "opacity": 0.7}
    traces.append((_trace(x, y, number, look_of, named=False), 3))
    return traces


def _with_neighbours(own: xr.Dataset, stable: bool) -> np.ndarray:
    """Which points are stable, or not, and those before them, so that lines meet."""
    chosen = own["stable"].values == stable
    if stable:
        return np.asarray(chosen)
    branch = own["branch"].values
    same = branch[1:] == branch[:-1]
    found = np.array(chosen)
    found[:-1] |= chosen[1:] & same
    found[1:] |= chosen[:-1] & same
    return found


def _trace(
    x: np.ndarray, y: np.ndarray, number: int, look: dict[str, Any], *, named: bool
) -> go.Scatter:
    return go.Scatter(
        x=style.single(x),
        y=style.single(y),
        name=str(number),
        legendgroup=str(number),
        showlegend=named,
        hovertemplate=f"replicate {number}<br>%{{x:.4g}}, %{{y:.4g}}<extra></extra>",
        **look,
    )


def _events(prepared: xr.Dataset) -> list[tuple[go.Scatter, int]]:
    """Bifurcations, at a spectral radius of 1, and where eigenvalues cross the unit circle."""
    traces = []
    kinds = prepared["event_kind"].values.astype(str)
    for kind, (symbol, words) in _EVENTS.items():
        chosen = prepared.isel(event=np.flatnonzero(kinds == kind))
        if not chosen.sizes["event"]:
            continue
        parameter = chosen["event_parameter"].values
        look = {
            "mode": "markers",
            "marker": {"symbol": symbol, "size": 7, "color": style.INK, "line": {"width": 1.2}},
            "name": f"{words} ({len(parameter)})",
            "legendgroup": kind,
        }
        hover = f"{words}<br>at %{{x:.6g}}<extra></extra>"
        at_one = np.ones(len(parameter))
        traces.append((go.Scatter(x=parameter, y=at_one, hovertemplate=hover, **look), 1))
        x, y = chosen["event_eigenvalue_re"].values, chosen["event_eigenvalue_im"].values
        hover = f"{words}<br>%{{x:.4f}} + %{{y:.4f}} i<extra></extra>"
        traces.append((go.Scatter(x=x, y=y, hovertemplate=hover, showlegend=False, **look), 3))
    return traces
