"""What the models of a sweep were selected to be, and whether an index says the same."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from steadyhand.model_index import index_entry
from steadyhand.store.documents import read_json


def selections(results: Path, model_ids: Iterable[str], index: Path) -> dict[str, Any]:
    """Entry of each model: by its `model.json`, or as `index` has it where that was deleted.

    None where neither is there. Raises `ArtefactError` for damaged files.
    """
    known = read_json(index)["models"] if index.exists() else {}
    found = {}
    for model_id in model_ids:
        path = results / "models" / model_id / "model.json"
        found[model_id] = index_entry(read_json(path)) if path.exists() else known.get(model_id)
    return found


def is_indexed(results: Path, model_ids: Iterable[str], index: Path, code: str) -> bool:
    """Whether `index` was made by this code and says of the models what they are."""
    document = read_json(index)
    return (document["code"], document["models"]) == (code, selections(results, model_ids, index))
