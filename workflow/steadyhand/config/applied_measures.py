"""Whether measures can be compared, or shown, with the trials of their evaluation."""

from collections.abc import Iterator, Sequence
from typing import Any

from steadyhand.conditions import AVERAGED, CONDITION_NAMES, conditions_of, told_apart
from steadyhand.config.compared_conditions import problems_of_conditions
from steadyhand.config.evaluation import Evaluation
from steadyhand.config.explain import nearest
from steadyhand.config.figures import Measures, PrincipalComponents, Tangling
from steadyhand.config.findings import Comparison, of_trials, paths_of
from steadyhand.config.hyperparameters import Hyperparameters
from steadyhand.config.numbers import repeated
from steadyhand.config.problem import Problem, distinct
from steadyhand.config.quantities import Responses, TrialMeasure
from steadyhand.config.reading import Location
from steadyhand.requests import evaluation_request


def problems_of_measure(
    comparison: Comparison, evaluation: Evaluation, models: Sequence[Hyperparameters]
) -> Iterator[Problem]:
    """Problems of a measure of the trials of an evaluation; `models` are the two sides."""
    quantity = comparison.quantity
    assert isinstance(quantity, TrialMeasure)
    at = ("quantity", "measure")
    yield from _of_measure(at, quantity.measure, evaluation, quantity.evaluation)
    for model in models:
        conditions = conditions_of(evaluation_request(evaluation, model))
        yield from problems_of_conditions(comparison, quantity.evaluation, conditions)


def problems_of_responses(
    comparison: Comparison, evaluation: Evaluation, models: Sequence[Hyperparameters]
) -> Iterator[Problem]:
    """Problems of the conditions of responses to impulses; none of them is to no impulse."""
    quantity = comparison.quantity
    assert isinstance(quantity, Responses)
    for model in models:
        conditions = conditions_of(evaluation_request(evaluation, model))
        pushed = conditions["impulse_amplitude"] > 0
        told = {name: it[pushed] for name, it in conditions.items() if name not in AVERAGED}
        yield from problems_of_conditions(comparison, quantity.analysis, told)


def problems_of_histories(comparison: Comparison) -> Iterator[Problem]:
    """Problems of a comparison of trainings that is written as one of trials."""
    for key, _ in paths_of(comparison):
        if key[1] in CONDITION_NAMES:
            text = f"sets trials apart, and {comparison.quantity.type} is of trainings"
            yield Problem(key, key[1], f"{text}; allowed: hyperparameters")
    if comparison.effect == "difference":
        text = f"{comparison.quantity.type} is above 0; allowed: 'ratio'"
        yield Problem(("effect",), "difference", text)


def problems_of_shown(
    figure: Measures | PrincipalComponents | Tangling,
    evaluation: Evaluation,
    models: Sequence[Hyperparameters],
) -> Iterator[Problem]:
    """Problems of a figure that shows numbers of the trials of an evaluation of these models."""
    if isinstance(figure, Measures):
        if problem := repeated(figure.measures):
            yield Problem(("measures",), list(figure.measures), problem)
        for index, name in enumerate(figure.measures):
            yield from _of_measure(("measures", index), name, evaluation, figure.evaluation)
    found = [
        told_apart(conditions_of(evaluation_request(evaluation, it))) for it in distinct(models)
    ]
    several = [name for name in found[0] if all(name in it for it in found)] if found else []
    if figure.by is not None and figure.by not in several:
        text = "does not set its trials apart; allowed: " + (", ".join(several) or "nothing does")
        yield Problem(("by",), figure.by, text)
    if getattr(figure, "color", None) == "train" and not several:
        text = "nothing sets its trials apart to stand along the axis; allowed: 'trials'"
        yield Problem(("color",), "train", text)


def _of_measure(at: Location, name: str, evaluation: Evaluation, called: str) -> Iterator[Problem]:
    from steadyhand.measures.every import EVERY_MEASURE
    from steadyhand.measures.of_trials import NEEDS

    if name not in EVERY_MEASURE:
        yield Problem(at, name, f"no such measure{nearest(name, EVERY_MEASURE)}")
        return
    need = EVERY_MEASURE[name].needs
    if need and not _met(evaluation)[need]:
        yield Problem(at, name, f"is missing in all trials of '{called}': {NEEDS[need]}")


def _met(evaluation: Evaluation) -> dict[str, bool]:
    """Which needs of measures some trials of an evaluation meet."""
    kept = evaluation.keep
    reach = evaluation.task.type == "center_out"
    impulse, stimulation = bool(evaluation.sensory_impulse), bool(evaluation.unit_stimulation)
    return {
        "reach": reach,
        "direction": reach or impulse or stimulation,
        "impulse": impulse,
        "onset": stimulation,
        "stimulation": stimulation,
        "activity": kept is None or {"hidden", "command"} <= set(kept),
    }


def same_trials(comparison: Comparison) -> bool:
    """Whether both sides name the same trials."""
    sides: list[dict[str, Any]] = [of_trials(it) for it in comparison.sides()]
    return sides[0] == sides[-1]
