"""What a search for fixed points may find, by name; light, for figures."""

import numpy as np

ROOTS = ("fixed", "marginal", "continuum")
"""Kinds of points at which the map holds still."""

KINDS = (*ROOTS, "slow", "cycle", "not_converged")
"""All, in their order; what they are: see `fixed_points.FixedPoints`."""


def are_single(kind: np.ndarray) -> np.ndarray:
    """Which points, of these kinds, are one root each: a continuum stands for many."""
    return np.isin(np.asarray(kind).astype(str), ("fixed", "marginal"))


def are_roots(kind: np.ndarray) -> np.ndarray:
    """Which points, of these kinds, the map holds still at."""
    return np.isin(np.asarray(kind).astype(str), ROOTS)
