"""Whether what perturbs an evaluation fits its trials, and its states fit a disk."""

from collections.abc import Iterator
from typing import Any

from steadyhand.config.evaluation import Evaluation
from steadyhand.config.hyperparameters import Hyperparameters
from steadyhand.config.problem import Problem
from steadyhand.requests import evaluation_request
from steadyhand.states_size import bytes_per_trial, count_trials, stored_times

MEASURED = ("force", "position", "velocity")
"""What every evaluation has to keep, since measures are made of it."""

_TRIALS = 10**6
_BYTES = 4 * 10**10


def problem_of_perturbations(evaluation: Evaluation) -> Iterator[Problem]:
    """Problems of fields, impulses, stimulations and steps that no model is needed for."""
    if evaluation.task.type == "steady" and evaluation.field.type == "constant":
        yield Problem(
            ("field", "type"),
            "constant",
            "a constant field points to the left of the reach, and a steady task has no reach; "
            "allowed: curl",
        )
    impulse, stimulation = evaluation.sensory_impulse, evaluation.unit_stimulation
    if impulse and max(impulse.amplitude) == 0:
        yield Problem(
            ("sensory_impulse", "amplitude"),
            list(impulse.amplitude),
            "0 alone is no impulse; allowed: some amplitude above 0, or no sensory_impulse",
        )
    if stimulation and set(stimulation.amplitude) == {0}:
        yield Problem(
            ("unit_stimulation", "amplitude"),
            list(stimulation.amplitude),
            "0 alone is no stimulation; allowed: some amplitude other than 0, or no "
            "unit_stimulation",
        )
    step = evaluation.sisu_step
    if step and not evaluation.sisu:
        yield Problem(
            ("sisu_step",),
            evaluation,
            "this key comes with sisu, the values of the context input before the step",
        )
    elif step and set(step.to) | set(evaluation.sisu or ()) == set(step.to[:1]):
        yield Problem(
            ("sisu_step", "to"),
            list(step.to),
            "is what sisu is before, so nothing steps; allowed: some other value",
        )


def problem_of_windows(
    evaluation: Evaluation, model: Hyperparameters, sweep: str
) -> Iterator[Problem]:
    """Problems of onsets and durations in the trials of a model, and of units it does not have."""
    last = n_steps_of(evaluation, model) - 1
    for key in ("sensory_impulse", "unit_stimulation"):
        window = getattr(evaluation, key)
        if window and max(window.onset) + max(window.duration) > last:
            yield Problem(
                (key,),
                f"onset {max(window.onset)}, duration {max(window.duration)}",
                f"onset + duration must be at most {last}, the updates of a trial in sweep "
                f"'{sweep}'",
            )
    step = evaluation.sisu_step
    if step and max(step.onset) >= last:
        yield Problem(
            ("sisu_step", "onset"),
            max(step.onset),
            f"must be less than {last}, the updates of a trial in sweep '{sweep}'",
        )
    stimulation, units = evaluation.unit_stimulation, model.network.hidden_size
    if stimulation and stimulation.units and max(stimulation.units) >= units:
        yield Problem(
            ("unit_stimulation", "units"),
            max(stimulation.units),
            f"no such unit in sweep '{sweep}'; there are 0 to {units - 1}",
        )


def problem_of_storage(evaluation: Evaluation) -> Iterator[Problem]:
    """Problems of what is kept of the states."""
    keep = evaluation.keep
    missing = [name for name in MEASURED if keep is not None and name not in keep]
    if missing:
        yield Problem(
            ("keep",),
            list(keep or ()),
            f"lacks '{missing[0]}', of which measures are made; allowed: lists with "
            f"{', '.join(MEASURED)}",
        )
    if evaluation.hidden_every > 1 and keep is not None and "hidden" not in keep:
        yield Problem(
            ("hidden_every",),
            evaluation.hidden_every,
            "keep has no 'hidden'; allowed: 1, or hidden among what is kept",
        )


def problem_of_size(
    evaluation: Evaluation, model: Hyperparameters, sweep: str
) -> Iterator[Problem]:
    """Problems of trials that are too many, or states that are too large."""
    request = evaluation_request(evaluation, model)
    trials = count_trials(request)
    if trials > _TRIALS:
        yield Problem(
            (), evaluation, f"{_product(request)} = {trials} trials: must be at most {_TRIALS}"
        )
    if request["hidden_every"] >= request["n_steps"]:
        yield Problem(
            ("hidden_every",),
            evaluation.hidden_every,
            f"must be less than {request['n_steps']}, the states of a trial in sweep '{sweep}'",
        )
    size = trials * model.replicates * bytes_per_trial(request)
    if size > _BYTES:
        yield Problem(
            (),
            evaluation,
            f"{trials} trials of {model.replicates} replicates are {size / 1e9:.0f} GB of states "
            f"for each model of sweep '{sweep}': must be at most {_BYTES / 1e9:.0f} GB; fewer "
            "trials, keep and hidden_every make them less",
        )


def hidden_states_of(evaluation: Evaluation, model: Hyperparameters) -> int:
    """Hidden states that an evaluation keeps of one network."""
    request = evaluation_request(evaluation, model)
    return count_trials(request) * stored_times(request["n_steps"], request["hidden_every"])


def n_steps_of(evaluation: Evaluation, model: Hyperparameters) -> int:
    """Stored states of a trial."""
    return evaluation.n_steps or model.task.n_steps


def _product(request: dict[str, Any]) -> str:
    """What the number of trials is a product of."""
    factors = ["grid²", "directions", "repeats", "amplitudes"]
    factors += ["values of sisu"] if request["sisu"] is not None else []
    factors += [
        name for name in ("sisu_step", "sensory_impulse", "unit_stimulation") if request[name]
    ]
    return " · ".join(factors)
