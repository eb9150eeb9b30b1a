"""What the modes at a fixed point are like, as numbers: of points of a file of linearizations."""

from collections.abc import Callable

import numpy as np
import xarray as xr
from jaxtyping import Bool, Complex, Float

NEAR_ZERO = 0.3
"""Modes of a smaller magnitude are gone within two steps."""
LASTING = 0.5
"""Modes of a larger magnitude last for some steps, so that they can be seen to oscillate."""

DEFINITIONS = {
    "spectral_radius": "largest magnitude of an eigenvalue",
    "highest_frequency": f"highest frequency of a complex mode of magnitude {LASTING:g} or more",
    "leading_damping": "damping ratio of the oscillating mode of largest magnitude",
    "near_zero": f"share of modes of a magnitude below {NEAR_ZERO:g}",
    "oscillating": "share of modes that oscillate",
    "henrici": "departure of the Jacobian from normality",
}
"""What is averaged over points, by name."""


def eigenvalues_in(modes: xr.Dataset, dim: str = "mode") -> Complex[np.ndarray, "point mode"]:
    """λ, which a file holds in two parts; `dim` is the axis of modes."""
    real, imaginary = (
        modes[f"eigenvalue_{it}"].transpose("point", dim).values for it in ("re", "im")
    )
    return np.asarray(real + 1j * imaginary)


def magnitude(modes: xr.Dataset) -> Float[np.ndarray, "point mode"]:
    """|λ|"""
    return np.abs(eigenvalues_in(modes))


def oscillates(modes: xr.Dataset) -> Bool[np.ndarray, "point mode"]:
    """Whether λ is one of a complex pair."""
    return np.asarray(modes["eigenvalue_im"].transpose("point", "mode").values != 0)


def highest_frequency(modes: xr.Dataset) -> Float[np.ndarray, " point"]:
    """Of complex modes: a negative real one changes its sign in every step, whatever the step is.

    0 where there is none.
    """
    frequency = modes["frequency"].transpose("point", "mode").values
    lasting = oscillates(modes) & (magnitude(modes) >= LASTING)
    return np.where(lasting, frequency, 0.0).max(axis=1)


def leading_damping(modes: xr.Dataset) -> Float[np.ndarray, " point"]:
    """1 where nothing oscillates."""
    size = np.where(oscillates(modes), magnitude(modes), -1.0)
    leading = size.argmax(axis=1)
    ratio = modes["damping_ratio"].transpose("point", "mode").values
    found = ratio[np.arange(len(leading)), leading]
    return np.where(size.max(axis=1) < 0, 1.0, found)


STATISTICS: dict[str, Callable[[xr.Dataset], np.ndarray]] = {
    "spectral_radius": lambda modes: modes["spectral_radius"].values,
    "highest_frequency": highest_frequency,
    "leading_damping": leading_damping,
    "near_zero": lambda modes: (magnitude(modes) < NEAR_ZERO).mean(axis=1),
    "oscillating": lambda modes: oscillates(modes).mean(axis=1),
    "henrici": lambda modes: modes["henrici"].values,
}
