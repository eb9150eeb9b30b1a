"""Rows on the terminal or in a pipe: which columns, and in which form.

Names and values may hold anything. What a terminal would obey, or an encoding lacks, is escaped;
only CSV that goes to a file or a pipe has every character as it is.
"""

import csv
import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal

from steadyhand.catalogue.layout import KEYS
from steadyhand.errors import UserError
from steadyhand.where_columns import unknown_column

if TYPE_CHECKING:
    from rich.table import Table

Row = Mapping[str, Any]
Form = Literal["table", "json", "csv"]

_HIDDEN = ("asked", "code", "digest", "file", "label", "measures", "page", "sources", "sweeps")
_NAMES = ("name", "type", "title")
"""What a row is called; it is shown whether rows differ in it or not."""
_SHOWN_DIGITS = 12


def chosen_columns(
    table: str, columns: Iterable[str], rows: Sequence[Row], wanted: Iterable[str] = ()
) -> list[str]:
    """The columns to show: keys, names, what differs between the rows, and who asks for them.

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
        if column in _NAMES
        or (
            column not in _HIDDEN
            and len({_plain(row[column]) for row in rows}) > 1
            and not _repeats_training(column, rows)
        )
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
        spelled = printable if sys.stdout.isatty() else str
        lines = csv.writer(sys.stdout, lineterminator="\n")
        lines.writerow(map(spelled, columns))
        lines.writerows([spelled(_plain(row.get(it))) for it in columns] for row in rows)
    elif not sys.stdout.isatty():
        print("\t".join(map(one_line, columns)))
        for row in rows:
            print("\t".join(one_line(_plain(row.get(column))) for column in columns))
    else:
        _write_table(rows, columns)


def write_json(content: Any) -> None:
    """Write JSON, indented, to standard output."""
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    text = json.dumps(content, indent=1, ensure_ascii=not unicode)
    print("\n".join(map(printable, text.split("\n"))))


def printable(text: str) -> str:
    """Text with control characters, and others that nobody sees, as JSON escapes them."""
    if text.isprintable():
        return text
    return "".join(
        it if it.isprintable() or unicodedata.category(it) == "Zs" else _escaped(it) for it in text
    )


def one_line(text: str) -> str:
    """Printable text in one line, where white space is one blank."""
    return printable(" ".join(text.split()))


def _escaped(character: str) -> str:
    return "\\u007f" if character == "\x7f" else json.dumps(character)[1:-1]


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
    return f"{value:.6g}" if isinstance(value, float) else printable(_plain(value))


def _heading(column: str) -> str:
    """A long name in two lines: columns are as wide as their values, not as their names."""
    group, dot, leaf = column.rpartition(".")
    return f"{group}{dot}\n{leaf}" if dot else column


def table_of(rows: Sequence[Row], columns: Sequence[str]) -> "Table":
    """The rows as a table for a terminal: numbers to the right, digests shortened."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        values = [row.get(column) for row in rows if row.get(column) is not None]
        numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
        justify: Literal["left", "right"] = "right" if numbers and values else "left"
        table.add_column(
            _heading(printable(column)), no_wrap=True, justify=justify, vertical="bottom"
        )
    for row in rows:
        cells = [Text(_short(column, row.get(column))) for column in columns]
        table.add_row(*cells, style=_style(row))
    return table


def _style(row: Row) -> str:
    return "dim" if row.get("asked") is False else ""


def _write_table(rows: Sequence[Row], columns: Sequence[str]) -> None:
    """A table if it fits the terminal, else wrapped lines: nothing is ever cut off.

    These are one for each row of names and values, and one for each value of longer rows.
    """
    from rich.console import Console
    from rich.measure import Measurement
    from rich.text import Text

    console = Console()
    table = table_of(rows, columns)
    needed = Measurement.get(console, console.options.update(max_width=10**6), table).maximum
    if needed <= console.width:
        console.print(table)
        return
    if len(columns) <= 2:
        lines = [[_short(column, row.get(column)) for column in columns] for row in rows]
        paragraphs = [[line] for line in lines]
    else:
        paragraphs = [[[printable(it), _short(it, row.get(it))] for it in columns] for row in rows]
    width = max(len(line[0]) for lines in paragraphs for line in lines)
    for lines, row in zip(paragraphs, rows, strict=True):
        for line in lines:
            text = "  ".join([line[0].ljust(width), *line[1:]]).rstrip()
            console.print(Text(text), style=_style(row), soft_wrap=True)
        if len(columns) > 2:
            console.print()


def write_sections(sections: Mapping[str, Any], as_json: bool) -> None:
    """Headings with names and values, or rows, below them."""
    if as_json:
        write_json(sections)
        return
    for heading, content in sections.items():
        if not content:
            continue
        print(f"[{heading}]")
        if isinstance(content, Mapping):
            content = [{"name": name, "value": value} for name, value in content.items()]
        write_rows(content, list(dict.fromkeys(name for row in content for name in row)))
        print()
