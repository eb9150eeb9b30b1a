"""Requests of figures that show trials of evaluations, or analyses of them."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from steadyhand.conditions import conditions_of
from steadyhand.described_conditions import SENSED
from steadyhand.figure_requests.conditions import columns_of, words_of_trials
from steadyhand.figure_requests.contexts import shown_by
from steadyhand.figure_requests.request import FigureRequest, Index, Roles, request_of, sources_of
from steadyhand.figures import wording

if TYPE_CHECKING:
    from steadyhand.config.evaluation import Evaluation
    from steadyhand.plan import Plan

_COLUMNS = {"sisu": "eval.sisu"}
"""Where the catalogue has the contexts of evaluations."""


def aligned_reaches(plan: "Plan", index: Index, figure: Any, sweep: str) -> Iterator[FigureRequest]:
    options = {"max_curves": figure.max_curves}
    yield from _of_reaches(plan, index, figure, sweep, "Aligned reaches", options)


def reach_profiles(plan: "Plan", index: Index, figure: Any, sweep: str) -> Iterator[FigureRequest]:
    yield from _of_reaches(plan, index, figure, sweep, "Reaches over time", {})


def _of_reaches(
    plan: "Plan", index: Index, figure: Any, sweep: str, what: str, options: Mapping[str, Any]
) -> Iterator[FigureRequest]:
    evaluation = plan.study.evaluations[figure.evaluation]
    kind, axes = evaluation.field.type, _axes(evaluation)
    sources = sources_of(
        plan, index, sweep, {"states": ("states", plan.evaluation_ids, figure.evaluation)}
    )
    for amplitude in evaluation.field.amplitude:
        for shown in shown_by(figure.color, "train", axes, sources, _COLUMNS):
            title = f"{what}{shown.words}, {kind} field {amplitude:g}"
            conditions = {"eval.field.type": [kind], "eval.field.amplitude": [amplitude]}
            conditions |= shown.conditions
            of_figure = {"field_amplitude": amplitude, **options, **shown.options}
            yield request_of(plan, sweep, figure, title, shown.sources, {}, conditions, of_figure)


def _axes(evaluation: "Evaluation") -> dict[str, Sequence[float]]:
    """Contexts, where networks have them; fields have figures of their own anyway."""
    return {"sisu": evaluation.sisu} if evaluation.sisu else {}


def impulse_responses(
    plan: "Plan", index: Index, figure: Any, sweep: str
) -> Iterator[FigureRequest]:
    evaluation = plan.study.evaluations[figure.evaluation]
    impulse, field = evaluation.sensory_impulse, evaluation.field
    assert impulse  # a study was refused where a figure of responses has none
    sources = sources_of(
        plan, index, sweep, {"states": ("states", plan.evaluation_ids, figure.evaluation)}
    )
    axes = _axes(evaluation)
    unit = wording.unit(SENSED[impulse.channel])
    random = impulse.direction == ("random",)
    towards = "" if random else f" towards {' and '.join(impulse.direction)}"
    pushes = [size for size in impulse.amplitude if size]  # nothing responds to none
    for size, amplitude in itertools.product(pushes, field.amplitude):
        of_field = f", {field.type} field {amplitude:g}" if len(field.amplitude) > 1 else ""
        what = f"Responses to a sensed {impulse.channel} of {size:g} {unit}{towards}{of_field}"
        of_trials = {
            "eval.sensory_impulse.channel": [impulse.channel],
            "eval.sensory_impulse.direction": list(impulse.direction),
            "eval.sensory_impulse.amplitude": [size],
            "eval.field.type": [field.type],
            "eval.field.amplitude": [amplitude],
        }
        options: dict[str, Any] = {"impulse_amplitude": size, "field_amplitude": amplitude}
        options |= {"channel": impulse.channel, "max_curves": figure.max_curves}
        for shown in shown_by(figure.color, "train", axes, sources, _COLUMNS):
            title, conditions = f"{what}{shown.words}", of_trials | shown.conditions
            of_figure = options | shown.options
            yield request_of(plan, sweep, figure, title, shown.sources, {}, conditions, of_figure)


def frequency_response(
    plan: "Plan", index: Index, figure: Any, sweep: str
) -> Iterator[FigureRequest]:
    what, options, further = "Frequency response of the closed loop", {}, {}
    if figure.prediction is not None:
        further = {"linear_response": ("linear_response", plan.analysis_ids, figure.prediction)}
        options = {"prediction": True}
    yield from _by_condition(plan, index, figure, sweep, what, options, {}, further)


def unit_preferences(
    plan: "Plan", index: Index, figure: Any, sweep: str
) -> Iterator[FigureRequest]:
    feature = plan.study.analyses[figure.analysis].feature
    what = f"Preferred directions of units, of the {feature}"
    options, conditions = {"feature": feature}, {"analysis.feature": [feature]}
    yield from _by_condition(plan, index, figure, sweep, what, options, conditions)


def _by_condition(
    plan: "Plan",
    index: Index,
    figure: Any,
    sweep: str,
    what: str,
    options: Mapping[str, Any],
    conditions: Mapping[str, list[Any]],
    further: Roles | None = None,
) -> Iterator[FigureRequest]:
    """A figure of an analysis for each condition, of the models whose trials have it.

    `further` are files that it is drawn from beside those of the analysis.
    """
    roles = {figure.type: (figure.type, plan.analysis_ids, figure.analysis), **(further or {})}
    evaluation = plan.study.analyses[figure.analysis].evaluation
    shown: dict[tuple[tuple[str, float], ...], list[dict[str, Any]]] = {}
    for source in sources_of(plan, index, sweep, roles):
        request = plan.evaluations[plan.evaluation_ids[evaluation, source["model_id"]]]
        columns = {name: it.tolist() for name, it in conditions_of(request).items()}
        for row in zip(*columns.values(), strict=True):
            # Random directions are no number, and all are of one condition.
            here = tuple(it for it in zip(columns, row, strict=True) if it[1] == it[1])
            shown.setdefault(here, []).append(source)
    values = {name: {dict(here).get(name) for here in shown} for here in shown for name, _ in here}
    several = [name for name, it in values.items() if len(it) > 1]
    for here, sources in shown.items():
        trials = {name: [value] for name, value in here}
        title = f"{what}{words_of_trials(request, trials, several)}"
        of_figure = {**options, **dict(here), "title": f"{title}, by training condition"}
        listed = {**conditions, **columns_of(request, trials)}
        yield request_of(plan, sweep, figure, title, sources, {}, listed, of_figure)
