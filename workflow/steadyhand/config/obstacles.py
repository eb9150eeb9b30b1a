"""Figures that could only fail, or show nothing, once all has been computed."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from steadyhand.analyses.needs import ANALYSES


def _without_reach(evaluation: Any) -> str | None:
    if evaluation.task.type != "center_out":
        return f"{evaluation.task.type} trials have no reach, and the figure needs center_out"
    impulse, step = evaluation.sensory_impulse, evaluation.sisu_step
    if impulse and len(impulse.amplitude) > 1:
        return f"its {len(impulse.amplitude)} impulse amplitudes would be averaged"
    averaged = {
        "impulses": impulse and _combinations(impulse.direction, impulse.onset, impulse.duration),
        "steps of sisu": step and _combinations(step.to, step.onset),
        "unit stimulations": evaluation.unit_stimulation and 2,
    }
    several = [name for name, count in averaged.items() if count and count > 1]
    return f"its {several[0]} would be averaged" if several else None


def _without_response(evaluation: Any) -> str | None:
    impulse = evaluation.sensory_impulse
    if not impulse:
        return "its trials have no sensory_impulse"
    if _combinations(impulse.onset, impulse.duration) > 1:
        return "its several onsets and durations of impulses would be averaged"
    averaged = {
        "steps of sisu": evaluation.sisu_step is not None,
        "unit stimulations": evaluation.unit_stimulation is not None,
    }
    several = [name for name, there in averaged.items() if there]
    return f"its {several[0]} would be averaged" if several else None


def _combinations(*values: Sequence[Any]) -> int:
    return math.prod(map(len, values))


def _of_another_type(wanted: str) -> Callable[[Any], str | None]:
    """For figures of an analysis of states: whether it is another one."""
    return lambda analysis: None if analysis.type == wanted else f"it is of type {analysis.type}"


def _without_components(search: Any) -> str | None:
    alone = search.at.type == "goals" and search.at.grid == 1 and not search.at.offset
    if alone and len(search.sisu or ()) < 2:
        return "it has one goal (at.grid = 1), and principal components need several points"
    return None


OBSTACLES: dict[str, Callable[[Any], str | None]] = {
    "aligned_reaches": _without_reach,
    "reach_profiles": _without_reach,
    "impulse_responses": _without_response,
    "fixed_points_pca": _without_components,
    **{kind: _of_another_type(kind) for kind in ANALYSES},
}
"""By type of figure: what keeps it from being drawn of an evaluation, search or analysis."""
