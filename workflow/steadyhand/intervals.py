"""Intervals over replicates."""

import numpy as np
from scipy.special import stdtrit

LEVEL = 0.95
"""Probability with which an interval holds the mean, for values that are normally distributed."""


def mean_and_margin(values: np.ndarray) -> tuple[float, float]:
    """Mean, and half the width of its interval by Student's t; NaN where there is none.

    No value has no mean; a single one has no interval.
    """
    count = len(values)
    if count == 0:
        return np.nan, np.nan
    if count == 1:
        return float(values[0]), np.nan
    error = values.std(ddof=1) / np.sqrt(count)
    return float(values.mean()), float(stdtrit(count - 1, 0.5 + LEVEL / 2) * error)
