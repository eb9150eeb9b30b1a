"""What no single hyperparameter of the schedule can know: whether its phases fit the training."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from steadyhand.config.numbers import repeated

if TYPE_CHECKING:
    from steadyhand.config.hyperparameters import Hyperparameters


def contradictions_over_time(model: "Hyperparameters") -> Iterator[str]:
    """Reasons why the phases of a training cannot be meant, naming keys and values."""
    yield from _of_the_field(model)
    yield from _of_the_learning_rate(model)
    yield from _beyond_the_end(model)


def _of_the_field(model: "Hyperparameters") -> Iterator[str]:
    schedule = model.schedule
    baseline, scale_up, total = (
        schedule.baseline_batches,
        schedule.scale_up_batches,
        schedule.n_batches,
    )
    if baseline >= total:
        yield (
            f"schedule.baseline_batches = {baseline}: must be less than "
            f"schedule.n_batches = {total}, or no batch has a field"
        )
    elif baseline + scale_up > total:
        yield (
            f"schedule.scale_up_batches = {scale_up}: with schedule.baseline_batches = {baseline} "
            f"before it must be at most schedule.n_batches = {total}"
        )


def _of_the_learning_rate(model: "Hyperparameters") -> Iterator[str]:
    schedule = model.schedule
    warm_up, constant, total = (
        schedule.warm_up_batches,
        schedule.constant_batches,
        schedule.n_batches,
    )
    if warm_up > total:
        yield (
            f"schedule.warm_up_batches = {warm_up}: must be at most schedule.n_batches = {total}"
        )
    elif warm_up + constant > total:
        before = f" with schedule.warm_up_batches = {warm_up} before it" if warm_up else ""
        yield (
            f"schedule.constant_batches = {constant}:{before} must be at most "
            f"schedule.n_batches = {total}"
        )
    elif warm_up + constant == total and schedule.final_fraction != 1:
        path, value = ("constant_batches", constant) if constant else ("warm_up_batches", warm_up)
        yield (
            f"schedule.{path} = {value}: must leave batches of schedule.n_batches = {total}, or "
            f"the learning rate never falls to schedule.final_fraction = {schedule.final_fraction}"
        )


def _beyond_the_end(model: "Hyperparameters") -> Iterator[str]:
    schedule, total = model.schedule, model.schedule.n_batches
    for path in ("trainable", "noise_scale"):
        phases = getattr(schedule, path)
        last = max(phases.batches())
        if last >= total:
            yield (
                f"schedule.{path} = {phases.plain()}: what holds from batch {last} on must begin "
                f"before the end, schedule.n_batches = {total}"
            )
    resets = list(schedule.optimizer_resets)
    if problem := repeated(resets):
        yield f"schedule.optimizer_resets = {resets}: {problem}"
    outside = [it for it in resets if not 0 < it < total]
    if outside:
        yield (
            f"schedule.optimizer_resets = {resets}: {outside[0]} must be from 1 to {total - 1}, "
            f"before the end, schedule.n_batches = {total}"
        )
