"""The conditions of an evaluation: every combination of what perturbs its trials."""

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

NO_UNIT = -1
"""Stands for the unit where none is stimulated."""

ANGLES = {"random": np.nan, "x": 0.0, "y": np.pi / 2, "-x": np.pi, "-y": -np.pi / 2}
"""Directions of impulses [rad]; NaN where each trial draws its own."""

FIELDS = ("field_amplitude",)
SISU = ("sisu",)
SISU_STEP = ("sisu_after", "sisu_onset")
IMPULSE = ("impulse_amplitude", "impulse_direction", "impulse_onset", "impulse_duration")
STIMULATION = (
    "stimulated_unit",
    "stimulation_amplitude",
    "stimulation_onset",
    "stimulation_duration",
)
CONDITION_NAMES = (*FIELDS, *SISU, *SISU_STEP, *IMPULSE, *STIMULATION)
"""All that may set the conditions of evaluations apart."""
AVERAGED = ("impulse_direction", "stimulated_unit")
"""Of these, a statement is usually about all."""


def conditions_of(request: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """What is so in each condition, by name, shape (condition,); the last factor varies fastest.

    In this order: amplitude of the field, SISU, SISU after its step, impulse (amplitude,
    direction, onset, duration), stimulation (unit and amplitude, onset, duration). Without a step
    of SISU, impulse or stimulation, their names are missing. Directions are angles [rad], NaN where
    each trial draws its own. A stimulation of amplitude 0 is the same for all units: it is there
    once, for unit `NO_UNIT`.
    """
    names, factors = zip(*_factors(request), strict=True)
    rows = [sum(parts, ()) for parts in itertools.product(*factors)]
    columns = zip(*rows, strict=True)
    return {
        name: np.array(values)
        for name, values in zip(itertools.chain(*names), columns, strict=True)
    }


def told_apart(conditions: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What has several values and is not to be averaged over, with these values, sorted."""
    found = {}
    for name, values in conditions.items():
        several = np.unique(values[~np.isnan(values)])
        if name not in AVERAGED and len(several) > 1:
            found[name] = several
    return found


def has_value(values: np.ndarray, value: float) -> np.ndarray:
    """Which values are this one, as float32 may have rounded it: the nearest; 0 is only 0."""
    gap = np.abs(np.asarray(values, float) - value)
    return (gap <= 1e-6 * abs(value)) & (gap == np.fmin.reduce(gap, initial=np.inf))


def count_conditions(request: Mapping[str, Any]) -> int:
    """How many conditions there are; nothing is listed for that."""
    return math.prod(len(combinations) for _, combinations in _factors(request))


def _factors(request: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], list[tuple[Any, ...]]]]:
    """Names of what belongs together, and its combinations."""
    yield FIELDS, _each(request["field"]["amplitude"])
    if request["sisu"] is not None:
        yield SISU, _each(request["sisu"])
    if step := request["sisu_step"]:
        yield SISU_STEP, list(itertools.product(step["to"], step["onset"]))
    if impulse := request["sensory_impulse"]:
        yield (
            IMPULSE,
            list(
                itertools.product(
                    impulse["amplitude"],
                    [ANGLES[name] for name in impulse["direction"]],
                    impulse["onset"],
                    impulse["duration"],
                )
            ),
        )
    if stimulation := request["unit_stimulation"]:
        windows = itertools.product(stimulation["onset"], stimulation["duration"])
        pairs = _stimulations(stimulation, request["physics"]["network"]["hidden_size"])
        yield (
            STIMULATION,
            [(*pair, *window) for pair, window in itertools.product(pairs, list(windows))],
        )


def _stimulations(stimulation: Mapping[str, Any], units: int) -> list[tuple[int, float]]:
    """Unit and amplitude: none first, where 0 is among the amplitudes."""
    chosen = stimulation["units"] or range(units)
    amplitudes = stimulation["amplitude"]
    none = [(NO_UNIT, 0.0)] if 0 in amplitudes else []
    return none + [(unit, it) for unit in chosen for it in amplitudes if it != 0]


def _each(values: Any) -> list[tuple[Any, ...]]:
    return [(value,) for value in values]
