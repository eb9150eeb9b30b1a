"""How long, on how much, and in which phases a network is trained."""

from typing import Annotated, get_args

from pydantic import BeforeValidator, Field

from steadyhand.config.base import Integer, Strict, as_tuple, quantity
from steadyhand.config.by_batch import PARTS, PartsByBatch, ScaleByBatch
from steadyhand.config.numbers import InOrder, Real

Batch = Annotated[int, Field(ge=1, le=10_000_000), *get_args(Integer)[1:]]
Batches = Annotated[tuple[Batch, ...], BeforeValidator(as_tuple), InOrder]


def _batches(default: int, sentence: str, at_least: int = 0) -> Integer:
    found: Integer = quantity(default, "batches", sentence, ge=at_least, le=10_000_000)
    return found


class Schedule(Strict):
    """How long and on how much the network is trained, and what changes on the way.

    The field is off in the baseline and then grows by half a cosine. The learning rate rises
    linearly, stays, and falls by half a cosine.
    """

    n_batches: Integer = _batches(1000, "Length of the training.", 1)
    batch_size: Integer = quantity(250, "trials", "Trials in a batch.", ge=1, le=100_000)
    baseline_batches: Integer = _batches(0, "Batches at the start without a field.")
    scale_up_batches: Integer = _batches(0, "Batches after these in which the field grows.")
    warm_up_batches: Integer = _batches(0, "Batches in which the learning rate grows.")
    constant_batches: Integer = _batches(
        0, "Batches after these before the learning rate begins its cosine decay."
    )
    final_fraction: Real = quantity(
        1.0, "1", "Learning rate at the end, as a fraction of the first.", ge=0, le=1
    )
    trainable: PartsByBatch = quantity(
        {"0": list(PARTS)}, "name", "From each batch on, the parts that are trained."
    )
    noise_scale: ScaleByBatch = quantity(
        {"0": 1.0}, "1", "From each batch on, what sensory and motor noise are multiplied with."
    )
    optimizer_resets: Batches = quantity(
        (), "batches", "Batches before which the optimizer forgets its state."
    )
    saturation_limit: float = quantity(
        0.9,
        "1",
        "Mean square of the hidden activity in a batch above which a network has failed; 1: never.",
        ge=1e-3,
        le=1,
    )
