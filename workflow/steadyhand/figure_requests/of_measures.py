"""Requests of figures that show numbers of trials, or of networks, by what sets trials apart."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from steadyhand.conditions import AVERAGED, conditions_of, told_apart
from steadyhand.described_conditions import described_conditions
from steadyhand.figure_requests.conditions import columns_of, words_of, words_of_trials
from steadyhand.figure_requests.request import (
    FigureRequest,
    Index,
    request_of,
    sources_of,
    units_of_sweep,
)

if TYPE_CHECKING:
    from steadyhand.plan import Plan


def measures(plan: "Plan", index: Index, figure: Any, sweep: str) -> Iterator[FigureRequest]:
    roles = {"measures": ("measures", plan.evaluation_ids, figure.evaluation)}
    sources = sources_of(plan, index, sweep, roles)
    for name in figure.measures:
        options = {"measure": name, "absolute": figure.absolute, "color": figure.color}
        conditions = {"figure.measure": [name]}
        what = f"|{name}|" if figure.absolute else name
        shown = (sources, figure.evaluation, what, options, conditions)
        for request in _by_trials(plan, figure, sweep, *shown):
            if _may_be_there(name, request.options):
                yield request


def _may_be_there(measure: str, options: Mapping[str, Any]) -> bool:
    """Whether trials have a measure: some are of what a stimulated unit does, and none is."""
    from steadyhand.measures.every import EVERY_MEASURE

    is_of_unit = EVERY_MEASURE[measure].needs == "stimulation"
    return not (is_of_unit and options.get("stimulation_amplitude") == 0)


def principal_components(
    plan: "Plan", index: Index, figure: Any, sweep: str
) -> Iterator[FigureRequest]:
    yield from _of_analysis(plan, index, figure, sweep, "Principal components", "train")


def tangling(plan: "Plan", index: Index, figure: Any, sweep: str) -> Iterator[FigureRequest]:
    yield from _of_analysis(plan, index, figure, sweep, "Tangling", figure.color)


def _of_analysis(
    plan: "Plan", index: Index, figure: Any, sweep: str, what: str, color: str
) -> Iterator[FigureRequest]:
    roles = {figure.type: (figure.type, plan.analysis_ids, figure.analysis)}
    evaluation = plan.study.analyses[figure.analysis].evaluation
    sources = sources_of(plan, index, sweep, roles)
    yield from _by_trials(plan, figure, sweep, sources, evaluation, what, {"color": color}, {})


def _by_trials(
    plan: "Plan",
    figure: Any,
    sweep: str,
    sources: list[dict[str, Any]],
    evaluation: str,
    what: str,
    options: Mapping[str, Any],
    conditions: Mapping[str, list[Any]],
) -> Iterator[FigureRequest]:
    """A figure for each value of what sets trials apart beside what is shown."""
    if not sources:
        return
    request = plan.evaluations[plan.evaluation_ids[evaluation, sources[0]["model_id"]]]
    every = conditions_of(request)
    several = told_apart(every)
    by = figure.by or next(iter(several), None)
    unit = described_conditions(request)[by][1] if by else "1"
    units = units_of_sweep(plan, sweep) | ({by: unit} if by and unit != "1" else {})
    about = {"by": by, "units": units}
    values = {name: _distinct(it) for name, it in every.items() if name not in AVERAGED}
    beside = f" and {words_of(by)}" if by else ""
    for chosen in _combinations(every, [name for name in several if name != by]):
        trials = {**values, **{name: [value] for name, value in chosen.items()}}
        title = f"{what}{words_of_trials(request, trials, list(chosen))}"
        whole = {**options, **about, **chosen, "title": f"{title}, by training condition{beside}"}
        shown = {**conditions, **columns_of(request, trials)}
        yield request_of(plan, sweep, figure, title, sources, {}, shown, whole)


def _distinct(values: np.ndarray) -> list[float]:
    return list(dict.fromkeys(values.tolist()))


def _combinations(
    conditions: Mapping[str, np.ndarray], names: Sequence[str]
) -> list[dict[str, float]]:
    """The combinations of values of some names that there are, each once, in their order."""
    rows = zip(*(conditions[name].tolist() for name in names), strict=True)
    return [dict(zip(names, row, strict=True)) for row in dict.fromkeys(rows)] or [{}]
