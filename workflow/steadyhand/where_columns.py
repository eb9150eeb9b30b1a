"""The columns that a filter may name: their kinds, and what is near an unknown one."""

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal as OneOf

Literal = bool | int | float | str
Kind = OneOf["number", "text", "boolean", "list", "empty"]
"""`list`: lists, or one value in some rows and several in others; `empty`: missing everywhere."""

_HOLDS = {"number": "numbers", "text": "text", "boolean": "true or false"}
_SUGGESTIONS = 5


@dataclass(frozen=True)
class Column:
    """A column's kind, and the SQL expression that gives its value."""

    kind: Kind
    sql: str


def quoted(name: str) -> str:
    """A name as an SQL identifier, whatever characters it has."""
    return '"' + name.replace('"', '""') + '"'


def require_kind(
    name: str,
    column: Column,
    sign: str,
    value: Literal,
    error: Callable[[str], Exception],
) -> None:
    """Raise `error(problem)` if `value` can't be compared with the column by `sign`."""
    if column.kind in ("list", "empty"):
        return
    fits = {
        "text": isinstance(value, str),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
        "boolean": not isinstance(value, str) and value in (0, 1),
    }[column.kind]
    if not fits:
        shown = str(value).lower() if isinstance(value, bool) else repr(value)
        raise error(f"{name} holds {_HOLDS[column.kind]}, which {shown} is not")
    if column.kind == "boolean" and sign not in ("=", "<>", "IN"):
        raise error(f"{name} is true or false and has no order")


def any_element(sql: str, sign: str, marks: str, values: list[Literal]) -> tuple[str, int]:
    """A condition on one value or on any element of a list, and how often it takes `values`.

    Kinds are compared too: text never equals a number here, nor a number true.
    """
    if isinstance(values[0], str):
        stored, types = "'text'", "'text'"
    elif isinstance(values[0], bool):
        stored, types = "'integer'", "'true', 'false'"
    else:
        stored, types = "'integer', 'real'", "'integer', 'real'"
    single = f"(typeof({sql}) IN ({stored}) AND {sql} {sign} {marks})"
    within = (
        f"EXISTS (SELECT 1 FROM json_tree({sql}) AS element "
        f"WHERE element.type IN ({types}) AND element.atom {sign} {marks})"
    )
    # CASE looks no further than the first branch that holds: json_tree sees valid JSON only.
    condition = (
        f"CASE WHEN {sql} IS NULL THEN NULL WHEN typeof({sql}) <> 'text' THEN {single} "
        f"WHEN NOT json_valid({sql}) THEN {single} WHEN json_type({sql}) = 'array' THEN {within} "
        f"ELSE {single} END"
    )
    return condition, 4


def unknown_column(name: str, known: Iterable[str]) -> str:
    """One sentence that says which columns come nearest to `name`."""
    names = list(known)
    near = nearest(name, names)
    if not near:
        return f"unknown column {name!r}; `--columns all` shows those of this table"
    return f"unknown column {name!r}; did you mean {', '.join(near)}?"


def nearest(name: str, names: list[str]) -> list[str]:
    """Names that end in `name`, lie below it, or are spelled alike, whole or in their last part."""
    found = [known for known in names if known.endswith(f".{name}")]
    found += [known for known in names if known.startswith(f"{name}.")]
    found += difflib.get_close_matches(name, names, n=3, cutoff=0.75)
    last_parts: dict[str, list[str]] = {}
    for known in names:
        last_parts.setdefault(known.rpartition(".")[2], []).append(known)
    for part in difflib.get_close_matches(name.rpartition(".")[2], list(last_parts), n=3):
        found += sorted(last_parts[part], key=lambda known: -_alike(name, known))
    found += difflib.get_close_matches(name, names, n=2)
    return list(dict.fromkeys(found))[:_SUGGESTIONS]


def _alike(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other).ratio()
