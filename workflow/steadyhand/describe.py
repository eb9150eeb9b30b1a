"""Everything about one id: what it is, where its files are, what belongs to it."""

import json
import re
from collections.abc import Iterator
from typing import Any

from steadyhand.catalogue.reading import Catalogue
from steadyhand.errors import UserError
from steadyhand.store.documents import read_json

Row = dict[str, Any]

_IDS = (
    ("model", "models", "model_id"),
    ("digest", "models", "digest"),
    ("evaluation", "evaluations", "evaluation_id"),
    ("digest", "evaluations", "digest"),
    ("analysis", "fixed_points", "analysis_id"),
    ("digest", "fixed_points", "digest"),
    ("analysis", "linearizations", "analysis_id"),
    ("analysis", "analyses", "analysis_id"),
    ("digest", "analyses", "digest"),
    ("figure", "figures", "figure_id"),
)
_FOLDERS = (("sweep", "index"), ("stack", "stacks"))
_CANDIDATES = 8


def describe(catalogue: Catalogue, prefix: str) -> dict[str, Any]:
    """What an id or digest stands for, from its first digits: sections by their headings.

    A section is a mapping, or rows of a table. Paths are relative to the folder of results.
    Raises `UserError` if no id begins so, or several do.
    """
    kind, full = _resolve(catalogue, prefix)
    sections = {
        "model": _model,
        "digest": _digest,
        "evaluation": _evaluation,
        "analysis": _analysis,
        "figure": _figure,
        "sweep": _document,
        "stack": _document,
    }[kind](catalogue, full)
    return {"about": {"kind": kind, "id": full}, **sections}


def _resolve(catalogue: Catalogue, prefix: str) -> tuple[str, str]:
    if not re.fullmatch("[0-9a-f]{1,64}", prefix):
        raise UserError(
            f"id {prefix!r}: not one; allowed are the first digits (0-9, a-f) of an id or digest"
        )
    found = sorted({(kind, it) for kind, it in _known(catalogue) if it.startswith(prefix)})
    if not found:
        raise UserError(f"id {prefix!r}: nothing in {catalogue.results} has an id that begins so")
    if len(found) > 1:
        shown = ", ".join(f"{kind} {it[:16]}" for kind, it in found[:_CANDIDATES])
        more = f" and {len(found) - _CANDIDATES} more" if len(found) > _CANDIDATES else ""
        raise UserError(f"id {prefix!r}: ambiguous; give more digits of {shown}{more}")
    return found[0]


