"""Preferred directions of units: regressions of their activity on the command or the goal."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float

from steadyhand.analysis_layout import about
from steadyhand.states_blocks import activity_of, in_blocks_of_trials, real

EPOCHS = ("acceleration", "deceleration")
"""Steps before the largest speed of a trial, and as many from then on."""


class Regression:
    """Sums for the regression of many activities on the same two features, with a constant."""

    def __init__(self, n_units: int):
        self._count = 0
        self._features = np.zeros(2)
        self._activity = np.zeros(n_units)
        self._square = np.zeros(n_units)
        self._cross = np.zeros((2, n_units))
        self._gram = np.zeros((2, 2))

    def add(
        self, features: Float[np.ndarray, "sample 2"], activity: Float[np.ndarray, "sample unit"]
    ) -> None:
        """Take some samples into account."""
        self._count += len(features)
        self._features += features.sum(axis=0)
        self._activity += activity.sum(axis=0)
        self._square += (activity**2).sum(axis=0)
        self._cross += features.T @ activity
        self._gram += features.T @ features

    def solve(self) -> tuple[Float[np.ndarray, "2 unit"], Float[np.ndarray, " unit"]]:
        """Slopes, and the share of each unit's variance that they explain.

        Ordinary least squares in closed form. Slopes are 0 where nothing was seen to vary; the
        share is, too, for a unit whose activity does not change.
        """
        n = max(self._count, 1)
        mean = self._features / n
        gram = self._gram - n * np.outer(mean, mean)
        cross = self._cross - np.outer(mean, self._activity)
        variation = self._square - self._activity**2 / n
        slopes = np.linalg.pinv(gram, rcond=1e-10, hermitian=True) @ cross
        explained = np.einsum("fu,fu->u", slopes, cross)
        varies = variation > 1e-12 * np.maximum(self._square, 1e-300)
        share = np.divide(explained, variation, where=varies, out=np.zeros_like(explained))
        return slopes, np.clip(share, 0, 1)


def unit_preferences(states: xr.Dataset, request: dict[str, Any]) -> xr.Dataset:
    """Of every condition, network, epoch and unit: slopes, preferred angle, explained variance.

    `request` has the `feature`, "command" (before motor noise) or "goal" (from the start, the same
    throughout a trial). The preferred angle [rad] is that of the slopes; `readout_angle` is that of
    the unit's column of the readout, and `change` the angle from the first condition to this one.
    """
    conditions = np.unique(states.condition.values)
    replicates, units = states.sizes["replicate"], int(states["hidden"].attrs["activity_units"])
    sums = {
        (condition, replicate, epoch): Regression(units)
        for condition in conditions
        for replicate in range(replicates)
        for epoch in EPOCHS
    }
    names = ["hidden", "velocity", "command", "goal", "start"]
    for block in in_blocks_of_trials(states, names):
        activity, features = activity_of(block), _FEATURES[request["feature"]](block)
        for trial, condition in enumerate(block.condition.values):
            for replicate, epoch, times in _epochs(block, trial):
                sums[condition, replicate, epoch].add(
                    features[trial, replicate, times], activity[trial, replicate, times]
                )
    keys = [[[(c, r, e) for e in EPOCHS] for r in range(replicates)] for c in conditions]
    solved = [[[sums[key].solve() for key in row] for row in rows] for rows in keys]
    slopes = np.array([[[one[0] for one in row] for row in rows] for rows in solved])
    share = np.array([[[one[1] for one in row] for row in rows] for rows in solved])
    return _as_dataset(states, request["feature"], conditions, slopes, share)


def epoch_masks(
    speed: Float[np.ndarray, " time"],
) -> tuple[Bool[np.ndarray, " time"], Bool[np.ndarray, " time"]]:
    """Steps of acceleration and deceleration: up to the largest speed, and as many after that."""
    peak, step = int(speed.argmax()), np.arange(len(speed))
    return step < peak, (step >= peak) & (step < 2 * peak)


def _epochs(block: xr.Dataset, trial: int) -> Iterator[tuple[int, str, np.ndarray]]:
    velocity = block.velocity.isel(trial=trial).transpose("replicate", "time", "axis").values
    for replicate, one in enumerate(velocity):
        masks = epoch_masks(np.linalg.norm(one.astype(np.float64), axis=-1))
        for epoch, times in zip(EPOCHS, masks, strict=True):
            yield replicate, epoch, times


def _command(block: xr.Dataset) -> np.ndarray:
    return real(block, "command")


def _goal(block: xr.Dataset) -> np.ndarray:
    goal = real(block, "goal") - real(block, "start")
    shape = (len(goal), block.sizes["replicate"], block.sizes["time"], 2)
    return np.broadcast_to(goal[:, None, None], shape)


_UNITS = {"command": "N-1", "goal": "m-1"}
_FEATURES: dict[str, Callable[[xr.Dataset], np.ndarray]] = {"command": _command, "goal": _goal}


def _as_dataset(
    states: xr.Dataset,
    feature: str,
    conditions: np.ndarray,
    slopes: np.ndarray,
    share: np.ndarray,
) -> xr.Dataset:
    angle = np.arctan2(slopes[..., 1, :], slopes[..., 0, :])
    turned = np.remainder(angle - angle[:1] + np.pi, 2 * np.pi) - np.pi
    weight = states.readout_weight.transpose("replicate", "axis", "unit").values[
        ..., : angle.shape[-1]
    ]
    dims = ("condition", "replicate", "epoch", "unit")
    return xr.Dataset(
        {
            "slope": (
                ("condition", "replicate", "epoch", "axis", "unit"),
                slopes,
                about(_UNITS[feature], f"activity per {feature}"),
            ),
            "preferred_angle": (dims, angle, about("rad", "direction of the slopes")),
            "explained": (dims, share, about("1", "share of variance that is explained")),
            "change": (dims, turned, about("rad", "preferred angle less that in condition 0")),
            "readout_angle": (
                ("replicate", "unit"),
                np.arctan2(weight[:, 1], weight[:, 0]),
                about("rad", "direction of the unit's readout"),
            ),
        },
        coords={
            "condition": ("condition", conditions, about("1", "number of the condition")),
            "replicate": ("replicate", states.replicate.values, about("1", "replicate")),
            "epoch": ("epoch", np.array(EPOCHS, object), about("1", "part of the movement")),
            "axis": ("axis", np.array(["x", "y"], object), about("1", "axis of the plane")),
            "unit": ("unit", np.arange(angle.shape[-1], dtype=np.int32), about("1", "unit")),
        },
    )
