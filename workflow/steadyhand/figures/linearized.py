"""Linearizations at the points of a model, under one condition."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from steadyhand.errors import UserError
from steadyhand.figures import wording
from steadyhand.figures.source import Source

ROLE = "linearization"
AXES = ("sisu", "field_amplitude")
"""What conditions of points may differ in."""


def points_at(
    figure_type: str,
    source: Source,
    needed: Sequence[str],
    at: Mapping[str, float],
    free: Sequence[str] = (),
) -> xr.Dataset:
    """The points of a model at a condition, which has to be one but for what is `free`.

    `UserError` where there are several, or the file lacks what is needed.
    """
    points = source.dataset(ROLE, needed)
    for name in AXES:
        if name in free or (name not in at and f"point_{name}" not in points):
            continue
        values = source.dataset(ROLE, (f"point_{name}",))[f"point_{name}"].values
        if name in at:
            chosen = np.isin(points[f"point_{name}"].values, at[name])
            points = points.isel(point=np.flatnonzero(chosen))
        elif len(np.unique(values)) > 1:
            there = ", ".join(map(wording.number, np.unique(values)))
            raise UserError(
                f"{figure_type}: model {source.model_id}: {name} must be one of {there}: they are "
                "not mixed"
            )
    return points
