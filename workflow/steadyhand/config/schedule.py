"""How long, on how much, and in which phases a network is trained."""

from typing import Annotated

from pydantic import Field

from steadyhand.config.base import Integer, Integers, Strict, quantity
from steadyhand.config.by_batch import PARTS, ByBatch, PartsByBatch, ScaleByBatch
from steadyhand.config.numbers import InOrder, Real


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
    trainable: PartsByBatch = Field(
        ByBatch([(0, PARTS)]),
        description="From each batch on, the parts that are trained: hidden, readout. [name]",
    )
    noise_scale: ScaleByBatch = Field(
        ByBatch([(0, 1.0)]),
        description="From each batch on, what sensory and motor noise are multiplied with. [1]",
    )
    optimizer_resets: Annotated[Integers, InOrder] = Field(
        (), description="Batches before which the optimizer forgets its state. [batches]"
    )
    saturation_limit: float = quantity(
        0.9,
        "1",
        "Mean square of the hidden activity in a batch above which a network has failed; 1: never.",
        ge=1e-3,
        le=1,
    )
