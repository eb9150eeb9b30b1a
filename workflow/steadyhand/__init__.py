"""Train, evaluate and dissect recurrent controllers of a simulated hand."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from steadyhand.results import Results

__version__ = "0.1.0"


def open(results: "Path | str" = "results") -> "Results":
    """A folder of results: its tables as DataFrames, evaluated states as lazy xarray datasets.

    Raises `UserError` if there is no catalogue in it.
    """
    from steadyhand.results import Results

    return Results(results)
