"""Measures of single trials: pure functions, each with its unit and definition.

All take a `Trial`, whose arrays may have leading axes, and return one number per trial. Formulas
are those of the reference study; sums over time are not multiplied by the time step.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

END_STEPS = 10
"""Stored states at the end of a trial that count as its end."""

Values = Float[np.ndarray, "*batch"]


@dataclass(frozen=True)
class Trial:
    """What measures are made of; aligned vectors have the components (parallel, lateral)."""

    distance: Float[np.ndarray, "*batch time"]
    """From the goal [m]."""
    excursion: Float[np.ndarray, "*batch time"]
    """From the start [m]."""
    speed: Float[np.ndarray, "*batch time"]
    """[m/s]"""
    net_force: Float[np.ndarray, "*batch time"]
    """Magnitude [N]."""
    position: Float[np.ndarray, "*batch time 2"]
    """Aligned, from the start [m]."""
    velocity: Float[np.ndarray, "*batch time 2"]
    """Aligned [m/s]."""
    force: Float[np.ndarray, "*batch time 2"]
    """Aligned [N]."""
    reach_length: Float[np.ndarray, "*batch"]
    """[m]; 0 for a steady trial."""


@dataclass(frozen=True)
class Measure:
    """A measure: how it is computed, its unit, and whether it needs a direction of reach."""

    compute: Callable[[Trial], Values]
    unit: str
    definition: str
    needs_reach: bool


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


def _entry(
    compute: Callable[[Trial], Values], unit: str, definition: str, reach: bool = True
) -> tuple[str, Measure]:
    return compute.__name__, Measure(compute, unit, definition, reach)


MEASURES: dict[str, Measure] = dict(
    [
        _entry(max_net_force, "N", "largest magnitude of the force", reach=False),
        _entry(sum_net_force, "N", "sum of the magnitude of the force over states", reach=False),
        _entry(max_deviation, "m", "largest distance from the start", reach=False),
        _entry(sum_deviation, "m", "sum of the distance from the start over states", reach=False),
        _entry(end_velocity_error, "m s-1", "mean speed over the last 10 states", reach=False),
        _entry(end_distance, "m", "mean distance from the goal, last 10 states", reach=False),
        _entry(end_position_error, "%", "end distance, in % of the reach length"),
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
        _entry(max_lateral_distance_left, "%", "largest distance left of the line, % of length"),
        _entry(max_lateral_distance_right, "%", "largest distance right of the line, % of length"),
        _entry(largest_lateral_distance, "%", "lateral distance of largest magnitude, % of length"),
        _entry(sum_lateral_distance, "m", "sum of the signed distance from the line"),
        _entry(sum_lateral_distance_abs, "m", "sum of the distance from the line"),
    ]
)
"""Every measure by name."""
