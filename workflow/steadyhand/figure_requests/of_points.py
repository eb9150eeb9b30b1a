"""Figures of fixed points, of their linearizations, and of responses there."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from steadyhand.figure_requests.contexts import Shown
from steadyhand.figure_requests.request import (
    FigureRequest,
    Index,
    request_of,
    sources_of,
)

if TYPE_CHECKING:
    from steadyhand.plan import Plan

_WORDS = {"sisu": "SISU", "field_amplitude": "field"}
"""What conditions of points are called in titles."""


def fixed_points_pca(
    plan: "Plan", index: Index, figure: Any, sweep: str
) -> Iterator[FigureRequest]:
    """One for each model, with all its conditions."""
    roles = {"fixed_points": ("fixed_points", plan.search_ids, figure.analysis)}
    conditions = _columns(_axes(plan, figure.analysis, sweep))
    for source in sources_of(plan, index, sweep, roles):
        title = "Fixed points in principal components"
        yield request_of(plan, sweep, figure, title, [source], {}, conditions)


def eigenvalues(plan: "Plan", index: Index, figure: Any, sweep: str) -> Iterator[FigureRequest]:
    """By replicate, with all models; or by a condition, one for each model."""
    roles = {"linearization": ("linearizations", plan.search_ids, figure.analysis)}
    sources = sources_of(plan, index, sweep, roles)
    for shown in _shown_by(figure.color, _axes(plan, figure.analysis, sweep), sources):
        steps = {source["condition"]["train.plant.time_step"] for source in shown.sources}
        options = {"time_step": steps.pop()} if len(steps) == 1 else {}
        options |= shown.options
        closed = plan.study.fixed_points[figure.analysis].closed_loop
        options |= {"closed_loop": True} if closed else {}
        title = f"Eigenvalues {'of the closed loop' if closed else 'at the fixed points'}"
        title += shown.words
        yield request_of(plan, sweep, figure, title, shown.sources, {}, shown.conditions, options)


def linear_response(plan: "Plan", index: Index, figure: Any, sweep: str) -> Iterator[FigureRequest]:
    """One for each model, with all its conditions."""
    roles = {figure.type: (figure.type, plan.analysis_ids, figure.analysis)}
    analysis = plan.study.analyses[figure.analysis]
    conditions = _columns(_axes(plan, analysis.search, sweep))
    conditions["analysis.channel"] = [analysis.channel]
    for source in sources_of(plan, index, sweep, roles):
        title = f"Predicted and simulated responses, sensed {analysis.channel}"
        options = {"channel": analysis.channel}
        yield request_of(plan, sweep, figure, title, [source], {}, conditions, options)


def branches(plan: "Plan", index: Index, figure: Any, sweep: str) -> Iterator[FigureRequest]:
    """One for each model, with all its conditions."""
    roles = {figure.type: (figure.type, plan.analysis_ids, figure.analysis)}
    analysis = plan.study.analyses[figure.analysis]
    axes = _axes(plan, analysis.search, sweep)
    moving = {"field": "field_amplitude"}.get(analysis.parameter, analysis.parameter)
    conditions = _columns({name: it for name, it in axes.items() if name != moving})
    conditions["analysis.parameter"] = [analysis.parameter]
    for source in sources_of(plan, index, sweep, roles):
        title = f"Branches of fixed points along {_PARAMETERS[analysis.parameter]}"
        options = {"parameter": analysis.parameter}
        yield request_of(plan, sweep, figure, title, [source], {}, conditions, options)


_PARAMETERS = {
    "sisu": "SISU",
    "field": "the field",
    "goal_x": "the goal's x",
    "goal_y": "the goal's y",
    "delay": "the delay",
}


def _axes(plan: "Plan", search: str, sweep: str) -> dict[str, list[float]]:
    """Values of what sets the conditions of a search apart, beside its places."""
    request = plan.searches[plan.search_ids[search, plan.sweeps[sweep][0]]]
    axes = {"sisu": request["sisu"], "field_amplitude": (request["field"] or {}).get("amplitude")}
    return {name: [float(it) for it in values] for name, values in axes.items() if values}


def _columns(axes: Mapping[str, Sequence[float]]) -> dict[str, list[Any]]:
    """Conditions of figures, by the columns of the catalogue."""
    columns = {"sisu": "analysis.sisu", "field_amplitude": "analysis.field.amplitude"}
    return {columns[name]: list(values) for name, values in axes.items()}


def _shown_by(
    color: str | None, axes: Mapping[str, Sequence[float]], sources: list[dict[str, Any]]
) -> Iterator[Shown]:
    """The figures of some models, at conditions along some axes.

    Colours stand for replicates, in a figure for each condition, or for one axis, in a figure for
    each model and each condition along the others. `color` says for which; None for all of them
    by which there is something to be compared.
    """
    if not sources:
        return
    several = [name for name, values in axes.items() if len(values) > 1]
    wanted = [color] if color else ["replicate", *several]
    if color is None and several and len(sources) == 1:
        wanted.remove("replicate")
    for kind in wanted:
        groups = [sources] if kind == "replicate" else [[source] for source in sources]
        others = {name: values for name, values in axes.items() if name != kind}
        for values in product(*others.values()):
            at = dict(zip(others, values, strict=True))
            words = "".join(f", {_WORDS[name]} {value:g}" for name, value in at.items())
            shown = {name: [value] for name, value in at.items()}
            if kind != "replicate":
                shown[kind] = list(axes[kind])
                words = f" by {_WORDS[kind]}{words}"
            for group in groups:
                yield Shown(group, {"color": kind, **at}, _columns(shown), words)
