"""Fixed points that are the only ones where they are."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from steadyhand.point_kinds import are_single

CONDITIONS = ("point_sisu", "point_field_amplitude")
"""What is held besides a place, as far as a search has it."""


def lone_points(points: xr.Dataset) -> Int[np.ndarray, " row"]:
    """Rows of single roots of which a replicate has one at its place and condition, in order."""
    rows = np.flatnonzero(are_single(points["kind"].values))
    return lone_among(points, rows, ("point_replicate", "point_place", *CONDITIONS))


def lone_among(
    points: xr.Dataset, rows: Int[np.ndarray, " row"], by: Sequence[str]
) -> Int[np.ndarray, " lone"]:
    """Those of some rows whose values of `by` no other one of them has, in order."""
    keys = keys_of(points.isel(point=rows), by)
    _, group, count = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    return rows[count[group.ravel()] == 1]


def keys_of(points: xr.Dataset, by: Sequence[str]) -> Float[np.ndarray, "point key"]:
    """The values of what there is of `by`; one column without meaning where nothing is."""
    columns = [points[it].values.astype(float) for it in by if it in points]
    return np.stack(columns, axis=1) if columns else np.zeros((points.sizes["point"], 1))
