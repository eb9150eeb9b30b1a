"""Measures of what the stimulation of a unit does to the hand.

Deviations are from the position at the onset. After the stimulation are the states after the last
one that its updates led to.
"""

import numpy as np

from steadyhand.measures.of_trials import Measure, Values
from steadyhand.measures.trial import Stimulation, Trial

FINAL_STEPS = 5
"""Stored states at the end of a trial over which the final deviation is averaged."""


def _stimulation(trial: Trial) -> Stimulation:
    assert trial.stimulation
    return trial.stimulation


def _after(it: Stimulation) -> np.ndarray:
    return np.arange(it.deviation.shape[-2]) > it.end[..., None]


def stimulation_final_deviation(trial: Trial) -> Values:
    deviation = _stimulation(trial).deviation[..., -FINAL_STEPS:, :]
    return np.linalg.norm(deviation, axis=-1).mean(axis=-1)


def stimulation_max_deviation_after(trial: Trial) -> Values:
    it = _stimulation(trial)
    distance = np.linalg.norm(it.deviation, axis=-1)
    return np.where(_after(it), distance, 0).max(axis=-1)


def stimulation_angle_to_readout(trial: Trial) -> Values:
    it = _stimulation(trial)
    along = (it.deviation * it.readout[..., None, :]).sum(axis=-1)
    x, y = it.readout[..., 0, None], it.readout[..., 1, None]
    across = x * it.deviation[..., 1] - y * it.deviation[..., 0]
    away = _after(it) & ((along != 0) | (across != 0))
    angles = np.where(away, np.abs(np.arctan2(across, along)), 0)
    count = away.sum(axis=-1)
    mean = np.full(count.shape, np.nan)
    return np.divide(angles.sum(axis=-1), count, where=count > 0, out=mean)


OF_STIMULATION: dict[str, Measure] = {
    "stimulation_final_deviation": Measure(
        stimulation_final_deviation,
        "m",
        "mean distance from the position at the onset, over the last 5 states",
        "onset",
    ),
    "stimulation_max_deviation_after": Measure(
        stimulation_max_deviation_after,
        "m",
        "largest distance from the position at the onset, after the stimulation",
        "onset",
    ),
    "stimulation_angle_to_readout": Measure(
        stimulation_angle_to_readout,
        "rad",
        "mean magnitude of the angle between deviation and readout of the unit, afterwards",
        "stimulation",
        "the hand does not move, or the unit is not read out",
    ),
}
"""Measures of trials with a stimulation, by name."""
