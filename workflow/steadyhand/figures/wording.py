"""Text, numbers and units as figures print them."""

import html
import re
import textwrap
from collections.abc import Iterable


def plain(text: object) -> str:
    """Text that Plotly shows as it is: no tags, no place holders of hover templates."""
    return html.escape(str(text), quote=False).replace("%{", "%\u200b{")


def wrapped(text: object, characters: int) -> str:
    """`plain` text, broken into lines of at most about `characters`.

    Of "name = value" both stay on one line, where they fit.
    """

    def joined(match: re.Match[str]) -> str:
        pair = match[0]
        return pair.replace(" ", "\u00a0") if len(pair) <= characters else pair

    whole = re.sub(r"\S+ = \S+", joined, str(text))
    lines = textwrap.wrap(whole, characters, break_on_hyphens=False) or [""]
    return "<br>".join(plain(line.replace("\u00a0", " ")) for line in lines)


def unit(text: str) -> str:
    """A unit of a study or a file as one is printed: "N s m-1" as "N s/m"."""
    return re.sub(r" ([A-Za-z]+)-1\b", r"/\1", text)


def number(value: float) -> str:
    """A number as short as it can be written without loss at six digits."""
    return f"{value:.6g}"


def numbers(values: Iterable[int]) -> str:
    """Replicates in a sentence: "0, 2 and 3"."""
    words = [str(int(value)) for value in values]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def counts(values: Iterable[int]) -> str:
    """How many there are of something in each group: "20", or "10 and 20" where they differ."""
    return numbers(sorted({int(value) for value in values}))


def replicates(values: Iterable[int], characters: int = 10_000) -> str:
    """ "replicate 3" or "replicates 0, 2 and 3", in lines of at most about `characters`."""
    numbered = list(values)
    noun = "replicate" if len(numbered) == 1 else "replicates"
    return wrapped(f"{noun} {numbers(numbered)}", characters)
