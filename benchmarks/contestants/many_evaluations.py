"""Results with many models, each with evaluated states: real files, of untrained networks."""

from pathlib import Path
from typing import Any

from networks import MODEL, networks, request_of
from steadyhand.catalogue import build
from steadyhand.evaluate import evaluate
from steadyhand.identity import identify
from steadyhand.provenance import provenance
from steadyhand.requests import evaluation_id_of
from steadyhand.states import write_states
from steadyhand.store.documents import write_json
from steadyhand.store.receipts import write_receipt
from steadyhand.store.weights import digest
from steadyhand.trials import TrialList


def make_results(results: Path, evaluations: int) -> None:
    """So many models, each with one evaluation of two reaches; one of them with a usual one."""
    small, usual = request_of(1, directions=1, amplitudes=2), request_of(5)
    arrays, network = networks()
    models, pairs = [], []
    for number in range(evaluations):
        weights = arrays | {"readout.bias": arrays["readout.bias"] + number}
        request = small if number else usual
        model_id = _write_model(results, number, digest(weights, network))
        models.append(model_id)
        pairs.append(_write_states(results, weights, network, request))
    names = {
        evaluation_id: ["usual" if it == 0 else "small"]
        for it, (_, evaluation_id) in enumerate(pairs)
    }
    study: dict[str, Any] = {"study": "many", "models": models, "sweeps": {}, "report": None}
    study |= {"evaluations": pairs, "fixed_points": [], "analyses": [], "figures": []}
    study["names"] = {"evaluations": names}
    write_json(results / "studies" / "many.json", study)
    build(results)


def _write_model(results: Path, number: int, digest: str) -> str:
    settings = MODEL.model_copy(update={"seed": number}).model_dump(mode="json")
    model_id = identify("model", settings)
    folder = results / "models" / model_id
    origin = provenance("model", model_id, "code", {})
    chosen = {"included": True, "chosen_batch": 1, "reason": ""}
    replicates = [{"replicate": it, **chosen} for it in range(MODEL.replicates)]
    document = {"model_id": model_id, "digest": digest, "replicates": replicates, "files": {}}
    write_json(folder / "model.json", {**document, "provenance": origin})
    settings = {"model_id": model_id, "hyperparameters": settings}
    write_json(folder / "hyperparameters.json", settings)
    return model_id


def _write_states(results: Path, weights: Any, network: Any, request: Any) -> list[str]:
    evaluation_id, of = evaluation_id_of(request), digest(weights, network)
    path, trials = results / "states" / of / f"{evaluation_id}.nc", TrialList(request)
    origin = provenance("states", evaluation_id, "code", request, digest=of)
    blocks = evaluate(weights, network, request, trials)
    write_states(path, blocks, trials, weights, request, origin)
    contents = {"replicates": list(range(MODEL.replicates)), "trials": len(trials)}
    write_receipt([path], path.with_suffix(".json"), origin, contents)
    return [of, evaluation_id]
