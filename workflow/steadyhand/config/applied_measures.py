"""Whether a finding on measures can be tested with the trials of its evaluation."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from steadyhand.conditions import CONDITION_NAMES, conditions_of
from steadyhand.config.evaluation import Evaluation
from steadyhand.config.explain import nearest
from steadyhand.config.findings import Comparison, TrialMeasure, of_trials, paths_of
from steadyhand.config.hyperparameters import Hyperparameters
from steadyhand.config.problem import Problem
from steadyhand.requests import evaluation_request

_MAY_BE_AVERAGED = ("impulse_direction", "stimulated_unit")
"""Of these, a finding is usually about all."""


def problems_of_measure(
    comparison: Comparison, evaluation: Evaluation, models: Sequence[Hyperparameters]
) -> Iterator[Problem]:
    """Problems of a measure of the trials of an evaluation; `models` are the two sides."""
    quantity = comparison.quantity
    assert isinstance(quantity, TrialMeasure)
    yield from _of_measure(quantity, evaluation)
    for model in models:
        conditions = conditions_of(evaluation_request(evaluation, model))
        yield from _of_conditions(comparison, quantity.evaluation, conditions)


def problems_of_histories(comparison: Comparison) -> Iterator[Problem]:
    """Problems of a comparison of trainings that is written as one of trials."""
    for key, _ in paths_of(comparison):
        if key[1] in CONDITION_NAMES:
            text = f"sets trials apart, and {comparison.quantity.type} is of trainings"
            yield Problem(key, key[1], f"{text}; allowed: hyperparameters")
    if comparison.effect == "difference":
        text = f"{comparison.quantity.type} is above 0; allowed: 'ratio'"
        yield Problem(("effect",), "difference", text)


def _of_measure(quantity: TrialMeasure, evaluation: Evaluation) -> Iterator[Problem]:
    from steadyhand.every_measure import EVERY_MEASURE
    from steadyhand.measures import NEEDS

    at = ("quantity", "measure")
    if quantity.measure not in EVERY_MEASURE:
        known = nearest(quantity.measure, EVERY_MEASURE)
        yield Problem(at, quantity.measure, f"no such measure{known}")
        return
    need = EVERY_MEASURE[quantity.measure].needs
    if need and not _met(evaluation)[need]:
        text = f"is missing in all trials of '{quantity.evaluation}': {NEEDS[need]}"
        yield Problem(at, quantity.measure, text)


def _met(evaluation: Evaluation) -> dict[str, bool]:
    """Which needs of measures some trials of an evaluation meet."""
    kept = evaluation.keep
    reach = evaluation.task.type == "center_out"
    impulse, stimulation = bool(evaluation.sensory_impulse), bool(evaluation.unit_stimulation)
    return {
        "reach": reach,
        "direction": reach or impulse or stimulation,
        "impulse": impulse,
        "onset": stimulation,
        "stimulation": stimulation,
        "activity": kept is None or {"hidden", "command"} <= set(kept),
    }


def _of_conditions(
    comparison: Comparison, name: str, conditions: Mapping[str, np.ndarray]
) -> Iterator[Problem]:
    """Problems of what is said of the trials of the evaluation `name`."""
    lacks = f"trials of '{name}' have no such value; there are"
    for key, value in paths_of(comparison):
        if key[1] not in CONDITION_NAMES:
            continue
        if key[1] not in conditions:
            yield Problem(key, key[1], f"{lacks} {', '.join(conditions)}")
            return
        there = np.unique(conditions[key[1]])
        for one in value if key[0] == "between" else [value]:
            if not isinstance(one, int | float) or not np.isclose(there, one, 1e-9, 0).any():
                yield Problem(key, one, f"{lacks} {_listed(there)}")
                return
    named = {**of_trials(comparison.where), **of_trials(comparison.between)}
    for condition, values in conditions.items():
        several = np.unique(values[~np.isnan(values)])
        if len(several) > 1 and condition not in (*named, *_MAY_BE_AVERAGED):
            text = f"must say which {condition}: trials of '{name}' have {_listed(several)}"
            yield Problem(("where",), dict(comparison.where), text)


def _listed(values: np.ndarray) -> str:
    return ", ".join(f"{it:g}" for it in values)


def same_trials(comparison: Comparison) -> bool:
    """Whether both sides name the same trials."""
    sides: list[dict[str, Any]] = [of_trials(it) for it in comparison.sides()]
    return sides[0] == sides[-1]
