"""What no single hyperparameter can know: whether together they make a training."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from steadyhand.config.base import leaves
from steadyhand.config.contradictions_over_time import contradictions_over_time
from steadyhand.config.numbers import repeated, too_small

if TYPE_CHECKING:
    from steadyhand.config.hyperparameters import Hyperparameters

UNSENSED = 3
"""A delay must be so many steps less than the stored states of a trial. Of n states the last is
made by update n − 2, which senses state n − 2 − delay; state 0 is only the start."""

STABLE = 2.0
"""Bound of strength · time_step / mass. Explicit Euler steps of dv = −(k/m)·v dt multiply the
velocity by 1 − k·dt/m, which grows beyond 2; with a curl field, by more than √5 there."""

_VALIDATION_REACHES = 10**5
_ACTIVITY_OF_A_BATCH = 10**9
_RECURRENT_WEIGHTS = 10**8
_HISTORY = 10**8


def contradiction(model: "Hyperparameters") -> str | None:
    """The first reason why these hyperparameters cannot be meant, naming keys and values."""
    return next(_contradictions(model), None)


def _contradictions(model: "Hyperparameters") -> Iterator[str]:
    yield from _of_values(model)
    yield from _of_time(model)
    yield from _of_space(model)
    yield from _of_dynamics(model)
    yield from _of_training(model)
    yield from _of_kinds(model)
    yield from contradictions_over_time(model)
    yield from _of_size(model)


def _of_values(model: "Hyperparameters") -> Iterator[str]:
    for path, value in leaves(model):
        if problem := too_small(value):
            yield f"{path} = {value}: {problem}"
    excluded = model.selection.exclude
    if problem := repeated(excluded):
        yield f"selection.exclude = {list(excluded)}: {problem}"
    strangers = [it for it in excluded if not 0 <= it < model.replicates]
    if strangers:
        yield (
            f"selection.exclude = {list(excluded)}: replicate {strangers[0]} "
            f"does not exist; there are 0 to {model.replicates - 1}"
        )


def _of_time(model: "Hyperparameters") -> Iterator[str]:
    delay, n_steps = model.feedback.delay, model.task.n_steps
    if delay > n_steps - UNSENSED:
        yield (
            f"feedback.delay = {delay}: must be less than task.n_steps = {n_steps} by at least "
            f"{UNSENSED}, or nothing but the start is ever sensed"
        )


def _of_space(model: "Hyperparameters") -> Iterator[str]:
    low, high = model.task.workspace_min, model.task.workspace_max
    if low >= high:
        yield f"task.workspace_min = {low}: must be less than task.workspace_max = {high}"
    length = model.selection.reach_length
    if too_long(length, low, high):
        yield (
            f"selection.reach_length = {length}: must be at most {high - low:g} m, the side of "
            f"the workspace (task.workspace_min to task.workspace_max)"
        )


def too_long(length: float, workspace_min: float, workspace_max: float) -> bool:
    """Whether a reach is longer than the side of the workspace; all [m]."""
    return length > (workspace_max - workspace_min) * (1 + 1e-9)  # sides such as 0.3 − 0.1


def steps_too_long(strength: float, model: "Hyperparameters") -> bool:
    """Whether Euler steps run away under a drag or curl field of this strength [N s/m]."""
    return strength * model.plant.time_step / model.plant.mass >= STABLE


def strongest(model: "Hyperparameters") -> float:
    """The strength from which on Euler steps run away [N s/m]."""
    return STABLE * model.plant.mass / model.plant.time_step


def _of_dynamics(model: "Hyperparameters") -> Iterator[str]:
    bounded = {"plant.damping": model.plant.damping}
    if model.field.type == "curl":
        bounded["field.std"] = model.field.std
    for path, time in {
        "motor.rise_time": model.motor.rise_time,
        "motor.decay_time": model.motor.decay_time,
    }.items():
        if 0 < time < model.plant.time_step:
            yield (
                f"{path} = {time}: must be 0 or at least plant.time_step = "
                f"{model.plant.time_step}, or the force overshoots the command"
            )
    for path, strength in bounded.items():
        if steps_too_long(strength, model):
            number = strength * model.plant.time_step / model.plant.mass
            yield (
                f"{path} = {strength}: {path} · plant.time_step / plant.mass = {number:g} must be "
                f"less than {STABLE:g}, or the hand runs away in explicit Euler steps; allowed: "
                f"{path} below {strongest(model):g}"
            )


def _of_training(model: "Hyperparameters") -> Iterator[str]:
    loss = model.loss
    if loss.effector_position == 0 and loss.effector_final_velocity == 0:
        yield (
            "loss.effector_position = 0 and loss.effector_final_velocity = 0: one of them must "
            "be more than 0, or training has no goal"
        )


def _of_kinds(model: "Hyperparameters") -> Iterator[str]:
    """Settings that only some kinds of network, optimizer or context have."""
    network, optimizer, context = model.network, model.optimizer, model.context
    if network.leak != 1 and network.type != "vanilla":
        yield (
            f"network.leak = {network.leak}: must be 1 with network.type = {network.type}; only "
            "vanilla networks leak"
        )
    if optimizer.type == "adam" and optimizer.weight_decay != 0:
        yield (
            f"optimizer.weight_decay = {optimizer.weight_decay}: must be 0 with "
            f"optimizer.type = {optimizer.type}; only adamw decays weights"
        )
    if context.method == "bcs" and context.p_active is None:
        yield (
            "context.method = bcs: must come with context.p_active, the share of trials with a "
            "field; the reference has 0.5"
        )
    if context.method == "none" and context.p_active is not None:
        yield (
            f"context.p_active = {context.p_active}: must be left out with "
            f"context.method = {context.method}, where every trial has a field; allowed: bcs, dai, "
            "pai-asf"
        )


def _of_size(model: "Hyperparameters") -> Iterator[str]:
    """Products that would not fit into memory, though each factor has its bound."""
    units, selection, schedule = model.network.hidden_size, model.selection, model.schedule
    sizes = [
        (
            "selection.grid² · selection.directions",
            selection.grid**2 * selection.directions,
            _VALIDATION_REACHES,
            "validation reaches",
        ),
        (
            "schedule.batch_size · task.n_steps · network.hidden_size",
            schedule.batch_size * model.task.n_steps * units,
            _ACTIVITY_OF_A_BATCH,
            "numbers of hidden activity in a batch",
        ),
        (
            "replicates · network.hidden_size²",
            model.replicates * units**2,
            _RECURRENT_WEIGHTS,
            "recurrent weights of a model",
        ),
        (
            "replicates · schedule.n_batches",
            model.replicates * schedule.n_batches,
            _HISTORY,
            "losses in a history",
        ),
    ]
    for product, count, limit, what in sizes:
        if count > limit:
            yield f"{product} = {count} {what}: must be at most {limit}"
