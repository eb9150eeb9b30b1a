"""From a sweep to its models: product, zip and explicit conditions, each validated."""

import itertools
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from steadyhand.config.explain import error_at, first_error, nearest, reword
from steadyhand.config.hyperparameters import Hyperparameters
from steadyhand.config.reading import Document, Location

_OF_THE_SWEEP = ("inherit", "grid", "zip", "conditions")

Setting = tuple[str, Any, Location]
"""A dotted path, the value it takes, and where the study says so."""


def expand_sweep(name: str, document: Document) -> list[Hyperparameters]:
    """The distinct models of a sweep, in the order of its grid.

    Raises `UserError` at the first value that is not allowed, naming its place in the study.
    """
    raw = _inherited(name, document, ())
    base = {key: value for key, value in raw.items() if key not in _OF_THE_SWEEP}
    base.setdefault("seed", document.content.get("seed", 0))
    models: dict[Hyperparameters, None] = {}
    for settings in _combinations(name, raw, document):
        models.setdefault(_resolve(name, base, settings, document))
    return list(models)


def leaves(model: BaseModel, at: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of nested models, with its dotted path."""
    for key in type(model).model_fields:
        value = getattr(model, key)
        if isinstance(value, BaseModel):
            yield from leaves(value, f"{at}{key}.")
        else:
            yield f"{at}{key}", value


def _inherited(name: str, document: Document, seen: tuple[str, ...]) -> dict[str, Any]:
    sweeps = document.content["sweeps"]
    own = sweeps[name]
    parent = own.get("inherit")
    if parent is None:
        return dict(own)
    at: Location = ("sweeps", name, "inherit")
    if parent not in sweeps:
        raise error_at(document, at, parent, f"no such sweep{nearest(parent, sweeps)}")
    if parent in (*seen, name):
        raise error_at(document, at, parent, "sweeps inherit from each other in a circle")
    return _overlay(_inherited(parent, document, (*seen, name)), own)


def _overlay(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Groups key by key; what varies (grid, zip, conditions) as a whole."""
    result = dict(below)
    for key, value in above.items():
        mergeable = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = {**result[key], **value} if mergeable and key not in _OF_THE_SWEEP else value
    return result


def _combinations(
    name: str, raw: dict[str, Any], document: Document
) -> Iterator[tuple[Setting, ...]]:
    at: Location = ("sweeps", name)
    grid, zipped = raw.get("grid") or {}, raw.get("zip") or {}
    conditions = raw.get("conditions") or []
    axes: list[list[tuple[Setting, ...]]] = [
        [((path, value, (*at, "grid", path, index)),) for index, value in enumerate(values)]
        for path, values in grid.items()
    ]
    if zipped:
        lengths = {path: len(values) for path, values in zipped.items()}
        if len(set(lengths.values())) > 1:
            raise error_at(
                document, (*at, "zip"), lengths, "lists that are zipped must be of equal length"
            )
        axes.append(
            [
                tuple((path, zipped[path][i], (*at, "zip", path, i)) for path in zipped)
                for i in range(next(iter(lengths.values())))
            ]
        )
    if conditions:
        axes.append(
            [
                tuple((path, value, (*at, "conditions", i, path)) for path, value in one.items())
                for i, one in enumerate(conditions)
            ]
        )
    for chosen in itertools.product(*axes):
        settings = tuple(itertools.chain.from_iterable(chosen))
        _refuse_twice(settings, document)
        yield settings


def _refuse_twice(settings: tuple[Setting, ...], document: Document) -> None:
    seen: set[str] = set()
    for path, value, location in settings:
        if path in seen:
            raise error_at(document, location, value, "this path is varied in two places")
        seen.add(path)


def _resolve(
    name: str, base: dict[str, Any], settings: tuple[Setting, ...], document: Document
) -> Hyperparameters:
    content = {key: dict(v) if isinstance(v, dict) else v for key, v in base.items()}
    for setting in settings:
        _refuse_unknown(setting, document)
        path, value, _ = setting
        group, _, leaf = path.rpartition(".")
        target = content.setdefault(group, {}) if group else content
        target[leaf] = value
    try:
        return Hyperparameters.model_validate(content)
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        dotted = ".".join(str(part) for part in found["loc"] if not isinstance(part, int))
        for path, value, location in settings:
            if path == dotted:
                raise error_at(document, location, value, reword(found["msg"])) from None
        raise first_error(error, Hyperparameters, document, ("sweeps", name)) from None


def _refuse_unknown(setting: Setting, document: Document) -> None:
    path, value, location = setting
    known = {path for path, _ in leaves(Hyperparameters())}
    if path not in known:
        raise error_at(document, location, value, f"no such hyperparameter{nearest(path, known)}")
