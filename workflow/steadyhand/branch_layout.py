"""The layout of branches on disk: all points of all branches one after the other, and events."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
import xarray as xr

from steadyhand.analysis_layout import about
from steadyhand.branches import LEADING, Followed, follow_points, margins
from steadyhand.context import check_context
from steadyhand.described_conditions import FIELD
from steadyhand.held_loop import state_of
from steadyhand.model_loops import Loops
from steadyhand.network import Controller
from steadyhand.search_places import AXES

UNITS = {"sisu": "1", "goal_x": "m", "goal_y": "m", "delay": "1"}
"""Of parameters; that of a field depends on its kind."""


def branches_of_points(
    weights: dict[str, np.ndarray],
    weights_spec: dict[str, Any],
    points: xr.Dataset,
    request: Mapping[str, Any],
) -> xr.Dataset:
    """Branches of the fixed points of a search, see `follow_points`.

    Dimensions: `branch`; `step`, the points of all branches one after the other; `event`.
    """
    check_context(weights_spec, request)
    loops = Loops(weights, weights_spec, request)
    followed = list(follow_points(loops, points))
    field = request["field"] or {"type": "curl"}
    unit = UNITS.get(request["parameter"]) or FIELD[field["type"]]
    about_parameter = about(unit, f"parameter: {request['parameter']}")
    start = np.array([it.point for it in followed], int)
    owner = points["point_replicate"].values[start].astype(np.int32)
    return xr.Dataset(
        {
            **_of_branches(followed, points, start, about_parameter),
            "branch_replicate": ("branch", owner, about("1", "number of the replicate")),
            **_of_steps(followed, owner, loops, about_parameter),
            **_of_events(followed, about_parameter),
        },
        coords={
            "replicate": points["replicate"],
            "axis": ("axis", np.array(AXES, object), about("1", "axis of the plane")),
        },
    )


def _of_branches(
    followed: Sequence[Followed],
    points: xr.Dataset,
    start: np.ndarray,
    about_parameter: dict[str, str],
) -> dict[str, Any]:
    found = np.array([margins(it) for it in followed]).reshape(-1, 2)
    ends = np.array([it.branch.end for it in followed], object)
    begun = np.array([it.started_at for it in followed], float)
    columns = {
        "start_point": (start.astype(np.int32), about("1", "number of the fixed point it is of")),
        "start_parameter": (begun, about_parameter),
        "margin_low": (found[:, 0], _more(about_parameter, "stability is as at the start from")),
        "margin_high": (found[:, 1], _more(about_parameter, "stability is as at the start up to")),
        "ends": (ends, about("1", "why it ends, at either end")),
    }
    for name in ("place", "sisu", "field_amplitude"):
        if f"point_{name}" in points:
            its = points[f"point_{name}"]
            columns[f"branch_{name}"] = (its.values[start], dict(its.attrs))
    return {name: ("branch", *rest) for name, rest in columns.items()}


def _more(attrs: dict[str, str], meaning: str) -> dict[str, str]:
    return {**attrs, "long_name": f"{attrs['long_name']}: {meaning}"}


def _of_steps(
    followed: Sequence[Followed],
    owner: np.ndarray,
    loops: Loops,
    about_parameter: dict[str, str],
) -> dict[str, Any]:
    counts = [len(it.branch.parameter) for it in followed]

    def joined(parts: Sequence[np.ndarray], *shape: int) -> np.ndarray:
        return np.concatenate(parts) if parts else np.empty((0, *shape))

    values = joined([_leading(it.branch.eigenvalues) for it in followed], LEADING)
    radius = joined([it.branch.spectral_radius for it in followed])
    commands = [
        _commands(loops.controller(int(own)), it) for it, own in zip(followed, owner, strict=True)
    ]
    owner_of_step = np.repeat(np.arange(len(followed)), counts).astype(np.int32)
    parameter = joined([it.branch.parameter for it in followed])
    path, meaning = ("step", "leading_mode"), "eigenvalue that is followed along the branch"
    columns: dict[str, Any] = {
        "step_branch": ("step", owner_of_step, about("1", "number of the branch")),
        "parameter": ("step", parameter, about_parameter),
        "spectral_radius": ("step", radius, about("1", "largest magnitude of an eigenvalue")),
        "eigenvalue_re": (path, values.real, about("1", f"{meaning}, real part")),
        "eigenvalue_im": (path, values.imag, about("1", f"{meaning}, imaginary part")),
        "command": (
            ("step", "axis"),
            joined(commands, 2),
            about("N", "command that is read out of the fixed point"),
        ),
    }
    if loops.delay is not None:
        # Of loops with several delays, points are without what is to be sensed.
        delay = 0 if loops.request["parameter"] == "delay" else loops.delay
        columns["position"] = (
            ("step", "axis"),
            joined([_positions(it, delay) for it in followed], 2),
            about("m", "position of the hand"),
        )
    return columns


def _commands(controller: Controller, followed: Followed) -> np.ndarray:
    points = jnp.asarray(followed.branch.points)
    return np.asarray(controller.readout(controller.activity(points)))


def _positions(followed: Followed, delay: int) -> np.ndarray:
    return np.asarray(state_of(jnp.asarray(followed.branch.points), delay).position)


def _leading(values: np.ndarray) -> np.ndarray:
    """Columns of the eigenvalues that are largest anywhere on the branch; zeros where too few."""
    order = np.argsort(-np.abs(values).max(axis=0), kind="stable")[:LEADING]
    found = np.zeros((len(values), LEADING), complex)
    found[:, : len(order)] = values[:, order]
    return found


def _of_events(followed: Sequence[Followed], about_parameter: dict[str, str]) -> dict[str, Any]:
    first = np.append(0, np.cumsum([len(it.branch.parameter) for it in followed])).astype(int)
    every = [(k, it) for k, one in enumerate(followed) for it in one.branch.bifurcations]
    crossing = np.array([it.eigenvalue for _, it in every], complex)
    columns = {
        "event_branch": (
            np.array([k for k, _ in every], np.int32),
            about("1", "number of the branch"),
        ),
        "event_kind": (
            np.array([it.kind for _, it in every], object),
            about("1", "kind of bifurcation"),
        ),
        "event_parameter": (np.array([it.parameter for _, it in every], float), about_parameter),
        "event_eigenvalue_re": (
            crossing.real,
            about("1", "eigenvalue that crosses the unit circle, real part"),
        ),
        "event_eigenvalue_im": (
            crossing.imag,
            about("1", "eigenvalue that crosses the unit circle, imaginary part"),
        ),
        "event_after": (
            np.array([first[k] + it.after for k, it in every], np.int32),
            about("1", "number of the last step before"),
        ),
    }
    return {name: ("event", *rest) for name, rest in columns.items()}
