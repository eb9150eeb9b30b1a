"""Training conditions of the models of a figure: what varies, in which order, in which words."""

from collections.abc import Callable, Mapping, Sequence
from numbers import Real

import numpy as np

from steadyhand.condition_text import text_of
from steadyhand.figures import wording
from steadyhand.figures.source import Source

FIELD_STD = "train.field.std"
"""The condition that a study of fields is about: where it varies, it comes first."""

_LAST = ("train.replicates", "train.seed")
_EVEN_BELOW = 0.06
"""Share of the whole range: numbers that are closer to each other are spaced evenly instead."""


def varying_columns(sources: Sequence[Source]) -> list[str]:
    """The columns that tell models apart: the field's std, numbers by how many, then the rest.

    Seeds and numbers of replicates only count where nothing else tells two models apart.
    """
    names = sorted({name for source in sources for name in source.condition})
    counts = {name: len(values_of(sources, name)) for name in names}
    varying = [name for name in names if counts[name] > 1]
    for name in _LAST:
        others = [it for it in varying if it != name]
        if _kinds(sources, others) == _kinds(sources, varying):
            varying = others
    return sorted(
        varying,
        key=lambda name: (name != FIELD_STD, not is_numeric(sources, name), -counts[name], name),
    )


def values_of(sources: Sequence[Source], column: str) -> list[object]:
    """The values of a column: numbers by size, others in the order of the models."""
    values = {
        repr(source.condition.get(column)): source.condition.get(column) for source in sources
    }
    if is_numeric(sources, column):
        return sorted(values.values(), key=lambda value: float(str(value)))
    return list(values.values())


def is_numeric(sources: Sequence[Source], column: str) -> bool:
    """Whether a column holds numbers only."""
    values = [source.condition.get(column) for source in sources]
    return all(isinstance(value, Real) and not isinstance(value, bool) for value in values)


def by_condition(sources: Sequence[Source], columns: Sequence[str]) -> list[Source]:
    """Sources by the values of the columns, the first column slowest."""
    ranks = {
        column: {repr(value): rank for rank, value in enumerate(values_of(sources, column))}
        for column in columns
    }
    return sorted(
        sources,
        key=lambda source: tuple(ranks[it][repr(source.condition.get(it))] for it in columns),
    )


def numbered(
    sources: Sequence[Source], columns: Sequence[str], called: Callable[[Source], str]
) -> tuple[list[int], list[str]]:
    """Number of each source among what sources are called, and these names by condition."""
    names = list(dict.fromkeys(called(it) for it in by_condition(sources, columns)))
    return [names.index(called(it)) for it in sources], names


def places(values: Sequence[float]) -> tuple[np.ndarray, bool]:
    """Where increasing numbers stand on an axis, and whether that is evenly spaced by rank.

    It is where some of them are so close that points of one could be taken for another's.
    """
    true = np.array(values, float)
    gaps = np.diff(true)
    is_crowded = len(true) > 2 and gaps.min() < _EVEN_BELOW * (true[-1] - true[0])
    if is_crowded and not np.allclose(gaps, gaps[0]):
        return np.arange(len(true), dtype=float), True
    return true, False


def name_of(column: str) -> str:
    """A column as a study file spells it."""
    return column.removeprefix("train.")


def label_of(source: Source, columns: Sequence[str]) -> str:
    """What tells a model apart, in words; its own label where nothing does."""
    if not columns:
        return source.label
    return ", ".join(f"{name_of(it)} = {text_of(source.condition.get(it))}" for it in columns)


def axis_title(column: str, units: Mapping[str, str]) -> str:
    """Name and unit of a column; names of kinds and the like have none."""
    unit = units.get(column)
    return wording.plain(f"{name_of(column)} [{wording.unit(unit)}]" if unit else name_of(column))


def _kinds(sources: Sequence[Source], columns: Sequence[str]) -> int:
    return len({tuple(repr(source.condition.get(it)) for it in columns) for source in sources})
