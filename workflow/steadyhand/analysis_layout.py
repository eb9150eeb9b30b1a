"""What files of analyses have in common: attributes, and where they come from."""

from pathlib import Path
from typing import Any

import xarray as xr

from steadyhand.identity import canonical_json
from steadyhand.store.dataset_writer import write_dataset

HISTORY = "written once, as computed; nothing is changed afterwards"
"""What files of analyses say of their history."""


def write_analysis(
    path: Path | str, dataset: xr.Dataset, title: str, provenance: dict[str, Any]
) -> None:
    """Write fixed points or their linearization, with where they come from."""
    attrs = {
        "Conventions": "CF-1.11",
        "title": title,
        "history": HISTORY,
        "provenance": canonical_json(provenance),
    }
    write_dataset(path, dataset.assign_attrs(attrs))


def contents_of(dataset: xr.Dataset) -> dict[str, Any]:
    """What the receipt says of fixed points or of their linearization."""
    return {
        "replicates": [int(it) for it in dataset["replicate"].values],
        "points": int(dataset.sizes["point"]),
    }


def about(units: str, meaning: str) -> dict[str, str]:
    """Attributes of a variable."""
    return {"units": units, "long_name": meaning}
