"""Rule catalogue: everything complete in `results/`, of every study ever run there."""

from pathlib import Path
from typing import Any

from steadyhand import __version__
from steadyhand.catalogue.rows import collect
from steadyhand.catalogue.writing import write_catalogue
from steadyhand.identity import SCHEMA_VERSION
from steadyhand.store.documents import write_json


def build_for(results: Path | str, asked: dict[str, Any], code: str) -> None:
    """Note what a study asks for at present, and by which code, then build the catalogue."""
    write_json(Path(results) / "studies" / f"{asked['study']}.json", {**asked, "code": code})
    build(results)


def build(results: Path | str) -> None:
    """Write `catalogue.sqlite`, `catalogue/<table>.csv` and `catalogue/checksums.json`.

    Equal artefacts give equal bytes. Raises `ArtefactError`, naming the file, for an artefact that
    is damaged; nothing is written then.
    """
    results = Path(results)
    meta = {"schema_version": str(SCHEMA_VERSION), "steadyhand": __version__}
    write_catalogue(results, collect(results), meta)
