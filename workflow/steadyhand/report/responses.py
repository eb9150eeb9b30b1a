"""Responses to impulses, and what modes make of them, as one number of a replicate."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from steadyhand.conditions import has_value
from steadyhand.measures.response_shape import loopiness, tortuosity
from steadyhand.report.quantities import Sample, means_of

OF_RESPONSES = {
    "error": "norm of what the linearization lacks of a response, over that of the response",
    "tortuosity": "tortuosity of a response",
    "predicted_tortuosity": "tortuosity of a response by the linearization",
    "loopiness": "magnitude of the loopiness of a response",
    "predicted_loopiness": "magnitude of the loopiness of a response by the linearization",
    "loopiness_error": "difference of the loopiness of a response from that by the linearization",
    "left_over": "share of a predicted response that its first {modes} modes leave over",
}
"""What is averaged over responses, by name."""


def sample_of_responses(
    responses: xr.Dataset, quantity: Mapping[str, Any], trials: Mapping[str, float]
) -> Sample:
    """Mean over the responses under some conditions, of every replicate; NaN where it has none.

    Raises `ValueError` where too few modes are stored.
    """
    chosen = np.ones(responses.sizes["response"], bool)
    for name, value in trials.items():
        chosen &= has_value(responses[name].values, value)
    own = responses.isel(response=np.flatnonzero(chosen))
    values = _STATISTICS[quantity["statistic"]](own, quantity)
    owner = own["response_replicate"].values.astype(int)
    return Sample(means_of(values, owner, responses["replicate"].values), unit="1")


def _shape(responses: xr.Dataset, name: str, of: Callable[..., np.ndarray]) -> np.ndarray:
    """Of paths from where the hand was at the onset, which is not among their states."""
    path = responses[name].transpose("response", "time", "component").values
    path = np.concatenate([np.zeros_like(path[:, :1]), path], axis=1)
    return np.asarray(of(path, np.zeros(len(path), int)))


def _left_over(responses: xr.Dataset, quantity: Mapping[str, Any]) -> np.ndarray:
    left = responses["left_over"].transpose("response", "rank").values
    if quantity["modes"] > left.shape[1]:
        raise ValueError(f"{left.shape[1]} modes are stored, and not {quantity['modes']}")
    return np.asarray(left[:, quantity["modes"] - 1])


_STATISTICS: dict[str, Callable[[xr.Dataset, Mapping[str, Any]], np.ndarray]] = {
    "error": lambda responses, _: responses["relative_error"].values,
    "tortuosity": lambda responses, _: _shape(responses, "evaluated", tortuosity),
    "predicted_tortuosity": lambda responses, _: _shape(responses, "predicted", tortuosity),
    "loopiness": lambda responses, _: np.abs(_shape(responses, "evaluated", loopiness)),
    "predicted_loopiness": lambda responses, _: np.abs(_shape(responses, "predicted", loopiness)),
    "loopiness_error": lambda responses, _: np.abs(
        _shape(responses, "evaluated", loopiness) - _shape(responses, "predicted", loopiness)
    ),
    "left_over": _left_over,
}
