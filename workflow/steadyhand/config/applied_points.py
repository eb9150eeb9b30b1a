"""Whether what is said of fixed points can be said of those of their search."""

from collections.abc import Iterator

import numpy as np

from steadyhand.config.compared_conditions import problems_of_conditions
from steadyhand.config.findings import Comparison
from steadyhand.config.problem import Problem
from steadyhand.config.quantities import Modes, Points, Shift, Tracks
from steadyhand.config.search import FixedPointSearch, Goals

FEWEST_PLACES = 2
"""Places between which modes can differ."""
FEWEST_PER_AXIS = 2
"""Goals of a lattice whose points can lie in a plane, or not."""


def problems_of_points(comparison: Comparison, search: FixedPointSearch) -> Iterator[Problem]:
    """Problems of a quantity of the fixed points of a search."""
    quantity = comparison.quantity
    assert isinstance(quantity, Modes | Points | Shift | Tracks)
    conditions = {}
    if search.sisu:
        conditions["sisu"] = np.array(search.sisu)
    if search.field:
        conditions["field_amplitude"] = np.array(search.field.amplitude)
    called = quantity.analysis if isinstance(quantity, Tracks) else quantity.search
    yield from problems_of_conditions(comparison, called, conditions)
    if isinstance(quantity, Tracks):
        if quantity.statistic == "by_goal" and _count_of_places(search) < FEWEST_PLACES:
            text = (
                f"'{called}' is not at several goals, without offsets; allowed: change, real_share"
            )
            yield Problem(("quantity", "statistic"), quantity.statistic, text)
        return
    if isinstance(quantity, Points) and quantity.statistic == "endpoint_error":
        if not search.closed_loop:
            text = f"the hand is held in '{quantity.search}'; allowed: with a closed loop"
            yield Problem(("quantity", "statistic"), quantity.statistic, text)
    elif isinstance(quantity, Shift) or quantity.statistic in ("off_plane", "off_grid"):
        yield from _of_lattice(quantity, search)


def _count_of_places(search: FixedPointSearch) -> int:
    """Goals, where nothing else sets places apart."""
    at = search.at
    return at.grid**2 if isinstance(at, Goals) and at.offset is None else 0


def _of_lattice(quantity: Modes | Points | Shift, search: FixedPointSearch) -> Iterator[Problem]:
    at = search.at
    key, value = ("quantity", "search"), quantity.search
    if not isinstance(at, Goals):
        text = f"is at {at.type}, and {quantity.statistic} is of goals that the hand rests on"
        yield Problem(key, value, f"{text}; allowed: searches at goals")
    elif at.offset is not None:
        yield Problem(key, value, "has offsets of what is sensed; allowed: searches without")
    elif at.grid < FEWEST_PER_AXIS:
        text = f"has a grid of {at.grid}: one point lies in every plane; allowed: 2 or more"
        yield Problem(key, value, text)
