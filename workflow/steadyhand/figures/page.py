"""A figure's files: `figure.json` and `figure.html`, equal bytes for equal figures, sealed.

`figure.json` is canonical JSON with its hash in `layout.meta.sha256`; `figure.html` has the hash of
its own text in a `meta` element, and the hash of the `figure.json` that it was made with.
"""

import hashlib
import html
import json
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

from steadyhand.identity import canonical_json, sha256_text
from steadyhand.store.atomic import write_bytes, write_text
from steadyhand.store.errors import ArtefactError
from steadyhand.templates import render

META_KEYS = ("figure_id", "type", "title", "conditions", "sources", "provenance")
"""What `layout.meta` holds beside the hash."""
LIBRARY = "../../assets/plotly.min.js"
"""Where a figure's page finds plotly.js, from its own folder."""

_SEAL = re.compile(rb'<meta name="sha256" content="([0-9a-f]{64})">')
_BLANK = "0" * 64


def write_figure(folder: Path | str, figure: go.Figure, meta: Mapping[str, Any]) -> None:
    """Write `figure.json` and `figure.html` into `folder`, atomically, the page last.

    `meta` goes into `layout.meta`; raises `ValueError` if its keys are not `META_KEYS`.
    """
    if set(meta) != set(META_KEYS):
        raise ValueError(f"meta has the keys {sorted(meta)}, not {sorted(META_KEYS)}")
    document = _document(figure, meta)
    write_text(Path(folder) / "figure.json", _spelled(document))
    write_text(Path(folder) / "figure.html", _page(document))


def read_figure(folder: Path | str) -> go.Figure:
    """The figure of a verified `figure.json`; raises `ArtefactError` if it is damaged."""
    return go.Figure(_read_document(Path(folder) / "figure.json"))


def check_figure(folder: Path | str) -> None:
    """Verify every byte of both files; raises `ArtefactError` naming the one that is damaged."""
    document = _read_document(Path(folder) / "figure.json")
    path = Path(folder) / "figure.html"
    content = _bytes(path)
    seals = _SEAL.findall(content)
    if len(seals) != 1:
        raise ArtefactError(path, "it carries no hash of its content")
    blanked = content.replace(seals[0], _BLANK.encode(), 1)
    if hashlib.sha256(blanked).hexdigest().encode() != seals[0]:
        raise ArtefactError(path, "its content does not match its hash")
    if document["layout"]["meta"]["sha256"].encode() not in content:
        raise ArtefactError(path, "it shows another figure than figure.json beside it")


def write_library(path: Path | str) -> None:
    """Write plotly.js as the installed Plotly brings it, for all pages of `results/`."""
    script = resources.files("plotly") / "package_data" / "plotly.min.js"
    write_bytes(path, script.read_bytes())


def _document(figure: go.Figure, meta: Mapping[str, Any]) -> dict[str, Any]:
    """The figure as JSON, sealed. Plotly's encoder writes NaN (the gaps in lines) as null."""
    document = json.loads(figure.to_json(engine="json"))
    document["layout"]["meta"] = dict(meta)
    document["layout"]["meta"]["sha256"] = sha256_text(canonical_json(document))
    return document


def _spelled(document: dict[str, Any]) -> str:
    return canonical_json(document) + "\n"


def _read_document(path: Path) -> dict[str, Any]:
    content = _bytes(path)
    try:
        document = json.loads(content)
        meta = document["layout"]["meta"]
        claimed = meta.pop("sha256")
        found = sha256_text(canonical_json(document))
        meta["sha256"] = claimed
        # Canonical JSON has one spelling, so a byte that changes no meaning is noticed too.
        same = _spelled(document).encode() == content
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ArtefactError(path, f"not readable as a figure ({error})") from None
    if claimed != found or not same:
        raise ArtefactError(path, "its content does not match its hash")
    return document


def _page(document: dict[str, Any]) -> str:
    meta = document["layout"]["meta"]
    page = render(
        "figure.html.j2",
        library=LIBRARY,
        meta=meta,
        provenance=json.dumps(meta["provenance"], indent=1, sort_keys=True),
        figure=_inside_script(canonical_json(document)),
        sha256=_BLANK,
    )
    seal = f'<meta name="sha256" content="{_BLANK}">'
    if page.count(seal) != 1:
        raise ValueError(f"{html.escape(meta['title'])}: the seal's place is not unique")
    return page.replace(seal, seal.replace(_BLANK, sha256_text(page)))


def _inside_script(text: str) -> str:
    """JSON that cannot end the script element it stands in."""
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ArtefactError(path, "no such file") from None
