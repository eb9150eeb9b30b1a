"""Whether an evaluation makes sense for the models it is applied to."""

from collections.abc import Iterator
from typing import Any

from steadyhand.config.applied_context import problem_of_context
from steadyhand.config.applied_perturbations import (
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


def problem_of_evaluation(evaluation: Evaluation, models: Models) -> Problem | None:
    """The first reason why an evaluation cannot be meant."""
    return next(_of_evaluation(evaluation, models), None)


def _of_evaluation(evaluation: Evaluation, models: Models) -> Iterator[Problem]:
    for path, value in leaves(evaluation):
        yield from problems_of_values(path, value)
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


def problems_of_values(path: str, value: Any) -> Iterator[Problem]:
    """Problems of numbers that are too small to be meant, or are there twice."""
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
