"""Study files from disk: strict YAML, merged left to right, with overrides on top."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from steadyhand.errors import UserError

OVERRIDES = "--config"
"""What stands for the file's name in errors about a value from the command line."""

Location = tuple[str | int, ...]


class Document:
    """A merged study: its `content`, and from which file each key came."""

    def __init__(self) -> None:
        self.content: dict[str, Any] = {}
        self._origins: dict[Location, str] = {}
        self.name = OVERRIDES

    def origin(self, location: Location) -> str:
        """The file that last set the key at `location`, or the nearest key above it."""
        for length in range(len(location), -1, -1):
            if location[:length] in self._origins:
                return self._origins[location[:length]]
        return self.name

    def merge(self, content: dict[str, Any], origin: str) -> None:
        """Lay `content` over what is there: mappings key by key, all else as a whole."""
        self._merge(self.content, content, origin, ())

    def _merge(
        self, below: dict[str, Any], above: dict[str, Any], origin: str, at: Location
    ) -> None:
        for key, value in above.items():
            here = (*at, key)
            self._origins[here] = origin
            if isinstance(value, dict) and isinstance(below.get(key), dict):
                self._merge(below[key], value, origin, here)
            else:
                below[key] = _copy(value)


def read_document(paths: Sequence[Path | str], overrides: dict[str, Any]) -> Document:
    """Read and merge study files; `overrides` may have dotted keys, as `sweeps.a.seed`.

    Raises `UserError` for what is missing, not YAML, or has a key twice.
    """
    document = Document()
    for path in paths:
        document.name = str(path)
        document.merge(_read(Path(path)), str(path))
    for key, value in overrides.items():
        *groups, leaf = str(key).split(".")
        nested: dict[str, Any] = {leaf: value}
        for group in reversed(groups):
            nested = {group: nested}
        document.merge(nested, OVERRIDES)
    return document


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; allowed is the path of a study file") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise UserError(f"{path}: cannot be read ({reason})") from None
    try:
        content = YAML(typ="safe", pure=True).load(text)
    except DuplicateKeyError as error:
        raise UserError(f"{path}: {_where(error)}{_first_line(error.problem)}") from None
    except MarkedYAMLError as error:
        problem = _first_line(error.problem or error.context or "not YAML")
        raise UserError(f"{path}: {_where(error)}malformed YAML: {problem}") from None
    except (YAMLError, ValueError) as error:
        raise UserError(f"{path}: malformed YAML: {_first_line(str(error))}") from None
    if not isinstance(content, dict):
        found = "nothing" if content is None else f"a {type(content).__name__}"
        raise UserError(f"{path}: holds {found}; allowed is a mapping with the key 'study'")
    _refuse_strange_keys(path, content, "")
    return content


def _refuse_strange_keys(path: Path, content: Any, at: str) -> None:
    if isinstance(content, list):
        for index, value in enumerate(content):
            _refuse_strange_keys(path, value, f"{at}[{index}]")
    if isinstance(content, dict):
        for key, value in content.items():
            if not isinstance(key, str):
                place = at.lstrip(".") or "the top level"
                raise UserError(f"{path}: {place}: the key {key!r} is not text; keys are names")
            _refuse_strange_keys(path, value, f"{at}.{key}")


def _where(error: MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    return f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""


def _first_line(text: Any) -> str:
    return " ".join(str(text).split("\n", 1)[0].split())


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value
