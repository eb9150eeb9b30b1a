"""Verification of any artefact, by its kind."""

from collections.abc import Callable
from pathlib import Path

from steadyhand.store.datasets import check_dataset
from steadyhand.store.documents import read_json
from steadyhand.store.tables import check_measures
from steadyhand.store.weights import read_weights

_CHECKS: dict[str, Callable[[Path], object]] = {
    ".nc": check_dataset,
    ".json": read_json,
    ".parquet": check_measures,
    ".eqx": read_weights,
}


def check(path: Path | str) -> bool:
    """Verify one artefact; False if its kind carries no hash of its own.

    Raises `ArtefactError` if it is damaged.
    """
    path = Path(path)
    verifier = _CHECKS.get(path.suffix)
    if verifier is None:
        return False
    verifier(path)
    return True
