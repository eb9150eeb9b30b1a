"""What varies in a sweep: the axes of its product, checked before anything is expanded."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

from steadyhand.config.explain import (
    HYPERPARAMETERS,
    VARIED,
    error_at,
    nearest,
    no_such_hyperparameter,
)
from steadyhand.config.parsing import DEEPEST
from steadyhand.config.reading import Document, Location
from steadyhand.config.wording import show, spell
from steadyhand.errors import UserError

_OF_THE_SWEEP = ("inherit", *VARIED)
MOST_MODELS = 10_000


class Setting(NamedTuple):
    """A dotted path, the value it takes, and where the study says so."""

    path: str
    value: Any
    location: Location


class Choice(NamedTuple):
    """One position on an axis: the settings it makes together, and where it is written."""

    settings: tuple[Setting, ...]
    value: Any
    location: Location


@dataclass(frozen=True)
class Variation:
    """A sweep before it is expanded: what all of its models share, and its axes."""

    name: str
    family: tuple[str, ...]
    """The sweep, the one it inherits from, and so on."""
    shared: dict[str, Any]
    axes: list[list[Choice]]


def variations(document: Document) -> dict[str, Variation]:
    """What varies in each sweep of a study, and no more of it than can be run.

    Raises `UserError` where a sweep varies nothing, what it cannot, or the same in two places.
    """
    sweeps = document.content["sweeps"]
    _refuse_many(("sweeps",), len(sweeps), document)
    families = {name: _family(name, document) for name in sweeps}
    contents = {name: _content(family, document) for name, family in families.items()}
    counts = {name: _count(content) for name, content in contents.items()}
    for name, count in counts.items():
        _refuse_many(("sweeps", name), count, document)
    _refuse_many(("sweeps",), sum(counts.values()), document)
    return {
        name: Variation(
            name,
            families[name],
            {key: value for key, value in content.items() if key not in _OF_THE_SWEEP},
            _axes(families[name], content, document),
        )
        for name, content in contents.items()
    }


def _count(content: dict[str, Any]) -> int:
    """How many models a sweep has, without making them."""
    grid, zipped = content.get("grid") or {}, content.get("zip") or {}
    axes = [*grid.values(), *list(zipped.values())[:1], content.get("conditions") or [None]]
    return math.prod(len(axis) for axis in axes)


def _refuse_many(at: Location, count: int, document: Document) -> None:
    if count > MOST_MODELS:
        raise UserError(
            f"{document.origin(at)}: {spell(at)}: makes {show(count)} models; "
            f"a study may have at most {MOST_MODELS}"
        )


def _axes(
    family: tuple[str, ...], content: dict[str, Any], document: Document
) -> list[list[Choice]]:
    axes = []
    for key, axes_of in (("grid", _grid), ("zip", _zip), ("conditions", _conditions)):
        if key in content:
            at = _owner(key, family, document)
            if content[key]:
                axes += axes_of(content[key], at, document)
            else:
                _refuse_empty(content[key], at, family, document)
    _refuse_twice(axes, document)
    return axes


def _family(name: str, document: Document) -> tuple[str, ...]:
    sweeps = document.content["sweeps"]
    family = [name]
    while (parent := sweeps[family[-1]].get("inherit")) is not None:
        at: Location = ("sweeps", family[-1], "inherit")
        if parent not in sweeps:
            raise error_at(document, at, parent, f"no such sweep{nearest(parent, sweeps)}")
        if parent in family:
            raise error_at(document, at, parent, "sweeps inherit from each other in a circle")
        if len(family) > DEEPEST:
            problem = f"sweep '{name}' inherits from more than {DEEPEST} others"
            raise error_at(document, at, parent, problem)
        family.append(parent)
    return tuple(family)


def _content(family: tuple[str, ...], document: Document) -> dict[str, Any]:
    """Groups key by key; what varies (grid, zip, conditions) as a whole."""
    content: dict[str, Any] = {}
    for one in reversed(family):
        for key, value in document.content["sweeps"][one].items():
            mergeable = isinstance(value, dict) and isinstance(content.get(key), dict)
            together = mergeable and key not in _OF_THE_SWEEP
            content[key] = {**content[key], **value} if together else value
    return content


def _owner(key: str, family: tuple[str, ...], document: Document) -> Location:
    """Where the sweep that has `key` says so: the sweep itself, or one it inherits from."""
    sweeps = document.content["sweeps"]
    return ("sweeps", next(one for one in family if key in sweeps[one]), key)


def _refuse_empty(value: Any, at: Location, family: tuple[str, ...], document: Document) -> None:
    """Empty is allowed only where it takes away what would be inherited."""
    _, owner, key = at
    above = family[family.index(str(owner)) + 1 :]
    if not any(document.content["sweeps"][one].get(key) for one in above):
        raise error_at(
            document, at, value, "is empty; must say what varies, or be left out for one model"
        )


def _grid(grid: dict[str, Any], at: Location, document: Document) -> list[list[Choice]]:
    _refuse_unknown(grid, at, document)
    return [
        [
            Choice((Setting(path, value, (*at, path, i)),), value, (*at, path, i))
            for i, value in enumerate(values)
        ]
        for path, values in grid.items()
    ]


def _zip(zipped: dict[str, Any], at: Location, document: Document) -> list[list[Choice]]:
    _refuse_unknown(zipped, at, document)
    lengths = {path: len(values) for path, values in zipped.items()}
    if len(set(lengths.values())) > 1:
        raise error_at(document, at, lengths, "lists that are zipped must be of equal length")
    rows = [dict(zip(zipped, row, strict=True)) for row in zip(*zipped.values(), strict=True)]
    return [
        [
            Choice(tuple(Setting(p, row[p], (*at, p, i)) for p in row), row, (*at, i))
            for i, row in enumerate(rows)
        ]
    ]


def _conditions(conditions: list[Any], at: Location, document: Document) -> list[list[Choice]]:
    for i, one in enumerate(conditions):
        _refuse_unknown(one, (*at, i), document)
    return [
        [
            Choice(tuple(Setting(p, one[p], (*at, i, p)) for p in one), one, (*at, i))
            for i, one in enumerate(conditions)
        ]
    ]


def _refuse_unknown(paths: dict[str, Any], at: Location, document: Document) -> None:
    for path, value in paths.items():
        if path not in HYPERPARAMETERS:
            raise error_at(document, (*at, path), value, no_such_hyperparameter(path))


def _refuse_twice(axes: list[list[Choice]], document: Document) -> None:
    seen: set[str] = set()
    for axis in axes:
        for path, value, location in (it for choice in axis for it in choice.settings):
            if path in seen:
                raise error_at(document, location, value, "this path is varied in two places")
        seen |= {it.path for choice in axis for it in choice.settings}
