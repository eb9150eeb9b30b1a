"""Walks through the models of a study file, along the locations that pydantic gives for errors."""

import types
from collections.abc import Iterator
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from steadyhand.config.wording import Location


def without_tags(location: Location, model: Any) -> Location:
    """Drop what pydantic puts into a location for itself: the tag of a union's member."""
    kept: list[str | int] = []
    here: list[Any] = [model]
    for part in location:
        tagged = _tagged(here, part)
        following = [kind for one in here for kind in _descend(one, part)]
        if tagged:
            here = tagged
        elif following or isinstance(part, int):
            kept.append(part)
            here = following or here
        elif part != "[key]":
            kept.append(part)
    return tuple(kept)


def known_keys(model: type[BaseModel], location: Location) -> set[str]:
    """The keys allowed at a location as pydantic gives it, with the tags of unions."""
    return {
        name
        for one in _reached(model, location)
        if hasattr(one, "model_fields")
        for name in one.model_fields
    }


def known_tags(model: type[BaseModel], location: Location) -> list[str]:
    """The values that the key `type` may have at a location, in the order of the union."""
    return [tag for one in _reached(model, location) for tag in _tags(one)]


def leaf_paths(model: type[BaseModel], at: str = "") -> Iterator[str]:
    """The dotted path of every leaf of nested models."""
    for key, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from leaf_paths(field.annotation, f"{at}{key}.")
        else:
            yield f"{at}{key}"


def _reached(model: type[BaseModel], location: Location) -> list[Any]:
    here: list[Any] = [model]
    for part in location:
        following = [kind for one in here for kind in _descend(one, part)]
        here = _tagged(here, part) or following or here
    return here


def _tagged(here: list[Any], part: str | int) -> list[Any]:
    """The member of a union with this tag: among several it is the tag that comes first.

    Some tags are also keys; of a single member that was chosen, a key is meant.
    """
    members = [one for one in here if _tags(one)]
    return [one for one in members if _is_tag(one, part)] if len(members) > 1 else []


def _descend(kind: Any, part: str | int) -> list[Any]:
    """The models (or containers of them) that a key or index of `kind` may hold."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = kind.model_fields.get(str(part))
        return _members(field.annotation) if field else []
    arguments = get_args(kind)
    if get_origin(kind) is dict and not isinstance(part, int):
        return _members(arguments[1])
    if get_origin(kind) in (list, tuple) and isinstance(part, int):
        return _members(arguments[0])
    return []


def _members(annotation: Any) -> list[Any]:
    if hasattr(annotation, "__metadata__"):
        return _members(annotation.__origin__)
    if get_origin(annotation) in (Union, types.UnionType):
        return [kind for member in get_args(annotation) for kind in _members(member)]
    return [annotation]


def _tags(kind: Any) -> tuple[str, ...]:
    field = getattr(kind, "model_fields", {}).get("type")
    return get_args(field.annotation) if field is not None else ()


def _is_tag(kind: Any, part: str | int) -> bool:
    return part in _tags(kind)
