"""What a trained stack leaves on disk: an archive of its trainings, and a receipt for it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from steadyhand.network import channels_of, stored_spec
from steadyhand.store.archive import read_member, write_archive
from steadyhand.store.atomic import sha256_file
from steadyhand.store.documents import write_json
from steadyhand.store.weights import decode, digest, encode
from steadyhand.train import Trained

if TYPE_CHECKING:
    from steadyhand.stacks import Plan

_OUTCOME = ("batches_done", "loss_terms", "diverged", "failure")


def write_stack(archive: str, receipt: str, plan: "Plan", trained: Sequence[Trained]) -> None:
    """Write the trainings of a stack, in the order of its plan, and then the receipt.

    The receipt is small: it stands for the archive where Snakemake compares checksums.
    """
    members, digests = {}, {}
    for (training_id, spec), outcome in zip(plan["members"].items(), trained, strict=True):
        arrays = {**outcome.snapshots, **{name: getattr(outcome, name) for name in _OUTCOME}}
        network = stored_spec(spec["network"], channels_of(spec))
        members[f"{training_id}.eqx"] = encode(_without_nan(arrays), network)
        digests[training_id] = digest(_without_nan(arrays), network)
    write_archive(archive, members)
    document = {
        "stack_id": plan["stack_id"],
        "trainings": digests,
        "archive": {"name": Path(archive).name, "sha256": sha256_file(archive)},
    }
    write_json(receipt, document)


def read_training(archive: str, training_id: str) -> tuple[Trained, dict[str, Any]]:
    """One training of an archive, and the spec of its network."""
    name = f"{training_id}.eqx"
    arrays, spec, _ = decode(read_member(archive, name), f"{archive}:{name}")
    outcome = {key: arrays.pop(key) for key in _OUTCOME}
    return Trained(snapshots=arrays, **outcome), spec


def _without_nan(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """After a network failed its losses may be no numbers; they are kept as the largest one."""
    limit = np.finfo(np.float32).max
    return {
        name: np.where(np.isfinite(values), values, limit).astype(values.dtype)
        if values.dtype.kind == "f"
        else values
        for name, values in arrays.items()
    }
