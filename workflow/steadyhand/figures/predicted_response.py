"""The response of the command by frequency, by the linearization at fixed points."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Complex, Float

from steadyhand.analyses.frequency_response import GAINS
from steadyhand.conditions import has_value
from steadyhand.figures.source import Source

ROLE = "linear_response"
_PARTS = tuple(f"{sensed}_response_{part}" for sensed in GAINS for part in ("re", "im"))

Responses = Complex[np.ndarray, "sensed noise_axis axis frequency"]


def predicted_by(
    source: Source, options: Mapping[str, Any]
) -> tuple[Float[np.ndarray, " frequency"], dict[int, Responses]]:
    """Frequencies above 0 [Hz], and means over the fixed points of each replicate that has some.

    Of those under the conditions that `options` choose.
    """
    data = source.dataset(ROLE, (*_PARTS, "frequency", "point_replicate"))
    chosen = np.ones(data.sizes["point"], bool)
    for name in ("sisu", "field_amplitude"):
        if f"point_{name}" in data and options.get(name) is not None:
            chosen &= has_value(data[f"point_{name}"].values, options[name])
    own = data.isel(point=np.flatnonzero(chosen), frequency=slice(1, None))
    owner = own["point_replicate"].values.astype(int)
    dims = ("point", "noise_axis", "axis", "frequency")
    every = np.array(
        [
            own[f"{it}_response_re"].transpose(*dims).values
            + 1j * own[f"{it}_response_im"].transpose(*dims).values
            for it in GAINS
        ]
    )
    means = {int(it): every[:, owner == it].mean(axis=1) for it in np.unique(owner)}
    return own["frequency"].values, means


def difference(
    estimated: Complex[np.ndarray, "*shape frequency"],
    at: Float[np.ndarray, " frequency"],
    predicted: Complex[np.ndarray, "*shape other"],
    there: Float[np.ndarray, " other"],
) -> Float[np.ndarray, "*shape frequency"]:
    """|Ĥ − H| over |H|, with H interpolated to the frequencies of the estimate."""
    flat = predicted.reshape(-1, predicted.shape[-1])
    parts = [np.interp(at, there, row.real) + 1j * np.interp(at, there, row.imag) for row in flat]
    known = np.array(parts).reshape(estimated.shape)
    size = np.abs(known)
    return np.divide(np.abs(estimated - known), size, out=np.zeros(size.shape), where=size > 0)
