"""How each kind of file in `results/` is verified: by its seal, its path and its neighbours."""

import json
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

from steadyhand.catalogue.layout import CHECKSUMS, DATABASE
from steadyhand.checkpoints import check_checkpoint
from steadyhand.figures.page import check_figure
from steadyhand.identity import identify
from steadyhand.site import build_index
from steadyhand.site_entries import site_entries
from steadyhand.store.atomic import sha256_file
from steadyhand.store.datasets import read_attributes
from steadyhand.store.documents import read_json
from steadyhand.store.errors import ArtefactError
from steadyhand.store.origin import check_origin
from steadyhand.store.receipts import check_receipt
from steadyhand.store.weights import decode, read_weights

Check = Callable[[Path, Path], None]
"""Takes the results folder and a file in it; raises `ArtefactError` if the file is not right."""
Promises = Callable[[Path, Path], list[Path]]
"""Takes the results folder and a file in it; gives what was there when the file was written."""


def document_of(key: str | None) -> Check:
    """A check of a JSON document whose name (up to the first dot) is what it says under `key`."""

    def check(results: Path, path: Path) -> None:
        document = read_json(path)
        if key is not None and key in document:
            _require(path, key, path.name.partition(".")[0], document[key])

    return check


def hyperparameters(results: Path, path: Path) -> None:
    """The model's id is the hash of its hyperparameters."""
    document = read_json(path)
    _require(path, "model_id", path.parent.name, document["model_id"])
    found = identify("model", document["hyperparameters"])
    _require(path, "the hyperparameters of model", path.parent.name, found)
    model_file(results, path)


def model_document(results: Path, path: Path) -> None:
    """The document of a model, and that its files are all there."""
    document = read_json(path)
    _require(path, "model_id", path.parent.name, document["model_id"])
    for name in document["files"]:
        if not (path.parent / name).is_file():
            raise ArtefactError(path.parent / name, "missing, though its model is complete")


def model_file(results: Path, path: Path) -> None:
    """A file of a model against the hash in `model.json` beside it."""
    if (path.parent / "model.json").is_file():
        expected = read_json(path.parent / "model.json")["files"][path.name]
        if sha256_file(path) != expected:
            raise ArtefactError(path, "its content does not match the hash in model.json")


def history(results: Path, path: Path) -> None:
    """The history of a model's training."""
    provenance = _provenance(path, read_attributes(path))
    _require(path, "model_id", path.parent.name, provenance["id"])
    model_file(results, path)


def selected_weights(results: Path, path: Path) -> None:
    """Selected weights have the digest that `model.json` gives; none, if none is selected."""
    _, _, digest = decode(path.read_bytes(), path)
    model_file(results, path)
    if (path.parent / "model.json").is_file():
        document = read_json(path.parent / "model.json")
        if document["digest"] is not None:
            _require(path, "digest", document["digest"], digest)


def archive(results: Path, path: Path) -> None:
    """A trained stack against its receipt, if it has one yet."""
    receipt = path.with_suffix(".trained.json")
    if receipt.is_file() and sha256_file(path) != read_json(receipt)["archive"]["sha256"]:
        raise ArtefactError(path, "its content does not match the hash in its receipt")


def passing(check: Check) -> Check:
    """A check of files that a training under way replaces and removes: one may be gone by now."""

    def check_if_there(results: Path, path: Path) -> None:
        try:
            check(results, path)
        except (ArtefactError, FileNotFoundError):
            if path.exists():
                raise

    return check_if_there


def checkpoint(results: Path, path: Path) -> None:
    """A checkpoint of a training has the digest in its header, and the batches of its name."""
    check_checkpoint(path)


def weights(results: Path, path: Path) -> None:
    """Weights by content have the digest in their name."""
    read_weights(path, path.stem)


def sealed_dataset(results: Path, path: Path) -> None:
    """States and what is made of them: seal, kind, layout, and the ids in their path."""
    check_origin(path, read_attributes(path))


def measures(results: Path, path: Path) -> None:
    """A table of measures or their summary: seal, kind, and the ids in its path."""
    import pyarrow.parquet as pq

    from steadyhand.store.tables import check_measures

    check_measures(path)
    check_origin(path, json.loads(pq.read_schema(path).metadata[b"steadyhand"]))


