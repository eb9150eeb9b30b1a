"""The index of a sweep: which weights each model has, by content."""

from typing import Any


def index_entry(document: dict[str, Any]) -> dict[str, Any]:
    """What the index of a sweep says of a model, from its `model.json`."""
    return {
        "digest": document["digest"],
        "history": document["files"]["history.nc"],
        "included": [it["replicate"] for it in document["replicates"] if it["included"]],
    }
