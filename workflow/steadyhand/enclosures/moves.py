"""JAX primitives that only move numbers, for NumPy arrays.

JAX itself would compile each of them anew for every shape, which takes longer than all the rest.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def _broadcast(a: np.ndarray, *_: Any, shape: Any, broadcast_dimensions: Any, **__: Any) -> Any:
    places = [1] * len(shape)
    for axis, place in enumerate(broadcast_dimensions):
        places[int(place)] = a.shape[axis]
    return np.broadcast_to(a.reshape(places), shape)


def _slice(
    a: np.ndarray, *, start_indices: Any, limit_indices: Any, strides: Any, **_: Any
) -> np.ndarray:
    steps = strides or [1] * a.ndim
    return a[tuple(map(slice, start_indices, limit_indices, steps))]


def _squeeze(a: np.ndarray, *, dimensions: Sequence[int], **_: Any) -> np.ndarray:
    return a.squeeze(axis=tuple(int(it) for it in dimensions))


def _split(a: np.ndarray, *, sizes: Any, axis: int, **_: Any) -> list[np.ndarray]:
    return np.split(a, np.cumsum(sizes)[:-1], axis=axis)


def _reshape(
    a: np.ndarray, *_: Any, new_sizes: Any, dimensions: Any = None, **__: Any
) -> np.ndarray:
    return (a if dimensions is None else a.transpose(dimensions)).reshape(new_sizes)


MOVES: dict[str, Callable[..., Any]] = {
    "broadcast_in_dim": _broadcast,
    "slice": _slice,
    "squeeze": _squeeze,
    "split": _split,
    "reshape": _reshape,
    "transpose": lambda a, *, permutation, **_: a.transpose(permutation),
    "concatenate": lambda *parts, dimension, **_: np.concatenate(parts, axis=dimension),
    "stack": lambda *parts, axis, **_: np.stack(parts, axis=axis),
    "rev": lambda a, *, dimensions, **_: np.flip(a, axis=tuple(dimensions)),
    "copy": lambda a, **_: a,
    "stop_gradient": lambda a, **_: a,
    "optimization_barrier": lambda *parts, **_: list(parts),
}
"""What they do to the centres of balls they do to the radii."""

BY_JAX = frozenset({"gather", "dynamic_slice", "dynamic_update_slice", "scatter", "tile", "pad"})
"""Those that are rare enough to be left to JAX."""
