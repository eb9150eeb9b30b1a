"""What the modes at the fixed points of a replicate are like, as one number."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from steadyhand.conditions import has_value
from steadyhand.mode_statistics import STATISTICS
from steadyhand.point_kinds import are_roots
from steadyhand.report.quantities import Sample, means_of


def sample_of_modes(
    modes: xr.Dataset, quantity: Mapping[str, Any], trials: Mapping[str, float]
) -> Sample:
    """Mean over fixed points under some conditions, of every replicate; NaN where it has none."""
    chosen = are_roots(modes["kind"].values)
    for name, value in trials.items():
        chosen &= has_value(modes[f"point_{name}"].values, value)
    own = modes.isel(point=np.flatnonzero(chosen))
    values = STATISTICS[quantity["statistic"]](own)
    owner = own["point_replicate"].values.astype(int)
    means = means_of(values, owner, modes["replicate"].values)
    unit = "Hz" if quantity["statistic"] == "highest_frequency" else "1"
    return Sample(means, unit=unit)
