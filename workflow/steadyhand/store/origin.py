"""Files of results that have to be what their path says: of these weights and of this request."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steadyhand.analyses.needs import ANALYSES
from steadyhand.identity import SCHEMA_VERSION
from steadyhand.store.datasets import open_dataset
from steadyhand.store.errors import ArtefactError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

KINDS = {
    "states": "states",
    "fixed_points": "fixed_points",
    "linearizations": "linearization",
    "measures": "measures",
    **{name: name for name in ANALYSES},
}
"""What files in a folder of results are."""


def open_artefact(path: Path | str) -> "xr.Dataset":
    """Open `<folder>/<digest>/<id>.nc` as `open_dataset` does, if it says the same of itself.

    Raises `ArtefactError` for another kind, digest, id, or version of the layout.
    """
    path = Path(path)
    opened = open_dataset(path)
    try:
        check_origin(path, opened.attrs)
    except BaseException:
        opened.close()
        raise
    return opened


def read_measured(path: Path | str, columns: Sequence[str] | None = None) -> "pd.DataFrame":
    """Read `measures/<digest>/<id>[.summary].parquet`, or some columns of it, as `read_measures`.

    Raises `ArtefactError` for damage, and for another kind, digest, id, or version of the layout.
    """
    from steadyhand.store.tables import read_measures

    table = read_measures(path, columns)
    check_origin(Path(path), table.attrs)
    return table


def check_origin(path: Path, attributes: Mapping[str, Any]) -> None:
    """Compare what a file says of itself in its attributes with its path.

    Raises `ArtefactError` for another kind, digest, id, or version of the layout.
    """
    said = attributes.get("provenance")
    provenance = json.loads(said) if isinstance(said, str) else said
    if not isinstance(provenance, dict):
        raise ArtefactError(path, "it does not say where it comes from")
    schema = provenance.get("schema_version")
    if schema != SCHEMA_VERSION:
        raise ArtefactError(path, f"its layout has version {schema}, and {SCHEMA_VERSION} is read")
    called, _, kind = path.name.removesuffix(path.suffix).partition(".")
    expected = {
        "kind": kind or KINDS[path.parent.parent.name],
        "digest": path.parent.name,
        "id": called,
    }
    for key, value in expected.items():
        if provenance.get(key) != value:
            found = str(provenance.get(key))[:16]
            raise ArtefactError(path, f"it has the {key} {found}, its path says {value[:16]}")
