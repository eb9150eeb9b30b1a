"""The command `steadyhand prune`: what no study asks for, and a question before it is deleted."""

import sys
from collections.abc import Collection
from pathlib import Path

import typer

from steadyhand.listing import Form, write_rows
from steadyhand.prune import find_unreachable, prune


def write_unreachable(
    results: Path, forget: Collection[str], form: Form, *, delete: bool, ask: bool
) -> None:
    """List what no study asks for; delete it, if that is wanted and confirmed."""
    found = find_unreachable(results, forget)
    rows = [{"what": it.what, "files": len(it.files), "bytes": it.bytes} for it in found]
    write_rows(rows, ["what", "files", "bytes"], form)
    size = f"{sum(it.bytes for it in found) / 1e6:.1f} MB"
    if not found:
        _say(f"{results}: studies ask for all that is there")
    elif not delete:
        _say(f"{size} that no study asks for; --delete deletes it")
    elif not ask or typer.confirm(f"Delete {size} that no study asks for?", err=True):
        prune(results, found)
        _say(f"deleted {size}; snakemake brings the page up to date")


def _say(text: str) -> None:
    print(text, file=sys.stderr)
