"""Analyses: read states or points, analyse, write the result and its receipt."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from steadyhand.analysis_layout import (
    contents_of,
    with_conditions,
    write_analysis,
    write_point_parts,
)
from steadyhand.store.origin import open_artefact
from steadyhand.store.receipts import write_receipt
from steadyhand.store.weights import read_weights

Analyse = Callable[[xr.Dataset, dict[str, Any]], xr.Dataset]
"""Takes states and the request of an analysis."""

AnalysePoints = Callable[
    [dict[str, np.ndarray], dict[str, Any], xr.Dataset, dict[str, Any]], Iterator[xr.Dataset]
]
"""Takes weights, their spec, fixed points and the request of an analysis; gives parts of it."""


AnalyseBoth = Callable[
    [dict[str, np.ndarray], dict[str, Any], xr.Dataset, xr.Dataset, dict[str, Any]], xr.Dataset
]
"""Takes weights, their spec, fixed points, states and the request of an analysis."""


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
    _write(found, result, receipt, title, origin)


def analyse_points(
    analyse: AnalysePoints,
    count: Callable[[xr.Dataset], int],
    inputs: Any,
    result: Path | str,
    receipt: Path | str,
    title: str,
    origin: dict[str, Any],
) -> None:
    """Apply `analyse` to the files `inputs.weights` and `inputs.fixed_points`, part by part.

    `count` is how many points it gives. Raises `ArtefactError` where the files are not what their
    paths say.
    """
    weights, spec = read_weights(inputs.weights)
    with open_artefact(inputs.fixed_points) as points:
        parts = analyse(weights, spec, points, origin["request"])
        write_point_parts(result, parts, count(points), title, origin)
        contents = contents_of(points) | {"points": count(points)}
    write_receipt([result], receipt, origin, contents)


def analyse_points_and_states(
    analyse: AnalyseBoth,
    inputs: Any,
    result: Path | str,
    receipt: Path | str,
    title: str,
    origin: dict[str, Any],
) -> None:
    """Apply `analyse` to the files `inputs.weights`, `inputs.fixed_points` and `inputs.states`.

    Raises `ArtefactError` where the files are not what their paths say.
    """
    weights, spec = read_weights(inputs.weights)
    with open_artefact(inputs.fixed_points) as points, open_artefact(inputs.states) as states:
        found = analyse(weights, spec, points, states, origin["request"])
    _write(found, result, receipt, title, origin)


def _write(
    found: xr.Dataset,
    result: Path | str,
    receipt: Path | str,
    title: str,
    origin: dict[str, Any],
) -> None:
    write_analysis(result, found, title, origin)
    contents = {"replicates": [int(it) for it in found["replicate"].values]}
    write_receipt([result], receipt, origin, contents)
