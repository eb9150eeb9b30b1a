"""The response of a linear system to a short input, mode by mode."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Complex, Float, Int

from steadyhand.spectrum import Spectrum


class Terms(NamedTuple):
    """What modes add to a response; the two of a complex pair are one term."""

    eigenvalue: Complex[np.ndarray, " term"]
    """That of the pair with a positive imaginary part"""
    mode: Int[np.ndarray, " term"]
    """Number of the mode in its spectrum"""
    response: Float[np.ndarray, "term time output input"]


def impulse_response(
    jacobian: Float[np.ndarray, "dim dim"],
    by_input: Float[np.ndarray, "dim input"],
    read: Float[np.ndarray, "output dim"],
    duration: int,
    n_steps: int,
) -> Float[np.ndarray, "time output input"]:
    """C·x after each of `n_steps` steps of x ↦ J·x + B·u from 0; u is 1 in the first `duration`."""
    found = np.empty((n_steps, len(read), by_input.shape[1]))
    state = np.zeros_like(by_input)
    for k in range(n_steps):
        state = jacobian @ state + (by_input if k < duration else 0)
        found[k] = read @ state
    return found


def terms_of(
    spectrum: Spectrum,
    by_input: Float[np.ndarray, "dim input"],
    read: Float[np.ndarray, "output dim"],
    duration: int,
    n_steps: int,
) -> Terms:
    """C·x·(yᴴ·B)·Σ λ^(t−1−s) over the steps s with an input, of every mode of an eigenvalue but 0.

    Together they are `impulse_response`, but for what modes of eigenvalue 0 add before they are
    gone. Modes that are defective, and have no term of their own, are left out.
    """
    values = spectrum.eigenvalues
    chosen = np.flatnonzero((values != 0) & (values.imag >= 0) & np.isfinite(spectrum.condition))
    values = values[chosen]
    out, into = read @ spectrum.right[:, chosen], spectrum.left[:, chosen].conj().T @ by_input
    powers = values[:, None] ** np.arange(n_steps)
    course = np.array([np.convolve(it, np.ones(duration))[:n_steps] for it in powers])
    course = course.reshape(len(values), n_steps)  # also where there is no mode
    response = np.einsum("om,mi,mt->mtoi", out, into, course)
    both = np.where(values.imag > 0, 2.0, 1.0)
    return Terms(values, chosen, both[:, None, None, None] * response.real)


class Ranked(NamedTuple):
    """Terms by how much a response lacks without them, the most important first."""

    order: Int[np.ndarray, " rank"]
    left_over: Float[np.ndarray, " rank"]
    """‖response − terms so far‖ over ‖response‖, after each"""


def ranked(
    terms: Float[np.ndarray, "term time axis"], response: Float[np.ndarray, "time axis"], count: int
) -> Ranked:
    """The `count` terms that a response needs most, or all, if there are fewer.

    Of all terms, that one is taken away whose loss is the least, then of those that are left the
    next one, and so on. (To begin with the largest would not do: modes of a matrix that is not
    normal are not orthogonal, and large ones may cancel. Then a few leave more over than none.)
    """
    flat = terms.reshape(len(terms), response.size)
    residual = response.ravel() - flat.sum(axis=0)
    squares, size = (flat**2).sum(axis=1), float(np.linalg.norm(response))
    kept = np.ones(len(flat), bool)
    removed, left = [], []
    for _ in range(len(flat)):
        left.append(float(np.linalg.norm(residual)) / size if size else 0.0)
        least = int(np.where(kept, 2 * flat @ residual + squares, np.inf).argmin())
        kept[least] = False
        residual = residual + flat[least]
        removed.append(least)
    return Ranked(np.array(removed[::-1][:count], int), np.array(left[::-1][:count], float))
