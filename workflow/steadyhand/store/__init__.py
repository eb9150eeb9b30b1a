"""The artefacts on disk: written atomically, verified on every load.

Names are resolved on first use, so that reading a JSON file does not import NetCDF or Parquet.
Jobs import the submodules by name: what a stage's code hash covers is then what it uses.
"""

from importlib import import_module
from typing import Any

_WHERE = {
    "ArtefactError": "errors",
    "atomic_path": "atomic",
    "write_bytes": "atomic",
    "write_text": "atomic",
    "sha256_file": "atomic",
    "write_json": "documents",
    "read_json": "documents",
    "write_dataset": "dataset_writer",
    "open_dataset": "datasets",
    "open_artefact": "origin",
    "read_attributes": "datasets",
    "check_dataset": "datasets",
    "write_weights": "weights",
    "read_weights": "weights",
    "write_measures": "tables",
    "read_measures": "tables",
    "check": "verification",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
