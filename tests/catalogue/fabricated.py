"""A results folder as the workflow leaves it, made in a moment: real files, invented numbers."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import xarray as xr
from steadyhand import store
from steadyhand.catalogue.rows import flatten
from steadyhand.config import Hyperparameters
from steadyhand.figures.page import write_figure, write_library
from steadyhand.identity import SCHEMA_VERSION, identify
from steadyhand.stacks import make_plan
from steadyhand.store.archive import write_archive
from steadyhand.store.documents import write_json
from steadyhand.store.origin import KINDS
from steadyhand.store.receipts import write_receipt

CODE = "c" * 64


class Fabricated:
    """Writes artefacts of every kind under `results`; methods return their ids."""

    def __init__(self, results: Path):
        self.results = results
        self.digests: dict[str, str] = {}

    def model(self, excluded: tuple[int, ...] = (), tag: str = "", **groups: Any) -> str:
        """A model of three replicates; `tag` makes its weights others than those of its like."""
        settings = Hyperparameters(**{"replicates": 3, **groups}).model_dump(mode="json")
        model_id = identify("model", settings)
        folder = self.results / "models" / model_id
        kept = [r for r in range(settings["replicates"]) if r not in excluded]
        seed = int(hashlib.sha256((model_id + tag).encode()).hexdigest()[:8], 16)
        arrays = {"readout": np.random.default_rng(seed).normal(size=(len(kept), 2, 4))}
        digest = store.write_weights(folder / "selected.eqx", arrays, {"type": "gru"})
        store.write_weights(self.results / "weights" / f"{digest}.eqx", arrays, {"type": "gru"})
        write_json(
            folder / "hyperparameters.json", {"model_id": model_id, "hyperparameters": settings}
        )
        provenance = {"kind": "model", "id": model_id, "code": CODE}
        loss = ("replicate", np.arange(3.0), {"units": "1", "long_name": "loss"})
        history = xr.Dataset({"loss": loss}, attrs={"provenance": json.dumps(provenance)})
        store.write_dataset(folder / "history.nc", history)
        replicates = [
            {
                "replicate": number,
                "included": number in kept,
                "chosen_batch": 100 + number,
                "validation_loss": 0.25 * (number + 1),
                "end_position_error": None if number in excluded else 1.5,
                "reason": "diverged" if number in excluded else "",
            }
            for number in range(settings["replicates"])
        ]
        store.write_text(folder / "replicates.csv", pd.DataFrame(replicates).to_csv(index=False))
        document = {
            "model_id": model_id,
            "digest": digest,
            "replicates": replicates,
            "files": {path.name: store.sha256_file(path) for path in sorted(folder.iterdir())},
            "provenance": provenance,
        }
        write_json(folder / "model.json", document)
        self.digests[model_id] = digest
        return model_id

    def _dataset(self, stage: str, model_id: str, request: dict, dim: str, kept: list[int]) -> str:
        kind = "evaluation" if stage == "states" else "analysis"
        artefact_id, digest = identify(kind, request), self.digests[model_id]
        provenance = {
            "kind": KINDS[stage],
            "schema_version": SCHEMA_VERSION,
            "id": artefact_id,
            "digest": digest,
            "request": request,
            "code": CODE,
        }
        values = np.arange(12.0).reshape(4, 3)[:, : len(kept)]
        data = xr.Dataset(
            {"value": ((dim, "replicate"), values, {"units": "1", "long_name": "value"})},
            coords={"replicate": ("replicate", np.array(kept, np.int32))},
            attrs={"provenance": json.dumps(provenance)},
        )
        path = self.results / stage / digest / f"{artefact_id}.nc"
        store.write_dataset(path, data)
        contents = {"replicates": kept, f"{dim}s": len(values)}
        write_receipt([path], path.with_suffix(".json"), provenance, contents)
        if stage == "states":
            path = self.results / "measures" / digest / f"{artefact_id}.parquet"
            table = pd.DataFrame({"trial": [0, 1], "peak": [0.5, 0.25]})
            summary = path.with_suffix(".summary.parquet")
            for file, kind in ((path, "measures"), (summary, "summary")):
                store.write_measures(file, [table], {"provenance": provenance | {"kind": kind}})
            write_receipt([path, summary], path.with_suffix(".json"), provenance)
        return artefact_id

    def evaluation(self, model_id: str, request: dict, kept: tuple[int, ...] = (0, 1, 2)) -> str:
        return self._dataset("states", model_id, request, "trial", list(kept))

    def fixed_points(self, model_id: str, request: dict) -> str:
        self._dataset("linearizations", model_id, request, "point", [0, 1, 2])
        return self._dataset("fixed_points", model_id, request, "point", [0, 1, 2])

    def analysis(self, model_id: str, request: dict) -> str:
        return self._dataset(request["type"], model_id, request, "trial", [0, 1, 2])

    def figure(self, models: list[str], conditions: dict[str, list], title: str = "Reaches") -> str:
        sources = [{"model_id": it, "label": it, "condition": self._condition(it)} for it in models]
        request = {"options": {"max_curves": 20}, "sources": sources}
        figure_id = identify("figure", [models, conditions, title])
        meta = {
            "figure_id": figure_id,
            "type": "aligned_reaches",
            "title": title,
            "conditions": conditions,
            "sources": models,
            "provenance": {"kind": "figure", "id": figure_id, "request": request, "code": CODE},
        }
        drawn = go.Figure(go.Scatter(x=[0, 1], y=[1, 0]))
        folder = self.results / "figures" / figure_id
        write_figure(folder, drawn, meta)
        files = [folder / "figure.json", folder / "figure.html"]
        write_receipt(files, folder / "receipt.json", meta["provenance"])
        write_library(self.results / "assets" / "plotly.min.js")
        return figure_id

    def _condition(self, model_id: str) -> dict:
        path = self.results / "models" / model_id / "hyperparameters.json"
        return flatten(store.read_json(path)["hyperparameters"], "train")

    def stack(self, members: dict[str, dict]) -> None:
        plan = make_plan(members)
        path = self.results / "stacks" / f"{plan['stack_id']}.json"
        write_json(path, plan)
        write_archive(path.with_suffix(".tar"), dict.fromkeys(members, b"snapshots"))
        archive = {"sha256": store.sha256_file(path.with_suffix(".tar"))}
        receipt = {"stack_id": plan["stack_id"], "archive": archive}
        write_json(path.with_suffix(".trained.json"), receipt)

    def study(
        self, name: str, models: list[str], pairs: dict[str, list], figures: list[str]
    ) -> None:
        sweep = {"sweep_id": identify("sweep", sorted(models)), "models": models}
        document = {
            "study": name,
            "models": models,
            "evaluations": pairs.get("evaluations", []),
            "fixed_points": pairs.get("fixed_points", []),
            "analyses": pairs.get("analyses", []),
            "figures": figures,
            "sweeps": {"main": sweep},
            "names": {
                "evaluations": {it: ["reach"] for _, it in pairs.get("evaluations", [])},
                "fixed_points": {it: ["goals"] for _, it in pairs.get("fixed_points", [])},
                "analyses": {it: ["tangled"] for _, it in pairs.get("analyses", [])},
            },
        }
        write_json(self.results / "studies" / f"{name}.json", document)
        index = {
            "sweep_id": sweep["sweep_id"],
            "models": {m: {"digest": self.digests[m]} for m in models},
        }
        write_json(self.results / "index" / f"{sweep['sweep_id']}.json", index)
