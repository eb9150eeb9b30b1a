"""Trials of evaluated states in groups, by training condition or context, turned to a direction."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from steadyhand.alignment import align
from steadyhand.conditions import has_value
from steadyhand.errors import UserError
from steadyhand.figures import wording
from steadyhand.figures.source import Source, in_order, only_source

Selection = Mapping[str, float | None]
"""Values of what sets trials apart; None where all have the same."""
GroupOf = Callable[[Source, Selection, Mapping[str, Any]], xr.Dataset]
"""Makes a group of the chosen trials of a model; takes the options of the figure, too."""

MAX_CURVES = 20
"""Single trials drawn of a group, unless the option `max_curves` says otherwise."""

_SEED = 0


def prepare(
    figure_type: str,
    sources: Sequence[Source],
    names: Mapping[str, str],
    options: Mapping[str, Any],
    group_of: GroupOf,
) -> xr.Dataset:
    """Groups along the dimension `group`, with labels; `names` is what options may select by.

    The option `color` says what groups are: models ("train"), or contexts of the one model
    ("sisu"). Groups that are shorter than others in any dimension are padded at their ends: floats
    with NaN, integers with -1.
    """
    selection = {name: options.get(name) for name in names}
    color = options.get("color", "train")
    members, attrs = _members(figure_type, sources, selection, color == "sisu")
    groups = [group_of(source, asked, options) for _, source, asked in members]
    labels = [label for label, _, _ in members]
    prepared = xr.concat(
        _padded(groups), dim="group", coords="minimal", compat="override", join="exact"
    )
    chosen = {name: value for name, value in selection.items() if value is not None}
    return prepared.assign_coords(group=labels, component=["parallel", "lateral"]).assign_attrs(
        color=color, **attrs, **chosen
    )


def title(what: str, names: Mapping[str, str], attrs: Mapping[Any, Any]) -> str:
    """What tells the curves apart, and what they have in common."""
    compared = "SISU" if attrs["color"] == "sisu" else "training condition"
    shared = [attrs["label"]] if "label" in attrs else []
    shared += [f"{name} {wording.number(attrs[it])}" for it, name in names.items() if it in attrs]
    whole = f"{what}, by {compared}"
    return f"{whole}: {', '.join(shared)}" if shared else whole


def chosen_trials(
    figure_type: str, source: Source, states: xr.Dataset, selection: Selection
) -> np.ndarray:
    """Indices of the trials with these values; `UserError` if there are none."""
    where = f"{figure_type}: model {source.model_id}"
    asked = np.ones(states.sizes["trial"], bool)
    for name, value in selection.items():
        if value is None and name not in states.variables:
            continue  # networks without a context input
        values = source.dataset("states", (name,))[name].values.astype(float)
        there = ", ".join(wording.number(it) for it in np.unique(values)) or "none"
        if value is None and len(np.unique(values)) > 1:
            raise UserError(f"{where}: {name} must be one of {there}: they are not mixed")
        if value is not None:
            asked &= has_value(values, value)
        if not asked.any():
            raise UserError(f"{where}: {name} {value}: no such trial; there are: {there}")
    if not states.sizes["replicate"] or not states.sizes["time"]:
        raise UserError(
            f"{where}: nothing to draw in states of {states.sizes['replicate']} replicates "
            f"and {states.sizes['time']} times"
        )
    return np.flatnonzero(asked)


def turned(
    source: Source, quantity: str, vectors: xr.DataArray, direction: np.ndarray
) -> np.ndarray:
    """Parallel and lateral parts, axes `trial replicate time component`; lateral is left of it.

    `direction` [rad] is that of each trial. `UserError` where a vector is not finite.
    """
    values = vectors.transpose("trial", "replicate", "time", "axis").astype(float).values
    found = align(values, direction[:, None])
    if not np.isfinite(found).all():
        raise UserError(f"model {source.model_id}: its states hold a {quantity} that is not finite")
    return found


def drawn(
    states: xr.Dataset, options: Mapping[str, Any]
) -> tuple[tuple[np.ndarray, np.ndarray], dict[str, Any]]:
    """Indices (trial, replicate) of the curves that are drawn, and what a group tells of them.

    There are at most `max_curves` of the options, or 20.
    """
    most = int(options.get("max_curves", MAX_CURVES))
    trials, replicates = _spread(states.sizes["trial"], states.sizes["replicate"], most)
    told = {
        "curve_trial": ("curve", states["trial"].values[trials].astype(int)),
        "curve_replicate": ("curve", states["replicate"].values[replicates].astype(int)),
        "curve_count": len(trials),
    }
    return (trials, replicates), told


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


def _members(
    figure_type: str, sources: Sequence[Source], selection: Selection, by_context: bool
) -> tuple[list[tuple[str, Source, Selection]], dict[str, str]]:
    """Label, model and selection of every group, and attributes of the figure."""
    if not by_context:
        ordered, column = in_order(figure_type, sources)
        members = [(source.label, source, selection) for source in ordered]
        return members, {"ordering_column": column or ""}
    source = only_source(figure_type, sources)
    values = np.unique(source.dataset("states", ("sisu",))["sisu"].values.astype(float))
    contexts: list[tuple[str, Source, Selection]] = [
        (f"SISU {wording.number(value)}", source, {**selection, "sisu": value}) for value in values
    ]
    return contexts, {"ordering_column": "context input", "label": source.label}


def _padded(groups: list[xr.Dataset]) -> list[xr.Dataset]:
    """Groups with equal sizes: floats padded with NaN, integers with -1."""
    dims = [str(dim) for dim in groups[0].dims if dim != "component"]
    sizes = {dim: max(group.sizes[dim] for group in groups) for dim in dims}
    return [
        group.pad(
            {dim: (0, size - group.sizes[dim]) for dim, size in sizes.items()},
            constant_values={
                name: -1 if array.dtype.kind == "i" else np.nan for name, array in group.items()
            },
        )
        for group in groups
    ]
