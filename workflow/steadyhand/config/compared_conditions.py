"""Whether the conditions that a comparison names are there."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from steadyhand.conditions import CONDITION_NAMES, told_apart
from steadyhand.config.findings import Comparison, of_trials, paths_of
from steadyhand.config.problem import Problem
from steadyhand.config.quantities import Shift, Tracks
from steadyhand.config.reading import Location


def problems_of_conditions(
    comparison: Comparison, name: str, conditions: Mapping[str, np.ndarray]
) -> Iterator[Problem]:
    """Problems of what is said of the trials or points of `name`."""
    quantity = comparison.quantity
    what = {"measure": "trials", "responses": "responses"}.get(quantity.type, "points")
    named = {**of_trials(comparison.where), **of_trials(comparison.between)}
    if isinstance(quantity, Shift | Tracks):
        yield from _of_change(quantity.of, name, named, conditions)
        named |= quantity.of
    for key, value in paths_of(comparison):
        if key[1] in CONDITION_NAMES:
            sides = value if key[0] == "between" else [value]
            yield from _of_values(key, sides, f"{what} of '{name}'", conditions)
    for condition, several in told_apart(conditions).items():
        if condition not in named:
            text = f"must say which {condition}: {what} of '{name}' have {_listed(several)}"
            yield Problem(("where",), dict(comparison.where), text)


def _of_change(
    change: Mapping[str, list[Any]],
    called: str,
    named: Mapping[str, Any],
    conditions: Mapping[str, np.ndarray],
) -> Iterator[Problem]:
    (name, sides) = next(iter(change.items()))
    at = ("quantity", "of")
    yield from _of_values((*at, name), sides, f"points of '{called}'", conditions)
    if sides[0] == sides[1]:
        yield Problem((*at, name), sides, "both are the same; name two that differ")
    if name in named:
        yield Problem((*at, name), sides, "is under between or where too; name it once")


def _of_values(
    key: Location, values: list[Any], of_what: str, conditions: Mapping[str, np.ndarray]
) -> Iterator[Problem]:
    lacks = f"{of_what} have no such value; there are"
    name = str(key[-1])
    if name not in conditions:
        yield Problem(key, name, f"{lacks} {', '.join(conditions) or 'none'}")
        return
    there = np.unique(conditions[name])
    for one in values:
        if not isinstance(one, int | float) or not np.isclose(there, one, 1e-9, 0).any():
            yield Problem(key, one, f"{lacks} {_listed(there)}")


def _listed(values: np.ndarray) -> str:
    return ", ".join(f"{it:g}" for it in values)