def _known(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    for kind, table, column in _IDS:
        yield from ((kind, row[column]) for row in catalogue.select(table) if row[column])
    for kind, folder in _FOLDERS:
        for path in (catalogue.results / folder).glob("*.json"):
            if re.fullmatch("[0-9a-f]{16}", path.stem):
                yield kind, path.stem


def _model(catalogue: Catalogue, model_id: str) -> dict[str, Any]:
    where = f"model_id == '{model_id}'"
    (row,) = catalogue.select("models", where)
    folder = f"models/{model_id}"
    document = read_json(catalogue.results / folder / "model.json")
    return {
        **_facts(row),
        "hyperparameters": {k: v for k, v in row.items() if k.startswith("train.")},
        "replicates": [_without(r, "train.") for r in catalogue.select("replicates", where)],
        "files": _files(catalogue, [f"{folder}/*", f"weights/{row['digest']}.eqx"]),
        **_of_weights(catalogue, where),
        "figures": [
            _pick(figure, "figure_id", "type", "title", "studies")
            for figure in catalogue.select("figures", f"sources == '{model_id}'")
        ],
        **_origin(document["provenance"]),
    }


def _digest(catalogue: Catalogue, digest: str) -> dict[str, Any]:
    where = f"digest == '{digest}'"
    return {
        "models": [
            _pick(row, "model_id", "included", "studies", "sweeps")
            for row in catalogue.select("models", where)
        ],
        "files": _files(catalogue, [f"weights/{digest}.eqx"]),
        **_of_weights(catalogue, where),
    }


def _evaluation(catalogue: Catalogue, evaluation_id: str) -> dict[str, Any]:
    rows = catalogue.select("evaluations", f"evaluation_id == '{evaluation_id}'")
    return {
        "request": _settings(rows[0], "eval."),
        "of": [_without(row, "train.", "eval.") for row in rows],
        "files": _files(catalogue, [f"*/*/{evaluation_id}.*"]),
        **_origin(_receipt(catalogue, "states", evaluation_id, rows[0])),
    }


def _analysis(catalogue: Catalogue, analysis_id: str) -> dict[str, Any]:
    where = f"analysis_id == '{analysis_id}'"
    points = catalogue.select("fixed_points", where)
    rows = points + catalogue.select("linearizations", where)
    folder = "fixed_points" if points else "linearizations"
    if not rows:
        rows = catalogue.select("analyses", where)
        folder = rows[0]["analysis.type"]
    return {
        "request": _settings(rows[0], "analysis."),
        "of": [_without(row, "train.", "analysis.") for row in rows],
        "files": _files(catalogue, [f"*/*/{analysis_id}.*"]),
        **_origin(_receipt(catalogue, folder, analysis_id, rows[0])),
    }


def _figure(catalogue: Catalogue, figure_id: str) -> dict[str, Any]:
    from steadyhand.figures.page import check_figure

    where = f"figure_id == '{figure_id}'"
    (row,) = catalogue.select("figures", where)
    shown = [it for it in catalogue.select("figure_models") if it["figure_id"] == figure_id]
    folder = catalogue.results / "figures" / figure_id
    check_figure(folder)
    meta = json.loads((folder / "figure.json").read_bytes())["layout"]["meta"]
    sources = meta["provenance"]["request"]["sources"]
    drawn_from = sorted({it for source in sources for it in source.get("paths", {}).values()})
    return {
        **_facts(_without(row, "train.", "eval.", "figure.")),
        "conditions": meta["conditions"],
        "options": _settings(row, "figure."),
        "models": [_pick(it, "model_id", "label") for it in shown],
        "drawn from": [{"file": it} for it in drawn_from],
        "files": _files(catalogue, [f"figures/{figure_id}/*"]),
        **_origin(meta["provenance"]),
    }


def _document(catalogue: Catalogue, name: str) -> dict[str, Any]:
    """A sweep's index or a stack's plan: the models or trainings in it."""
    for kind, folder in _FOLDERS:
        path = catalogue.results / folder / f"{name}.json"
        if path.is_file():
            document = read_json(path)
            if kind == "sweep":
                rows = [{"model_id": key, **it} for key, it in document["models"].items()]
                return {"models": rows, "files": _files(catalogue, [f"{folder}/{name}.*"])}
            rows = [{"training_id": key} for key in document["members"]]
            return {"trainings": rows, "files": _files(catalogue, [f"{folder}/{name}.*"])}
    raise UserError(f"id {name!r}: its file is gone")


def _of_weights(catalogue: Catalogue, where: str) -> dict[str, Any]:
    return {
        "evaluations": [
            _pick(row, "evaluation_id", "name", "trials", "studies", "file")
            for row in catalogue.select("evaluations", where)
        ],
        "fixed points": [
            _pick(row, "analysis_id", "name", "points", "studies", "file")
            for row in catalogue.select("fixed_points", where)
        ],
        "analyses": [
            _pick(row, "analysis_id", "analysis.type", "name", "studies", "file")
            for row in catalogue.select("analyses", where)
        ],
    }


def _facts(row: Row) -> dict[str, Any]:
    facts = _without(row, "train.")
    if not facts["asked"]:
        facts["studies"] = "no current study asks for it"
    return {"facts": facts}


def _origin(provenance: Row) -> dict[str, Any]:
    versions = provenance.get("versions", {})
    kept = {k: v for k, v in provenance.items() if k not in ("request", "versions")}
    return {"provenance": kept | versions}


def _receipt(catalogue: Catalogue, folder: str, artefact_id: str, row: Row) -> Row:
    """Where an artefact comes from: its receipt says so, and stands where the file was deleted."""
    path = catalogue.results / folder / row["digest"] / f"{artefact_id}.json"
    return read_json(path)["provenance"]


def _files(catalogue: Catalogue, patterns: list[str]) -> list[Row]:
    found = {path for pattern in patterns for path in catalogue.results.glob(pattern)}
    return [
        {"file": path.relative_to(catalogue.results).as_posix(), "bytes": path.stat().st_size}
        for path in sorted(found)
        if path.is_file() and not path.name.startswith(".")
    ]


def _settings(row: Row, prefix: str) -> Row:
    """Settings of a request, without those that only requests of other kinds have."""
    return {
        name: value for name, value in row.items() if name.startswith(prefix) and value is not None
    }


def _without(row: Row, *prefixes: str) -> Row:
    return {name: value for name, value in row.items() if not name.startswith(prefixes)}


def _pick(row: Row, *names: str) -> Row:
    return {name: row[name] for name in names}
