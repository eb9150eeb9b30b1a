"""What modes mean: in Hz and seconds, where they live, and how far states may grow on the way."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy.linalg
from jaxtyping import Complex, Float

_DENSE = 10
"""Powers of which every one is looked at; of later ones each that is a tenth later than another."""
_LAST = 10_000


class InTime(NamedTuple):
    """Modes of an update every `time_step` seconds, as those of an oscillator."""

    frequency: Float[np.ndarray, "*mode"]
    """[Hz]: |∠λ|/(2π·dt), at most 1/(2·dt)"""
    time_constant: Float[np.ndarray, "*mode"]
    """[s]: −dt/ln|λ|, in which it shrinks to 1/e; negative where it grows, infinite for |λ| = 1"""
    damping_ratio: Float[np.ndarray, "*mode"]
    """−ln|λ|/|ln λ|: 1 does not oscillate, 0 oscillates for ever, below 0 it grows; 0 for λ = 1"""


def in_time(eigenvalues: Complex[np.ndarray, "*mode"], time_step: float) -> InTime:
    """Modes in physical terms: λ = exp(s·dt) with s = −ζω ± iω√(1 − ζ²)."""
    size, angle = np.abs(eigenvalues), np.abs(np.angle(eigenvalues))
    with np.errstate(divide="ignore"):
        decay = -np.log(size)
        time_constant = np.where(decay == 0, np.inf, time_step / np.where(decay == 0, 1, decay))
    turned = np.hypot(np.where(np.isinf(decay), 0, decay), angle)
    still = turned == 0
    ratio = np.where(still, 0, np.where(np.isinf(decay), 0, decay) / np.where(still, 1, turned))
    ratio = np.where(np.isinf(decay), 1.0, ratio)
    return InTime(angle / (2 * np.pi * time_step), time_constant, ratio)


def participation(
    right: Complex[np.ndarray, "n dim mode"],
    left: Complex[np.ndarray, "n dim mode"],
    sizes: Sequence[int],
) -> Float[np.ndarray, "n mode part"]:
    """How much of each mode is in each part of the state; 1 over all parts.

    Participation factors |y_k|·|x_k| (Pérez-Arriaga et al. 1982, IEEE Trans. PAS 101:3117), which
    do not depend on the units of the state, summed over the parts, which have `sizes` numbers of
    the state, one after the other.
    """
    factors = np.abs(left) * np.abs(right)
    ends = np.cumsum(sizes)[:-1]
    parts = np.stack([it.sum(axis=1) for it in np.split(factors, ends, axis=1)], axis=-1)
    return np.asarray(parts / parts.sum(axis=-1, keepdims=True))


class Growth(NamedTuple):
    """The largest ‖J^k‖₂ that was met."""

    size: float
    step: int
    """k there"""


def transient_growth(jacobian: Float[np.ndarray, "dim dim"], spectral_radius: float) -> Growth:
    """How long a deviation of length 1 can become on its way (Trefethen & Embree 2005, §14).

    Norms are Euclidean, of the state as it is. Every power up to 10 is looked at, of later ones
    those that are a tenth later than the one before; when ‖J^k‖ ≤ 1, no later one can be larger
    than those before. Of an unstable J it is infinite.
    """
    if spectral_radius >= 1:
        return Growth(np.inf, 0)
    found, power, k = Growth(1.0, 0), np.eye(len(jacobian)), 0
    stride, forward = 1, jacobian
    while k < _LAST:
        if k >= _DENSE and k >= 11 * stride:
            stride, forward = stride + 1, forward @ jacobian
        power, k = forward @ power, k + stride
        most = _at_most(power)
        if most > found.size:
            size = float(np.linalg.norm(power, 2))
            found = Growth(size, k) if size > found.size else found
        if most <= 1:
            break
    return found


def _at_most(matrix: np.ndarray) -> float:
    """A bound of ‖M‖₂ that costs little: ‖M‖₂ ≤ ‖M‖_F and ‖M‖₂² ≤ ‖M‖₁·‖M‖_∞."""
    size = np.abs(matrix)
    between = np.sqrt(size.sum(axis=0).max() * size.sum(axis=1).max())
    return float(min(np.linalg.norm(matrix), between))


def steady_response(
    jacobian: Float[np.ndarray, "n dim dim"], by_input: Float[np.ndarray, "n dim input"]
) -> Float[np.ndarray, "n dim input"]:
    """How the fixed point moves with inputs that stay: (I − J)⁻¹·B; infinite where I − J is
    singular."""
    found = np.full(by_input.shape, np.inf)
    for row, (matrix, entry) in enumerate(zip(jacobian, by_input, strict=True)):
        try:
            found[row] = np.linalg.solve(np.eye(len(matrix)) - matrix, entry)
        except np.linalg.LinAlgError:  # exactly singular: that is the answer
            continue
    return found


def departure_from_normality(matrix: Float[np.ndarray, "dim dim"]) -> float:
    """√(‖M‖² − Σ|λ|²)/‖M‖ (Frobenius; Henrici 1962): 0 normal or M = 0, 1 nilpotent."""
    size = np.linalg.norm(matrix)
    if size == 0:
        return 0.0
    # The difference of squares cancels; the real Schur form has it above its diagonal, and in its
    # blocks [[a, b], [c, a]] with eigenvalues a ± i√|b·c|.
    triangle, _ = scipy.linalg.schur(matrix)
    below = np.diag(triangle, -1)
    above = np.triu(triangle, 1)
    pairs = np.flatnonzero(below)
    above[pairs, pairs + 1] = np.abs(above[pairs, pairs + 1]) - np.abs(below[pairs])
    return min(1.0, float(np.linalg.norm(above) / size))
