"""Requests of figures that show trials of evaluations, or analyses of them."""

import itertools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from steadyhand.conditions import conditions_of, count_conditions
from steadyhand.described_conditions import SENSED
from steadyhand.figure_conditions import COLUMNS, words_of
from steadyhand.figure_contexts import shown_by
from steadyhand.figure_request import FigureRequest, Index, request_of, sources_of
from steadyhand.figures import wording

if TYPE_CHECKING:
    from steadyhand.plan import Plan


def aligned_reaches(plan: "Plan", index: Index, figure: Any, sweep: str) -> Iterator[FigureRequest]:
    options = {"max_curves": figure.max_curves}
    yield from _of_reaches(plan, index, figure, sweep, "Aligned reaches", options)


def reach_profiles(plan: "Plan", index: Index, figure: Any, sweep: str) -> Iterator[FigureRequest]:
    yield from _of_reaches(plan, index, figure, sweep, "Reaches over time", {})


def _of_reaches(
    plan: "Plan", index: Index, figure: Any, sweep: str, what: str, options: Mapping[str, Any]
) -> Iterator[FigureRequest]:
    evaluation = plan.study.evaluations[figure.evaluation]
    kind, sisu = evaluation.field.type, evaluation.sisu
    sources = sources_of(
        plan, index, sweep, {"states": ("states", plan.evaluation_ids, figure.evaluation)}
    )
    for amplitude in evaluation.field.amplitude:
        for shown in shown_by(figure.color, "train", sisu, sources, "eval.sisu"):
            title = f"{what}{shown.words}, {kind} field {amplitude:g}"
            conditions = {"eval.field.type": [kind], "eval.field.amplitude": [amplitude]}
            conditions |= shown.conditions
            of_figure = {"field_amplitude": amplitude, **options, **shown.options}
            yield request_of(plan, sweep, figure, title, shown.sources, {}, conditions, of_figure)


def impulse_responses(
    plan: "Plan", index: Index, figure: Any, sweep: str
) -> Iterator[FigureRequest]:
    evaluation = plan.study.evaluations[figure.evaluation]
    impulse, field = evaluation.sensory_impulse, evaluation.field
    assert impulse  # a study was refused where a figure of responses has none
    sources = sources_of(
        plan, index, sweep, {"states": ("states", plan.evaluation_ids, figure.evaluation)}
    )
    unit = wording.unit(SENSED[impulse.channel])
    for size, amplitude in itertools.product(impulse.amplitude, field.amplitude):
        of_field = f", {field.type} field {amplitude:g}" if len(field.amplitude) > 1 else ""
        what = f"Responses to a sensed {impulse.channel} of {size:g} {unit}{of_field}"
        of_trials = {
            "eval.sensory_impulse.channel": [impulse.channel],
            "eval.sensory_impulse.amplitude": [size],
            "eval.field.type": [field.type],
            "eval.field.amplitude": [amplitude],
        }
        options: dict[str, Any] = {"impulse_amplitude": size, "field_amplitude": amplitude}
        options |= {"channel": impulse.channel, "max_curves": figure.max_curves}
        for shown in shown_by(figure.color, "train", evaluation.sisu, sources, "eval.sisu"):
            title, conditions = f"{what}{shown.words}", of_trials | shown.conditions
            of_figure = options | shown.options
            yield request_of(plan, sweep, figure, title, shown.sources, {}, conditions, of_figure)


def frequency_response(
    plan: "Plan", index: Index, figure: Any, sweep: str
) -> Iterator[FigureRequest]:
    what = "Frequency response of the closed loop"
    yield from _by_condition(plan, index, figure, sweep, what)


def unit_preferences(
    plan: "Plan", index: Index, figure: Any, sweep: str
) -> Iterator[FigureRequest]:
    what = "Preferred directions of units"
    yield from _by_condition(plan, index, figure, sweep, what)


def _by_condition(
    plan: "Plan", index: Index, figure: Any, sweep: str, what: str
) -> Iterator[FigureRequest]:
    """A figure of an analysis for each condition of the evaluation."""
    roles = {figure.type: (figure.type, plan.analysis_ids, figure.analysis)}
    sources = sources_of(plan, index, sweep, roles)
    if not sources:
        return
    evaluation = plan.study.analyses[figure.analysis].evaluation
    request = plan.evaluations[plan.evaluation_ids[evaluation, sources[0]["model_id"]]]
    told = conditions_of(request)
    for number in range(count_conditions(request)):
        here = {name: values[number].item() for name, values in told.items() if name in COLUMNS}
        several = [name for name in here if len(set(told[name].tolist())) > 1]
        words = "".join(f", {words_of(name)} {here[name]:g}" for name in several)
        conditions = {COLUMNS[name]: [here[name]] for name in here}
        title = f"{what}{words}"
        options = {"condition": number, "title": f"{title}, by training condition"}
        yield request_of(plan, sweep, figure, title, sources, {}, conditions, options)
