"""Rows on the terminal or in a pipe: which columns, and in which form."""

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Literal

from steadyhand.catalogue.layout import KEYS
from steadyhand.errors import UserError
from steadyhand.where_columns import unknown_column

Row = Mapping[str, Any]
Form = Literal["table", "json", "csv"]

_HIDDEN = ("asked", "code", "digest", "file", "label", "measures", "page", "sources", "sweeps")
_SHOWN_DIGITS = 12


def chosen_columns(
    table: str, columns: Iterable[str], rows: Sequence[Row], wanted: Iterable[str] = ()
) -> list[str]:
    """The columns to show: keys, what differs between the rows, and the studies that ask for them.

    `wanted` chooses others: names, patterns such as `train.*`, or `all`; keys stay in front.
    Raises `UserError` for a name that no column has.
    """
    known = list(columns)
    names = [name.strip() for one in wanted for name in one.split(",") if name.strip()]
    if names:
        chosen = [column for name in names for column in _matching(name, known)]
        return list(dict.fromkeys([*KEYS[table], *chosen]))
    varying = [
        column
        for column in known
        if column not in _HIDDEN
        and len({_plain(row[column]) for row in rows}) > 1
        and not _repeats_training(column, rows)
    ]
    return list(
        dict.fromkeys([*KEYS[table], *varying, *(["studies"] if "studies" in known else [])])
    )


def write_rows(rows: Sequence[Row], columns: Sequence[str], form: Form = "table") -> None:
    """Write rows to standard output.

    A table on a terminal (digests shortened, rows that no study asks for dimmed); lines of
    tab-separated, complete values in a pipe (white space within a value is one blank); or JSON or
    CSV, where they are asked for.
    """
    if form == "json":
        write_json([{column: row.get(column) for column in columns} for row in rows])
    elif form == "csv":
        lines = csv.writer(sys.stdout, lineterminator="\n")
        lines.writerow(columns)
        lines.writerows([_plain(row.get(column)) for column in columns] for row in rows)
    elif not sys.stdout.isatty():
        print("\t".join(columns))
        for row in rows:
            print("\t".join(" ".join(_plain(row.get(column)).split()) for column in columns))
    else:
        _write_table(rows, columns)


def write_json(content: Any) -> None:
    """Write JSON, indented, to standard output."""
    print(json.dumps(content, indent=1, ensure_ascii=False))


def _matching(name: str, known: list[str]) -> list[str]:
    if name == "all":
        return known
    found = [column for column in known if fnmatchcase(column, name)]
    if not found:
        raise UserError(f"--columns {name}: {unknown_column(name, known)}")
    return found


def _repeats_training(column: str, rows: Sequence[Row]) -> bool:
    """Requests repeat the physics of the model: shown once, as hyperparameters."""
    _, physics, leaf = column.partition(".physics.")
    same = f"train.{leaf}"
    return bool(physics) and all(same in row and row[same] == row[column] for row in rows)


def _plain(value: Any) -> str:
    """A value as text that loses nothing; nothing for a missing one."""
    if value is None:
        return ""
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _short(column: str, value: Any) -> str:
    if column == "digest" and isinstance(value, str):
        return value[:_SHOWN_DIGITS] + "…"
    if column == "studies" and value == "":
        return "– (none asks)"
    return f"{value:.6g}" if isinstance(value, float) else _plain(value)


def _heading(column: str) -> str:
    """A long name in two lines: columns are as wide as their values, not as their names."""
    group, dot, leaf = column.rpartition(".")
    return f"{group}{dot}\n{leaf}" if dot else column


def _write_table(rows: Sequence[Row], columns: Sequence[str]) -> None:
    """A table if it fits the terminal, else one paragraph per row: nothing is ever cut off."""
    from rich.console import Console
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    console = Console()
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        values = [row.get(column) for row in rows if row.get(column) is not None]
        numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
        justify: Literal["left", "right"] = "right" if numbers and values else "left"
        table.add_column(_heading(column), no_wrap=True, justify=justify, vertical="bottom")
    styles = ["dim" if row.get("asked") is False else "" for row in rows]
    for row, style in zip(rows, styles, strict=True):
        table.add_row(*(Text(_short(column, row.get(column))) for column in columns), style=style)
    needed = Measurement.get(console, console.options.update(max_width=10**6), table).maximum
    if needed <= console.width:
        console.print(table)
        return
    width = max(map(len, columns))
    for row, style in zip(rows, styles, strict=True):
        for column in columns:
            line = f"{column:{width}}  {_short(column, row.get(column))}"
            console.print(Text(line), style=style, soft_wrap=True)
        console.print()
