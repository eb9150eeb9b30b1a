"""Whether an evaluation or a fixed-point search makes sense for the models it is applied to."""

from collections.abc import Iterator
from typing import Any

from steadyhand.config.applied_context import problem_of_context
from steadyhand.config.applied_perturbations import (
    hidden_states_of,
    n_steps_of,
    problem_of_perturbations,
    problem_of_size,
    problem_of_storage,
    problem_of_windows,
)
from steadyhand.config.base import leaves
from steadyhand.config.contradictions import (
    UNSENSED,
    steps_too_long,
    strongest,
    too_long,
)
from steadyhand.config.evaluation import CentreOut, Evaluation
from steadyhand.config.hyperparameters import Hyperparameters
from steadyhand.config.numbers import repeated, too_small
from steadyhand.config.problem import Models, Problem, distinct
from steadyhand.config.search import FixedPointSearch

_SEARCHES = 10**6
_JACOBIANS = 10**9


def problem_of_evaluation(evaluation: Evaluation, models: Models) -> Problem | None:
    """The first reason why an evaluation cannot be meant."""
    return next(_of_evaluation(evaluation, models), None)


def problem_of_search(
    search: FixedPointSearch, source: Evaluation, models: Models
) -> Problem | None:
    """The first reason why a search that starts from the states of `source` cannot be meant."""
    return next(_of_search(search, source, models), None)


def _of_evaluation(evaluation: Evaluation, models: Models) -> Iterator[Problem]:
    for path, value in leaves(evaluation):
        yield from _of_values(path, value)
    yield from problem_of_context(evaluation, models)
    yield from problem_of_perturbations(evaluation)
    yield from problem_of_storage(evaluation)
    for sweep, members in models.items():
        for model in distinct(members):
            yield from problem_of_windows(evaluation, model, sweep)
            yield from problem_of_size(evaluation, model, sweep)
        for model in members:
            yield from _of_time(evaluation, model, sweep)
            yield from _of_space(evaluation, model, sweep)
    if _repeats_nothing(evaluation, models):
        yield Problem(
            ("repeats",),
            evaluation.repeats,
            "without any noise all repetitions are the same; allowed: 1",
        )


def _of_values(path: str, value: Any) -> Iterator[Problem]:
    listed = value if isinstance(value, tuple) and path != "sweeps" else (value,)
    for one in listed:
        if problem := too_small(one):
            yield Problem(tuple(path.split(".")), one, problem)
    if problem := repeated(listed):
        yield Problem(tuple(path.split(".")), list(listed), problem)


def _of_time(evaluation: Evaluation, model: Hyperparameters, sweep: str) -> Iterator[Problem]:
    n_steps, delay = n_steps_of(evaluation, model), model.feedback.delay
    if delay > n_steps - UNSENSED:
        yield Problem(
            ("n_steps",),
            n_steps,
            f"must be at least {delay + UNSENSED}, {UNSENSED} more than the feedback delay of "
            f"sweep '{sweep}', or nothing but the start is ever sensed",
        )


def _of_space(evaluation: Evaluation, model: Hyperparameters, sweep: str) -> Iterator[Problem]:
    low, high = model.task.workspace_min, model.task.workspace_max
    task, field = evaluation.task, evaluation.field
    if isinstance(task, CentreOut) and too_long(task.reach_length, low, high):
        yield Problem(
            ("task", "reach_length"),
            task.reach_length,
            f"must be at most {high - low:g} m, the side of the workspace of sweep '{sweep}'",
        )
    largest = max(field.amplitude, key=abs)
    if field.type == "curl" and steps_too_long(abs(largest), model):
        yield Problem(
            ("field", "amplitude"),
            largest,
            f"a curl field must be below {strongest(model):g} in size in sweep '{sweep}', "
            "2 · plant.mass / plant.time_step, or the hand runs away in explicit Euler steps",
        )


def _repeats_nothing(evaluation: Evaluation, models: Models) -> bool:
    """Whether repetitions can differ for no model: a sweep of noises may start at none."""
    impulse = evaluation.sensory_impulse
    if evaluation.repeats == 1 or (impulse and "random" in impulse.direction):
        return False
    sensory, motor = evaluation.feedback_noise_std, evaluation.motor_noise_std
    return not any(
        (model.feedback.noise_std if sensory is None else sensory)
        or (model.motor.noise_std if motor is None else motor)
        for members in models.values()
        for model in members
    )


def _of_search(search: FixedPointSearch, source: Evaluation, models: Models) -> Iterator[Problem]:
    yield from _of_values("sisu", search.sisu)
    yield from problem_of_context(search, models)
    yield from _of_source(search, source)
    clamped = search.at.grid**2 * len(search.sisu or (None,))
    if clamped * search.starts > _SEARCHES:
        yield Problem(
            (),
            search,
            f"at.grid² · starts{_values(search)} = {clamped * search.starts} searches of a "
            f"network: must be at most {_SEARCHES}",
        )
    for sweep, members in models.items():
        for model in distinct(members):
            states = hidden_states_of(source, model) // len(source.sisu or (None,))
            if search.starts > states:
                yield Problem(
                    ("starts",),
                    search.starts,
                    f"must be at most {states}, the states of a replicate of sweep '{sweep}' in "
                    f"'{search.starts_from}'{' at one value of sisu' if source.sisu else ''}",
                )
            count = clamped * model.replicates * model.network.hidden_size**2
            if count > _JACOBIANS:
                yield Problem(
                    (),
                    search,
                    f"at.grid² · replicates · network.hidden_size²{_values(search)} = {count} "
                    f"numbers of Jacobians in sweep '{sweep}': must be at most {_JACOBIANS}",
                )


def _of_source(search: FixedPointSearch, source: Evaluation) -> Iterator[Problem]:
    """A search starts from states of the same context: no other is near what it looks for."""
    named = ("starts_from",), search.starts_from
    if source.keep is not None and "hidden" not in source.keep:
        yield Problem(*named, "it does not keep 'hidden', the states that a search starts from")
    if source.sisu_step:
        yield Problem(*named, "its context input changes within trials (sisu_step)")
    there = source.sisu or ()
    missing = [value for value in search.sisu or () if value not in there]
    if missing:
        yield Problem(
            ("sisu",),
            missing[0],
            f"'{search.starts_from}', whose states the search starts from, has no trials with this "
            f"value; allowed: {', '.join(f'{value:g}' for value in there)}",
        )


def _values(asked: Evaluation | FixedPointSearch) -> str:
    """What the values of a context add to a product that is spelled out."""
    return " · values of sisu" if asked.sisu else ""
