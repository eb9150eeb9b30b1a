"""Reaches turned to their own direction, by training condition or context: curves and means."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from steadyhand.alignment import align
from steadyhand.errors import UserError
from steadyhand.figures import style, wording
from steadyhand.figures.aligned_panels import draw_panels
from steadyhand.figures.source import Source, in_order, only_source

MAX_CURVES = 20
"""Single reaches drawn per training condition, unless the option `max_curves` says otherwise."""
QUANTITIES = ("position", "velocity", "force")

_SELECTED = {"field_amplitude": "field amplitude", "sisu": "SISU"}
"""What a condition of an evaluation is made of, and how it is called."""
_SEED = 0
_NEEDED = ("start", "goal", "field_amplitude", "replicate", "trial", "time", *QUANTITIES)


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """Parallel and lateral components of every drawn reach, and means over all reaches.

    Parallel is along start -> goal; lateral is positive LEFT of it: x_lateral = d_x x_y - d_y x_x
    with d the unit vector to the goal. Positions are relative to the trial's start. Options:
    `field_amplitude` and `sisu` select trials (needed if the states hold several values); `color`
    is what groups are, "train" (models, the default) or "sisu" (contexts of one model);
    `max_curves`.

    Dims: group, curve, step, component ("parallel", "lateral"). Groups with fewer curves, steps or
    goal distances than others are padded at their ends with NaN; `curve_count`, `step_count`
    and `distance_count` say how far they reach. `UserError` if a selection is empty.
    """
    selection = {name: options.get(name) for name in _SELECTED}
    make_groups = _contexts if options.get("color") == "sisu" else _models
    labels, groups, attrs = make_groups(sources, selection, options)
    prepared = xr.concat(
        _padded(groups),
        dim="group",
        coords="minimal",
        compat="override",
        join="exact",
    )
    chosen = {name: value for name, value in selection.items() if value is not None}
    return prepared.assign_coords(group=labels, component=["parallel", "lateral"]).assign_attrs(
        color=options.get("color", "train"), **attrs, **chosen
    )


def draw(prepared: xr.Dataset, options: Mapping[str, Any]) -> go.Figure:
    """Three panels, parallel against lateral: position (equal aspect), velocity and force."""
    figure = draw_panels(prepared)
    title = options.get("title") or _title(prepared.attrs)
    shown = wording.numbers(sorted(set(prepared["curve_count"].values.tolist())))
    all_reaches = wording.numbers(sorted(set(prepared["reach_count"].values.tolist())))
    subtitle = f"Thin: {shown} single reaches per condition. Thick: mean of all {all_reaches}."
    return style.finish(figure, title, subtitle, (1000, 780), panel_titles=1)


def _title(attrs: Mapping[Any, Any]) -> str:
    """What tells the curves apart, and what they have in common."""
    compared = "SISU" if attrs["color"] == "sisu" else "training condition"
    shared = [attrs["label"]] if "label" in attrs else []
    shared += [
        f"{name} {wording.number(attrs[it])}" for it, name in _SELECTED.items() if it in attrs
    ]
    title = f"Reaches along their own direction, by {compared}"
    return f"{title}: {', '.join(shared)}" if shared else title


def _models(
    sources: Sequence[Source], selection: Mapping[str, float | None], options: Mapping[str, Any]
) -> tuple[list[str], list[xr.Dataset], dict[str, str]]:
    """A group for each model, with its label, and attributes."""
    ordered, column = in_order("aligned_reaches", sources)
    groups = [_group(source, selection, options) for source in ordered]
    return [source.label for source in ordered], groups, {"ordering_column": column or ""}


def _contexts(
    sources: Sequence[Source], selection: Mapping[str, float | None], options: Mapping[str, Any]
) -> tuple[list[str], list[xr.Dataset], dict[str, str]]:
    """A group for each context input of the one model, with its label, and attributes."""
    source = only_source("aligned_reaches", sources)
    values = np.unique(source.dataset("states", ("sisu",))["sisu"].values.astype(float))
    groups = [_group(source, {**selection, "sisu": value}, options) for value in values]
    labels = [f"SISU {wording.number(value)}" for value in values]
    return labels, groups, {"ordering_column": "context input", "label": source.label}


def _group(
    source: Source, selection: Mapping[str, float | None], options: Mapping[str, Any]
) -> xr.Dataset:
    states = source.dataset("states", _NEEDED)
    chosen = _chosen_trials(source, states, selection)
    states = states.isel(trial=chosen)
    reach = (states["goal"] - states["start"]).transpose("trial", "axis").values.astype(float)
    distance, direction = np.hypot(*reach.T), np.arctan2(reach[:, 1], reach[:, 0])
    trials, replicates = _spread(
        len(chosen), states.sizes["replicate"], int(options.get("max_curves", MAX_CURVES))
    )
    distances = _distinct(distance)
    group = xr.Dataset(
        {
            "distance": ("goal", distances),
            "distance_count": len(distances),
            "time": ("step", states["time"].values.astype(float)),
            "step_count": states.sizes["time"],
            "curve_trial": ("curve", states["trial"].values[trials].astype(int)),
            "curve_replicate": ("curve", states["replicate"].values[replicates].astype(int)),
            "curve_count": len(trials),
            "reach_count": len(chosen) * states.sizes["replicate"],
        }
    )
    for quantity in QUANTITIES:
        vectors = states[quantity]
        if quantity == "position":
            vectors = vectors - states["start"]
        vectors = vectors.transpose("trial", "replicate", "time", "axis").astype(float)
        turned = align(vectors.values, direction[:, None])
        if not np.isfinite(turned).all():
            raise UserError(
                f"model {source.model_id}: its states hold a {quantity} that is not finite"
            )
        group[quantity] = (("curve", "step", "component"), turned[trials, replicates])
        group[f"{quantity}_mean"] = (("step", "component"), turned.mean(axis=(0, 1)))
    return group


def _distinct(distances: np.ndarray) -> np.ndarray:
    """Increasing values; those that differ by rounding (the data are float32) are one."""
    ordered = np.sort(distances)
    new = np.diff(ordered, prepend=-np.inf) > 1e-5 * ordered[-1]
    return ordered[new]


def _chosen_trials(
    source: Source, states: xr.Dataset, selection: Mapping[str, float | None]
) -> np.ndarray:
    """Indices of the reaches with these values; a trial that starts on its goal is none."""
    where = f"aligned_reaches: model {source.model_id}"
    asked = np.ones(states.sizes["trial"], bool)
    for name, value in selection.items():
        if value is None and name not in states.variables:
            continue  # networks without a context input
        values = source.dataset("states", (name,))[name].values.astype(float)
        there = ", ".join(wording.number(it) for it in np.unique(values)) or "none"
        if value is None and len(np.unique(values)) > 1:
            raise UserError(f"{where}: {name} must be one of {there}: they are not mixed")
        if value is not None:
            asked &= _nearest(values, value)
        if not asked.any():
            raise UserError(f"{where}: {name} {value}: no such trial; there are: {there}")
    distance = np.linalg.norm((states["goal"] - states["start"]).transpose("trial", "axis"), axis=1)
    if not (asked & (distance > 0)).any():
        raise UserError(
            f"{where}: none of {asked.sum()} trials is a reach: all start on their goal"
        )
    if not states.sizes["replicate"] or not states.sizes["time"]:
        raise UserError(
            f"{where}: nothing to draw in states of {states.sizes['replicate']} replicates "
            f"and {states.sizes['time']} times"
        )
    return np.flatnonzero(asked & (distance > 0))


def _nearest(amplitudes: np.ndarray, amplitude: float) -> np.ndarray:
    """Which are the amplitude itself, as float32 may have rounded it: 0 is only 0."""
    gap = np.abs(amplitudes - amplitude)
    return (gap <= 1e-6 * abs(amplitude)) & (gap == gap.min())


def _spread(trials: int, replicates: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices (trial, replicate) of at most `most` curves, as many of each replicate as possible.

    The draw depends on the counts only, so conditions that share trials show the same ones.
    """
    random = np.random.default_rng(_SEED)
    order = [random.permutation(trials) for _ in range(replicates)]
    pairs = [(order[r][k], r) for k in range(trials) for r in range(replicates)][:most]
    chosen = sorted(pairs, key=lambda pair: (pair[1], pair[0]))
    array = np.array(chosen, dtype=int).reshape(-1, 2)
    return array[:, 0], array[:, 1]


def _padded(groups: list[xr.Dataset]) -> list[xr.Dataset]:
    """Groups with equal sizes: floats padded with NaN, integers with -1."""
    sizes = {dim: max(group.sizes[dim] for group in groups) for dim in ("curve", "step", "goal")}
    return [
        group.pad(
            {dim: (0, size - group.sizes[dim]) for dim, size in sizes.items()},
            constant_values={
                name: -1 if array.dtype.kind == "i" else np.nan for name, array in group.items()
            },
        )
        for group in groups
    ]
