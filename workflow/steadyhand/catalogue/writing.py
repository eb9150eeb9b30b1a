"""The catalogue's files: one SQLite database, a CSV per table, and their checksums.

The database is made in memory and written as a whole: SQLite's locks and journals never meet a
network file system, and equal rows give equal bytes.
"""

import csv
import io
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from steadyhand.catalogue.layout import CHECKSUMS, DATABASE, FOLDER, KEYS, PREFIXES
from steadyhand.identity import canonical_json
from steadyhand.store.atomic import sha256_file, write_bytes, write_text
from steadyhand.store.documents import write_json
from steadyhand.where_columns import Kind, quoted

Row = dict[str, Any]

_DECLARED = {"number": "", "text": "TEXT", "boolean": "BOOLEAN", "list": "", "empty": ""}
"""Declared types. Numbers are declared INTEGER or REAL by their values; a column without a type
converts nothing, which a column of lists and single values needs."""


def write_catalogue(results: Path, tables: dict[str, list[Row]], meta: dict[str, str]) -> None:
    """Write database, CSV files and checksums, each atomically, the checksums last."""
    tables = tables | {"meta": [{"key": key, "value": meta[key]} for key in sorted(meta)]}
    described = [
        {"table_name": name, "column_name": column, "kind": kind}
        for name in KEYS
        if name in tables
        for column, kind in _columns(name, tables[name])
    ]
    tables["columns"] = described
    connection = sqlite3.connect(":memory:")
    try:
        for name in KEYS:
            _create(connection, name, tables[name])
        write_bytes(results / DATABASE, connection.serialize())
        for name in KEYS:
            write_text(results / FOLDER / f"{name}.csv", _csv(connection, name))
    finally:
        connection.close()
    files = [DATABASE, *(f"{FOLDER}/{name}.csv" for name in KEYS)]
    write_json(results / CHECKSUMS, {"files": {f: sha256_file(results / f) for f in files}})


def kind_of(values: Sequence[Any]) -> Kind:
    """The kind of a column's values; lists, or values of several kinds, make it `list`."""
    kinds: set[Kind] = {_kind(value) for value in values if value is not None}
    if not kinds:
        return "empty"
    return kinds.pop() if len(kinds) == 1 else "list"


def _kind(value: Any) -> Kind:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else "list"


def _columns(name: str, rows: Sequence[Row]) -> Iterator[tuple[str, Kind]]:
    """Columns of a table in order (keys, then facts, then settings by origin), with their kinds."""
    names = dict.fromkeys([*KEYS[name], *(column for row in rows for column in row)])
    settings = [sorted(c for c in names if c.startswith(prefix)) for prefix in PREFIXES]
    facts = [column for column in names if not column.startswith(PREFIXES)]
    for column in [*facts, *(column for group in settings for column in group)]:
        yield column, kind_of([row.get(column) for row in rows])


def _create(connection: sqlite3.Connection, name: str, rows: Sequence[Row]) -> None:
    columns = list(_columns(name, rows))
    declared = [
        f"{quoted(column)} {_declared(kind, [row.get(column) for row in rows])}".rstrip()
        for column, kind in columns
    ]
    key = ", ".join(quoted(column) for column in KEYS[name])
    # Names of columns come from hyperparameters: quoted, never pasted bare.
    connection.execute(f"CREATE TABLE {quoted(name)} ({', '.join(declared)}, PRIMARY KEY ({key}))")
    marks = ", ".join("?" * len(columns))
    connection.executemany(
        f"INSERT INTO {quoted(name)} VALUES ({marks})",
        [[_stored(row.get(column)) for column, _ in columns] for row in rows],
    )
    connection.commit()


def _declared(kind: Kind, values: Sequence[Any]) -> str:
    if kind != "number":
        return _DECLARED[kind]
    return "REAL" if any(isinstance(value, float) for value in values) else "INTEGER"


def _stored(value: Any) -> Any:
    if isinstance(value, list | tuple | dict):
        return canonical_json(value)
    return int(value) if isinstance(value, bool) else value


def _csv(connection: sqlite3.Connection, name: str) -> str:
    """A table as CSV, from the database itself, so that the two can't differ; NULL is empty."""
    cursor = connection.execute(f"SELECT * FROM {quoted(name)} ORDER BY rowid")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column[0] for column in cursor.description])
    writer.writerows(cursor)
    return text.getvalue()
