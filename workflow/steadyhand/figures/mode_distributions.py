"""Angles and magnitudes of the modes at fixed points, and their wings, by condition or model."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from steadyhand.figures import style, wording
from steadyhand.figures.distribution_panels import HEIGHT, add_panels
from steadyhand.figures.linearized import ROLE, points_at
from steadyhand.figures.source import Source, in_order, only_source
from steadyhand.mode_statistics import NEAR_ZERO, STATISTICS, eigenvalues_in, magnitude
from steadyhand.point_kinds import are_roots

_NEEDED = (
    *("eigenvalue_re", "eigenvalue_im", "frequency", "damping_ratio", "kind", "point_replicate"),
    *("replicate", "spectral_radius", "henrici"),
)
_NAMES = {"sisu": "SISU", "field_amplitude": "field amplitude"}
BINS = 25
"""Of angles from 0 to π, and of magnitudes from 0 to the largest, or 1."""
SHOWN = ("highest_frequency", "near_zero", "oscillating", "spectral_radius")
"""Statistics of which every replicate has a mark."""


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """Densities of every replicate, and means of its modes, by group.

    The option `color` says what groups are: "train" (the default), models; "sisu" or
    "field_amplitude", conditions of one model. Options of these names select points, which is
    needed where they are at several.

    `of_magnitude` (group, replicate, bin) is the density of |λ| of all modes but those of
    eigenvalue 0, `of_angle` [1/rad] that of |∠λ| of those of magnitude `NEAR_ZERO` or more; both
    have integral 1, or are NaN where a replicate has no fixed point. `statistic` (group, replicate,
    name) are means over fixed points, as reports have them.
    """
    color = options.get("color", "train")
    at = {name: float(options[name]) for name in _NAMES if name in options}
    groups, attrs = _groups(sources, color, at)
    replicates = np.unique(np.concatenate([it["replicate"].values for _, it in groups])).astype(int)
    largest = max(1.0, *(float(magnitude(it).max(initial=0)) for _, it in groups))
    edges = {
        "magnitude": np.linspace(0, largest, BINS + 1),
        "angle": np.linspace(0, np.pi, BINS + 1),
    }
    shape = (len(groups), len(replicates))
    density = {name: np.full((*shape, BINS), np.nan) for name in edges}
    found = np.full((*shape, len(SHOWN)), np.nan)
    points = np.zeros(shape, int)
    for group, (_, modes) in enumerate(groups):
        for index, number in enumerate(replicates):
            own = modes.isel(point=np.flatnonzero(modes["point_replicate"].values == number))
            points[group, index] = own.sizes["point"]
            if own.sizes["point"]:
                found[group, index] = [STATISTICS[it](own).mean() for it in SHOWN]
                for name, values in _values(own).items():
                    density[name][group, index] = _density(values, edges[name])
    return xr.Dataset(
        {
            **{
                f"of_{name}": (("group", "replicate", "bin"), values)
                for name, values in density.items()
            },
            **{f"{name}_edge": ("edge", values) for name, values in edges.items()},
            "statistic": (("group", "replicate", "name"), found),
            "points": (("group", "replicate"), points),
        },
        coords={
            "group": np.array([label for label, _ in groups], object),
            "replicate": replicates,
            "name": list(SHOWN),
        },
        attrs={"color": color, **attrs, **at},
    )


def draw(prepared: xr.Dataset, options: Mapping[str, Any]) -> go.Figure:
    """Densities above, a mark for each replicate below."""
    figure = add_panels(prepared)
    if not prepared["points"].values.any():
        style.say(figure, "The search found no fixed point to linearize at.")
    attrs = prepared.attrs
    compared = _NAMES.get(attrs["color"], "training condition")
    shared = [attrs["label"]] if "label" in attrs else []
    shared += [f"{name} {wording.number(attrs[it])}" for it, name in _NAMES.items() if it in attrs]
    what = "of the closed loop" if options.get("closed_loop") else "at the fixed points"
    title = f"Modes {what}, by {compared}{': ' if shared else ''}{', '.join(shared)}"
    subtitle = (
        "Above: densities of eigenvalues λ, thick: mean over replicates, thin: each; angles of "
        f"modes of a magnitude of {NEAR_ZERO:g} or more. Below: means over fixed points, a mark "
        "for each replicate, lines join those of the same number."
    )
    return style.finish(
        figure, options.get("title") or title, subtitle, (1240, HEIGHT), panel_titles=1, right=190
    )


def _groups(
    sources: Sequence[Source], color: str, at: Mapping[str, float]
) -> tuple[list[tuple[str, xr.Dataset]], dict[str, Any]]:
    """Fixed points with the label of their group, and attributes."""
    if color == "train":
        ordered, column = in_order("mode_distributions", sources)
        groups = [(it.label, _points_at(it, at)) for it in ordered]
        return groups, {"ordering_column": column or ""}
    source = only_source("mode_distributions", sources)
    values = source.dataset(ROLE, (f"point_{color}", color))[color].values
    groups = [
        (f"{_NAMES[color]} {wording.number(it)}", _points_at(source, {**at, color: it}))
        for it in values
    ]
    return groups, {"ordering_column": color, "label": source.label}


def _points_at(source: Source, at: Mapping[str, float]) -> xr.Dataset:
    """The fixed points of a model under one condition."""
    modes = points_at("mode_distributions", source, _NEEDED, at)
    return modes.isel(point=np.flatnonzero(are_roots(modes["kind"].values)))


def _values(modes: xr.Dataset) -> dict[str, np.ndarray]:
    """|λ| and |∠λ| of the modes that a density is of."""
    values = eigenvalues_in(modes)
    size, angle = np.abs(values), np.abs(np.angle(values))
    return {"magnitude": size[size > 0], "angle": angle[size >= NEAR_ZERO]}


def _density(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    count, _ = np.histogram(values, edges)
    return count / (max(len(values), 1) * np.diff(edges))
