"""What the modes at the fixed points of a replicate are like, as one number."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from steadyhand.conditions import has_value
from steadyhand.point_kinds import are_roots
from steadyhand.report.quantities import Sample

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


def sample_of_modes(
    modes: xr.Dataset, quantity: Mapping[str, Any], trials: Mapping[str, float]
) -> Sample:
    """Mean over the fixed points under some conditions, of every replicate that has some there.

    Raises `ValueError` where there is no such point.
    """
    chosen = are_roots(modes["kind"].values)
    for name, value in trials.items():
        chosen &= has_value(modes[f"point_{name}"].values, value)
    if not chosen.any():
        raise ValueError(f"no fixed point is at {dict(trials)}")
    own = modes.isel(point=np.flatnonzero(chosen))
    values = _STATISTICS[quantity["statistic"]](own)
    owner = own["point_replicate"].values.astype(int)
    means = {int(it): float(np.mean(values[owner == it])) for it in np.unique(owner)}
    unit = "Hz" if quantity["statistic"] == "highest_frequency" else "1"
    return Sample(means, unit=unit)


def _magnitude(modes: xr.Dataset) -> np.ndarray:
    parts = (modes[f"eigenvalue_{it}"].transpose("point", "mode").values for it in ("re", "im"))
    return np.hypot(*parts)


def _oscillates(modes: xr.Dataset) -> np.ndarray:
    return np.asarray(modes["eigenvalue_im"].transpose("point", "mode").values != 0)


def _highest_frequency(modes: xr.Dataset) -> np.ndarray:
    """Of complex modes: a negative real one changes its sign in every step, whatever the step is.

    0 where there is none.
    """
    frequency = modes["frequency"].transpose("point", "mode").values
    lasting = _oscillates(modes) & (_magnitude(modes) >= LASTING)
    return np.where(lasting, frequency, 0.0).max(axis=1)


def _leading_damping(modes: xr.Dataset) -> np.ndarray:
    """1 where nothing oscillates."""
    size = np.where(_oscillates(modes), _magnitude(modes), -1.0)
    leading = size.argmax(axis=1)
    ratio = modes["damping_ratio"].transpose("point", "mode").values
    found = ratio[np.arange(len(leading)), leading]
    return np.where(size.max(axis=1) < 0, 1.0, found)


_STATISTICS: dict[str, Callable[[xr.Dataset], np.ndarray]] = {
    "spectral_radius": lambda modes: modes["spectral_radius"].values,
    "highest_frequency": _highest_frequency,
    "leading_damping": _leading_damping,
    "near_zero": lambda modes: (_magnitude(modes) < NEAR_ZERO).mean(axis=1),
    "oscillating": lambda modes: _oscillates(modes).mean(axis=1),
    "henrici": lambda modes: modes["henrici"].values,
}
