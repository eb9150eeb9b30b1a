"""Figures of fixed points, of their linearizations, and of responses there."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from steadyhand.figure_requests.contexts import shown_by
from steadyhand.figure_requests.request import (
    FigureRequest,
    Index,
    request_of,
    sources_of,
)

if TYPE_CHECKING:
    from steadyhand.plan import Plan

_COLUMNS = {"sisu": "analysis.sisu", "field_amplitude": "analysis.field.amplitude"}
"""Where the catalogue has the conditions of points."""


def fixed_points_pca(
    plan: "Plan", index: Index, figure: Any, sweep: str
) -> Iterator[FigureRequest]:
    """One for each model, with all its conditions."""
    roles = {"fixed_points": ("fixed_points", plan.search_ids, figure.analysis)}
    conditions = _columns(_axes(plan, figure.analysis, sweep))
    title = "Fixed points in principal components"
    for source in sources_of(plan, index, sweep, roles):
        yield request_of(plan, sweep, figure, title, [source], {}, conditions)


def eigenvalues(plan: "Plan", index: Index, figure: Any, sweep: str) -> Iterator[FigureRequest]:
    """By replicate, with all models; or by a condition, or goal, one for each model."""
    yield from _of_linearizations(plan, index, figure, sweep, "replicate", "Eigenvalues")


def mode_distributions(
    plan: "Plan", index: Index, figure: Any, sweep: str
) -> Iterator[FigureRequest]:
    """By training condition, with all models; or by a condition, one for each model."""
    yield from _of_linearizations(plan, index, figure, sweep, "train", "Modes")


def _of_linearizations(
    plan: "Plan", index: Index, figure: Any, sweep: str, usual: str, what: str
) -> Iterator[FigureRequest]:
    roles = {"linearization": ("linearizations", plan.search_ids, figure.analysis)}
    sources = sources_of(plan, index, sweep, roles)
    axes = _axes(plan, figure.analysis, sweep)
    closed = plan.study.fixed_points[figure.analysis].closed_loop
    for shown in shown_by(figure.color, usual, axes, sources, _COLUMNS):
        steps = {source["condition"]["train.plant.time_step"] for source in shown.sources}
        options = {"time_step": steps.pop()} if len(steps) == 1 else {}
        options |= shown.options
        options |= {"closed_loop": True} if closed else {}
        title = f"{what} {'of the closed loop' if closed else 'at the fixed points'}{shown.words}"
        yield request_of(plan, sweep, figure, title, shown.sources, {}, shown.conditions, options)


def linear_response(plan: "Plan", index: Index, figure: Any, sweep: str) -> Iterator[FigureRequest]:
    """One for each model, with all its conditions."""
    channel = plan.study.analyses[figure.analysis].channel
    title = f"Predicted and simulated responses, sensed {channel}"
    of_analysis = {"analysis.channel": [channel]}
    yield from _of_analysis(plan, index, figure, sweep, title, {"channel": channel}, of_analysis)


def modal_response(plan: "Plan", index: Index, figure: Any, sweep: str) -> Iterator[FigureRequest]:
    """One for each model, with all its conditions."""
    evaluation = plan.study.analyses[figure.analysis].evaluation
    impulse = plan.study.evaluations[evaluation].sensory_impulse
    assert impulse is not None  # a study without is refused
    title = f"Modes that make responses, sensed {impulse.channel}"
    yield from _of_analysis(plan, index, figure, sweep, title, {"channel": impulse.channel})


def mode_tracks(plan: "Plan", index: Index, figure: Any, sweep: str) -> Iterator[FigureRequest]:
    """One for each model, with all its conditions."""
    search = plan.study.analyses[figure.analysis].search
    closed = plan.study.fixed_points[search].closed_loop
    title = f"Modes followed{', of the closed loop' if closed else ''}"
    options = {"closed_loop": True} if closed else {}
    yield from _of_analysis(plan, index, figure, sweep, title, options)


def branches(plan: "Plan", index: Index, figure: Any, sweep: str) -> Iterator[FigureRequest]:
    """One for each model, with all its conditions but the one that changes."""
    parameter = plan.study.analyses[figure.analysis].parameter
    title = f"Branches of fixed points along {_PARAMETERS[parameter]}"
    moving = {"field": "field_amplitude"}.get(parameter, parameter)
    of_analysis = {"analysis.parameter": [parameter]}
    options = {"parameter": parameter}
    yield from _of_analysis(plan, index, figure, sweep, title, options, of_analysis, moving)


def _of_analysis(
    plan: "Plan",
    index: Index,
    figure: Any,
    sweep: str,
    title: str,
    options: Mapping[str, Any],
    of_analysis: Mapping[str, list[Any]] | None = None,
    moving: str = "",
) -> Iterator[FigureRequest]:
    """A figure of an analysis of points for each model.

    `of_analysis` are conditions beside those of the search, `moving` is one of these that is none.
    """
    roles = {figure.type: (figure.type, plan.analysis_ids, figure.analysis)}
    axes = _axes(plan, plan.study.analyses[figure.analysis].search, sweep)
    conditions = _columns({name: it for name, it in axes.items() if name != moving})
    conditions |= of_analysis or {}
    for source in sources_of(plan, index, sweep, roles):
        yield request_of(plan, sweep, figure, title, [source], {}, conditions, dict(options))


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
    return {_COLUMNS[name]: list(values) for name, values in axes.items()}
