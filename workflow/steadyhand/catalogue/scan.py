"""What is complete in `results/`: models, artefacts, figures, and what studies ask for.

Files appear whole or not at all, so what has its final name is complete; temporary files and
folders without their last file are passed over. What is damaged raises `ArtefactError`.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from steadyhand.figures.page import check_figure
from steadyhand.store.documents import read_json
from steadyhand.store.errors import ArtefactError

_ID = re.compile(r"[0-9a-f]{16}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Model(NamedTuple):
    """A model whose training and selection are done."""

    model_id: str
    digest: str | None
    hyperparameters: dict[str, Any]
    document: dict[str, Any]


class Artefact(NamedTuple):
    """What the receipt of a NetCDF file says; `path` is None where the file was deleted since."""

    path: str | None
    digest: str
    id: str
    provenance: dict[str, Any]
    contents: dict[str, Any]


class Report(NamedTuple):
    """What the receipt of a report says; `page` is its path."""

    report_id: str
    page: str
    contents: dict[str, Any]


class Figure(NamedTuple):
    """A figure's id and its `layout.meta`."""

    figure_id: str
    meta: dict[str, Any]


def find_models(results: Path) -> list[Model]:
    """Every complete model, in the order of ids."""
    models = []
    for folder in _named(results / "models", _ID):
        if not (folder / "model.json").is_file():
            continue
        document = read_json(folder / "model.json")
        settings = read_json(folder / "hyperparameters.json")
        for path, said in (("model.json", document), ("hyperparameters.json", settings)):
            _require(folder / path, "model_id", folder.name, said.get("model_id"))
        models.append(Model(folder.name, document["digest"], settings["hyperparameters"], document))
    return models


def find_artefacts(results: Path, stage: str) -> list[Artefact]:
    """All in a folder of `<digest>/<id>` files that has a receipt, in the order of paths.

    Its numbers stand, and what was made of it, also where the large file was deleted.
    """
    artefacts = []
    for folder in _named(results / stage, _DIGEST):
        for receipt in _named(folder, _ID, ".json"):
            document = read_json(receipt)
            provenance, contents = document["provenance"], document["contents"]
            _require(receipt, "id", receipt.stem, provenance["id"])
            _require(receipt, "digest", folder.name, provenance["digest"])
            file = receipt.with_suffix(".nc")
            path = file.relative_to(results).as_posix() if file.is_file() else None
            artefacts.append(Artefact(path, folder.name, receipt.stem, provenance, contents))
    return artefacts


def find_figures(results: Path) -> list[Figure]:
    """Every figure that has both its files, in the order of ids."""
    figures = []
    for folder in _named(results / "figures", _ID):
        if not all((folder / name).is_file() for name in ("figure.json", "figure.html")):
            continue
        check_figure(folder)
        meta = json.loads((folder / "figure.json").read_bytes())["layout"]["meta"]
        _require(folder / "figure.json", "figure_id", folder.name, meta.get("figure_id"))
        figures.append(Figure(folder.name, meta))
    return figures


def find_reports(results: Path) -> list[Report]:
    """Every report that has its page, in the order of studies."""
    reports = []
    for receipt in sorted((results / "report").glob("*.json")):
        page = receipt.with_suffix(".html")
        if page.is_file() and not receipt.name.startswith("."):
            document, path = read_json(receipt), page.relative_to(results).as_posix()
            reports.append(Report(document["provenance"]["id"], path, document["contents"]))
    return reports


def find_studies(results: Path) -> list[dict[str, Any]]:
    """What the latest run of every study asked for, in the order of names."""
    paths = sorted((results / "studies").glob("*.json"))
    return [read_json(path) for path in paths if not path.name.startswith(".")]


def _require(path: Path, key: str, expected: str, found: object) -> None:
    if found != expected:
        raise ArtefactError(path, f"it says {key} {found}, its path says {expected}")


def _named(folder: Path, pattern: re.Pattern[str], suffix: str = "") -> Iterator[Path]:
    """Entries whose whole name is an id (and `suffix`), sorted; none if there is no folder."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name.endswith(suffix) and pattern.fullmatch(path.name.removesuffix(suffix)):
            yield path
