"""Eigenvalues of real matrices with their vectors from both sides, zeros of any order included.

An eigenvalue 0 of order k comes out of LAPACK as a ring of radius ε^(1/k), which for a feedback
delay of five steps is 0.01, with vectors that are noise. So 0 is taken out first, by a staircase of
null spaces, each orthogonal to the others (Golub & Wilkinson 1976, SIAM Review 18:578): what is
left has no eigenvalue 0 as far as float64 can tell.
"""

from typing import NamedTuple

import numpy as np
import scipy.linalg
import scipy.sparse.csgraph
from jaxtyping import Complex, Float

_SAME = 1e-8  # relative to the norm: a defective pair comes out this far apart
_TIE = 1e-9  # components this close in magnitude count as equal when a phase is chosen


class Spectrum(NamedTuple):
    """Modes of a matrix M, by falling |λ|; equal ones by angle from 0, positive first.

    So a conjugate pair stands together, and zeros are last. With X and Y of columns `right` and
    `left`, YᴴX = 1 where no eigenvalue but 0 is defective.
    """

    eigenvalues: Complex[np.ndarray, " mode"]
    right: Complex[np.ndarray, "dim mode"]
    """M·x = λ·x, ‖x‖ = 1, the component of largest magnitude real and positive"""
    left: Complex[np.ndarray, "dim mode"]
    """yᴴ·M = λ·yᴴ, scaled so that yᴴx = 1 with the mode's own `right`; of length 1 where yᴴx is
    zero to rounding, which is where `condition` is inf"""
    condition: Float[np.ndarray, " mode"]
    """1/|yᴴx| for vectors of length 1: how far an eigenvalue moves for a small change of M, as a
    multiple of it (Golub & Van Loan, Matrix Computations, §7.2); at least 1, inf where defective.
    Of a multiple eigenvalue that is not defective, the choice of vectors enters."""
    residual: float
    """Largest ‖M·x − λ·x‖ and ‖Mᵀ·y − λ̄·y‖ of vectors of length 1, over ‖M‖; without zeros"""
    biorthogonality: float
    """Largest |YᴴX − 1|, of modes that are not defective; 0 if there are none"""
    zero_index: int
    """After so many steps the modes of eigenvalue 0 are gone; 0: there is none. If it takes more
    than one step, 0 is defective: their `right` is an orthonormal basis of what is gone by then,
    and their `left` its dual."""


class _Deflated(NamedTuple):
    """Qᵀ·M·Q = [[N, X], [0, A]] with N nilpotent, strictly upper triangular, and A regular."""

    basis: np.ndarray
    matrix: np.ndarray
    zeros: int
    """Size of N"""
    levels: int
    """N to this power is 0"""


def spectrum_of(matrix: Float[np.ndarray, "dim dim"]) -> Spectrum:
    """The modes of a finite real matrix."""
    size = float(np.linalg.norm(matrix, 2))
    deflated = _deflate(matrix, size)
    zeros = deflated.zeros
    regular = deflated.matrix[zeros:, zeros:]
    values, right, left, condition = _modes(regular) if len(regular) else _none()
    basis = deflated.basis
    if zeros:
        right = basis @ np.concatenate([_above(deflated, values, right), right])
        left = basis[:, zeros:] @ left
        right, left, condition = _normalized(right, left)
        of_zero = _zero_modes(deflated)
        values = np.concatenate([values, np.zeros(zeros)])
        right, left, condition = (
            np.concatenate(both, axis=-1)
            for both in zip((right, left, condition), of_zero, strict=True)
        )
    quality = _quality(matrix, size, values, right, left, condition)
    return Spectrum(values, right, left, condition, *quality, deflated.levels)


def eigenvalues_of(matrix: Float[np.ndarray, "dim dim"]) -> Complex[np.ndarray, " mode"]:
    """Those of `spectrum_of`, in its order, without the vectors."""
    deflated = _deflate(matrix, float(np.linalg.norm(matrix, 2)))
    regular = deflated.matrix[deflated.zeros :, deflated.zeros :]
    values = scipy.linalg.eigvals(regular) if len(regular) else np.empty(0, complex)
    return np.concatenate(
        [values[_order(values)] if len(values) else values, np.zeros(deflated.zeros)]
    )


def _quality(
    matrix: np.ndarray,
    size: float,
    values: np.ndarray,
    right: np.ndarray,
    left: np.ndarray,
    condition: np.ndarray,
) -> tuple[float, float]:
    """`residual` and `biorthogonality` of a `Spectrum`; `size` is ‖M‖₂."""
    moves = values != 0
    if moves.any():
        x, y = right[:, moves], left[:, moves] / np.linalg.norm(left[:, moves], axis=0)
        off = np.concatenate(
            [matrix @ x - x * values[moves], matrix.T @ y - y * values[moves].conj()]
        )
        halves = np.linalg.norm(off.reshape(2, len(matrix), -1), axis=1)
        residual = float(halves.max() / size)
    else:
        residual = 0.0
    sound = np.isfinite(condition) | ~moves
    product = left[:, sound].conj().T @ right[:, sound] - np.eye(sound.sum())
    return residual, float(np.abs(product).max(initial=0.0))


