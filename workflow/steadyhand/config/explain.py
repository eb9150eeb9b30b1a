"""What is wrong with a study, in one line: file, key, value, what is allowed."""

import difflib
import re
import types
from collections.abc import Iterable
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from steadyhand.config.reading import Document, Location
from steadyhand.errors import UserError

_LONGEST_VALUE = 60
_ABSENT = object()


def nearest(name: str, known: Iterable[str]) -> str:
    """ "; did you mean 'x'?" or the list of what is known."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; allowed: {', '.join(known)}" if known else ""


def spell(location: Location) -> str:
    """A location as people write it: `sweeps.a.grid.field.std[2]`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")


def reword(message: str) -> str:
    """Pydantic's message as the end of one of our sentences."""
    message = re.sub(r"^(Input|List|Tuple|String|Value|Dictionary) should", "must", message)
    return re.sub(r" after validation, not \d+$", "", message)


def error_at(document: Document, location: Location, value: Any, problem: str) -> UserError:
    """The error of one value of a study."""
    shown = _show(value)
    equals = f" = {shown}" if shown is not None else ""
    return UserError(f"{document.origin(location)}: {spell(location)}{equals}: {problem}")


def first_error(
    error: ValidationError, model: type[BaseModel], document: Document, at: Location = ()
) -> UserError:
    """The first error of a validation, as one line."""
    found = error.errors(include_url=False)[0]
    location = _without_tags(found["loc"], model)
    kind, context = found["type"], found.get("ctx", {})
    if kind == "extra_forbidden":
        known = _known_keys(model, found["loc"][:-1])
        problem = f"unknown key{nearest(str(location[-1]), known)}"
        return error_at(document, at + location, found["input"], problem)
    if kind == "missing":
        return error_at(document, at + location, _ABSENT, "this key is required and missing")
    message = str(context["error"]) if kind == "value_error" else found["msg"]
    if kind == "value_error":  # such errors of a whole model name their own keys
        prefix = spell(at + location)
        return UserError(
            f"{document.origin(at + location)}: {prefix + ': ' if prefix else ''}{message}"
        )
    message = reword(message)
    if kind.startswith("union_tag"):
        expected = context.get("expected_tags")
        message = f"the key 'type' must be one of {expected}" if expected else "needs a 'type'"
    return error_at(document, at + location, found["input"], message)


def _show(value: Any) -> str | None:
    if value is _ABSENT or isinstance(value, BaseModel):
        return None
    if isinstance(value, str):
        return repr(value)
    text = str(value).replace("\n", " ").replace("True", "true").replace("False", "false")
    text = "null" if value is None else text
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def _without_tags(location: tuple[str | int, ...], model: Any) -> Location:
    """Drop what pydantic puts into a location for itself: the tag of a union's member."""
    kept: list[str | int] = []
    here: list[Any] = [model]
    for part in location:
        following = [kind for one in here for kind in _descend(one, part)]
        if following or isinstance(part, int):
            kept.append(part)
            here = following or here
        elif any(_is_tag(one, part) for one in here):
            here = [one for one in here if _is_tag(one, part)]
        elif part != "[key]":
            kept.append(part)
    return tuple(kept)


def _known_keys(model: type[BaseModel], location: Location) -> set[str]:
    """The keys allowed at a location as pydantic gives it, with the tags of unions."""
    here: list[Any] = [model]
    for part in location:
        following = [kind for one in here for kind in _descend(one, part)]
        here = following or [one for one in here if _is_tag(one, part)] or here
    return {name for one in here if hasattr(one, "model_fields") for name in one.model_fields}


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


def _is_tag(kind: Any, part: str | int) -> bool:
    field = getattr(kind, "model_fields", {}).get("type")
    return field is not None and part in get_args(field.annotation)
