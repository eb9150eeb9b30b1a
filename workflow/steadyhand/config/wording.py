"""How errors spell the places and values of a study: short, printable, as people write them."""

import difflib
import re
from collections.abc import Iterable

Location = tuple[str | int, ...]

_LONGEST = 60


def printable(text: str) -> str:
    """`text` with everything escaped that a terminal would obey instead of showing it."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def shorten(text: str, longest: int = _LONGEST) -> str:
    """`text`, or as much of it as tells it from others."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def spell(location: Location) -> str:
    """A location as people write it: `sweeps.a.grid.field.std[2]`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{_key(part)}"
    return text.removeprefix(".")


def show(value: object) -> str:
    """A value as it may stand in a study."""
    if isinstance(value, str):
        return shorten(repr(value))
    if value is None:
        return "null"
    text = str(value)
    text = {"True": "true", "False": "false"}.get(text, text)
    if isinstance(value, dict):  # the numbers of batches
        text = re.sub(r"(?<=[{ ])'([0-9]+)'(?=: )", r"\1", text)
    return shorten(printable(text))


def first_line(message: object) -> str:
    """The first line of somebody else's message."""
    return shorten(" ".join(str(message).split("\n", 1)[0].split()), 200)


def _key(key: str) -> str:
    plain = re.fullmatch(r"\w[\w.-]*", key) and not key.endswith(".")
    return shorten(key if plain else repr(key))


def meant(name: object, known: Iterable[str]) -> str:
    """ "; did you mean 'x'?" if one of what is known is like `name`, else nothing."""
    close = difflib.get_close_matches(str(name)[:100], known, n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""
