"""Jacobians of any map at given points, and their eigenvalues and eigenvectors."""

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
import scipy.linalg
from jaxtyping import Array, Bool, Complex, Float

from steadyhand import precision  # noqa: F401
from steadyhand.maps import MapError, Step, as_arguments, as_points, check_map
from steadyhand.row_tiles import over_rows

TILE = 16
"""Points whose Jacobians are computed together."""

_TIE = 1e-9  # components this close in magnitude count as equal when a phase is chosen


@dataclass(frozen=True, eq=False)
class Linearization:
    """Of n points: J and its modes, by falling |λ|; equal ones by angle from 0, positive first.

    So a conjugate pair stands together. J is that of x ↦ step(x): |λ| < 1 decays, the angle of λ
    is the frequency, in radians per step.
    """

    jacobian: Float[np.ndarray, "n dim dim"]
    """∂step_i/∂x_j at [i, j]"""
    eigenvalues: Complex[np.ndarray, "n mode"]
    right: Complex[np.ndarray, "n dim mode"]
    """Columns: J·x = λ·x, ‖x‖ = 1, the component of largest magnitude real and positive"""
    left: Complex[np.ndarray, "n dim mode"]
    """Columns: yᴴ·J = λ·yᴴ, scaled so that yᴴx = 1 with the mode's own `right`; of length 1 where
    yᴴx is zero to rounding, which is where `condition` is inf"""
    condition: Float[np.ndarray, "n mode"]
    """1/|yᴴx| for vectors of length 1: how far an eigenvalue moves for a small change of J, as a
    multiple of it (Golub & Van Loan, Matrix Computations, §7.2); at least 1, inf where defective.
    Of a multiple eigenvalue that is not defective, LAPACK's choice of vectors enters."""
    spectral_radius: Float[np.ndarray, " n"]
    stable: Bool[np.ndarray, " n"]
    """spectral_radius < 1"""
    henrici: Float[np.ndarray, " n"]
    """Departure from normality, √(‖J‖² − Σ|λ|²)/‖J‖ (Frobenius): 0 normal or J = 0, 1 nilpotent"""


def linearize(
    step: Step, points: Any, *, args: tuple[Any, ...] = (), args_axis: int | None = None
) -> Linearization:
    """Linearize `step(x, *args)` at each row of `points`, shape (n, dim).

    With `args_axis=0` every array in `args` has a leading axis of length n, one entry per point.
    `step` is compiled once for all points and `args` of the same shapes. Points and `args` are
    converted to float64.

    Raises `MapError` where the arguments do not fit, and where a Jacobian is not finite.
    """
    at = as_points(points, "points")
    args = as_arguments(args)
    check_map(step, at.shape[1], _arguments_of_one(args, args_axis, len(at)))
    jacobian = _jacobians(step, at, args, args_axis)
    if not np.isfinite(jacobian).all():
        row = int(np.flatnonzero(~np.isfinite(jacobian).all(axis=(1, 2)))[0])
        raise MapError(f"step: its Jacobian is not finite at points row {row}")
    count, dim = at.shape
    eigenvalues = np.empty((count, dim), complex)
    right, left = np.empty((2, count, dim, dim), complex)
    condition, henrici = np.empty((count, dim)), np.empty(count)
    for row, matrix in enumerate(jacobian):
        eigenvalues[row], right[row], left[row], condition[row] = _modes(matrix)
        henrici[row] = _departure_from_normality(matrix)
    radius = np.abs(eigenvalues).max(axis=1)
    return Linearization(jacobian, eigenvalues, right, left, condition, radius, radius < 1, henrici)


def _arguments_of_one(args: tuple[Any, ...], axis: int | None, count: int) -> tuple[Any, ...]:
    """`args` as `step` gets them at one point, in shape."""
    if axis is None:
        return args
    if axis != 0:
        raise MapError(f"args_axis: is {axis}; allowed: None, 0")
    for leaf in jax.tree.leaves(args):
        if leaf.shape[:1] != (count,):
            raise MapError(
                f"args: an array has shape {leaf.shape}; allowed: ({count}, …), by point"
            )
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype), args)


def _jacobians(
    step: Step, points: np.ndarray, args: tuple[Any, ...], axis: int | None
) -> np.ndarray:
    if len(points) == 0:
        return np.empty((0, points.shape[1], points.shape[1]))
    shared, own = (args, ()) if axis is None else ((), args)
    return np.asarray(over_rows(_jacobian, (step,), (points, own), shared, TILE))


def _jacobian(step: Step, rows: Any, args: Any) -> Array:
    def one(x: Array, mine: Any) -> Array:
        return jax.jacfwd(lambda x: step(x, *args, *mine))(x)

    return jax.vmap(one)(*rows)


def _modes(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Eigenvalues, right and left eigenvectors and conditions of a real matrix, in order."""
    values, left, right = scipy.linalg.eig(matrix, left=True, right=True)
    order = _order(values)
    values = values[order]
    right = _with_fixed_phase(right[:, order].astype(complex))
    left = _with_fixed_phase(left[:, order].astype(complex))
    overlap = np.sum(left.conj() * right, axis=0)
    size = np.abs(overlap)
    usable = size > len(matrix) * np.finfo(float).eps
    condition = np.full(len(matrix), np.inf)
    condition[usable] = np.maximum(1.0, 1 / size[usable])
    left[:, usable] /= overlap[usable].conj()
    return values, right, left, condition


def _order(values: np.ndarray) -> np.ndarray:
    """Row numbers by falling |λ|, then rising |angle|, with every conjugate pair kept together.

    LAPACK gives the pairs of a real matrix as exact neighbours, the positive imaginary part first.
    """
    first = np.flatnonzero(values.imag >= 0)
    angle = np.abs(np.angle(values[first]))
    ranked = first[np.lexsort((angle, -np.abs(values[first])))]
    pairs = [[row, row + 1] if values[row].imag > 0 else [row] for row in ranked]
    return np.concatenate(pairs)


def _with_fixed_phase(vectors: np.ndarray) -> np.ndarray:
    """Columns of length 1, the first of the components of largest magnitude real and positive."""
    vectors = vectors / np.linalg.norm(vectors, axis=0)
    size = np.abs(vectors)
    leading = np.argmax(size >= (1 - _TIE) * size.max(axis=0), axis=0)
    columns = np.arange(vectors.shape[1])
    pivot = vectors[leading, columns]
    turned = vectors * (pivot.conj() / np.abs(pivot))
    turned[leading, columns] = np.abs(pivot)
    return turned


def _departure_from_normality(matrix: np.ndarray) -> float:
    """Henrici (1962), relative; from the Schur form, since the difference of squares cancels."""
    size = np.linalg.norm(matrix)
    if size == 0:
        return 0.0
    triangle, _ = scipy.linalg.schur(matrix, output="complex")
    return min(1.0, float(np.linalg.norm(np.triu(triangle, 1)) / size))
