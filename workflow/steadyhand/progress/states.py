"""Which stacks are being trained, wherever that is, by what they last said and when."""

import time
from pathlib import Path
from typing import Literal, NamedTuple

import psutil

from steadyhand.errors import UserError
from steadyhand.progress.record import Record, read_record
from steadyhand.store.atomic import machine_name
from steadyhand.store.errors import ArtefactError

State = Literal["running", "silent", "died", "stopped"]

SILENT_AFTER = 300.0
"""[s] Sixty times as long as a stack is silent when all is well. Clocks of two machines may differ
by almost as much, and no living stack is called silent; shared file systems are late by less."""

_SLACK = 60.0
"""[s] by which two ways to tell when a process began may differ."""


class Standing(NamedTuple):
    """A stack that is not trained yet, and what became of its training."""

    record: Record
    state: State
    silent_seconds: float
    """[s] since it last said something; 0 if that is in the future, by a clock that is ahead."""


class Unreadable(NamedTuple):
    """A file that does not say how far a stack is, and why."""

    path: Path
    problem: str


def find_standings(
    results: Path, now: float | None = None
) -> tuple[list[Standing], list[Unreadable]]:
    """Every stack under `results` whose training began and has not ended well, in order of ids.

    `now` [s] is the time since the epoch. Raises `UserError` if there is no such folder.
    """
    if not results.is_dir():
        raise UserError(f"{results}: no such folder; run snakemake to make results")
    standings, unreadable = [], []
    for path in sorted((results / "stacks").glob("*.progress.json")):
        try:
            record = read_record(path)
            written = path.stat().st_mtime
        except FileNotFoundError:  # it is done since it was listed
            continue
        except ArtefactError as error:
            if path.exists():
                unreadable.append(Unreadable(path, error.problem))
            continue
        except OSError as error:
            unreadable.append(Unreadable(path, f"it can't be read ({error.strerror or error})"))
            continue
        if not _is_done(path, written):
            silent = max(0.0, (time.time() if now is None else now) - written)
            standings.append(Standing(record, _state(record, silent), silent))
    return standings, unreadable


def _state(record: Record, silent: float) -> State:
    if record.state == "stopped":
        return "stopped"
    if record.host == machine_name() and not _is_alive(record):
        return "died"
    return "silent" if silent > SILENT_AFTER else "running"


def _is_alive(record: Record) -> bool:
    """Whether the process of this machine that wrote the record is still there."""
    try:
        process = psutil.Process(record.pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        # Its number may have been given to another one since.
        return process.create_time() <= record.started.timestamp() + _SLACK
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:  # of another user, who may keep that secret
        return True


def _is_done(path: Path, written: float) -> bool:
    """Whether the stack's receipt is there, and is no older: the file was left behind."""
    receipt = path.with_name(path.name.replace(".progress.json", ".trained.json"))
    try:
        return receipt.stat().st_mtime >= written
    except FileNotFoundError:
        return False
