"""Whether trials with impulses are around the fixed points whose modes are to explain them."""

from collections.abc import Iterator, Sequence

from steadyhand.conditions import count_conditions
from steadyhand.config.analyses import ModalResponse
from steadyhand.config.applied_perturbations import n_steps_of
from steadyhand.config.evaluation import Evaluation, Steady
from steadyhand.config.problem import Models, Problem, distinct
from steadyhand.config.quantities import Responses
from steadyhand.config.search import FixedPointSearch, Goals
from steadyhand.requests import evaluation_request

_NUMBERS = 25 * 10**7


def problem_of_trials(
    search: FixedPointSearch, analysis: ModalResponse, source: Evaluation, models: Models
) -> Problem | None:
    """The first reason why the trials of `source` are not around the points of `search`."""
    return next(_of_trials(search, analysis, source, models), None)


def problem_of_count(quantity: Responses, analysis: ModalResponse) -> Problem | None:
    """Whether as many modes are taken together as are stored."""
    if quantity.statistic != "left_over" or quantity.modes <= analysis.modes:
        return None
    text = f"'{quantity.analysis}' stores {analysis.modes} modes; allowed: 1 to {analysis.modes}"
    return Problem(("quantity", "modes"), quantity.modes, text)


def _of_trials(
    search: FixedPointSearch, analysis: ModalResponse, source: Evaluation, models: Models
) -> Iterator[Problem]:
    at, value = ("evaluation",), analysis.evaluation
    if not source.sensory_impulse:
        text = "its trials have no sensory_impulse; allowed: evaluations with one"
        yield Problem(at, value, text)
        return
    if 0 not in source.sensory_impulse.amplitude:
        text = "its trials are compared with such without an impulse; allowed: evaluations with 0 "
        yield Problem(at, value, f"{text}among sensory_impulse.amplitude")
    changing = [it for it in ("sisu_step", "unit_stimulation") if getattr(source, it)]
    if changing:
        text = f"its trials have a {changing[0]}, and modes are those of a loop where only the "
        yield Problem(at, value, f"{text}impulse changes; allowed: evaluations without")
    if not isinstance(source.task, Steady):
        text = f"its task is {source.task.type}, and modes are around points of rest; allowed: "
        yield Problem(at, value, f"{text}evaluations of steady trials")
        return
    yield from _of_goals(search, analysis, source.task)
    yield from _of_conditions(search, analysis, source)
    yield from _of_size(analysis, source, source.task.grid**2, models)


def _of_goals(search: FixedPointSearch, analysis: ModalResponse, task: Steady) -> Iterator[Problem]:
    goals = search.at
    assert isinstance(goals, Goals)
    if goals.offset is not None or goals.spread != 1 or goals.grid != task.grid:
        text = (
            f"its goals are not those of '{analysis.evaluation}'; allowed: searches at "
            f"{{grid: {task.grid}}}, without spread and offset"
        )
        yield Problem(("search",), analysis.search, text)


def _of_conditions(
    search: FixedPointSearch, analysis: ModalResponse, source: Evaluation
) -> Iterator[Problem]:
    at, value = ("evaluation",), analysis.evaluation
    for text in missing_conditions(search, analysis.search, source):
        yield Problem(at, value, text)


def missing_conditions(search: FixedPointSearch, called: str, source: Evaluation) -> Iterator[str]:
    """What conditions trials have at which there are no points of the search."""
    of_points = search.field.amplitude if search.field else (0.0,)
    yield from _missing("sisu", source.sisu or (), search.sisu or (), called)
    yield from _missing("field.amplitude", source.field.amplitude, of_points, called)
    kind = search.field.type if search.field else source.field.type
    if kind != source.field.type and set(source.field.amplitude) != {0}:
        text = f"its field is {source.field.type}, and that of '{called}' is {kind}"
        yield f"{text}; allowed: the same field"


def _missing(
    key: str, wanted: Sequence[float], there: Sequence[float], called: str
) -> Iterator[str]:
    missing = [it for it in wanted if it not in there]
    if missing:
        known = ", ".join(f"{it:g}" for it in there) or "none"
        yield f"its {key} = {missing[0]:g} is not one of '{called}'; allowed: {known}"


def _of_size(
    analysis: ModalResponse, source: Evaluation, goals: int, models: Models
) -> Iterator[Problem]:
    for sweep, members in models.items():
        for model in distinct(members):
            conditions = count_conditions(evaluation_request(source, model))
            of_each = n_steps_of(source, model) * 2 * (2 + analysis.modes)
            numbers = goals * conditions * model.replicates * of_each
            if numbers > _NUMBERS:
                text = (
                    f"goals · conditions · replicates · n_steps · 2 · (2 + modes) = {numbers} "
                    f"numbers in sweep '{sweep}': must be at most {_NUMBERS}"
                )
                yield Problem(("modes",), analysis.modes, text)
