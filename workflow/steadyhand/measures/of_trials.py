"""Measures of single trials: pure functions, each with its unit and definition.

All take a `Trial`, whose arrays may have leading axes, and return one number per trial. Formulas
are those of the reference study; sums over time are not multiplied by the time step.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from steadyhand.measures.trial import Trial

END_STEPS = 10
"""Stored states at the end of a trial that count as its end."""

Values = Float[np.ndarray, "*batch"]

NEEDS = {
    "reach": "the reach has length 0",
    "direction": "no reach, impulse or stimulation gives a direction",
    "impulse": "there is no impulse",
    "onset": "there is no stimulation",
    "stimulation": "no unit is stimulated",
    "activity": "hidden states or commands are not kept",
}
"""What a measure may need of a trial, and why it is missing where the trial has it not."""


@dataclass(frozen=True)
class Measure:
    """A measure: how it is computed, its unit, and what it needs of a trial."""

    compute: Callable[[Trial], Values]
    unit: str
    definition: str
    needs: str | None
    """A name of `NEEDS`."""
    undefined: str | None = None
    """Why it is missing where `compute` gives NaN; None if it must not."""


def _percent(trial: Trial, length: Values) -> Values:
    return 100 * length / trial.reach_length


def _largest(values: np.ndarray) -> np.ndarray:
    """The entry of largest magnitude along time, with its sign."""
    at = np.abs(values).argmax(axis=-1)
    return np.take_along_axis(values, at[..., None], axis=-1)[..., 0]


def max_net_force(trial: Trial) -> Values:
    return trial.net_force.max(axis=-1)


def sum_net_force(trial: Trial) -> Values:
    return trial.net_force.sum(axis=-1)


def max_deviation(trial: Trial) -> Values:
    return trial.excursion.max(axis=-1)


def sum_deviation(trial: Trial) -> Values:
    return trial.excursion.sum(axis=-1)


def end_velocity_error(trial: Trial) -> Values:
    return trial.speed[..., -END_STEPS:].mean(axis=-1)


def end_distance(trial: Trial) -> Values:
    return trial.distance[..., -END_STEPS:].mean(axis=-1)


def end_position_error(trial: Trial) -> Values:
    return _percent(trial, end_distance(trial))


def max_parallel_force_forward(trial: Trial) -> Values:
    return trial.force[..., 0].max(axis=-1)


def max_parallel_force_reverse(trial: Trial) -> Values:
    return (-trial.force[..., 0]).max(axis=-1)


def sum_parallel_force(trial: Trial) -> Values:
    return np.abs(trial.force[..., 0]).sum(axis=-1)


def sum_lateral_force_abs(trial: Trial) -> Values:
    return np.abs(trial.force[..., 1]).sum(axis=-1)


def max_lateral_force_left(trial: Trial) -> Values:
    return trial.force[..., 1].max(axis=-1)


def max_lateral_force_right(trial: Trial) -> Values:
    return (-trial.force[..., 1]).max(axis=-1)


def max_parallel_vel_forward(trial: Trial) -> Values:
    return trial.velocity[..., 0].max(axis=-1)


def max_parallel_vel_reverse(trial: Trial) -> Values:
    return (-trial.velocity[..., 0]).max(axis=-1)


def max_lateral_vel_left(trial: Trial) -> Values:
    return trial.velocity[..., 1].max(axis=-1)


def max_lateral_vel_right(trial: Trial) -> Values:
    return (-trial.velocity[..., 1]).max(axis=-1)


def max_lateral_vel_signed(trial: Trial) -> Values:
    return _largest(trial.velocity[..., 1])


def max_lateral_distance_left(trial: Trial) -> Values:
    return _percent(trial, trial.position[..., 1].max(axis=-1))


def max_lateral_distance_right(trial: Trial) -> Values:
    return _percent(trial, (-trial.position[..., 1]).max(axis=-1))


def largest_lateral_distance(trial: Trial) -> Values:
    return _percent(trial, _largest(trial.position[..., 1]))


def sum_lateral_distance(trial: Trial) -> Values:
    return trial.position[..., 1].sum(axis=-1)


def sum_lateral_distance_abs(trial: Trial) -> Values:
    return np.abs(trial.position[..., 1]).sum(axis=-1)


def time_to_peak_forward_velocity(trial: Trial) -> Values:
    return trial.time_step * trial.velocity[..., 0].argmax(axis=-1)


def output_correlation(trial: Trial) -> Values:
    assert trial.activity
    centred = [
        values - values.mean(axis=-2, keepdims=True)
        for values in (trial.activity.units, trial.activity.command)
    ]
    units, command = (np.linalg.norm(it, axis=(-2, -1)) for it in centred)
    size = trial.activity.readout_norm * units
    return np.divide(command, size, where=size > 0, out=np.full(size.shape, np.nan))


def _entry(
    compute: Callable[[Trial], Values],
    unit: str,
    definition: str,
    needs: str | None = "direction",
    undefined: str | None = None,
) -> tuple[str, Measure]:
    return compute.__name__, Measure(compute, unit, definition, needs, undefined)


OF_TRIALS: dict[str, Measure] = dict(
    [
        _entry(max_net_force, "N", "largest magnitude of the force", needs=None),
        _entry(sum_net_force, "N", "sum of the magnitude of the force over states", needs=None),
        _entry(max_deviation, "m", "largest distance from the start", needs=None),
        _entry(sum_deviation, "m", "sum of the distance from the start over states", needs=None),
        _entry(end_velocity_error, "m s-1", "mean speed over the last 10 states", needs=None),
        _entry(end_distance, "m", "mean distance from the goal, last 10 states", needs=None),
        _entry(end_position_error, "%", "end distance, in % of the reach length", "reach"),
        _entry(max_parallel_force_forward, "N", "largest force towards the goal"),
        _entry(max_parallel_force_reverse, "N", "largest force away from the goal"),
        _entry(sum_parallel_force, "N", "sum of the magnitude of the force along the reach"),
        _entry(sum_lateral_force_abs, "N", "sum of the magnitude of the force across the reach"),
        _entry(max_lateral_force_left, "N", "largest force to the left"),
        _entry(max_lateral_force_right, "N", "largest force to the right"),
        _entry(max_parallel_vel_forward, "m s-1", "largest velocity towards the goal"),
        _entry(max_parallel_vel_reverse, "m s-1", "largest velocity away from the goal"),
        _entry(max_lateral_vel_left, "m s-1", "largest velocity to the left"),
        _entry(max_lateral_vel_right, "m s-1", "largest velocity to the right"),
        _entry(max_lateral_vel_signed, "m s-1", "lateral velocity of largest magnitude"),
        _entry(
            max_lateral_distance_left,
            "%",
            "largest distance left of the line, % of length",
            "reach",
        ),
        _entry(
            max_lateral_distance_right,
            "%",
            "largest distance right of the line, % of length",
            "reach",
        ),
        _entry(
            largest_lateral_distance,
            "%",
            "lateral distance of largest magnitude, % of length",
            "reach",
        ),
        _entry(sum_lateral_distance, "m", "sum of the signed distance from the line"),
        _entry(sum_lateral_distance_abs, "m", "sum of the distance from the line"),
        _entry(time_to_peak_forward_velocity, "s", "time of the largest velocity towards the goal"),
        _entry(
            output_correlation,
            "1",
            "|X W'| / (|W| |X|), X: activity less its mean over time, W: weights of the readout",
            needs="activity",
            undefined="the activity does not change",
        ),
    ]
)
"""Measures of whole trials, by name."""
