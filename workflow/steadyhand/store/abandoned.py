"""Temporary files of writers that were killed."""

import re
from pathlib import Path

import psutil

from steadyhand.store.atomic import machine_name


def remove_abandoned(folder: Path) -> list[Path]:
    """Remove what a killed process of this machine left half-written under `folder`.

    Files of living processes stay, and those of other machines, whose processes can't be seen.
    """
    ending = re.compile(rf"\.{re.escape(machine_name())}\.(\d+)\.tmp$")
    removed = []
    for path in sorted(folder.rglob(".*.tmp")):
        found = ending.search(path.name)
        if found and not psutil.pid_exists(int(found[1])):
            path.unlink(missing_ok=True)
            removed.append(path)
    return removed
