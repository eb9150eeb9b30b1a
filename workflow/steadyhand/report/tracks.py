"""How modes that are followed differ between conditions and goals, as one number of a replicate."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Bool, Complex

from steadyhand.conditions import has_value
from steadyhand.mode_statistics import LASTING, eigenvalues_in
from steadyhand.report.quantities import Sample

OF_TRACKS = {
    "change": f"root mean square change of eigenvalues of magnitude {LASTING:g} or more",
    "by_goal": (
        "root mean square difference of these eigenvalues between two goals, over their change"
    ),
    "real_share": "share of their squared change that is in real parts",
}
"""What is computed of modes that last on either side of a change, by name."""


def sample_of_tracks(
    tracks: xr.Dataset, quantity: Mapping[str, Any], trials: Mapping[str, float]
) -> Sample:
    """A statistic between the two conditions of `quantity`, of every replicate.

    Of places that have a point in both, which all modes could be followed to without doubt; NaN
    where there are none. Raises `ValueError` where no point was searched for there.
    """
    (name, values) = next(iter(quantity["of"].items()))
    numbers = [int(it) for it in tracks["replicate"].values]
    found = {}
    for number in numbers:
        sides = [_by_place(tracks, number, {**trials, name: value}) for value in values]
        places = sorted(sides[0].keys() & sides[1].keys())
        first, second = (np.array([side[it] for it in places]) for side in sides)
        found[number] = _statistic(quantity["statistic"], first, second) if places else np.nan
    return Sample(found, unit="1")


def _by_place(
    tracks: xr.Dataset, replicate: int, at: Mapping[str, float]
) -> dict[int, Complex[np.ndarray, " track"]]:
    """Eigenvalues of a replicate under a condition, by place."""
    chosen = (tracks["point_replicate"].values == replicate) & (tracks["sure"].values == 1)
    for name, value in at.items():
        if not has_value(tracks[name].values, value).any():
            raise ValueError(f"no fixed point was searched for at {dict(at)}")
        chosen &= has_value(tracks[f"point_{name}"].values, value)
    own = tracks.isel(point=np.flatnonzero(chosen))
    return dict(zip(own["point_place"].values.tolist(), eigenvalues_in(own, "track"), strict=True))


def _statistic(
    name: str,
    first: Complex[np.ndarray, "place track"],
    second: Complex[np.ndarray, "place track"],
) -> float:
    lasting: Bool[np.ndarray, " track"] = (
        np.maximum(np.abs(first), np.abs(second)).max(axis=0) >= LASTING
    )
    if not lasting.any():
        return float("nan")
    first, second = first[:, lasting], second[:, lasting]
    change = np.abs(second - first) ** 2
    if name == "real_share":
        return float(np.sum((second - first).real ** 2) / change.sum())
    if name == "change":
        return float(np.sqrt(change.mean()))
    # The mean squared difference of two of n values is twice their variance by n - 1.
    if len(first) < 2:
        return float("nan")
    between = [2 * it.var(axis=0, ddof=1).mean() for it in (first, second)]
    return float(np.sqrt(np.mean(between) / change.mean()))
