"""Whether a finding can be tested with the models of its sweep."""

from collections.abc import Sequence
from typing import Any

from steadyhand.config.explain import HYPERPARAMETERS, no_such_hyperparameter
from steadyhand.config.findings import Comparison, matching, paths_of
from steadyhand.config.hyperparameters import Hyperparameters
from steadyhand.config.problem import Problem
from steadyhand.config.wording import show


def problem_of_comparison(
    comparison: Comparison, models: Sequence[Hyperparameters]
) -> Problem | None:
    """What keeps a comparison from being made; keys are relative to it."""
    for key, _ in paths_of(comparison):
        if key[1] not in HYPERPARAMETERS:
            return Problem(key, key[1], no_such_hyperparameter(key[1]))
        if key[0] == "where" and key[1] in comparison.between:
            return Problem(key, key[1], "is under between too, with other values")
    if not comparison.between and comparison.quantity.type != "loss_jump":
        return Problem(
            ("between",),
            {},
            f"{comparison.quantity.type} needs two conditions to compare; only loss_jump is "
            "compared with 1",
        )
    for wanted in comparison.sides():
        if problem := _of_side(comparison, models, wanted):
            return problem
    return None


def _of_side(
    comparison: Comparison, models: Sequence[Hyperparameters], wanted: dict[str, Any]
) -> Problem | None:
    found = matching(models, wanted)
    words = ", ".join(f"{path} = {show(value)}" for path, value in wanted.items()) or "all"
    if len(found) != 1:
        said = "no model" if not found else f"{len(found)} models"
        key = ("between",) if comparison.between else ("where",)
        problem = f"{said} of the sweep with {words}; it must be one"
        return Problem(key, getattr(comparison, key[0]), problem)
    if comparison.quantity.type == "loss_jump":
        jump, last = comparison.quantity, models[found[0]].schedule.n_batches
        if not jump.window <= jump.batch <= last - jump.window:
            problem = (
                f"there must be {jump.window} batches (window) before and after it; allowed: "
                f"{jump.window} to {last - jump.window}"
            )
            return Problem(("quantity", "batch"), jump.batch, problem)
    return None
