"""The files of one model: what it is, how it was trained, which networks of it are used."""

import csv
import io
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from steadyhand.identity import canonical_json
from steadyhand.loss import TERMS
from steadyhand.qualify import Qualified, Replicate
from steadyhand.schedule import schedule_of
from steadyhand.store.atomic import sha256_file, write_text
from steadyhand.store.dataset_writer import DatasetWriter, Variable
from steadyhand.store.documents import write_json
from steadyhand.store.weights import write_weights
from steadyhand.train import Trained

FILL = float(np.float32(9.96921e36))
"""Losses after a divergence, and of snapshots that were not finite: missing in every reader."""


def write_model(
    folder: Path,
    hyperparameters: dict[str, Any],
    plan: dict[str, Any],
    trained: Trained,
    qualified: Qualified,
    weights_spec: dict[str, Any],
    provenance: dict[str, Any],
) -> None:
    """Write everything about a model; `model.json` comes last and holds the others' hashes."""
    model_id = provenance["id"]
    write_json(
        folder / "hyperparameters.json",
        {"model_id": model_id, "hyperparameters": hyperparameters, "provenance": provenance},
    )
    _write_history(folder / "history.nc", hyperparameters, trained, qualified, provenance)
    write_text(folder / "replicates.csv", _table(qualified.replicates))
    digest = write_weights(folder / "selected.eqx", qualified.weights, weights_spec)
    files = ("hyperparameters.json", "history.nc", "replicates.csv", "selected.eqx")
    document = {
        "model_id": model_id,
        "digest": digest if any(it.included for it in qualified.replicates) else None,
        "replicates": [asdict(it) for it in qualified.replicates],
        "stack": plan,
        "files": {name: sha256_file(folder / name) for name in files},
        "provenance": provenance,
    }
    write_json(folder / "model.json", document)


def _table(replicates: list[Replicate]) -> str:
    """One row per replicate; what does not exist is empty."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, [it.name for it in fields(Replicate)], lineterminator="\n")
    writer.writeheader()
    for replicate in replicates:
        row = asdict(replicate).items()
        writer.writerow({k: str(v).lower() if isinstance(v, bool) else v for k, v in row})
    return buffer.getvalue()


def _write_history(
    path: Path,
    hyperparameters: dict[str, Any],
    trained: Trained,
    qualified: Qualified,
    provenance: dict[str, Any],
) -> None:
    columns = {**_schedule_columns(hyperparameters), **_history_columns(trained, qualified)}
    sizes: dict[str, int] = {}
    for layout, values in columns.values():
        sizes.update(zip(layout.dims, np.shape(values), strict=True))
    attrs = {
        "Conventions": "CF-1.11",
        "title": "Loss over training",
        "provenance": canonical_json(provenance),
    }
    layouts = {name: layout for name, (layout, _) in columns.items()}
    with DatasetWriter(path, sizes, layouts, attrs) as writer:
        for name, (_, values) in columns.items():
            writer.write(name, values)


def _about(
    dims: str, dtype: str, meaning: str, units: str = "1", fill: float | None = None
) -> Variable:
    missing = {} if fill is None else {"_FillValue": fill}
    return Variable(tuple(dims.split()), dtype, {"units": units, "long_name": meaning, **missing})


def _schedule_columns(hyperparameters: dict[str, Any]) -> dict[str, tuple[Variable, np.ndarray]]:
    """What was planned for each batch."""
    schedule = schedule_of(hyperparameters, "float64")
    return {
        "learning_rate": (_about("batch", "f8", "learning rate"), schedule.learning_rate),
        "field_scale": (_about("batch", "f8", "factor of the field"), schedule.field_scale),
        "noise_scale": (_about("batch", "f8", "factor of all noise"), schedule.noise_scale),
        "resets_optimizer": (
            _about("batch", "i1", "whether the optimizer forgets its state before the batch"),
            schedule.resets.astype(np.int8),
        ),
        "trains_hidden": (
            _about("batch", "i1", "whether the recurrent cell is trained"),
            schedule.trains_hidden.astype(np.int8),
        ),
        "trains_readout": (
            _about("batch", "i1", "whether the readout is trained"),
            schedule.trains_readout.astype(np.int8),
        ),
    }


def _history_columns(
    trained: Trained, qualified: Qualified
) -> dict[str, tuple[Variable, np.ndarray]]:
    replicates = qualified.replicates
    terms = trained.loss_terms.astype(np.float64)
    batches = np.arange(terms.shape[-1])
    broke = np.where(trained.diverged < 0, len(batches), trained.diverged)
    # The losses of the batch in which it failed are no numbers of a network that works either.
    lost = batches[None] >= broke[:, None]

    return {
        "replicate": (
            _about("replicate", "i4", "number of the replicate"),
            np.array([it.replicate for it in replicates]),
        ),
        "batch": (_about("batch", "i4", "number of the batch"), batches),
        "term": (_about("term", "str", "term of the loss"), np.array(TERMS, object)),
        "snapshot": (_about("snapshot", "i4", "batches before the snapshot"), trained.batches_done),
        "loss": (
            _about("replicate batch", "f8", "loss of the batch, total", fill=FILL),
            np.where(lost, FILL, terms.sum(axis=0)),
        ),
        "loss_term": (
            _about("term replicate batch", "f8", "loss of the batch, weighted term", fill=FILL),
            np.where(lost[None], FILL, terms),
        ),
        "validation_loss": (
            _about("replicate snapshot", "f8", "loss over the validation reaches", fill=FILL),
            np.where(np.isfinite(qualified.validation_loss), qualified.validation_loss, FILL),
        ),
        "readout_norm": (
            _about("replicate snapshot", "f8", "Frobenius norm of the readout's weights", "N"),
            np.linalg.norm(trained.snapshots["readout.weight"].astype(np.float64), axis=(-2, -1)).T,
        ),
        **_replicate_columns(replicates),
    }


def _replicate_columns(
    replicates: list[Replicate],
) -> dict[str, tuple[Variable, np.ndarray]]:
    """What became of each replicate, as in the table of replicates."""
    errors = [it.end_position_error for it in replicates]
    return {
        "chosen_batch": (
            _about("replicate", "i4", "batches before the chosen snapshot, -1: none"),
            np.array([-1 if it.chosen_batch is None else it.chosen_batch for it in replicates]),
        ),
        "end_position_error": (
            _about(
                "replicate", "f8", "distance from the goal at the end, chosen snapshot", "%", FILL
            ),
            np.array([FILL if it is None or not np.isfinite(it) else it for it in errors]),
        ),
        "diverged_batch": (
            _about("replicate", "i4", "batch in which training failed, -1: it did not"),
            np.array([-1 if it.diverged_batch is None else it.diverged_batch for it in replicates]),
        ),
        "failure": (
            _about("replicate", "str", "what stopped the training, empty: nothing"),
            np.array([it.failure for it in replicates], object),
        ),
        "included": (
            _about("replicate", "i1", "whether the replicate is used"),
            np.array([it.included for it in replicates], np.int8),
        ),
        "exclusion_reason": (
            _about("replicate", "str", "why the replicate is not used, empty: it is"),
            np.array([it.reason for it in replicates], object),
        ),
    }
