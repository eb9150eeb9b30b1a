"""The command `steadyhand progress`: which stacks are being trained, and how far they are."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from steadyhand.errors import UserError
from steadyhand.listing import printable, table_of, write_json, write_rows
from steadyhand.progress.record import Record
from steadyhand.progress.states import Standing, Unreadable, find_standings
from steadyhand.progress.words import SHORT_ID, duration, short_loss, short_pace
from steadyhand.store.atomic import machine_name

REFRESHED_EVERY = 2.0
"""[s]"""

_FACTS = list(dict.fromkeys(["stack_id", "state", "silent_seconds", *Record.model_fields]))


def write_progress(results: Path, as_json: bool) -> bool:
    """Write the stacks that are being trained to standard output; in a pipe, with all digits.

    **Returns:** whether all of them could be read; what could not is a line on standard error.
    """
    standings, unreadable = find_standings(results)
    if as_json:
        write_json([_facts(it) for it in standings])
    elif not standings and not unreadable:
        print(_nothing(results), file=sys.stderr)
    elif standings and sys.stdout.isatty():
        rows = [_words(it) for it in standings]
        write_rows(rows, list(rows[0]))
        for line in _reasons(standings):
            print(line)
    elif standings:
        write_rows([_facts(it) for it in standings], _FACTS)
    for line in _problems(unreadable):
        print(line, file=sys.stderr)
    return not unreadable


def watch_progress(results: Path) -> None:
    """Show the same on the terminal, again and again, until it is interrupted.

    Raises `UserError` where nobody can watch.
    """
    from rich.console import Console
    from rich.live import Live

    console = Console()
    if not (sys.stdout.isatty() and console.is_interactive):
        raise UserError("--watch: only on a terminal; without it, the state is written once")
    try:
        with Live(console=console, auto_refresh=False) as live:
            while True:
                live.update(_view(results), refresh=True)
                time.sleep(REFRESHED_EVERY)
    except KeyboardInterrupt:  # the way to end it
        return


def _view(results: Path) -> Any:
    from rich.console import Group
    from rich.text import Text

    standings, unreadable = find_standings(results)
    rows = [_words(it) for it in standings]
    lines = [Text(it) for it in (*_reasons(standings), *_problems(unreadable))]
    if rows:
        table = table_of(rows, list(rows[0]))
        table.columns[-1].no_wrap = False  # words may be broken into lines, numbers not
        table.columns[-1].overflow = "fold"
        return Group(table, *lines)
    return Group(*lines) if lines else Text(_nothing(results))


def _facts(standing: Standing) -> dict[str, Any]:
    """A row for programs."""
    found = standing.record.model_dump(mode="json")
    found |= {"state": standing.state, "silent_seconds": round(standing.silent_seconds)}
    return {name: found[name] for name in _FACTS}


def _words(standing: Standing) -> dict[str, str]:
    """A row for people."""
    record = standing.record
    runs = standing.state == "running" and record.seconds_left is not None
    return {
        "stack": record.stack_id[:SHORT_ID],
        "batch": f"{record.batches_done}/{record.batches}",
        "loss": short_loss(record),
        "per s": short_pace(record),
        "left": duration(record.seconds_left or 0.0) if runs else "-",
        "diverged": f"{record.diverged}/{record.networks}",
        "state": _state(standing),
    }


def _state(standing: Standing) -> str:
    """What became of it, and where, unless that is here."""
    record = standing.record
    silent = standing.state == "silent"
    words = f"silent for {duration(standing.silent_seconds)}" if silent else standing.state
    if record.host != machine_name():
        words += f" on {record.host}"
    return f"{words}, job {record.job}" if record.job else words


def _reasons(standings: Sequence[Standing]) -> list[str]:
    """Lines below the table, which has no room for them."""
    return [
        f"{it.record.stack_id[:SHORT_ID]} stopped: {printable(it.record.reason)}"
        for it in standings
        if it.state == "stopped" and it.record.reason
    ]


def _problems(unreadable: Sequence[Unreadable]) -> list[str]:
    return [f"problem: {printable(str(it.path))}: {printable(it.problem)}" for it in unreadable]


def _nothing(results: Path) -> str:
    return f"{printable(str(results))}: no stack is being trained"
