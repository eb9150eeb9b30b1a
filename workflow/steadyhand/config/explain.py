"""What is wrong with a study, in one line: file, key, value, what is allowed."""

import difflib
import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError

from steadyhand.config.base import NotAllowedError
from steadyhand.config.hyperparameters import Hyperparameters
from steadyhand.config.reading import Document
from steadyhand.config.schema_walk import known_keys, known_tags, leaf_paths, without_tags
from steadyhand.config.wording import Location, meant, shorten, show, spell
from steadyhand.errors import UserError

_ABSENT = object()
_MOST_NAMES = 20
VARIED = ("grid", "zip", "conditions")
"""The keys of a sweep that say what varies."""
_TYPES = {
    "bool_type": "must be true or false",
    "dict_type": "must be a mapping of keys to values",
    "list_type": "must be a list",
    "model_attributes_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
    "string_pattern_mismatch": (
        "must be a name: a letter from A to Z or a to z, then letters, digits, _ and -, "
        "at most 64 in all"
    ),
    "string_type": "must be text",
    "tuple_type": "must be a list",
}

HYPERPARAMETERS = tuple(sorted(leaf_paths(Hyperparameters)))
"""The dotted paths that may vary in a sweep."""


def nearest(name: str, known: Iterable[str]) -> str:
    """ "; did you mean 'x'?" or the list of what is known."""
    known = sorted(known)
    if near := meant(name, known):
        return near
    some = [shorten(one) for one in known[:_MOST_NAMES]] + ["…"] * (len(known) > _MOST_NAMES)
    return f"; allowed: {', '.join(some)}" if known else ""


def no_such_hyperparameter(path: str) -> str:
    """What is wrong with a path that may not vary, and which ones are near it."""
    looked_for = path.strip().lower()
    if near := meant(looked_for, HYPERPARAMETERS):
        return f"no such hyperparameter{near}"
    last = looked_for.rpartition(".")[2]
    same = [it for it in HYPERPARAMETERS if it.endswith(f".{last}") or it == last]
    same += [it for it in HYPERPARAMETERS if it.startswith(f"{looked_for}.")]
    known = same or difflib.get_close_matches(looked_for, HYPERPARAMETERS, n=3, cutoff=0.0)
    return (
        "no such hyperparameter; only hyperparameters of models can vary; nearest: "
        f"{', '.join(known[:3])}"
    )


def error_at(document: Document, location: Location, value: Any, problem: str) -> UserError:
    """The error of one value of a study."""
    equals = "" if value is _ABSENT or isinstance(value, BaseModel) else f" = {show(value)}"
    return UserError(f"{document.origin(location)}: {spell(location)}{equals}: {problem}")


def problem_of(found: Any) -> str:
    """One of pydantic's errors as the end of one of our sentences."""
    kind, message = found["type"], found["msg"]
    if kind in _TYPES:
        return _TYPES[kind]
    if kind == "value_error":
        return str(found["ctx"]["error"])
    message = re.sub(r"^(Input|List|Tuple|String|Value|Dictionary) should", "must", message)
    message = re.sub(r" after validation, not \d+$", "", message)
    if kind == "literal_error":
        message += meant(found["input"], re.findall(r"'([^']*)'", found["ctx"]["expected"]))
    return str(message)


def is_of_several(found: Any) -> bool:
    """Whether one of pydantic's errors is about several keys, which its message names."""
    return found["type"] == "value_error" and not isinstance(found["ctx"]["error"], NotAllowedError)


def within(found: Any) -> Location:
    """Where in the value that pydantic names an error is, as far as pydantic does not say."""
    at: Location = getattr(found.get("ctx", {}).get("error"), "at", ())
    return at


def first_error(error: ValidationError, model: type[BaseModel], document: Document) -> UserError:
    """The first error of a study file's validation, as one line."""
    found = error.errors(include_url=False)[0]
    kind, context = found["type"], found.get("ctx", {})
    written = without_tags(found["loc"], model)
    location, value = document.as_written((*written, *within(found)), found["input"])
    if kind == "extra_forbidden":
        known = known_keys(model, found["loc"][:-1])
        problem = f"unknown key{nearest(str(location[-1]), known)}"
    elif kind == "missing":
        value, problem = _ABSENT, "this key is required and missing"
    elif kind.startswith("union_tag"):
        return _wrong_tag(document, location, known_tags(model, found["loc"]))
    elif is_of_several(found):
        place = f"{spell(location)}: " if location else ""
        return UserError(f"{document.origin(location)}: {place}{context['error']}")
    elif found["loc"][-1:] == ("[key]",) and any(key in location[2:3] for key in VARIED):
        problem = no_such_hyperparameter(str(location[-1]))
    elif found["loc"][-1:] == ("[key]",):
        value, problem = _ABSENT, problem_of(found)
    else:
        problem = problem_of(found)
    return error_at(document, location, value, problem)


def _wrong_tag(document: Document, location: Location, tags: list[str]) -> UserError:
    """The key `type`, which says what the other keys of a mapping are, is missing or unknown."""
    *most, last = [repr(tag) for tag in tags]
    allowed = f"{', '.join(most)} or {last}" if most else last
    location, value = document.as_written((*location, "type"), _ABSENT)
    if value is _ABSENT:
        problem = f"this key is required and missing; allowed: {allowed}"
    else:
        problem = f"must be {allowed}{meant(value, tags)}"
    return error_at(document, location, value, problem)
