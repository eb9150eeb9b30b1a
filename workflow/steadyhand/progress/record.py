"""The file in which a stack that is being trained says how far it is."""

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from steadyhand.store.documents import read_json, write_json
from steadyhand.store.errors import ArtefactError


class Record(BaseModel):
    """How far the training of a stack was when it last said so."""

    model_config = ConfigDict(frozen=True)

    stack_id: str
    models: int
    networks: int
    """Replicates of all models together."""
    batches_done: int
    batches: int
    mean_loss: float | None = None
    """Of the networks that are finite, in the last batch; None if there are none."""
    batches_per_second: float | None = None
    """[1/s] of late; None while it is not known."""
    seconds_left: float | None = None
    """[s]"""
    diverged: int = 0
    """Networks whose training stopped being finite."""
    started: datetime
    updated: datetime
    """UTC, by the clock of the machine that trains."""
    host: str
    pid: int
    job: str | None = None
    """The cluster's number of the job, if it is one."""
    state: Literal["running", "stopped"] = "running"
    reason: str | None = None
    """Why it stopped."""


def progress_file(archive: Path | str) -> Path:
    """The file of the stack whose trainings are archived there."""
    return Path(archive).with_suffix(".progress.json")


def write_record(path: Path, record: Record) -> None:
    """Write the record, atomically and sealed, as all documents are."""
    write_json(path, record.model_dump(mode="json"))


def read_record(path: Path) -> Record:
    """Raises `ArtefactError` if the file is missing, damaged, or of another stack than its name."""
    try:
        record = Record.model_validate(read_json(path))
    except ValidationError as error:
        wrong = error.errors()[0]
        key = ".".join(map(str, wrong["loc"]))
        raise ArtefactError(path, f"it is no progress of a stack ({key}: {wrong['msg']})") from None
    if record.stack_id != path.name.partition(".")[0]:
        raise ArtefactError(path, f"it is of the stack {record.stack_id}")
    return record
