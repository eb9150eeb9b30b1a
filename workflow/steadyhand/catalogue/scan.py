"""What is complete in `results/`: models, NetCDF artefacts, figures, and what studies ask for.

Files appear whole or not at all, so what has its final name is complete; temporary files and
folders without their last file are passed over. What is damaged raises `ArtefactError`.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import netCDF4

from steadyhand.figures.page import check_figure
from steadyhand.store.datasets import check_dataset
from steadyhand.store.documents import read_json
from steadyhand.store.errors import ArtefactError

_ID = re.compile(r"[0-9a-f]{16}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_HASHED_IN_FULL = 2**20
"""Bytes up to which a NetCDF file is hashed; of larger ones only the header is read, so that
thousands of artefacts take seconds. `steadyhand verify` hashes everything."""


class Model(NamedTuple):
    """A model whose training and selection are done."""

    model_id: str
    digest: str | None
    hyperparameters: dict[str, Any]
    document: dict[str, Any]


class Artefact(NamedTuple):
    """A NetCDF file: where it is, what it says of its origin, and the sizes of its dimensions."""

    path: str
    digest: str
    id: str
    provenance: dict[str, Any]
    sizes: dict[str, int]
    replicates: list[int] | None


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
    """Every file of `states`, `fixed_points` or `linearizations`, in the order of paths."""
    artefacts = []
    for folder in _named(results / stage, _DIGEST):
        for path in _named(folder, _ID, ".nc"):
            provenance, sizes, replicates = _header(path)
            _require(path, "id", path.stem, provenance.get("id"))
            _require(path, "digest", folder.name, provenance.get("digest"))
            place = path.relative_to(results).as_posix()
            artefacts.append(Artefact(place, folder.name, path.stem, provenance, sizes, replicates))
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


def find_studies(results: Path) -> list[dict[str, Any]]:
    """What the latest run of every study asked for, in the order of names."""
    paths = sorted((results / "studies").glob("*.json"))
    return [read_json(path) for path in paths if not path.name.startswith(".")]


def _header(path: Path) -> tuple[dict[str, Any], dict[str, int], list[int] | None]:
    """Provenance, sizes and replicate numbers of a NetCDF file."""
    if path.stat().st_size <= _HASHED_IN_FULL:
        check_dataset(path)
    try:
        with netCDF4.Dataset(path, "r") as file:
            provenance = json.loads(file.getncattr("provenance"))
            sizes = {name: dimension.size for name, dimension in file.dimensions.items()}
            numbers = file.variables.get("replicate")
            replicates = None if numbers is None else [int(n) for n in numbers[:]]
    except (OSError, AttributeError, ValueError, RuntimeError) as error:
        raise ArtefactError(path, f"its header can't be read ({error})") from None
    if not isinstance(provenance, dict):
        raise ArtefactError(path, "its provenance is not a mapping")
    return provenance, sizes, replicates


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
