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
_NEAR = 0.65
"""How alike two names are at least, if one was meant for the other: `sdt` and `std` are."""
_MARGIN = 0.1
"""How much less alike than the nearest name a second one may be, to be suggested as well."""


@dataclass(frozen=True)
class Column:
    """A column's kind, the SQL expression that gives its value, and what its lists hold."""

    kind: Kind
    sql: str
    elements: frozenset[Kind] = frozenset()

    @property
    def holds(self) -> frozenset[Kind]:
        """The kinds of single values in it; none where these are not known."""
        if self.kind == "list":
            return self.elements
        return frozenset() if self.kind == "empty" else frozenset([self.kind])


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
    fits = {
        "text": isinstance(value, str),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
        "boolean": not isinstance(value, str) and value in (0, 1),
    }
    if column.holds and not any(fits[kind] for kind in column.holds):
        shown = str(value).lower() if isinstance(value, bool) else repr(value)
        held = " or ".join(_HOLDS[kind] for kind in sorted(column.holds))
        raise error(f"{name} holds {held}, which {shown} is not")
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


def nearest(name: str, names: Iterable[str]) -> list[str]:
    """Names that have all parts of `name`, or else those that are spelled most like it."""
    known = list(names)
    having = [it for it in known if _has_parts(it, name)]
    if having:
        return having[:_SUGGESTIONS]
    likeness = {it: _likeness(name, it) for it in known}
    least = max(_NEAR, max(likeness.values(), default=0.0) - _MARGIN)
    near = sorted(known, key=lambda it: -likeness[it])
    return [it for it in near if likeness[it] >= least][:_SUGGESTIONS]


def _has_parts(known: str, name: str) -> bool:
    """Whether the parts of `name` are among those of `known`, in their order."""
    left = iter(known.split("."))
    return all(part in left for part in name.split("."))


def _likeness(name: str, known: str) -> float:
    """Of two names, or of one and the end of the other, where the front was left away."""
    parts = known.split(".")
    ends = {known, ".".join(parts[-name.count(".") - 1 :])}
    return max(difflib.SequenceMatcher(None, name.lower(), end.lower()).ratio() for end in ends)