def _deflate(matrix: np.ndarray, size: float) -> _Deflated:
    """One null space after the other; of what is left, until nothing is null."""
    dim = len(matrix)
    basis, work = np.eye(dim), matrix
    negligible = dim * np.finfo(float).eps * size
    zeros = levels = 0
    while zeros < dim:
        kernel = _null_space_first(work[zeros:, zeros:], negligible)
        if kernel is None:
            break
        turn, null = kernel
        basis[:, zeros:] = basis[:, zeros:] @ turn
        work = basis.T @ matrix @ basis
        zeros, levels = zeros + null, levels + 1
    work = np.array(work)
    work[zeros:, :zeros] = 0
    work[:zeros, :zeros] = np.triu(work[:zeros, :zeros], 1)
    return _Deflated(basis, work, zeros, levels)


def _null_space_first(matrix: np.ndarray, negligible: float) -> tuple[np.ndarray, int] | None:
    """An orthogonal basis that begins with the null space, and its dimension; None without one."""
    rows, triangle, _ = scipy.linalg.qr(matrix.T, pivoting=True)
    rank = int((np.abs(np.diag(triangle)) > negligible).sum())
    null = len(matrix) - rank
    return (np.concatenate([rows[:, rank:], rows[:, :rank]], axis=1), null) if null else None


def _none() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    empty = np.empty((0, 0), complex)
    return np.empty(0, complex), empty, empty, np.empty(0)


def _modes(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    values, left, right = scipy.linalg.eig(matrix, left=True, right=True)
    order = _order(values)
    values, right, left = values[order], right[:, order], left[:, order].astype(complex)
    for some in _alike(values, _SAME * float(np.linalg.norm(matrix, 2))):
        left[:, some] = _dual(right[:, some], left[:, some])
    return values, *_normalized(right, left)


def _alike(values: np.ndarray, distance: float) -> list[np.ndarray]:
    """Groups of several eigenvalues that are the same, as far as float64 can tell."""
    near = np.abs(values[:, None] - values) <= distance
    count, label = scipy.sparse.csgraph.connected_components(near, directed=False)
    groups = [np.flatnonzero(label == it) for it in range(count)]
    return [it for it in groups if len(it) > 1]


def _dual(right: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Of the vectors of one eigenvalue, any basis will do: the left one that fits the right one.

    Where there is none, the eigenvalue is defective: the vectors stay as they are.
    """
    product = left.conj().T @ right
    if np.linalg.svd(product, compute_uv=False)[-1] <= _SAME:
        return left
    return np.asarray(left @ np.linalg.inv(product).conj().T)


def _normalized(right: np.ndarray, left: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors as `Spectrum` has them, and conditions."""
    right, left = _with_fixed_phase(right), _with_fixed_phase(left)
    overlap = np.sum(left.conj() * right, axis=0)
    size = np.abs(overlap)
    usable = size > len(right) * np.finfo(float).eps
    condition = np.full(len(size), np.inf)
    condition[usable] = np.maximum(1.0, 1 / size[usable])
    left[:, usable] /= overlap[usable].conj()
    return right, left, condition


def _above(deflated: _Deflated, values: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """w with N·w + X·z = λ·w for vectors z of A: a sum that ends, as N is nilpotent."""
    zeros = deflated.zeros
    nilpotent, beside = deflated.matrix[:zeros, :zeros], deflated.matrix[:zeros, zeros:] @ vectors
    found = np.zeros_like(beside)
    for _ in range(deflated.levels):
        found = (beside + nilpotent @ found) / values
    return found


def _zero_modes(deflated: _Deflated) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bases of what is gone after some steps, from both sides.

    The left one is [1, −R]·Qᵀ with N·R − R·A + X = 0, which is a sum that ends too.
    """
    zeros, basis = deflated.zeros, deflated.basis
    nilpotent, beside = deflated.matrix[:zeros, :zeros], deflated.matrix[:zeros, zeros:]
    regular = deflated.matrix[zeros:, zeros:]
    coupling = np.zeros_like(beside)
    if len(regular):
        factors = scipy.linalg.lu_factor(regular.T)
        for _ in range(deflated.levels):
            coupling = scipy.linalg.lu_solve(factors, (beside + nilpotent @ coupling).T).T
    right, left = basis[:, :zeros], basis[:, :zeros] - basis[:, zeros:] @ coupling.T
    if deflated.levels > 1:
        condition = np.full(zeros, np.inf)
    else:
        condition = np.maximum(1.0, np.linalg.norm(left, axis=0))
    return right.astype(complex), left.astype(complex), condition


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
    vectors = (vectors / np.linalg.norm(vectors, axis=0)).astype(complex)
    size = np.abs(vectors)
    leading = np.argmax(size >= (1 - _TIE) * size.max(axis=0), axis=0)
    columns = np.arange(vectors.shape[1])
    pivot = vectors[leading, columns]
    turned = vectors * (pivot.conj() / np.abs(pivot))
    turned[leading, columns] = np.abs(pivot)
    return turned
