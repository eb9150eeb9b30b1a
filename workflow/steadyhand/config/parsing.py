"""YAML 1.2 text to plain data, refusing at once what is no data or would never end."""

import re
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from steadyhand.config.by_batch import A_BATCH, BY_BATCH
from steadyhand.config.wording import Location, first_line, meant, shorten, show, spell
from steadyhand.errors import UserError

DEEPEST = 50
"""Levels of lists and mappings in each other; a study has six."""

MOST_VALUES = 10**6
"""Values of a file, with each alias (`*x`) counted as all that it stands for."""

MOST_DIGITS = 100

_COUNT = re.compile(r"0|[1-9][0-9]{0,7}")
"""Keys of this form are the names of batches, where a setting holds batch by batch."""

_TAG = "tag:yaml.org,2002:"
_TEXT, _WHOLE, _MERGE = f"{_TAG}str", f"{_TAG}int", f"{_TAG}merge"
# A tag and its value may disagree, as in `!!bool 5`, and the constructors then raise any of these.
_NOT_CONSTRUCTED = (YAMLError, ValueError, LookupError, TypeError, AttributeError)


def parse(text: str, origin: str, at: Location = ()) -> Any:
    """The one document that `text` holds; `at` is where it belongs in a study.

    Raises `UserError` for what is not YAML, has a key twice or one that is not text, contains
    itself, or exceeds the limits.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = DEEPEST
    yaml.composer.warn_double_anchors = False  # YAML allows it, and a warning is no error
    place = f"{origin}: {spell(at)}" if at else origin
    try:
        root = yaml.compose(text)
    except YAMLError as error:
        raise UserError(f"{place}: {_syntax(error)}") from None
    if root is None:
        return None
    Limits(origin).check(root, at)
    try:
        return yaml.constructor.construct_document(root)
    except _NOT_CONSTRUCTED as error:
        raise UserError(f"{place}: {_syntax(error)}") from None


def read_scalars(value: Any) -> Any:
    """`value` with every text in it read as a study file would read it without quotes.

    Snakemake hands over all that is nested in a value of `--config` as text.
    """
    if isinstance(value, dict):
        return {_name(key, True): read_scalars(item) for key, item in value.items()}
    if isinstance(value, list):
        return [read_scalars(item) for item in value]
    if not isinstance(value, str) or len(value) > MOST_DIGITS:
        return value
    yaml = YAML(typ="safe", pure=True)
    tag = yaml.resolver.resolve(ScalarNode, value, (True, False))
    try:
        return yaml.constructor.construct_object(ScalarNode(tag, value))
    except _NOT_CONSTRUCTED:
        return value


class Limits:
    """What holds of a document: how deep, how much, which keys.

    Works on nodes of YAML and on plain data, which may share parts: each is looked at once.
    """

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._open: set[int] = set()
        self._known: dict[int, tuple[int, int]] = {}

    def check(self, item: Any, at: Location = ()) -> tuple[int, int]:
        """How many values `item` holds, and how deep it is; raises `UserError` at a limit."""
        if isinstance(item, ScalarNode | int):
            self._check_number(item, at)
        if not isinstance(item, MappingNode | SequenceNode | dict | list):
            return 1, 0
        if id(item) in self._open:
            raise self._error(at, "contains itself (an alias, `*`, inside its own anchor, `&`)")
        if id(item) not in self._known:
            self._check_depth(at, 1)
            self._open.add(id(item))
            count, depth = 1, 0
            for step, part in self._parts(item, at):
                below, deep = self.check(part, (*at, step))
                count, depth = count + below, max(depth, deep)
                if count > MOST_VALUES:
                    raise self._error(at, f"holds more than {MOST_VALUES} values")
            self._open.remove(id(item))
            self._known[id(item)] = count, depth + 1
        self._check_depth(at, self._known[id(item)][1])
        return self._known[id(item)]

    def _check_depth(self, at: Location, depth: int) -> None:
        if len(at) + depth > DEEPEST:
            raise self._error(at[:6], f"lists and mappings lie more than {DEEPEST} deep")

    def _check_number(self, item: ScalarNode | int, at: Location) -> None:
        if isinstance(item, ScalarNode):
            digits = item.value if item.tag == _WHOLE else ""
        else:
            digits = f"{abs(item):x}"
        if len(digits) > MOST_DIGITS:
            raise self._error(
                at, f"has {len(digits)} digits; allowed are {MOST_DIGITS}", shorten(digits)
            )

    def _parts(self, item: Any, at: Location) -> Iterator[tuple[str | int, Any]]:
        if isinstance(item, MappingNode):
            yield from self._entries(item, at)
        elif isinstance(item, dict):
            names: set[str] = set()
            for key, value in item.items():
                name = _name(key, _is_by_batch(at))
                if not isinstance(name, str):
                    raise self._not_text(at, show(key))
                if name in names:
                    raise self._error((*at, name), "this key stands twice")
                names.add(name)
                yield name, value
        else:
            yield from enumerate(item.value if isinstance(item, SequenceNode) else item)

    def _entries(self, node: MappingNode, at: Location) -> Iterator[tuple[str, Node]]:
        lines: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                kind = "list" if isinstance(key, SequenceNode) else "mapping"
                raise self._not_text(at, f"on line {_line(key)}, a {kind},")
            if key.tag == _WHOLE and _is_by_batch(at) and _COUNT.fullmatch(key.value):
                key.tag = _TEXT
            if key.tag not in (_TEXT, _MERGE):
                raise self._not_text(at, shorten(key.value))
            if key.value in lines:
                first, second = lines[key.value], _line(key)
                where = f"line {first}" if first == second else f"lines {first} and {second}"
                raise self._error((*at, key.value), f"this key stands twice, on {where}")
            lines[key.value] = _line(key)
            yield key.value, value

    def _not_text(self, at: Location, key: str) -> UserError:
        place = spell(at) or "the top level"
        problem = f"must be {A_BATCH}" if _is_by_batch(at) else "is not text; keys are names"
        return UserError(f"{self.origin}: {place}: the key {key} {problem}")

    def _error(self, at: Location, problem: str, value: str = "") -> UserError:
        equals = f" = {value}" if value else ""
        return UserError(f"{self.origin}: {spell(at) or 'the top level'}{equals}: {problem}")


def _is_by_batch(at: Location) -> bool:
    """Whether keys at a location are numbers of batches; its last name may be a dotted path.

    Also where its name is only meant to be such a one: that is what will be said of it then.
    """
    names = [part.rpartition(".")[2] for part in at if isinstance(part, str) and part != "<<"]
    return bool(names) and bool(meant(names[-1], BY_BATCH))


def _name(key: Any, by_batch: bool) -> Any:
    """The number of a batch as the text that it is in a study file."""
    whole = by_batch and isinstance(key, int) and not isinstance(key, bool)
    return str(key) if whole and _COUNT.fullmatch(str(key)) else key


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _syntax(error: Exception) -> str:
    mark = None
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    if isinstance(error, MaxDepthExceededError):
        return f"{where}lists and mappings lie more than {DEEPEST} deep"
    if isinstance(error, MarkedYAMLError):
        if error.context == "expected a single document in the stream":
            return f"{where}a second document begins here; allowed is one study per file"
        return f"{where}malformed YAML: {first_line(error.problem or error.context or 'not YAML')}"
    if isinstance(error, YAMLError | ValueError):
        return f"malformed YAML: {first_line(error)}"
    return "malformed YAML: a value does not fit its tag"
