"""How a network moves around the points at which it holds still: its linearization there."""

from functools import partial
from typing import Any

import jax
import numpy as np
import xarray as xr

from steadyhand import precision
from steadyhand.analysis_layout import about
from steadyhand.context import check_context
from steadyhand.linearize import Linearization, linearize
from steadyhand.network import from_arrays
from steadyhand.plant import physics_from
from steadyhand.steady_states import clamped_step

LARGEST_CONDITION = 1e300
"""Stands for infinity, which no file of results holds: the condition of a defective eigenvalue."""


def linearize_steady_states(
    weights: dict[str, np.ndarray],
    weights_spec: dict[str, Any],
    points: xr.Dataset,
    request: dict[str, Any],
) -> xr.Dataset:
    """Jacobians and eigenvalues of the clamped network at each point of `find_steady_states`."""
    check_context(weights_spec, request)
    dtype = precision.ANALYSIS_DTYPE
    physics = physics_from(request["physics"], dtype)
    controllers = from_arrays(weights, weights_spec, dtype)
    position = {int(number): index for index, number in enumerate(weights["replicate"])}
    goals = points.goal_position.values[points.point_goal.values].astype(dtype)
    sisu = points.point_sisu.values if request["sisu"] is not None else np.zeros(len(goals))
    parts, order = [], []
    for replicate in np.unique(points.point_replicate.values):
        mine = np.flatnonzero(points.point_replicate.values == replicate)
        index = position[int(replicate)]
        controller = jax.tree.map(lambda leaf, index=index: leaf[index], controllers)
        shared = jax.tree.map(partial(_repeated, count=len(mine)), (physics, controller))
        args = (*shared, goals[mine], sisu[mine].astype(dtype))
        parts.append(linearize(clamped_step, points.hidden.values[mine], args=args, args_axis=0))
        order.append(mine)
    return _linearization_dataset(parts, np.argsort(np.concatenate(order)), points)


def _repeated(leaf: jax.Array, count: int) -> np.ndarray:
    """The same array for each of `count` points."""
    return np.broadcast_to(leaf, (count, *leaf.shape))


def _kept_of(points: xr.Dataset) -> list[str]:
    """What the file of linearizations repeats of that of fixed points."""
    of_context = ["point_sisu", "sisu"] if "point_sisu" in points else []
    return ["kind", "point_replicate", "point_goal", "goal_position", "replicate", *of_context]


def _linearization_dataset(
    parts: list[Linearization], order: np.ndarray, points: xr.Dataset
) -> xr.Dataset:
    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(part, name) for part in parts])[order]

    values, right, left = joined("eigenvalues"), joined("right"), joined("left")
    mode, vectors = ("point", "mode"), ("point", "unit", "mode")
    return points[_kept_of(points)].assign(
        eigenvalue_re=(mode, values.real, about("1", "eigenvalue, real part")),
        eigenvalue_im=(mode, values.imag, about("1", "eigenvalue, imaginary part")),
        eigenvalue_condition=(
            mode,
            np.minimum(joined("condition"), LARGEST_CONDITION),
            about("1", "condition number of the eigenvalue, at most 1e300"),
        ),
        right_re=(vectors, right.real, about("1", "right eigenvector, real part")),
        right_im=(vectors, right.imag, about("1", "right eigenvector, imaginary part")),
        left_re=(vectors, left.real, about("1", "left eigenvector, real part")),
        left_im=(vectors, left.imag, about("1", "left eigenvector, imaginary part")),
        jacobian=(
            ("point", "unit", "unit_from"),
            joined("jacobian"),
            about("1", "derivative of a unit's next state by a unit's state"),
        ),
        spectral_radius=(
            ("point",),
            joined("spectral_radius"),
            about("1", "largest magnitude of an eigenvalue"),
        ),
        stable=(
            ("point",),
            joined("stable").astype(np.int8),
            about("1", "whether all eigenvalues lie within the unit circle"),
        ),
        henrici=(
            ("point",),
            joined("henrici"),
            about("1", "departure of the Jacobian from normality"),
        ),
    )
