"""Which snapshot of each replicate is used, and which replicates: with reasons, by number."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from steadyhand.advance import Failure
from steadyhand.network import from_arrays
from steadyhand.pairing import salt_of
from steadyhand.precision import TRAINING_DTYPE
from steadyhand.train import Trained
from steadyhand.validate import validate_snapshots

MAD_TO_STD = 1.4826
"""Median absolute deviation to standard deviation, for a normal distribution."""

FAILURES = {
    Failure.NONE: "",
    Failure.LOSS: "loss not finite",
    Failure.GRADIENT: "gradient not finite",
    Failure.SATURATION: "hidden units saturated",
    Failure.WEIGHTS: "weights not finite",
}


@dataclass(frozen=True)
class Replicate:
    """What qualification says of one replicate; NaN nowhere: what is unknown is None."""

    replicate: int
    included: bool
    reason: str
    chosen_batch: int | None
    validation_loss: float | None
    end_position_error: float | None
    """Mean distance from the goal at the end, in % of the reach length."""
    excluded_by_mad: bool
    excluded_by_std: bool
    diverged_batch: int | None
    failure: str
    """What stopped its training in that batch; empty if nothing did."""


@dataclass(frozen=True)
class Qualified:
    """The outcome for a model."""

    replicates: list[Replicate]
    weights: dict[str, np.ndarray]
    """Named arrays of the included replicates, and their numbers as `replicate`."""
    validation_loss: Float[np.ndarray, "replicate snapshot"]


def qualify_training(
    hyperparameters: dict[str, Any], weights_spec: dict[str, Any], trained: Trained
) -> Qualified:
    """Qualify what training left of a model; see `qualify`."""
    training = {key: value for key, value in hyperparameters.items() if key != "selection"}
    return qualify(
        hyperparameters,
        salt_of(training),
        weights_spec,
        trained.snapshots,
        trained.batches_done,
        trained.diverged,
        trained.failure,
    )


def qualify(
    spec: dict[str, Any],
    salt: int,
    weights_spec: dict[str, Any],
    snapshots: dict[str, np.ndarray],
    batches_done: Int[np.ndarray, " snapshot"],
    diverged: Int[np.ndarray, " replicate"],
    failure: Int[np.ndarray, " replicate"],
) -> Qualified:
    """Choose a snapshot for each replicate of a model, and judge the replicates.

    **Arguments:** `spec`: resolved hyperparameters; `salt`: as in training; `weights_spec`:
    what files of weights say of their network; `snapshots`: named arrays with leading axes
    `snapshot replicate`; `batches_done`: batches before each snapshot; `diverged`: the batch in
    which a replicate's training failed, or −1; `failure`: a `Failure`, why.
    """
    controllers = from_arrays(snapshots, weights_spec, TRAINING_DTYPE)
    losses, errors = (values.T for values in validate_snapshots(spec, salt, controllers))
    chosen = [_best(row) for row in losses]
    measures = [
        None if best is None else (losses[index, best], errors[index, best])
        for index, best in enumerate(chosen)
    ]
    criterion = 0 if spec["selection"]["criterion"] == "validation_loss" else 1
    judged = np.array([np.inf if measure is None else measure[criterion] for measure in measures])
    judged[diverged >= 0] = np.inf
    failures = [FAILURES[Failure(kind)] for kind in failure]
    replicates = _judge(
        spec["selection"], judged, measures, chosen, batches_done, diverged, failures
    )
    included = [it.replicate for it in replicates if it.included]
    picked = {
        name: np.stack([array[chosen[index], index] for index in included])
        if included
        else np.empty((0, *array.shape[2:]), array.dtype)
        for name, array in snapshots.items()
    }
    picked["replicate"] = np.asarray(included, np.int32)
    return Qualified(replicates, picked, losses)


def excluded_by_mad(
    values: Float[np.ndarray, " replicate"], threshold: float, tolerance: float
) -> list[bool]:
    """Beyond `threshold` robust standard deviations above the median of the finite values.

    An excess below `tolerance` times the median excludes nobody: among few replicates that
    agree closely, the deviation alone would make an outlier of a good one.
    """
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return [True] * len(values)
    median = np.median(finite)
    spread = MAD_TO_STD * np.median(np.abs(finite - median))
    return list(values > median + max(threshold * spread, tolerance * abs(median)))


def excluded_by_std(values: Float[np.ndarray, " replicate"], threshold: float) -> list[bool]:
    """Not below the best value + `threshold` standard deviations: the reference's rule.

    A single replicate, or replicates that are exactly equal, are all kept.
    """
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return [True] * len(values)
    limit = finite.min() + threshold * finite.std()
    return [bool(value >= limit and value > finite.min()) for value in values]


def _best(losses: np.ndarray) -> int | None:
    """Index of the lowest finite loss; the first of equals."""
    finite = np.isfinite(losses)
    return int(np.argmin(np.where(finite, losses, np.inf))) if finite.any() else None


def _judge(
    selection: dict[str, Any],
    judged: np.ndarray,
    measures: list[tuple[float, float] | None],
    chosen: list[int | None],
    batches_done: np.ndarray,
    diverged: np.ndarray,
    failures: list[str],
) -> list[Replicate]:
    by_mad = excluded_by_mad(judged, selection["threshold"], selection["tolerance"])
    by_std = excluded_by_std(judged, selection["threshold"])
    by_rule = {"mad": by_mad, "std": by_std, "none": [False] * len(judged)}[selection["rule"]]
    replicates = []
    for index, (best, measure) in enumerate(zip(chosen, measures, strict=True)):
        broke = int(diverged[index])
        reasons = []
        if index in selection["exclude"]:
            reasons.append("excluded by the study (selection.exclude)")
        if broke >= 0:
            reasons.append(f"{failures[index]} in batch {broke}")
        elif measure is None:
            reasons.append("no snapshot with a finite validation loss")
        elif by_rule[index]:
            reasons.append(f"{selection['criterion']} beyond the rule '{selection['rule']}'")
        replicates.append(
            Replicate(
                replicate=index,
                included=not reasons,
                reason="; ".join(reasons),
                chosen_batch=None if best is None else int(batches_done[best]),
                validation_loss=None if measure is None else float(measure[0]),
                end_position_error=None if measure is None else float(measure[1]),
                excluded_by_mad=bool(by_mad[index]),
                excluded_by_std=bool(by_std[index]),
                diverged_batch=None if broke < 0 else broke,
                failure=failures[index],
            )
        )
    return replicates
