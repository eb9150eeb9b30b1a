"""Questions to the catalogue: rows of a table, filtered by `steadyhand.where`."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from steadyhand.catalogue.layout import DATABASE, KEYS
from steadyhand.errors import UserError
from steadyhand.where import compile_where
from steadyhand.where_columns import Column, Kind, quoted

Row = dict[str, Any]

_KINDS: dict[type, Kind] = {bool: "boolean", int: "number", float: "number", str: "text"}


class Catalogue:
    """A catalogue that was built; read only, without locks, from any file system."""

    def __init__(self, results: Path | str = "results"):
        """Raises `UserError` if there is none under `results`, or it is damaged."""
        self.results = Path(results)
        self._path = self.results / DATABASE
        _require_readable(self.results, self._path)
        # The file is replaced as a whole and never changed, so SQLite need not lock it.
        uri = f"{self._path.resolve().as_uri()}?immutable=1"
        self._connection = sqlite3.connect(uri, uri=True)
        self._connection.row_factory = sqlite3.Row
        self._kinds: dict[str, dict[str, Kind]] = {}
        for row in self._rows("SELECT * FROM columns ORDER BY rowid"):
            of_table = self._kinds.setdefault(row["table_name"], {})
            of_table[row["column_name"]] = row["kind"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def columns(self, table: str) -> dict[str, Kind]:
        """The columns of a table in order, with the kinds of their values."""
        if table not in self._kinds:
            raise UserError(f"table {table!r}: unknown; there are {', '.join(KEYS)}")
        return self._kinds[table]

    def select(self, table: str, where: str | Iterable[str] = ()) -> list[Row]:
        """The rows of a table for which all filters hold, as Python values, in a fixed order.

        A figure that shows several models is found if *one of them* satisfies all filters; a
        `not`, too, is about that one model. Raises `UserError` for a filter that can't be meant.
        """
        kinds = self.columns(table)
        if table == "figures":
            sql, parameters = self._figures_where(where)
        else:
            sql, parameters = compile_where(where, self._known(table, kinds))
        query = f"SELECT * FROM {quoted(table)} AS shown WHERE {sql} ORDER BY rowid"
        return [
            {name: _value(row[name], kind) for name, kind in kinds.items()}
            for row in self._rows(query, parameters)
        ]

    def _rows(self, query: str, parameters: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        try:
            return self._connection.execute(query, parameters).fetchall()
        except sqlite3.DatabaseError as error:
            raise UserError(
                f"{self._path}: not readable as a catalogue ({error}); delete it and run snakemake"
            ) from None

    def _known(self, table: str, kinds: Mapping[str, Kind], prefix: str = "") -> dict[str, Column]:
        """Columns for filters; `prefix` is the name of their table in the query, and a dot."""
        return {
            name: Column(kind, prefix + quoted(name), self._elements(table, name, kind))
            for name, kind in kinds.items()
        }

    def _elements(self, table: str, name: str, kind: Kind) -> frozenset[Kind]:
        """The kinds of what the lists of a column hold, and the single values beside them."""
        if kind != "list":
            return frozenset()
        query = f"SELECT DISTINCT {quoted(name)} FROM {quoted(table)}"
        return frozenset(
            _KINDS[type(it)]
            for (stored,) in self._rows(query)
            for it in _leaves(_value(stored, kind))
        )

    def _figures_where(self, where: str | Iterable[str]) -> tuple[str, tuple[Any, ...]]:
        """Hyperparameters are asked of each model that a figure shows, the rest of the figure."""
        known = self._known("figures", self.columns("figures"), "shown.")
        of_model = self.columns("figure_models")
        trained = {name: kind for name, kind in of_model.items() if name.startswith("train.")}
        known |= self._known("figure_models", trained, "model.")
        condition, parameters = compile_where(where, known)
        sql = (
            "EXISTS (SELECT 1 FROM figure_models AS model "
            f"WHERE model.figure_id = shown.figure_id AND ({condition}))"
        )
        return sql, parameters


def _value(stored: Any, kind: Kind) -> Any:
    if kind == "boolean" and stored is not None:
        return bool(stored)
    if kind == "list" and isinstance(stored, str) and stored.startswith("["):
        return json.loads(stored)
    return stored


def _leaves(value: Any) -> Iterator[Any]:
    """The single values in nested lists; nothing for a missing one."""
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, dict):
        yield from _leaves(list(value.values()))
    elif value is not None:
        yield value


def _require_readable(results: Path, path: Path) -> None:
    """An `OSError` that says what SQLite does not: why the file can't be opened."""
    try:
        path.open("rb").close()
    except FileNotFoundError:
        if not results.exists():
            raise UserError(f"{results}: no such folder; run snakemake to make results") from None
        raise UserError(f"{path}: there is no catalogue yet; run snakemake to make it") from None
