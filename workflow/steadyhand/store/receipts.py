"""Receipts: small documents that stand beside large artefacts, and for them.

A receipt holds the hash of the artefact's bytes and where it comes from. It is written after the
artefact, so where it stands, the artefact was complete. Snakemake compares receipts where it
would not compare large files; catalogues read them instead of opening every file.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from steadyhand.store.atomic import sha256_file
from steadyhand.store.documents import read_json, write_json
from steadyhand.store.errors import ArtefactError


def write_receipt(
    artefacts: list[Path | str],
    path: Path | str,
    provenance: Any,
    contents: Mapping[str, Any] | None = None,
) -> None:
    """Write the receipt of artefacts that lie in the same folder.

    It has `files`, by name, each with `sha256` and `bytes`; the `provenance`; and `contents`: what
    tables list of the artefacts, so that nobody has to open them for that.
    """
    files = {
        Path(it).name: {"sha256": sha256_file(it), "bytes": Path(it).stat().st_size}
        for it in artefacts
    }
    document = {"files": files, "provenance": provenance, "contents": dict(contents or {})}
    write_json(path, document)


def check_receipt(path: Path | str) -> None:
    """Compare the artefacts of a receipt with it; raises `ArtefactError` where they differ.

    An artefact that was deleted is nobody's error: it is made again when something needs it.
    """
    for name, expected in read_json(path)["files"].items():
        artefact = Path(path).parent / name
        if artefact.exists() and sha256_file(artefact) != expected["sha256"]:
            raise ArtefactError(artefact, "its content does not match its receipt")


def made_by(path: Path | str, code: str, id: str | None = None) -> bool:
    """Whether a receipt stands and says that its artefacts were made by this code.

    And that they have this id, where their path does not say it.
    """
    if not Path(path).exists():
        return False
    found = read_json(path)["provenance"]
    return found["code"] == code and (id is None or found["id"] == id)
