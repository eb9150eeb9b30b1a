"""What changes from batch to batch: learning rate, field, noise, what is trained.

All of it is known before a training begins, so it comes as tables; a network's program only
looks up the row of its batch, and no two networks need the same phases to share a program.
"""

from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

Array = TypeVar("Array")


class Schedule(NamedTuple, Generic[Array]):
    """One row per batch; NumPy's arrays as tables, JAX's as rows of a running batch."""

    learning_rate: Array
    field_scale: Array
    """Multiplies the field; the context input stays as it was drawn."""
    noise_scale: Array
    """Multiplies sensory and motor noise."""
    resets: Array
    """Whether the optimizer forgets its state before the batch."""
    trains_hidden: Array
    """Whether the recurrent cell is trained."""
    trains_readout: Array


def schedule_of(spec: dict[str, Any], dtype: str) -> Schedule[np.ndarray]:
    """The schedule of a training, from its resolved hyperparameters; each array has (batch,)."""
    schedule, n_batches = spec["schedule"], spec["schedule"]["n_batches"]
    batch = np.arange(n_batches)
    resets = np.zeros(n_batches, bool)
    resets[schedule["optimizer_resets"]] = True
    hidden, readout = (
        _held({first: part in them for first, them in schedule["trainable"].items()}, n_batches)
        for part in ("hidden", "readout")
    )
    return Schedule(
        learning_rate=(spec["optimizer"]["learning_rate"] * _rate(schedule, batch)).astype(dtype),
        field_scale=_field_scale(schedule, batch).astype(dtype),
        noise_scale=_held(schedule["noise_scale"], n_batches).astype(dtype),
        resets=resets,
        trains_hidden=hidden,
        trains_readout=readout,
    )


def _held(phases: dict[str, Any], n_batches: int) -> np.ndarray:
    """What holds in each batch, from what holds from some batches on."""
    in_order = sorted((int(first), value) for first, value in phases.items())
    firsts = [first for first, _ in in_order]
    return np.repeat([value for _, value in in_order], np.diff([*firsts, n_batches]))


def _rate(schedule: dict[str, Any], batch: np.ndarray) -> np.ndarray:
    """Fraction of the learning rate: a linear rise, a plateau, half a cosine downwards."""
    warm_up, final = schedule["warm_up_batches"], schedule["final_fraction"]
    falls_from = warm_up + schedule["constant_batches"]
    rise = np.minimum(1, (batch + 1) / max(warm_up, 1))
    elapsed = (batch - falls_from) / max(schedule["n_batches"] - falls_from, 1)
    fall = 0.5 * (1 + np.cos(np.pi * np.clip(elapsed, 0, 1)))
    return rise * (final + (1 - final) * fall)


def _field_scale(schedule: dict[str, Any], batch: np.ndarray) -> np.ndarray:
    """0 in the baseline, then ½(1 − cos(π·min(1, i/n))) at batch i of the n that scale it up."""
    since = batch - schedule["baseline_batches"]
    if schedule["scale_up_batches"] == 0:
        return (since >= 0).astype(float)
    return 0.5 * (1 - np.cos(np.pi * np.clip(since / schedule["scale_up_batches"], 0, 1)))
