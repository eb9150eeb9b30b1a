"""Reaches: random ones for training, fixed sets for validation and evaluation."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from steadyhand import precision  # noqa: F401


def within(
    unit: Float[Array, "*batch 2"],
    workspace_min: Float[Array, ""],
    workspace_max: Float[Array, ""],
) -> Float[Array, "*batch 2"]:
    """Points of the square workspace [m] from points of the unit square."""
    return workspace_min + (workspace_max - workspace_min) * unit


def grid_points(n: int, workspace_min: float, workspace_max: float) -> np.ndarray:
    """The n × n interior points of a lattice over the workspace [m], shape (n², 2), float64.

    The lattice has n + 2 points per axis of which the outermost are left out: n = 1 is the
    centre, n = 2 on [−1, 1] is ±1/3. The first coordinate varies slowest.
    """
    axis = np.linspace(workspace_min, workspace_max, n + 2)[1:-1]
    return np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)


def centre_out(
    grid: int, directions: int, reach_length: float, workspace_min: float, workspace_max: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Reaches from each point of a grid in each direction.

    **Returns:** start (trial, 2) [m], goal (trial, 2) [m], direction (trial,) [rad]; all
    directions of the first centre come first, counted from 0 rad, counter-clockwise.
    """
    centres = grid_points(grid, workspace_min, workspace_max)
    start = np.repeat(centres, directions, axis=0)
    direction = np.tile(equally_spaced(directions), len(centres))
    return start, start + reach_length * unit_vectors(direction), direction


def equally_spaced(directions: int) -> Float[np.ndarray, " direction"]:
    """Directions [rad], counted from 0, counter-clockwise."""
    return 2 * np.pi * np.arange(directions) / directions


def unit_vectors(direction: Float[np.ndarray, "*batch"] | float) -> Float[np.ndarray, "*batch 2"]:
    """Vectors of length 1 in some directions [rad]."""
    return np.stack([np.cos(direction), np.sin(direction)], axis=-1)


def updates_of(n_steps: int) -> int:
    """Updates of a trial of `n_steps` stored states: the first state is given."""
    return n_steps - 1


def repeat_over_time(values: jax.Array, n_updates: int) -> jax.Array:
    """The same values at each update: a leading axis `time`, without copying."""
    return jnp.broadcast_to(values[None], (n_updates, *values.shape))
