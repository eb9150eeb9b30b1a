"""Study files from disk: strict YAML, merged left to right, with overrides on top."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from steadyhand.config.by_batch import BY_BATCH
from steadyhand.config.parsing import Limits, parse, read_scalars
from steadyhand.config.wording import Location as Location  # part of what a document is
from steadyhand.errors import UserError

OVERRIDES = "--config"
"""What stands for the file's name in errors about a value from the command line."""

LONGEST_FILE = 10**6
"""Bytes of a study file; reading so many takes some ten seconds."""


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

    def as_written(self, location: Location, otherwise: Any) -> tuple[Location, Any]:
        """A location and what stands there in the study; `otherwise` if nothing does.

        A single value where a list may stand has no index.
        """
        here: Any = self.content
        for length, part in enumerate(location):
            if isinstance(part, int) and not isinstance(here, list):
                return location[:length], here
            try:
                here = here[part]
            except (LookupError, TypeError):
                return location, otherwise
        return location, here

    def merge(self, content: dict[str, Any], origin: str) -> None:
        """Lay `content` over what is there: mappings key by key, all else as a whole.

        What holds batch by batch is one value: a phase of one file would mean another thing
        among those of the other.
        """
        self._merge(self.content, content, origin, ())

    def _merge(
        self, below: dict[str, Any], above: dict[str, Any], origin: str, at: Location
    ) -> None:
        for key, value in above.items():
            here = (*at, key)
            self._origins[here] = origin
            if isinstance(value, dict) and key not in BY_BATCH:
                if not isinstance(below.get(key), dict):
                    below[key] = {}
                self._merge(below[key], value, origin, here)
            else:
                below[key] = _copy(value)


def read_document(
    paths: Sequence[Path | str], overrides: dict[str, Any], overrides_from: str = OVERRIDES
) -> Document:
    """Read and merge study files; `overrides` may have dotted keys, as `sweeps.a.seed`.

    Texts in `overrides` are read as YAML, since Snakemake hands over nested numbers as text.
    Raises `UserError` for what is missing, not YAML, without end, or has a key twice.
    """
    document = Document()
    document.name = overrides_from
    for path in paths:
        document.name = str(path)
        document.merge(_read(Path(path)), str(path))
    for key, value in overrides.items():
        *groups, leaf = str(key).split(".")
        nested: dict[str, Any] = {leaf: value}
        for group in reversed(groups):
            nested = {group: nested}
        Limits(overrides_from).check(nested)
        document.merge(read_scalars(nested), overrides_from)
    return document


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST_FILE + 1)
        if len(content) > LONGEST_FILE:
            raise UserError(f"{path}: is larger than {LONGEST_FILE} bytes, all that is allowed")
        text = content.decode("utf-8")
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; allowed is the path of a study file") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise UserError(f"{path}: cannot be read ({reason})") from None
    parsed = parse(text, str(path))
    if not isinstance(parsed, dict):
        raise UserError(
            f"{path}: holds {_kind(parsed)}; must be a mapping of keys to values, with the key "
            f"'study'"
        )
    return parsed


def _kind(value: Any) -> str:
    kinds = {list: "a list", bool: "true or false", int: "a number", float: "a number"}
    return "nothing" if value is None else kinds.get(type(value), "text")


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value
