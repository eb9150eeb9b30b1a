"""Whether an analysis can be made of the states of an evaluation."""

from collections.abc import Callable, Iterator
from typing import Any

from steadyhand.analyses.needs import FEWEST_SAMPLES, FEWEST_TRIALS, NEEDED
from steadyhand.conditions import count_conditions
from steadyhand.config.applied_perturbations import n_steps_of
from steadyhand.config.evaluation import Evaluation
from steadyhand.config.hyperparameters import Hyperparameters
from steadyhand.config.problem import Models, Problem, distinct
from steadyhand.requests import evaluation_request
from steadyhand.states_size import count_trials, stored_times

_SAMPLES = 20_000
_COVARIANCES = 5 * 10**7


def problem_of_analysis(analysis: Any, source: Evaluation, models: Models) -> Problem | None:
    """The first reason why an analysis of the states of `source` cannot be meant."""
    return next(_of_analysis(analysis, source, models), None)


def _of_analysis(analysis: Any, source: Evaluation, models: Models) -> Iterator[Problem]:
    kept = source.keep
    missing = [it for it in NEEDED[analysis.type] if kept is not None and it not in kept]
    if missing:
        yield _of_source(analysis, f"it does not keep '{missing[0]}', which this analysis needs")
    for sweep, members in models.items():
        for model in distinct(members):
            yield from _CHECKS[analysis.type](analysis, source, model, sweep)


def _of_frequencies(
    analysis: Any, source: Evaluation, model: Hyperparameters, sweep: str
) -> Iterator[Problem]:
    request = evaluation_request(source, model)
    if not request["physics"]["feedback"]["noise_std"]:
        yield _of_source(
            analysis,
            f"it has no sensory noise in sweep '{sweep}', and the response to that is estimated; "
            "allowed: evaluations with feedback_noise_std above 0",
        )
    changing = [it for it in ("sensory_impulse", "unit_stimulation", "sisu_step") if request[it]]
    if changing:
        yield _of_source(
            analysis,
            f"its trials have a {changing[0]}, and a response is estimated where nothing but "
            "noise changes",
        )
    trials = count_trials(request) // count_conditions(request)
    if trials < FEWEST_TRIALS:
        yield _of_source(
            analysis,
            f"a condition has {trials} trials, and a response is estimated from at least "
            f"{FEWEST_TRIALS}; more repeats make them more",
        )
    most = n_steps_of(source, model) - 1 - FEWEST_SAMPLES
    if analysis.skip > most:
        yield Problem(
            ("skip",),
            analysis.skip,
            f"must be at most {most}, so that {FEWEST_SAMPLES} states of the trials in sweep "
            f"'{sweep}' are left"
            if most >= 0
            else f"trials of '{analysis.evaluation}' in sweep '{sweep}' have too few states; "
            f"allowed: evaluations with n_steps of at least {FEWEST_SAMPLES + 1}",
        )


def _of_preferences(
    analysis: Any, source: Evaluation, model: Hyperparameters, sweep: str
) -> Iterator[Problem]:
    if source.hidden_every > 1:
        yield _of_source(
            analysis,
            f"it keeps every {source.hidden_every}th of the hidden states, and every one is needed "
            "beside the command; allowed: evaluations with hidden_every: 1",
        )
    if source.task.type == "steady" and analysis.feature == "goal":
        yield _of_source(
            analysis,
            "its trials start on their goals, so that nothing depends on the goal's direction; "
            "allowed: evaluations of center_out, or feature: command",
        )


def _of_components(
    analysis: Any, source: Evaluation, model: Hyperparameters, sweep: str
) -> Iterator[Problem]:
    yield from _of_units(analysis, model, sweep)
    last = n_steps_of(source, model) - 1
    if analysis.from_step > last - source.hidden_every:
        yield Problem(
            ("from_step",),
            analysis.from_step,
            f"must be at most {last - source.hidden_every}, so that states of the trials in sweep "
            f"'{sweep}' are left",
        )
    conditions = count_conditions(evaluation_request(source, model))
    numbers = conditions * model.replicates * model.network.hidden_size**2
    if numbers > _COVARIANCES:
        yield _of_source(
            analysis,
            f"conditions · replicates · network.hidden_size² = {numbers} numbers of covariances in "
            f"sweep '{sweep}': must be at most {_COVARIANCES}",
        )


def _of_tangling(
    analysis: Any, source: Evaluation, model: Hyperparameters, sweep: str
) -> Iterator[Problem]:
    yield from _of_units(analysis, model, sweep)
    request = evaluation_request(source, model)
    trials = count_trials(request) // count_conditions(request)
    samples = trials * stored_times(request["n_steps"], request["hidden_every"])
    if samples > _SAMPLES:
        yield _of_source(
            analysis,
            f"a condition has {samples} states of a network in sweep '{sweep}', and each is "
            f"compared with each: must be at most {_SAMPLES}; fewer trials of a condition, or a "
            "larger hidden_every, make them fewer",
        )


def _of_units(analysis: Any, model: Hyperparameters, sweep: str) -> Iterator[Problem]:
    units = model.network.hidden_size
    if analysis.components > units:
        yield Problem(
            ("components",),
            analysis.components,
            f"must be at most {units}, the units of networks in sweep '{sweep}'",
        )


def _of_source(analysis: Any, text: str) -> Problem:
    return Problem(("evaluation",), analysis.evaluation, text)


_CHECKS: dict[str, Callable[..., Iterator[Problem]]] = {
    "frequency_response": _of_frequencies,
    "unit_preferences": _of_preferences,
    "principal_components": _of_components,
    "tangling": _of_tangling,
}
