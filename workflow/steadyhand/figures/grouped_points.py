"""Points or responses by condition, and numbers of each replicate, for figures of one model."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from steadyhand.figures import wording

WORDS = {"sisu": "SISU", "field_amplitude": "field"}
"""What a reader calls what is held at points, by name."""
OF_POINTS = {name: f"point_{name}" for name in WORDS}
"""The variables that hold it."""


def grouped(
    data: xr.Dataset, columns: Mapping[str, str], words: Mapping[str, str], dim: str
) -> tuple[list[str], list[Int[np.ndarray, " row"]]]:
    """Conditions in words, and the rows along `dim` of each, by increasing values.

    What has one value in all of them is left out, where something else has several.

    `columns` are variables by the name of the condition that they hold, `words` what a reader
    calls it; what the data do not have sets nothing apart.
    """
    names = [name for name, column in columns.items() if column in data]
    values = [data[columns[name]].values for name in names]
    rows = np.array(values, float).reshape(len(names), data.sizes[dim]).T
    found = np.unique(rows, axis=0) if len(rows) else rows
    members = [np.flatnonzero((rows == row).all(axis=1)) for row in found]
    several = [len(np.unique(column)) > 1 for column in rows.T]
    said = several if any(several) else [True] * len(names)
    labels = []
    for row in found:
        told = zip(names, row, said, strict=True)
        labels.append(", ".join(f"{words[it]} {wording.number(x)}" for it, x, yes in told if yes))
    return [it or "all" for it in labels], members


def medians_of(
    values: Float[np.ndarray, " row"],
    members: list[Int[np.ndarray, " row"]],
    owner: Int[np.ndarray, " row"],
    replicates: Int[np.ndarray, " replicate"],
    column: Int[np.ndarray, " row"],
) -> Float[np.ndarray, "group replicate column"]:
    """Medians over the rows of a group, replicate and column; NaN where there is none."""
    found = np.full((len(members), len(replicates), column.max(initial=-1) + 1), np.nan)
    for group, rows in enumerate(members):
        for index, number in enumerate(replicates):
            for at in range(found.shape[2]):
                own = rows[(owner[rows] == number) & (column[rows] == at)]
                if len(own):
                    found[group, index, at] = np.median(values[own])
    return found
