"""An analysis of evaluated states: read them, analyse, write the result and its receipt."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import xarray as xr

from steadyhand.analysis_layout import with_conditions, write_analysis
from steadyhand.store.origin import open_artefact
from steadyhand.store.receipts import write_receipt

Analyse = Callable[[xr.Dataset, dict[str, Any]], xr.Dataset]
"""Takes states and the request of an analysis."""


def analyse_states(
    analyse: Analyse,
    states: Path | str,
    result: Path | str,
    receipt: Path | str,
    title: str,
    origin: dict[str, Any],
) -> None:
    """Apply `analyse` to the file `states`, by the request in `origin`.

    Raises `ArtefactError` where the states are not what their path says.
    """
    with open_artefact(states) as opened:
        found = with_conditions(analyse(opened, origin["request"]), opened)
    write_analysis(result, found, title, origin)
    contents = {"replicates": [int(it) for it in found["replicate"].values]}
    write_receipt([result], receipt, origin, contents)
