"""Whether a fixed-point search makes sense for the models it is applied to."""

import math
from collections.abc import Iterator

from steadyhand.config.applied import problems_of_values
from steadyhand.config.applied_context import problem_of_context
from steadyhand.config.applied_perturbations import hidden_states_of, n_steps_of
from steadyhand.config.evaluation import CentreOut, Evaluation, Steady
from steadyhand.config.hyperparameters import Hyperparameters
from steadyhand.config.problem import Models, Problem, distinct
from steadyhand.config.search import FixedPointSearch, Goals, Path
from steadyhand.states_size import stored_times

_SEARCHES = 10**6
_NUMBERS = 25 * 10**7
_STORED = 60
"""Numbers of a linearization for each of a state: modes, vectors, derivatives by inputs."""

_NEEDED = {
    "closed_loop": ("position", "velocity", "force"),
    "path": ("feedback_position", "feedback_velocity"),
}
"""What a search needs of the states beside the hidden ones."""


def problem_of_search(
    search: FixedPointSearch, source: Evaluation, models: Models
) -> Problem | None:
    """The first reason why a search that starts from the states of `source` cannot be meant."""
    return next(_of_search(search, source, models), None)


def _of_search(search: FixedPointSearch, source: Evaluation, models: Models) -> Iterator[Problem]:
    yield from _of_itself(search)
    yield from problem_of_context(search, models)
    yield from _of_source(search, source)
    yield from _of_trials(search, source)
    for sweep, members in models.items():
        for model in distinct(members):
            yield from _of_size(search, source, model, sweep)


def _of_itself(search: FixedPointSearch) -> Iterator[Problem]:
    yield from problems_of_values("sisu", search.sisu)
    if search.field:
        yield from problems_of_values("field.amplitude", search.field.amplitude)
    if isinstance(search.at, Goals) and search.at.offset:
        yield from problems_of_values("at.offset.amplitude", search.at.offset.amplitude)
    if search.field and not search.closed_loop:
        yield Problem(
            ("field",),
            search,
            "a hand that is held where it is feels no field; allowed: no field, or closed_loop: "
            "true",
        )
    if search.closed_loop and not isinstance(search.at, Goals):
        yield Problem(
            ("at", "type"),
            search.at.type,
            "in a closed loop the hand goes where it goes; allowed: goals",
        )


def _of_source(search: FixedPointSearch, source: Evaluation) -> Iterator[Problem]:
    """A search starts from states of the same context: no other is near what it looks for."""
    named = ("starts_from",), search.starts_from
    if source.keep is not None and "hidden" not in source.keep:
        yield Problem(*named, "it does not keep 'hidden', the states that a search starts from")
    needed = _NEEDED["closed_loop"] if search.closed_loop else _NEEDED.get(search.at.type, ())
    missing = [name for name in needed if source.keep is not None and name not in source.keep]
    if missing:
        wanted = "a closed loop" if search.closed_loop else f"at.type = {search.at.type}"
        yield Problem(*named, f"it does not keep '{missing[0]}', which {wanted} needs")
    if source.sisu_step:
        yield Problem(*named, "its context input changes within trials (sisu_step)")
    there = source.sisu or ()
    unknown = [value for value in search.sisu or () if value not in there]
    if unknown:
        yield Problem(
            ("sisu",),
            unknown[0],
            f"'{search.starts_from}', whose states the search starts from, has no trials with this "
            f"value; allowed: {', '.join(f'{value:g}' for value in there)}",
        )


def _of_trials(search: FixedPointSearch, source: Evaluation) -> Iterator[Problem]:
    """A search along the trials of an evaluation: of reaches, each there once."""
    if isinstance(search.at, Goals):
        return
    named = ("starts_from",), search.starts_from
    if search.at.type == "reach_starts" and isinstance(source.task, Steady):
        yield Problem(*named, "steady trials have no reach, and at.type = reach_starts needs some")
    for name in ("sensory_impulse", "unit_stimulation"):
        if getattr(source, name):
            yield Problem(
                *named,
                f"its trials have a {name}, so that there are several of each; "
                f"at.type = {search.at.type} needs one without",
            )


def _of_size(
    search: FixedPointSearch, source: Evaluation, model: Hyperparameters, sweep: str
) -> Iterator[Problem]:
    states = hidden_states_of(source, model) // len(source.sisu or (None,))
    places, product = _places(search, source, model)
    where = "at one value of sisu" if source.sisu else ""
    if isinstance(search.at, Path):
        n_steps = n_steps_of(source, model)
        if search.at.every >= n_steps:
            problem = f"must be less than {n_steps}, the states of a trial in sweep '{sweep}'"
            yield Problem(("at", "every"), search.at.every, problem)
        states, where = stored_times(n_steps, source.hidden_every), "in one trial"
    if search.starts > states:
        yield Problem(
            ("starts",),
            search.starts,
            f"must be at most {states}, the states of a replicate of sweep '{sweep}' in "
            f"'{search.starts_from}'{f' {where}' if where else ''}",
        )
    if places * search.starts > _SEARCHES:
        yield Problem(
            (),
            search,
            f"{product[0]} · starts{product[1]} = {places * search.starts} searches of a "
            f"network: must be at most {_SEARCHES}",
        )
    count = places * model.replicates * _dimension(search, model) * _STORED
    if count > _NUMBERS:
        yield Problem(
            (),
            search,
            f"{product[0]} · replicates · dimension{product[1]} · {_STORED} = {count} numbers of "
            f"linearizations in sweep '{sweep}': must be at most {_NUMBERS}",
        )


def _places(
    search: FixedPointSearch, source: Evaluation, model: Hyperparameters
) -> tuple[int, tuple[str, str]]:
    """Places under all conditions of one network, and what they are a product of."""
    conditions = [len(search.sisu or (None,))]
    words = ["values of sisu"] if search.sisu else []
    at = search.at
    if isinstance(at, Goals):
        count, name = at.grid**2, "at.grid²"
        if at.offset:
            conditions.append(len(at.offset.amplitude) * at.offset.directions)
            words.append("offsets")
    else:
        directions = source.task.directions if isinstance(source.task, CentreOut) else 1
        count, name = source.task.grid**2 * directions, "trials"
    if isinstance(at, Path):
        count *= max(1, (n_steps_of(source, model) - 1) // at.every)
        name = "trials · times"
    amplitudes = source.field.amplitude if isinstance(at, Path) else ()
    if search.field or amplitudes:
        conditions.append(len(search.field.amplitude if search.field else amplitudes))
        words.append("amplitudes")
    return count * math.prod(conditions), (name, "".join(f" · {word}" for word in words))


def _dimension(search: FixedPointSearch, model: Hyperparameters) -> int:
    """Numbers of a state: an LSTM has a memory beside its activity."""
    size = model.network.hidden_size * (2 if model.network.type == "lstm" else 1)
    return size + (6 + 4 * model.feedback.delay if search.closed_loop else 0)
