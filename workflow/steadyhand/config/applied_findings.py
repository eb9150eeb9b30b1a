"""Whether a finding can be tested with the models of its sweep."""

from collections.abc import Sequence
from typing import Any

from steadyhand.conditions import CONDITION_NAMES
from steadyhand.config.applied_measures import (
    problems_of_histories,
    problems_of_measure,
    problems_of_responses,
    same_trials,
)
from steadyhand.config.applied_points import problems_of_points
from steadyhand.config.evaluation import Evaluation
from steadyhand.config.explain import HYPERPARAMETERS, no_such_hyperparameter
from steadyhand.config.findings import Comparison, matching, paths_of
from steadyhand.config.hyperparameters import Hyperparameters
from steadyhand.config.problem import Problem
from steadyhand.config.quantities import Responses
from steadyhand.config.search import FixedPointSearch
from steadyhand.config.wording import show


def problem_of_comparison(
    comparison: Comparison,
    models: Sequence[Hyperparameters],
    evaluation: Evaluation | None = None,
    search: FixedPointSearch | None = None,
) -> Problem | None:
    """What keeps a comparison from being made; keys are relative to it.

    `evaluation` is the one whose trials are compared, where it is one of trials; `search` the one
    whose points are, where it is one of fixed points.
    """
    for key, _ in paths_of(comparison):
        if key[1] not in HYPERPARAMETERS and key[1] not in CONDITION_NAMES:
            return Problem(key, key[1], no_such_hyperparameter(key[1]))
        if key[0] == "where" and key[1] in comparison.between:
            return Problem(key, key[1], "is under between too, with other values")
    if problem := _of_reference(comparison):
        return problem
    found = []
    for wanted in comparison.sides():
        fitting = matching(models, wanted)
        if len(fitting) != 1:
            return _not_one(comparison, wanted, len(fitting))
        found += fitting
    if len(found) > 1 and found[0] == found[1] and same_trials(comparison):
        values = comparison.between
        return Problem(("between",), values, "both are the same model; name two that differ")
    if search is not None:
        return next(problems_of_points(comparison, search), None)
    if evaluation is not None:
        sides = [models[it] for it in found]
        if isinstance(comparison.quantity, Responses):
            return next(problems_of_responses(comparison, evaluation, sides), None)
        return next(problems_of_measure(comparison, evaluation, sides), None)
    if problem := next(problems_of_histories(comparison), None):
        return problem
    return _of_jump(comparison, min(models[it].schedule.n_batches for it in found))


def _of_reference(comparison: Comparison) -> Problem | None:
    """What is compared needs another condition, or a number."""
    against, kind = comparison.against, comparison.quantity.type
    if against is None:
        if comparison.between or kind == "loss_jump":
            return None
        text = f"{kind} needs two conditions to compare, or a number (against); only loss_jump is "
        return Problem(("between",), {}, f"{text}compared with 1")
    if comparison.between:
        text = "is a second thing to compare with; allowed: either against or between"
        return Problem(("against",), against, text)
    if comparison.effect == "ratio" and against <= 0:
        text = "a ratio is to a number above 0; allowed: that, or effect: difference"
        return Problem(("against",), against, text)
    return None


def _not_one(comparison: Comparison, wanted: dict[str, Any], count: int) -> Problem:
    said = f"{count} models of the sweep" if count else "no model of the sweep"
    words = ", ".join(f"{path} = {show(value)}" for path, value in wanted.items())
    key = "between" if comparison.between else "where"
    problem = f"{said}{' with ' if words else ''}{words}; it must be one"
    return Problem((key,), getattr(comparison, key), problem)


def _of_jump(comparison: Comparison, n_batches: int) -> Problem | None:
    jump = comparison.quantity
    if jump.type != "loss_jump":
        return None
    if 2 * jump.window > n_batches:
        problem = f"must be half of the {n_batches} batches at most, before and after the jump"
        return Problem(("quantity", "window"), jump.window, problem)
    if not jump.window <= jump.batch <= n_batches - jump.window:
        problem = (
            f"there must be {jump.window} batches (window) before and after it; allowed: "
            f"{jump.window} to {n_batches - jump.window}"
        )
        return Problem(("quantity", "batch"), jump.batch, problem)
    return None
