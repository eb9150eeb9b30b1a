"""Frequency and damping of the strongest oscillation in a decaying signal."""

import numpy as np
from jaxtyping import Complex, Float

RANK = 4
"""Exponentials that a signal is taken to be made of: an oscillation has two."""

_SHARE = 1e-4
"""An oscillation with less of a signal's energy is none."""


def strongest_oscillation(
    signal: Float[np.ndarray, "*batch time"], time_step: float
) -> tuple[Float[np.ndarray, "*batch"], Float[np.ndarray, "*batch"]]:
    """Frequency [Hz] and damping ratio of the strongest oscillation; NaN where there is none.

    The signal is taken as a sum of `RANK` exponentials λᵏ, whose λ are found by the matrix pencil
    method (Hua & Sarkar 1990, IEEE Trans. ASSP 38:814). Of the conjugate pairs, that with the most
    energy counts. With s = ln λ / time_step: frequency |Im s| / 2π, damping ratio −Re s / |s|.
    """
    batch, n = signal.shape[:-1], signal.shape[-1]
    if n < 3 * RANK:
        raise ValueError(f"{n} samples are too few for {RANK} exponentials")
    flat = signal.reshape(-1, n)
    size = np.abs(flat).max(axis=1)
    moving = size > 0
    frequency, damping = np.full((2, len(flat)), np.nan)
    if moving.any():
        scaled = flat[moving] / size[moving, None]
        frequency[moving], damping[moving] = _of_moving(scaled, time_step)
    return frequency.reshape(batch), damping.reshape(batch)


def _of_moving(
    signal: Float[np.ndarray, "signal time"], time_step: float
) -> tuple[Float[np.ndarray, " signal"], Float[np.ndarray, " signal"]]:
    roots = _roots(signal)
    pair = np.abs(roots.imag) > 1e-6
    energy = np.where(pair & (np.abs(roots) > 0), _energies(signal, roots), 0)
    best = energy.argmax(axis=1)
    rows = np.arange(len(signal))
    found = energy[rows, best] > _SHARE * (signal**2).sum(axis=1)
    rate = np.log(roots[rows, best], where=found, out=np.ones(len(signal), complex)) / time_step
    frequency = np.where(found, np.abs(rate.imag) / (2 * np.pi), np.nan)
    return frequency, np.where(found, -rate.real / np.abs(rate), np.nan)


def _roots(signal: Float[np.ndarray, "signal time"]) -> Complex[np.ndarray, "signal rank"]:
    n = signal.shape[1]
    width = max(n // 3, RANK) + 1
    hankel = np.lib.stride_tricks.sliding_window_view(signal, width, axis=1)
    _, _, right = np.linalg.svd(hankel, full_matrices=False)
    basis = right[:, :RANK].swapaxes(1, 2)
    return np.linalg.eigvals(np.linalg.pinv(basis[:, :-1]) @ basis[:, 1:]).astype(complex)


def _energies(
    signal: Float[np.ndarray, "signal time"], roots: Complex[np.ndarray, "signal rank"]
) -> Float[np.ndarray, "signal rank"]:
    """Sum of squares of what each exponential and its conjugate add to a signal."""
    n = signal.shape[1]
    inside = np.where(np.abs(roots) > 1.5, 1.5, roots)  # powers of spurious roots overflow
    powers = inside[:, None, :] ** np.arange(n)[None, :, None]
    length = np.linalg.norm(powers, axis=1)
    amplitudes = np.linalg.pinv(powers / length[:, None]) @ signal[..., None].astype(complex)
    return 2 * np.abs(amplitudes[..., 0]) ** 2
