"""What a study expands to, and what of it is already in `results/`."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from steadyhand.config.loading import Study
from steadyhand.plan import Plan
from steadyhand.stacks import Machine, stack_memory_mb, stack_seconds
from steadyhand.states_size import count_trials, states_bytes
from steadyhand.store.documents import read_json
from steadyhand.tables import varying_paths

Row = dict[str, Any]


def survey(study: Study, results: Path, cores: int) -> dict[str, Any]:
    """Sections by their headings: sweeps, models, training, evaluations, …, figures, jobs.

    `there` counts what is complete in `results`, whatever the code is now: a change of code makes
    `snakemake -n` list more. Training is estimated for a machine with so many `cores`. Reads only;
    raises `ArtefactError` for a damaged `model.json`.
    """
    plan = Plan(study, results, Machine(cores=cores))
    index = _index(plan)
    return {
        "study": {"name": study.name},
        "sweeps": [_sweep(plan, name) for name in plan.sweeps],
        "models": _models(plan),
        "training": _training(plan, cores),
        "cost of training": _cost(plan, cores),
        "evaluations": _evaluations(plan, index),
        "size of states": _size(plan, index),
        "fixed points": _requests(plan.search_ids, index, results, "linearizations", ".nc"),
        "analyses": _analyses(plan, index),
        "figures": _figures(plan, index),
        "jobs": _jobs(plan, index),
    }


def _index(plan: Plan) -> dict[str, dict[str, Any]]:
    """As the index will say it; what is not trained yet has weights that no file has."""
    index = {}
    for model_id in plan.models:
        path = plan.results / "models" / model_id / "model.json"
        if path.is_file():
            document = read_json(path)
            entry = {"digest": document["digest"], "history": document["files"]["history.nc"]}
        else:
            entry = {"digest": f"not trained: {model_id}", "history": ""}
        index[model_id] = entry
    return index


def _sweep(plan: Plan, name: str) -> Row:
    tables = [plan.tables[model_id] for model_id in plan.sweeps[name]]
    varies = {
        path: list(dict.fromkeys(_text(table[path]) for table in tables))
        for path in plan.varying(name)
    }
    return {
        "sweep": name,
        "models": len(tables),
        "varies": "; ".join(f"{path}: {', '.join(values)}" for path, values in varies.items()),
        "sweep_id": plan.sweep_ids[name],
    }


def _models(plan: Plan) -> list[Row]:
    varying = varying_paths(plan.tables.values())
    return [
        {
            "model_id": model_id,
            **{f"train.{path}": table[path] for path in varying},
            "there": _exists(plan, f"models/{model_id}/model.json"),
        }
        for model_id, table in plan.tables.items()
    ]


def _training(plan: Plan, cores: int) -> list[Row]:
    """What training each stack costs, about; whatever of it is there already."""
    rows = []
    for stack_id, stack in plan.stacks.items():
        specs = list(stack["members"].values())
        rows.append(
            {
                "stack_id": stack_id,
                "models": len(specs),
                "networks": sum(spec["replicates"] for spec in specs),
                "batches": specs[0]["schedule"]["n_batches"],
                "memory_mb": stack_memory_mb(stack, cores),
                "minutes": round(stack_seconds(stack, cores) / 60, 1),
                "there": _exists(plan, f"stacks/{stack_id}.trained.json"),
            }
        )
    return rows


def _cost(plan: Plan, cores: int) -> Row:
    """What all stacks cost one after another; see `training_cost` for what is estimated how."""
    stacks = plan.stacks.values()
    seconds = sum(stack_seconds(stack, cores) for stack in stacks)
    return {
        "cores": cores,
        "hours": round(seconds / 3600, 2),
        "memory_mb": max(stack_memory_mb(stack, cores) for stack in stacks),
    }


def _requests(
    ids: Mapping[tuple[str, str], str],
    index: Mapping[str, Mapping[str, Any]],
    results: Path,
    folder: str,
    suffix: str,
) -> list[Row]:
    rows: dict[str, Row] = {}
    for (name, model_id), it in ids.items():
        row = rows.setdefault(name, {"name": name, "models": 0, "there": 0})
        row["models"] += 1
        row["there"] += (
            results / folder / f"{index[model_id]['digest']}" / f"{it}{suffix}"
        ).exists()
    return list(rows.values())


def _evaluations(plan: Plan, index: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """With trials and the size of states of all models together, before compression."""
    rows = _requests(plan.evaluation_ids, index, plan.results, "measures", ".parquet")
    for row in rows:
        of = [it for it in plan.evaluation_ids if it[0] == row["name"]]
        row["trials"] = max(count_trials(plan.evaluations[plan.evaluation_ids[it]]) for it in of)
        row["gigabytes"] = _gigabytes(sum(_states_bytes(plan, it) for it in of))
    return rows


def _analyses(plan: Plan, index: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """Of states; each type has a folder of its own."""
    rows = []
    for name, analysis in plan.study.analyses.items():
        ids = {it: found for it, found in plan.analysis_ids.items() if it[0] == name}
        (row,) = _requests(ids, index, plan.results, analysis.type, ".nc")
        rows.append({"name": name, "type": analysis.type, **row})
    return rows


def _size(plan: Plan, index: Mapping[str, Mapping[str, Any]]) -> Row:
    """What states that are not there yet may take on disk, and what is free."""
    there = {
        it
        for it, evaluation_id in plan.evaluation_ids.items()
        if _exists(plan, f"states/{index[it[1]]['digest']}/{evaluation_id}.nc")
    }
    needed = sum(_states_bytes(plan, it) for it in plan.evaluation_ids if it not in there)
    folder = next(it for it in [plan.results, *plan.results.absolute().parents] if it.exists())
    free = shutil.disk_usage(folder).free
    row: Row = {"gigabytes to come": _gigabytes(needed), "gigabytes free": _gigabytes(free)}
    if needed > free:
        sizes = {name: 0 for name, _ in plan.evaluation_ids}
        for it in plan.evaluation_ids:
            sizes[it[0]] += _states_bytes(plan, it)
        largest = max(sizes, key=lambda name: sizes[name])
        row["problem"] = (
            f"evaluations.{largest}: its states are {_gigabytes(sizes[largest])} GB, all that is "
            f"to come is {_gigabytes(needed)} GB, and {folder} has {_gigabytes(free)} GB left; "
            "fewer repeats, conditions or variables to keep make them smaller, hidden_every too"
        )
    return row


def _states_bytes(plan: Plan, of: tuple[str, str]) -> int:
    """Of an evaluation, by its name and model."""
    return states_bytes(plan.evaluations[plan.evaluation_ids[of]], plan.models[of[1]].replicates)


def _gigabytes(size: int) -> float:
    return round(size / 1e9, 3)


def _figures(plan: Plan, index: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    rows: dict[str, Row] = {}
    for figure_id, request in plan.figures(index).items():
        row = rows.setdefault(request.type, {"type": request.type, "figures": 0, "there": 0})
        row["figures"] += 1
        row["there"] += (plan.results / "figures" / figure_id / "figure.html").is_file()
    return list(rows.values())


def _jobs(plan: Plan, index: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """Of every rule: how many jobs the study has in all, and how many are still to be run."""
    model_files = [f"models/{model_id}/model.json" for model_id in plan.models]
    missing = [it for it in plan.models if not _exists(plan, f"models/{it}/model.json")]
    evaluated, searched = plan.evaluated(index), plan.searched(index)
    analysed = plan.analysed(index)
    kinds = dict.fromkeys(it["type"] for it in plan.analyses.values())
    outputs = {
        "qualify": model_files,
        "evaluate": [f"states/{digest}/{it}.nc" for digest, it in evaluated],
        "measure": [f"measures/{digest}/{it}.parquet" for digest, it in evaluated],
        "fixed_points": [f"fixed_points/{digest}/{it}.nc" for digest, it in searched],
        "linearize": [f"linearizations/{digest}/{it}.nc" for digest, it in searched],
        **{kind: [f"{'/'.join(it)}.nc" for it in analysed if it[0] == kind] for kind in kinds},
        "figures": [f"figures/{it}/figure.html" for it in plan.figures(index)],
    }
    stacks = {plan.stack_of(model_id) for model_id in plan.models}
    trained = {it for it in stacks if _exists(plan, f"stacks/{it}.trained.json")}
    to_train = {plan.stack_of(model_id) for model_id in missing} - trained
    rows = [{"rule": "train", "jobs": len(stacks), "to run": len(to_train)}]
    for rule, paths in outputs.items():
        left = sum(not _exists(plan, path) for path in paths)
        rows.append({"rule": rule, "jobs": len(paths), "to run": left})
    if plan.study.findings:
        rows.append({"rule": "report", "jobs": 1, "to run": int(not _has_report(plan, index))})
    return rows


def _has_report(plan: Plan, index: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether the report says what it would say now; its path does not tell."""
    stem = f"report/{plan.study.name}"
    if not all(_exists(plan, f"{stem}.{suffix}") for suffix in ("html", "md", "json")):
        return False
    found = read_json(plan.results / f"{stem}.json")["provenance"]["id"]
    return bool(found == plan.report(index)["report_id"])


def _exists(plan: Plan, path: str) -> bool:
    return (plan.results / path).is_file()


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
