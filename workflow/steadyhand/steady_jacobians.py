"""Jacobians at fixed points, which files of linearizations do not hold: computed again, by name."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from steadyhand.analysis_layout import about
from steadyhand.held_loop import INPUTS, driven
from steadyhand.linearize import jacobians
from steadyhand.model_loops import Loops
from steadyhand.search_places import AXES
from steadyhand.steady_layout import KEPT, blocks_of_points, held_at_points, loop_states


def jacobians_of(
    loops: Loops, replicate: int, points: xr.Dataset
) -> tuple[Float[np.ndarray, "point dim dim"], Float[np.ndarray, "point dim input"]]:
    """J and B of the map of one replicate at its points; inputs are `INPUTS`."""
    return jacobians(
        driven(loops.step),
        loop_states(points),
        args=(loops.physics, loops.controller(replicate)),
        own=loops.own_arguments(*held_at_points(points, loops.request)),
        inputs=len(INPUTS),
    )


def jacobians_at_points(
    weights: dict[str, np.ndarray],
    weights_spec: dict[str, Any],
    points: xr.Dataset,
    request: dict[str, Any],
    numbers: Sequence[int] | None = None,
) -> xr.Dataset:
    """J and B of the map that was searched, at its points, or at those with these numbers.

    `jacobian` (point, row, column) is the derivative of the next state by the state, `by_input`
    (point, row, input) that by inputs. States have names, as `hidden 7`, `position x`, or
    `sensed velocity y, lag 1`.
    """
    loops = Loops(weights, weights_spec, request)
    chosen = np.arange(points.sizes["point"]) if numbers is None else np.asarray(numbers, int)
    own = points.isel(point=chosen)
    names = np.array(_names(own), object)
    none = np.zeros((0, len(names), len(names))), np.zeros((0, len(names), len(INPUTS)))
    parts = [none] + [
        jacobians_of(loops, replicate, own.isel(point=rows))
        for replicate, rows in blocks_of_points(own)
    ]
    jacobian, by_input = (np.concatenate(it) for it in zip(*parts, strict=True))
    kept = [it for it in KEPT if it in points.variables]
    return (
        own[kept]
        .assign(
            jacobian=(
                ("point", "row", "column"),
                jacobian,
                about("1", "derivative of the next state"),
            ),
            by_input=(("point", "row", "input"), by_input, about("1", "derivative by an input")),
        )
        .assign_coords(
            row=("row", names),
            column=("column", names),
            input=("input", np.array(list(INPUTS), object)),
            point=("point", chosen, about("1", "number of the fixed point")),
        )
    )


def _names(points: xr.Dataset) -> list[str]:
    """What the numbers of a state are, in the order of `held_loop.vector_of`."""
    names = [f"hidden {it}" for it in range(points.sizes["unit"])]
    if "position" in points:
        names += [f"{it} {axis}" for it in ("position", "velocity", "force") for axis in AXES]
    if "queue_position" in points:
        names += [
            f"sensed {it} {axis}, lag {lag}"
            for lag in range(points.sizes["lag"], 0, -1)
            for it in ("position", "velocity")
            for axis in AXES
        ]
    return names
