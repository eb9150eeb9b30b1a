"""What files of analyses have in common: attributes, and where they come from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from steadyhand.conditions import CONDITION_NAMES
from steadyhand.identity import canonical_json
from steadyhand.store.dataset_writer import write_dataset, write_parts

POINTS_TOGETHER = 64
"""Points of an analysis of points that are in memory, and compressed, together."""

HISTORY = "written once, as computed; nothing is changed afterwards"
"""What files of analyses say of their history."""


def write_analysis(
    path: Path | str, dataset: xr.Dataset, title: str, provenance: dict[str, Any]
) -> None:
    """Write an analysis that is in memory, with where it comes from."""
    write_dataset(path, dataset.assign_attrs(_attributes(title, provenance)))


def write_point_parts(
    path: Path | str,
    parts: Iterator[xr.Dataset],
    count: int,
    title: str,
    provenance: dict[str, Any],
) -> None:
    """Write an analysis of `count` points of which some are in memory at a time."""
    attrs = _attributes(title, provenance)
    write_parts(path, parts, "point", count, attrs, {"point": POINTS_TOGETHER})


def _attributes(title: str, provenance: dict[str, Any]) -> dict[str, str]:
    return {
        "Conventions": "CF-1.11",
        "title": title,
        "history": HISTORY,
        "provenance": canonical_json(provenance),
    }


def with_conditions(found: xr.Dataset, states: xr.Dataset) -> xr.Dataset:
    """An analysis of states, with what sets their conditions apart beside its conditions (trials).

    What is another one in each trial of a condition, as random directions, is left out.
    """
    dim = "condition" if "condition" in found.dims else "trial"
    numbers, first, of_trial = np.unique(
        states["condition"].values, return_index=True, return_inverse=True
    )
    if not np.array_equal(found[dim].values, states["trial"].values if dim == "trial" else numbers):
        raise ValueError(f"the analysis has other values of {dim} than its states")
    told = {}
    for name in CONDITION_NAMES:
        if name in states.variables:
            values = states[name].values
            if np.array_equal(values, values[first][of_trial], equal_nan=True):
                chosen = values if dim == "trial" else values[first]
                told[name] = (dim, chosen, dict(states[name].attrs))
    extended = found.assign(told)
    for key, variable in found.data_vars.items():
        if dim in variable.dims and len(variable.dims) > 1:
            extended[key].attrs["coordinates"] = " ".join(told)
    return extended


def contents_of(dataset: xr.Dataset) -> dict[str, Any]:
    """What the receipt says of fixed points or of their linearization."""
    return {
        "replicates": [int(it) for it in dataset["replicate"].values],
        "points": int(dataset.sizes["point"]),
    }


def about(units: str, meaning: str) -> dict[str, str]:
    """Attributes of a variable."""
    return {"units": units, "long_name": meaning}
