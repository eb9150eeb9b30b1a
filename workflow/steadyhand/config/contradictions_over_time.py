"""What no single hyperparameter of the schedule can know: whether its phases fit the training."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from steadyhand.config.numbers import repeated
from steadyhand.config.wording import show

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
    elif baseline + scale_up >= total:
        before = f"with schedule.baseline_batches = {baseline} before it " if baseline else ""
        yield (
            f"schedule.scale_up_batches = {scale_up}: {before}must be less than "
            f"schedule.n_batches = {total}, or no batch has the whole field"
        )


def _of_the_learning_rate(model: "Hyperparameters") -> Iterator[str]:
    schedule, total = model.schedule, model.schedule.n_batches
    warm_up, constant = schedule.warm_up_batches, schedule.constant_batches
    allowed, why = f"at most schedule.n_batches = {total}", ""
    if schedule.final_fraction != 1:
        # Half a cosine begins at the full rate, and has fallen in its second batch.
        why = (
            "the learning rate never falls towards "
            f"schedule.final_fraction = {schedule.final_fraction}"
        )
        allowed = f"at least 2 less than schedule.n_batches = {total}, or {why}"
        total -= 2
    if total < 0:
        yield f"schedule.n_batches = {total + 2}: must be at least 2, or {why}"
    elif warm_up > total:
        yield f"schedule.warm_up_batches = {warm_up}: must be {allowed}"
    elif warm_up + constant > total:
        before = f"with schedule.warm_up_batches = {warm_up} before it " if warm_up else ""
        yield f"schedule.constant_batches = {constant}: {before}must be {allowed}"


def _beyond_the_end(model: "Hyperparameters") -> Iterator[str]:
    schedule, total = model.schedule, model.schedule.n_batches
    for path in ("trainable", "noise_scale"):
        phases = getattr(schedule, path)
        last = max(phases.batches())
        if last >= total:
            yield (
                f"schedule.{path} = {show(phases.plain())}: what holds from batch {last} on must "
                f"begin before the end, schedule.n_batches = {total}"
            )
    resets = list(schedule.optimizer_resets)
    if problem := repeated(resets):
        yield f"schedule.optimizer_resets = {show(resets)}: {problem}"
    outside = [it for it in resets if it >= total]
    if outside:
        yield (
            f"schedule.optimizer_resets = {show(resets)}: batch {outside[0]} must be before the "
            f"end, schedule.n_batches = {total}"
        )
