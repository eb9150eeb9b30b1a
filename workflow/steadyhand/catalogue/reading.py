"""Questions to the catalogue: rows of a table, filtered by `steadyhand.where`."""

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

from steadyhand.catalogue.layout import DATABASE, KEYS
from steadyhand.errors import UserError
from steadyhand.where import compile_where
from steadyhand.where_columns import Column, Kind, quoted

Row = dict[str, Any]


class Catalogue:
    """A catalogue that was built; read only, without locks, from any file system."""

    def __init__(self, results: Path | str = "results"):
        """Raises `UserError` if there is none under `results`, or it is damaged."""
        self.results = Path(results)
        path = self.results / DATABASE
        if not path.is_file():
            raise UserError(f"{path}: there is no catalogue yet; run snakemake to make it")
        # The file is replaced as a whole and never changed, so SQLite need not lock it.
        self._connection = sqlite3.connect(f"{path.resolve().as_uri()}?immutable=1", uri=True)
        self._connection.row_factory = sqlite3.Row
        self._kinds: dict[str, dict[str, Kind]] = {}
        try:
            for row in self._connection.execute("SELECT * FROM columns ORDER BY rowid"):
                of_table = self._kinds.setdefault(row["table_name"], {})
                of_table[row["column_name"]] = row["kind"]
        except sqlite3.DatabaseError as error:
            raise UserError(
                f"{path}: not readable as a catalogue ({error}); delete it and run snakemake"
            ) from None

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
            known = {name: Column(kind, quoted(name)) for name, kind in kinds.items()}
            sql, parameters = compile_where(where, known)
        query = f"SELECT * FROM {quoted(table)} AS shown WHERE {sql} ORDER BY rowid"
        try:
            found = self._connection.execute(query, parameters).fetchall()
        except sqlite3.DatabaseError as error:
            raise UserError(
                f"{self.results / DATABASE}: {error}; delete it and run snakemake"
            ) from None
        return [{name: _value(row[name], kind) for name, kind in kinds.items()} for row in found]

    def _figures_where(self, where: str | Iterable[str]) -> tuple[str, tuple[Any, ...]]:
        """Hyperparameters are asked of each model that a figure shows, the rest of the figure."""
        known = {
            name: Column(kind, f"shown.{quoted(name)}")
            for name, kind in self.columns("figures").items()
        }
        for name, kind in self.columns("figure_models").items():
            if name.startswith("train."):
                known[name] = Column(kind, f"model.{quoted(name)}")
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
