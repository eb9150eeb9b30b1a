"""Eigenvalues of linearizations at fixed points, by training condition or by context input."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from steadyhand.errors import UserError
from steadyhand.figures import style, wording
from steadyhand.figures.eigenvalue_panels import draw_panels
from steadyhand.figures.linearized import AXES, points_at
from steadyhand.figures.source import Source, in_order, only_source
from steadyhand.point_kinds import are_roots

_NEEDED = (
    *("eigenvalue_re", "eigenvalue_im", "stable", "kind"),
    *("point_replicate", "point_place"),
)
_NAMES = {
    "replicate": "replicate",
    "sisu": "SISU",
    "field_amplitude": "field amplitude",
    "place": "goal",
}
"""What colours can stand for, and what that is called."""


@dataclass(frozen=True)
class _Group:
    """The points of a panel."""

    model_id: str
    label: str
    points: xr.Dataset


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """Eigenvalues at fixed points, flat along `eigenvalue`: group, replicate, goal, kind, series.

    The option `color` says what series are: "replicate" (the default; groups are models), or
    "sisu", "field_amplitude" or "place" (groups are the replicates of one model). Options of the
    names of conditions select points, which is needed where these are at several.

    `magnitude` is |λ|; `angle` [rad] is in [−π, π]; `frequency` [Hz] = |angle| / (2π time_step) is
    there if the options have a positive `time_step` [s]. `stable_count` and `unstable_count`
    (group) count fixed points; `other_count`, points of kinds that are none (not in `ROOTS`),
    which are left out.
    """
    time_step = options.get("time_step")
    if time_step is not None and not time_step > 0:
        raise UserError(f"eigenvalues: time_step {time_step}: must be positive [s]")
    color = options.get("color", "replicate")
    at = {name: float(options[name]) for name in AXES if name in options}
    groups, attrs = (
        _by_model(sources, at) if color == "replicate" else _by_condition(sources, color, at)
    )
    parts = [_flat(index, group, color) for index, group in enumerate(groups)]
    prepared = xr.concat(
        parts, dim="eigenvalue", data_vars="all", coords="minimal", compat="override", join="exact"
    )
    eigenvalue = prepared["re"].values + 1j * prepared["im"].values
    prepared["magnitude"] = ("eigenvalue", np.abs(eigenvalue))
    prepared["angle"] = ("eigenvalue", np.angle(eigenvalue))
    if time_step is not None:
        prepared["frequency"] = np.abs(prepared["angle"]) / (2 * np.pi * float(time_step))
    counts = np.array([_counts(group.points) for group in groups])
    for index, name in enumerate(("stable_count", "unstable_count", "other_count")):
        prepared[name] = ("group", counts[:, index])
    prepared = prepared.assign_coords(group=[group.label for group in groups])
    if color == "place":
        places = only_source("eigenvalues", sources).dataset("linearization", ("goal_position",))
        goal = places["goal_position"].transpose("place", "axis").values
        prepared["goal_position"] = (("place", "axis"), goal)
    return prepared.assign_attrs(color=color, series_name=_NAMES[color], **attrs)


def draw(prepared: xr.Dataset, options: Mapping[str, Any]) -> go.Figure:
    """A panel per group with the unit circle; colour and symbol by series."""
    drawn = draw_panels(prepared)
    attrs = prepared.attrs
    by = _NAMES[attrs["color"]]
    by_model = attrs["color"] == "replicate"
    compared = "training condition" if by_model else f"{by}: {attrs['label']}"
    shared = "".join(
        f", {_NAMES[name]} {wording.number(attrs[name])}" for name in AXES if name in attrs
    )
    what = "of the closed loop" if options.get("closed_loop") else "at the fixed points"
    title = options.get("title") or f"Eigenvalues {what}, by {compared}{shared}"
    subtitle = "Unit circle dotted: inside it, a mode decays."
    if attrs["color"] == "place":
        subtitle += " Colours: from blue to orange along x, lighter along y of the goal."
    if attrs["ordering_column"]:
        subtitle += f" Panels by increasing {attrs['ordering_column']}."
    if not prepared.sizes["eigenvalue"]:
        style.say(drawn.figure, "The search found no fixed point to linearize at.")
    return style.finish(
        drawn.figure,
        title,
        subtitle,
        (drawn.width, drawn.height),
        panel_titles=drawn.title_lines,
        right=drawn.legend_room,
    )


def _by_model(
    sources: Sequence[Source], at: Mapping[str, float]
) -> tuple[list[_Group], dict[str, Any]]:
    """The points of each model, at one condition if it has several, and attributes."""
    ordered, column = in_order("eigenvalues", sources)
    groups = [
        _Group(it.model_id, it.label, points_at("eigenvalues", it, _NEEDED, at)) for it in ordered
    ]
    return groups, {"ordering_column": column or "", **at}


def _by_condition(
    sources: Sequence[Source], color: str, at: Mapping[str, float]
) -> tuple[list[_Group], dict[str, Any]]:
    """The points of each replicate of the one model, at all conditions that `color` stands for."""
    source = only_source("eigenvalues", sources)
    source.dataset("linearization", (f"point_{color}", "replicate"))
    points = points_at("eigenvalues", source, _NEEDED, at, free=(color,))
    owner = points["point_replicate"].values
    groups = [
        _Group(
            source.model_id,
            f"replicate {number}",
            points.isel(point=np.flatnonzero(owner == number)),
        )
        for number in points["replicate"].values.astype(int)
    ]
    return groups, {"ordering_column": "", "label": source.label, **at}


def _flat(index: int, group: _Group, color: str) -> xr.Dataset:
    points = group.points.isel(point=np.flatnonzero(are_roots(group.points["kind"].values)))
    sizes = points.sizes["point"], points.sizes["mode"]

    def spread(name: str) -> np.ndarray:
        return np.broadcast_to(points[name].values[:, None], sizes).ravel()

    parts = {
        part: points[f"eigenvalue_{part}"].transpose("point", "mode").values.ravel().astype(float)
        for part in ("re", "im")
    }
    if not all(np.isfinite(values).all() for values in parts.values()):
        raise UserError(f"eigenvalues: model {group.model_id}: an eigenvalue is not finite")
    columns = parts | {
        "group_index": np.full(sizes[0] * sizes[1], index),
        "replicate": spread("point_replicate").astype(int),
        "goal": spread("point_place").astype(int),
        "kind": spread("kind").astype(str),
        "series": spread(f"point_{color}").astype(float),
    }
    return xr.Dataset({name: ("eigenvalue", values) for name, values in columns.items()})


def _counts(points: xr.Dataset) -> tuple[int, int, int]:
    """Stable and unstable fixed points, and points that are none."""
    root, stable = are_roots(points["kind"].values), points["stable"].values.astype(bool)
    return int((root & stable).sum()), int((root & ~stable).sum()), int((~root).sum())