def receipt(results: Path, path: Path) -> None:
    """A receipt, the ids in its path, and that the files beside it are as it says."""
    provenance = read_json(path)["provenance"]
    if path.name == "receipt.json":
        _require(path, "id", path.parent.name, provenance["id"])
    elif path.parent.name == "weights":
        _require(path, "id", path.stem, provenance["id"])
    else:
        _require_ids(path, provenance)
    check_receipt(path)


def report_receipt(results: Path, path: Path) -> None:
    """The receipt of a report, the study in its path, and that its files are as it says."""
    _require(path, "study", path.stem, read_json(path)["provenance"]["request"]["study"])
    check_receipt(path)


def report_file(results: Path, path: Path) -> None:
    """A file of a report against the receipt beside it, if that stands."""
    if path.with_suffix(".json").is_file():
        check_receipt(path.with_suffix(".json"))


def beside(results: Path, path: Path) -> list[Path]:
    """The files that a receipt stands for."""
    return [path.parent / name for name in read_json(path)["files"]]


def beside_and_weights(results: Path, path: Path) -> list[Path]:
    """The files that a receipt stands for, and the weights that they were made with."""
    return [*beside(results, path), results / "weights" / f"{path.parent.name}.eqx"]


def indexed(results: Path, path: Path) -> list[Path]:
    """The models in the index of a sweep."""
    return [results / "models" / it / "model.json" for it in read_json(path)["models"]]


def archived(results: Path, path: Path) -> list[Path]:
    """The archive that a receipt of a training stands for."""
    return [path.parent / f"{path.name.partition('.')[0]}.tar"]


def figure(results: Path, path: Path) -> None:
    """Both files of a figure, and that the page shows the figure beside it."""
    check_figure(path.parent)
    meta = json.loads((path.parent / "figure.json").read_bytes())["layout"]["meta"]
    _require(path.parent / "figure.json", "figure_id", path.parent.name, meta["figure_id"])


def library(results: Path, path: Path) -> None:
    """plotly.js is that of the installed Plotly."""
    script = resources.files("plotly") / "package_data" / "plotly.min.js"
    if path.read_bytes() != script.read_bytes():
        raise ArtefactError(path, "it is not the plotly.js of the installed Plotly")


def page(results: Path, path: Path) -> None:
    """The page of figures is what the catalogue gives."""
    catalogue_file(results, results / DATABASE)
    try:
        expected = build_index(*site_entries(results)).encode()
    except KeyError as error:  # entries are of figures that the catalogue has, by their ids
        raise ArtefactError(path, f"it shows a figure that is gone ({error.args[0]})") from None
    if path.read_bytes() != expected:
        raise ArtefactError(path, "it is not what the catalogue gives")


def checksums(results: Path, path: Path) -> None:
    """The checksums of the catalogue, and that its files are all there."""
    for name in read_json(path)["files"]:
        if not (results / name).is_file():
            raise ArtefactError(results / name, "missing, though the catalogue is complete")


def catalogue_file(results: Path, path: Path) -> None:
    """A file of the catalogue against `checksums.json`."""
    name = path.relative_to(results).as_posix()
    expected = read_json(results / CHECKSUMS)["files"].get(name)
    if expected is None:
        raise ArtefactError(path, "no table of the catalogue")
    if sha256_file(path) != expected:
        raise ArtefactError(path, f"its content does not match the hash in {CHECKSUMS}")


def _provenance(path: Path, attributes: dict[str, Any]) -> dict[str, Any]:
    """Provenance as JSON text or a mapping under that key."""
    found = attributes.get("provenance")
    if isinstance(found, str):
        found = json.loads(found)
    if not isinstance(found, dict):
        raise ArtefactError(path, "it does not say where it comes from")
    return found


def _require_ids(path: Path, provenance: dict[str, Any]) -> None:
    _require(path, "id", path.name.partition(".")[0], provenance.get("id"))
    _require(path, "digest", path.parent.name, provenance.get("digest"))


def _require(path: Path, key: str, expected: object, found: object) -> None:
    if found != expected:
        raise ArtefactError(path, f"it has {key} {found}, where {expected} is expected")
