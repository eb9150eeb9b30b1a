"""How a network, or the whole loop, moves around the points at which it holds still."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr

from steadyhand.analysis_layout import about
from steadyhand.context import check_context
from steadyhand.held_loop import INPUTS, PARTS, driven, part_sizes
from steadyhand.linearize import Linearization, linearize
from steadyhand.mode_measures import in_time, participation, steady_response, transient_growth
from steadyhand.model_loops import Loops
from steadyhand.one_thread import on_one_thread
from steadyhand.steady_layout import KEPT, blocks_of_points, bounded, held_at_points, loop_states

MODES_WITH_VECTORS = 8
"""Of each point, those of largest magnitude: all vectors of all points would be gigabytes."""


def linearize_steady_states(
    weights: dict[str, np.ndarray],
    weights_spec: dict[str, Any],
    points: xr.Dataset,
    request: dict[str, Any],
) -> Iterator[xr.Dataset]:
    """Linearizations at each point of `find_steady_states`, some points at a time, in order.

    What is not along `point` is the same in all parts.
    """
    check_context(weights_spec, request)
    loops = Loops(weights, weights_spec, request)
    for replicate, rows in blocks_of_points(points):
        yield _of_some(loops, points.isel(point=rows), replicate)


def count_points(points: xr.Dataset) -> int:
    """How many points are linearized: all."""
    return int(points.sizes["point"])


@on_one_thread
def _of_some(loops: Loops, points: xr.Dataset, replicate: int) -> xr.Dataset:
    found = linearize(
        driven(loops.step),
        loop_states(points),
        args=(loops.physics, loops.controller(replicate)),
        own=loops.own_arguments(*held_at_points(points, loops.request)),
        inputs=len(INPUTS),
    )
    kept = [it for it in KEPT if it in points.variables]
    return points[kept].assign(
        _of_modes(found, loops)
        | _of_vectors(found, loops)
        | _of_inputs(found, loops.request)
        | _of_points(found, loops.request)
    )


_MODE = ("point", "mode")


def _of_modes(found: Linearization, loops: Loops) -> dict[str, Any]:
    values = found.eigenvalues
    told = in_time(values, loops.request["physics"]["plant"]["time_step"])
    modes: dict[str, Any] = {
        "eigenvalue_re": (_MODE, values.real, about("1", "eigenvalue, real part")),
        "eigenvalue_im": (_MODE, values.imag, about("1", "eigenvalue, imaginary part")),
        "eigenvalue_condition": (
            *(_MODE, bounded(found.condition)),
            about("1", "condition number of the eigenvalue; 1e300: defective"),
        ),
        "frequency": (_MODE, told.frequency, about("Hz", "frequency of the mode")),
        "time_constant": (
            *(_MODE, bounded(told.time_constant)),
            about("s", "time in which the mode shrinks to 1/e; negative: grows; 1e300: stays"),
        ),
        "damping_ratio": (_MODE, told.damping_ratio, about("1", "damping ratio of the mode")),
        "singular_value": (
            *(_MODE, np.linalg.svd(found.jacobian, compute_uv=False)),
            about("1", "singular value of the Jacobian, by rank"),
        ),
    }
    if loops.delay is not None:
        sizes = part_sizes(found.jacobian.shape[1], loops.delay)
        shares = participation(found.right, found.left, sizes)
        meaning = "share of the mode that is in this part of the loop"
        modes["participation"] = ((*_MODE, "part"), shares, about("1", meaning))
        modes["part"] = ("part", np.array(PARTS, object), about("1", "part of the loop"))
    return modes


def _of_vectors(found: Linearization, loops: Loops) -> dict[str, Any]:
    """Of the leading modes; those of a pair that is cut through belong to both."""
    state = "unit" if loops.delay is None else "state"
    dims, few = ("point", state, "leading_mode"), slice(MODES_WITH_VECTORS)
    variables: dict[str, Any] = {}
    for side in ("right", "left"):
        vectors = getattr(found, side)[:, :, few]
        for part, values in (("re", vectors.real), ("im", vectors.imag)):
            name = "real" if part == "re" else "imaginary"
            meaning = about("1", f"{side} eigenvector, {name} part")
            variables[f"{side}_{part}"] = (dims, values, meaning)
    return variables


def _of_inputs(found: Linearization, request: Mapping[str, Any]) -> dict[str, Any]:
    chosen = [number for number, name in enumerate(INPUTS) if _acts(name, request)]
    dims = ("point", "state" if request["closed_loop"] else "unit", "input")
    units = ", ".join(f"{name}: {unit}" for name, unit in INPUTS.items())
    moved = steady_response(found.jacobian, found.by_input)[:, :, chosen]
    return {
        "by_input": (
            *(dims, found.by_input[:, :, chosen]),
            about("1", "derivative of the next state by an input") | {"input_units": units},
        ),
        "steady_response": (
            *(dims, bounded(moved)),
            about("1", "derivative of the fixed point by an input that stays; 1e300: no bound")
            | {"input_units": units},
        ),
        "input": (
            "input",
            np.array([list(INPUTS)[it] for it in chosen], object),
            about("1", "input of the loop"),
        ),
    }


def _acts(name: str, request: Mapping[str, Any]) -> bool:
    """Whether an input is one of the map at all."""
    if name == "sisu":
        return request["sisu"] is not None
    return request["closed_loop"] or not name.startswith("force")


def _of_points(found: Linearization, request: Mapping[str, Any]) -> dict[str, Any]:
    step = request["physics"]["plant"]["time_step"]
    growth = [
        transient_growth(matrix, radius)
        for matrix, radius in zip(found.jacobian, found.spectral_radius, strict=True)
    ]
    values = {
        "spectral_radius": found.spectral_radius,
        "stable": found.stable.astype(np.int8),
        "zero_modes": (found.eigenvalues == 0).sum(axis=1).astype(np.int32),
        "zero_index": found.zero_index.astype(np.int32),
        "henrici": found.henrici,
        "transient_growth": bounded(np.array([it.size for it in growth], float)),
        "transient_peak": step * np.array([it.step for it in growth], float),
        "mode_residual": found.residual,
        "biorthogonality": found.biorthogonality,
    }
    return {name: (("point",), it, about(*_ABOUT[name])) for name, it in values.items()}


_ABOUT = {
    "spectral_radius": ("1", "largest magnitude of an eigenvalue"),
    "stable": ("1", "whether all eigenvalues lie within the unit circle"),
    "zero_modes": ("1", "modes of eigenvalue 0"),
    "zero_index": ("1", "steps after which these are gone; more than 1: defective"),
    "henrici": ("1", "departure of the Jacobian from normality"),
    "transient_growth": ("1", "largest norm of a power of the Jacobian; 1e300: unstable"),
    "transient_peak": ("s", "time to that power"),
    "mode_residual": ("1", "largest |J x - x l| and |J' y - y l'| of a mode, relative to |J|"),
    "biorthogonality": ("1", "largest difference of Y'X from the identity"),
}
