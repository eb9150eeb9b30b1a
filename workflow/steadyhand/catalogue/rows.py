"""From what was found in `results/` to the rows of the catalogue's tables."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from steadyhand.analyses.needs import ANALYSES
from steadyhand.catalogue.asked import Demand
from steadyhand.catalogue.layout import KEYS, PREFIXES
from steadyhand.catalogue.scan import (
    Artefact,
    Figure,
    Model,
    find_artefacts,
    find_figures,
    find_models,
    find_studies,
)
from steadyhand.identity import canonical_json
from steadyhand.phases import are_phases, spelled

Row = dict[str, Any]
"""Column to value; lists are lists here and become JSON text when they are written."""

_FIXED = ("plant", "network")
"""Physics that an evaluation takes from its model and never sets by itself."""


class _Stage(NamedTuple):
    """A table of NetCDF artefacts: their folder, what their ids and settings are called."""

    table: str
    folder: str
    key: str
    prefix: str
    asked_as: str


_STAGES = (
    _Stage("evaluations", "states", "evaluation_id", "eval", "evaluations"),
    _Stage("fixed_points", "fixed_points", "analysis_id", "analysis", "fixed_points"),
    # A linearization has no request of its own: it is asked for with its fixed points.
    _Stage("linearizations", "linearizations", "analysis_id", "analysis", "fixed_points"),
    *(_Stage("analyses", kind, "analysis_id", "analysis", "analyses") for kind in ANALYSES),
)


def collect(results: Path) -> dict[str, list[Row]]:
    """The rows of every table about results, each table in a fixed order."""
    models = {model.model_id: model for model in find_models(results)}
    figures = find_figures(results)
    demand = Demand(find_studies(results))
    tables = {
        "models": [_model_row(model, demand) for model in models.values()],
        "replicates": [row for model in models.values() for row in _replicate_rows(model, demand)],
        "figures": [_figure_row(figure, demand) for figure in figures],
        "figure_models": [row for figure in figures for row in _figure_model_rows(figure)],
    }
    for stage in _STAGES:
        artefacts = find_artefacts(results, stage.folder)
        rows = tables.setdefault(stage.table, [])
        rows += _artefact_rows(stage, artefacts, models, demand)
    for row in tables["evaluations"]:
        measures = f"measures/{row['digest']}/{row['evaluation_id']}.parquet"
        row["measures"] = measures if (results / measures).is_file() else None
        summary = f"measures/{row['digest']}/{row['evaluation_id']}.summary.parquet"
        row["summary"] = summary if (results / summary).is_file() else None
    for name, rows in tables.items():
        _drop_empty_groups(rows)
        rows.sort(key=partial(_order, KEYS[name]))
    return tables


def flatten(content: dict[str, Any], prefix: str) -> Row:
    """Leaves of nested mappings as `prefix.group.leaf`; lists, phases and null are leaves."""
    row: Row = {}
    for key, value in content.items():
        if are_phases(value):
            row[f"{prefix}.{key}"] = spelled(value)
        elif isinstance(value, dict) and value:
            row |= flatten(value, f"{prefix}.{key}")
        else:
            row[f"{prefix}.{key}"] = value if value != {} else None
    return row


def _model_row(model: Model, demand: Demand) -> Row:
    return {
        "model_id": model.model_id,
        "digest": model.digest,
        "included": [r["replicate"] for r in model.document["replicates"] if r["included"]],
        **demand.columns(models=model.model_id),
        "sweeps": demand.sweeps(model.model_id),
        "code": model.document["provenance"]["code"],
        **flatten(model.hyperparameters, "train"),
    }


def _replicate_rows(model: Model, demand: Demand) -> list[Row]:
    return [
        {
            "model_id": model.model_id,
            "replicate": entry["replicate"],
            **{field: value for field, value in entry.items() if field != "replicate"},
            "digest": model.digest,
            **demand.columns(models=model.model_id),
            **flatten(model.hyperparameters, "train"),
        }
        for entry in model.document["replicates"]
    ]


def _artefact_rows(
    stage: _Stage, artefacts: Sequence[Artefact], models: Mapping[str, Model], demand: Demand
) -> list[Row]:
    """One row for each model an artefact belongs to; one without a model where there is none."""
    by_digest: dict[str, list[Model]] = {}
    for model in models.values():
        by_digest.setdefault(str(model.digest), []).append(model)
    rows = []
    for artefact in artefacts:
        request = artefact.provenance["request"]
        owners = [it for it in by_digest.get(artefact.digest, []) if _may_ask(it, request)]
        row = _artefact_row(stage, artefact) | {"name": demand.name(artefact.id)}
        pair = (artefact.digest, artefact.id)
        for model in owners:
            wanted = demand.columns(**{stage.asked_as: pair, "models": model.model_id})
            train = flatten(model.hyperparameters, "train")
            rows.append(row | {"model_id": model.model_id} | wanted | train)
        if not owners:
            rows.append(row)
    return rows


def _may_ask(model: Model, request: Mapping[str, Any]) -> bool:
    """Models can have equal weights and different physics: a request is for one of these only."""
    physics = request.get("physics", {})
    return all(physics[it] == model.hyperparameters[it] for it in _FIXED if it in physics)


def _artefact_row(stage: _Stage, artefact: Artefact) -> Row:
    provenance = artefact.provenance
    return {
        stage.key: artefact.id,
        "digest": artefact.digest,
        "model_id": None,
        "name": None,
        "studies": "",
        "asked": False,
        **artefact.contents,
        "file": artefact.path,
        "code": provenance["code"],
        **flatten(provenance["request"], stage.prefix),
    }


def _figure_row(figure: Figure, demand: Demand) -> Row:
    meta = figure.meta
    trained = [_trained(source) for source in meta["provenance"]["request"]["sources"]]
    return {
        "figure_id": figure.figure_id,
        "type": meta["type"],
        "title": meta["title"],
        "sources": list(meta["sources"]),
        **demand.columns(figures=figure.figure_id),
        "page": f"figures/{figure.figure_id}/figure.html",
        "code": meta["provenance"]["code"],
        **flatten(_without_words(meta["provenance"]["request"]["options"]), "figure"),
        **{name: _agreed(values) for name, values in meta["conditions"].items()},
        **{
            name: _agreed([row.get(name) for row in trained])
            for name in dict.fromkeys(name for row in trained for name in row)
        },
    }


def _without_words(options: Mapping[str, Any]) -> Row:
    """Options of a figure that say what it shows, not how that is spelled."""
    return {name: value for name, value in options.items() if name not in ("title", "units")}


def _figure_model_rows(figure: Figure) -> list[Row]:
    """What a figure shows, model by model: as it was drawn, whatever became of the model."""
    rows = {
        source["model_id"]: {
            "figure_id": figure.figure_id,
            "model_id": source["model_id"],
            "label": source["label"],
            **_trained(source),
        }
        for source in figure.meta["provenance"]["request"]["sources"]
    }
    return list(rows.values())


def _trained(source: Mapping[str, Any]) -> Row:
    """The training condition of a source of a figure."""
    return {name: value for name, value in source["condition"].items() if name.startswith("train.")}


def _agreed(values: Any) -> Any:
    """The one value that all have, or the list of the different ones, in order; null if none."""
    listed = values if isinstance(values, list) else [values]
    distinct = {canonical_json(value): value for value in listed if value is not None}
    ordered = sorted(distinct.values(), key=_rank)
    return ordered[0] if len(ordered) == 1 else (ordered or None)


def _drop_empty_groups(rows: list[Row]) -> None:
    """Drop `eval.group = null` where other rows have `eval.group.leaf`: their leaves are NULL.

    Kept, such a column would be NULL in every row, and `eval.group == null` would hold for all.
    """
    names = {name for row in rows for name in row}
    groups = {name.rpartition(".")[0] for name in names}
    for row in rows:
        for name in groups & row.keys():
            if row[name] is None:
                del row[name]


def _order(keys: tuple[str, ...], row: Row) -> list[Any]:
    """Sort by settings first, so that neighbours differ in little, then by ids."""
    settings = sorted(name for name in row if name.startswith(PREFIXES))
    return [[(name, _rank(row[name])) for name in settings], [_rank(row[key]) for key in keys]]


def _rank(value: Any) -> tuple[int, float, str]:
    """A key that orders values of any kind: missing, numbers, then text."""
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, bool | int | float):
        return (1, float(value), "")
    return (2, 0.0, value if isinstance(value, str) else json.dumps(value))
