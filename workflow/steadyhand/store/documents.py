"""JSON documents that carry the hash of their own content."""

import json
from pathlib import Path
from typing import Any

from steadyhand.identity import canonical_json, sha256_text
from steadyhand.store.atomic import write_text
from steadyhand.store.errors import ArtefactError


def write_json(path: Path | str, document: dict[str, Any]) -> None:
    """Write `document` with the key `sha256`: the hash of its canonical JSON without that key."""
    if "sha256" in document:
        raise ValueError("the key 'sha256' is the store's")
    sealed = {**document, "sha256": sha256_text(canonical_json(document))}
    write_text(path, json.dumps(sealed, indent=1, sort_keys=True, allow_nan=False) + "\n")


def read_json(path: Path | str) -> dict[str, Any]:
    """Read a document written by `write_json`.

    Raises `ArtefactError` if the file is missing, is not JSON, or does not match its hash.
    """
    try:
        document = json.loads(Path(path).read_bytes())
    except FileNotFoundError:
        raise ArtefactError(path, "no such file") from None
    except ValueError as error:
        raise ArtefactError(path, f"not readable as JSON ({error})") from None
    if not isinstance(document, dict) or "sha256" not in document:
        raise ArtefactError(path, "it carries no hash of its content")
    claimed = document.pop("sha256")
    try:
        found = sha256_text(canonical_json(document))
    except ValueError as error:  # a damaged number can read as NaN or infinity
        raise ArtefactError(path, f"its content is damaged ({error})") from None
    if claimed != found:
        raise ArtefactError(path, "its content does not match its hash")
    return document
