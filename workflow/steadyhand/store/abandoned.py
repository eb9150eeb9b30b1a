"""Temporary files of writers that were killed."""

import os
import re
from pathlib import Path

import psutil

from steadyhand.store.atomic import machine_name

_TEMPORARY = re.compile(r"\..*\.tmp")
_WRITER = re.compile(r"\.(?P<machine>[A-Za-z0-9-]+)\.(?P<process>\d+)\.tmp$")


def is_temporary(path: Path) -> bool:
    """Whether a file has the name of one that is being written, or was."""
    return _TEMPORARY.fullmatch(path.name) is not None


def is_being_written(path: Path) -> bool:
    """Whether a living process of this machine is writing this temporary file."""
    process = _writer_here(path)
    return process is not None and psutil.pid_exists(process)


def remove_abandoned(folder: Path) -> list[Path]:
    """Remove what a killed process of this machine left half-written under `folder`.

    Files of living processes stay, and those of other machines, whose processes can't be seen.
    """
    removed = []
    # `os.walk` passes over folders that a job elsewhere removes meanwhile.
    for place, _, names in os.walk(folder):
        for path in (Path(place) / name for name in names):
            process = _writer_here(path) if is_temporary(path) else None
            if process is not None and not psutil.pid_exists(process):
                path.unlink(missing_ok=True)
                removed.append(path)
    return sorted(removed)


def _writer_here(path: Path) -> int | None:
    """The process of this machine that a temporary file's name gives."""
    found = _WRITER.search(path.name)
    return int(found["process"]) if found and found["machine"] == machine_name() else None
