"""Measures of the response to a sensory impulse: its windows, and whether the hand goes loops.

During the impulse are the states that its updates led to; after it, all later ones. Responses are
positions from that at the onset, along the impulse and to its left.
"""

import numpy as np

from steadyhand.measures.of_trials import Measure, Values
from steadyhand.measures.oscillation import strongest_oscillation
from steadyhand.measures.response_shape import (
    farthest,
    loopiness,
    loops,
    net_turning,
    path_length,
    tortuosity,
)
from steadyhand.measures.trial import Impulse, Trial

SHORTEST = 20
"""States after an impulse, of which an oscillation can be told."""

NEGLIGIBLE = 1e-3
"""A component smaller than this share of the response is rounding, and does not oscillate."""

_STILL = "the hand does not move after the impulse"
_NO_OSCILLATION = "the response does not oscillate"


def _impulse(trial: Trial) -> Impulse:
    assert trial.impulse
    return trial.impulse


def _largest_within(values: np.ndarray, after: np.ndarray, until: np.ndarray) -> Values:
    """The largest value of the states `after` < k ≤ `until`."""
    k = np.arange(values.shape[-1])
    inside = (k > after[..., None]) & (k <= until[..., None])
    return np.where(inside, values, -np.inf).max(axis=-1)


def impulse_max_net_force_during(trial: Trial) -> Values:
    it = _impulse(trial)
    return _largest_within(trial.net_force, it.onset, it.end)


def impulse_max_net_force_after(trial: Trial) -> Values:
    it = _impulse(trial)
    return _largest_within(trial.net_force, it.end, np.full_like(it.end, trial.net_force.shape[-1]))


def impulse_max_forward_force_after(trial: Trial) -> Values:
    it = _impulse(trial)
    return _largest_within(trial.force[..., 0], it.end, 2 * it.end - it.onset)


def response_max_deviation(trial: Trial) -> Values:
    return farthest(_impulse(trial).response, _impulse(trial).onset)[0]


def response_path_length(trial: Trial) -> Values:
    return path_length(_impulse(trial).response, _impulse(trial).onset)


def response_tortuosity(trial: Trial) -> Values:
    return tortuosity(_impulse(trial).response, _impulse(trial).onset)


def response_net_turning(trial: Trial) -> Values:
    return net_turning(_impulse(trial).response, _impulse(trial).onset)


def response_loops(trial: Trial) -> Values:
    return loops(_impulse(trial).response, _impulse(trial).onset)


def response_loopiness(trial: Trial) -> Values:
    return loopiness(_impulse(trial).response, _impulse(trial).onset)


def _oscillation(trial: Trial, component: int, which: int) -> Values:
    """Frequency (0) or damping (1) of the parallel (0) or lateral (1) response after the impulse.

    Windows of trials with other ends differ in length, so each length is a call of its own.
    """
    it = _impulse(trial)
    found = np.full(it.end.shape, np.nan)
    for end in np.unique(it.end):
        chosen = it.end == end
        after = it.response[chosen][..., end:, component]
        whole = np.linalg.norm(it.response[chosen][..., end:, :], axis=-1).max(axis=-1)
        visible = np.abs(after).max(axis=-1) > NEGLIGIBLE * whole
        if after.shape[-1] >= SHORTEST:
            seen = np.where(visible[..., None], after, 0)
            found[chosen] = strongest_oscillation(seen, trial.time_step)[which]
    return found


def response_parallel_frequency(trial: Trial) -> Values:
    return _oscillation(trial, 0, 0)


def response_parallel_damping(trial: Trial) -> Values:
    return _oscillation(trial, 0, 1)


def response_lateral_frequency(trial: Trial) -> Values:
    return _oscillation(trial, 1, 0)


def response_lateral_damping(trial: Trial) -> Values:
    return _oscillation(trial, 1, 1)


_RADIAL, _LATERAL = "the response along the impulse", "the response across the impulse"
_WINDOWS = {
    impulse_max_net_force_during: ("N", "largest magnitude of the force during the impulse"),
    impulse_max_net_force_after: ("N", "largest magnitude of the force after the impulse"),
    impulse_max_forward_force_after: (
        "N",
        "largest parallel force after the impulse, for as long as it lasted",
    ),
}
_SHAPES = {
    response_max_deviation: ("m", "largest distance from the position at the onset"),
    response_path_length: ("m", "length of the path from the onset on"),
    response_tortuosity: (
        "1",
        "length of the path out and back, over that of straight lines to its farthest point and on",
    ),
    response_net_turning: ("rad", "sum of signed changes of direction from the onset on"),
    response_loops: ("1", "complete turns in one sense"),
    response_loopiness: (
        "1",
        "4 pi times the signed area within the path, over its length squared; circle 1, line 0",
    ),
}
_OSCILLATIONS = {
    response_parallel_frequency: ("Hz", f"frequency of the strongest oscillation in {_RADIAL}"),
    response_parallel_damping: ("1", f"damping ratio of the strongest oscillation in {_RADIAL}"),
    response_lateral_frequency: ("Hz", f"frequency of the strongest oscillation in {_LATERAL}"),
    response_lateral_damping: ("1", f"damping ratio of the strongest oscillation in {_LATERAL}"),
}

OF_IMPULSES: dict[str, Measure] = {
    compute.__name__: Measure(compute, unit, definition, "impulse", undefined)
    for group, undefined in (
        (_WINDOWS, None),
        (_SHAPES, _STILL),
        (_OSCILLATIONS, _NO_OSCILLATION),
    )
    for compute, (unit, definition) in group.items()
}
"""Measures of trials with an impulse, by name."""
