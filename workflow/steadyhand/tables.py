"""Hyperparameters of models as flat tables, and what differs between them."""

from collections.abc import Iterable, Mapping
from typing import Any

from steadyhand.config.base import leaves
from steadyhand.config.by_batch import ByBatch
from steadyhand.config.hyperparameters import Hyperparameters
from steadyhand.phases import spelled

Table = dict[str, Any]
"""Dotted path to value; what is a tuple in a model is a list here, and phases are one text."""


def table_of(model: Hyperparameters) -> Table:
    """All hyperparameters of a model."""
    return {path: _plain(value) for path, value in leaves(model)}


def _plain(value: Any) -> Any:
    if isinstance(value, ByBatch):
        return spelled(value.plain())
    return list(value) if isinstance(value, tuple) else value


def varying_paths(tables: Iterable[Mapping[str, Any]]) -> list[str]:
    """Dotted paths at which tables differ."""
    values: dict[str, set[str]] = {}
    for table in tables:
        for path, value in table.items():
            values.setdefault(path, set()).add(repr(value))
    return [path for path, found in values.items() if len(found) > 1]
