"""The replicates of several models as one flat table, and what a reader must know of them."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from steadyhand.figures import style
from steadyhand.figures.source import Source

NEEDED = ("replicate", "included", "exclusion_reason", "chosen_batch", "diverged_batch", "snapshot")
"""Variables of a history that the table is made of."""
MOST_SYMBOLS = len(style.SYMBOLS)
"""Replicates that can be told apart by their symbols."""


def replicate_table(sources: Sequence[Source]) -> xr.Dataset:
    """Along `network`: index of the `model`, number of the `replicate`, what became of it.

    `chosen_batch` and `diverged_batch` are −1 where there is none; `last_batch` is the last
    snapshot, of a network that failed the last one before the batch in which it did.
    """
    parts = [_of_model(index, source) for index, source in enumerate(sources)]
    return xr.concat(parts, dim="network", data_vars="all", coords="minimal", compat="override")


def at_snapshots(source: Source, variable: str, batches: np.ndarray) -> np.ndarray:
    """A variable (replicate, snapshot) of a history at one snapshot of each replicate.

    `batches` (replicate) are those done before the snapshot; NaN where there is no such snapshot.
    """
    history = source.dataset("history", (*NEEDED, variable))
    values = history[variable].transpose("replicate", "snapshot").values.astype(float)
    snapshot = history["snapshot"].values.astype(int)
    index = np.clip(np.searchsorted(snapshot, batches), 0, len(snapshot) - 1)
    found = values[np.arange(len(values)), index]
    return np.where((snapshot[index] == batches) & np.isfinite(found), found, np.nan)


def offsets(replicates: np.ndarray) -> np.ndarray:
    """Places beside each other, from −0.5 to 0.5, by the rank of the number of the replicate."""
    numbers, rank = np.unique(replicates, return_inverse=True)
    return rank / (len(numbers) - 1) - 0.5 if len(numbers) > 1 else np.zeros(len(replicates))


def symbols(replicates: np.ndarray) -> list[str]:
    """A symbol for each replicate; circles for all, if there are too many to tell apart."""
    numbers, rank = np.unique(replicates, return_inverse=True)
    if len(numbers) > MOST_SYMBOLS:
        return ["circle"] * len(replicates)
    return [style.SYMBOLS[it] for it in rank]


def who_is_excluded(table: xr.Dataset, labels: Sequence[str]) -> str:
    """A sentence on excluded replicates, and on models that have no other; "" if there is none."""
    included = table["included"].values
    if included.all():
        return ""
    if not included.any():
        return "No replicate of any model is included; all are grey."
    with_one = np.unique(table["model"].values[included])
    without = [label for index, label in enumerate(labels) if index not in with_one]
    text = f"Grey: {(~included).sum()} of {len(included)} networks, excluded."
    return text + (f" None is included of: {'; '.join(without)}." if without else "")


def _of_model(index: int, source: Source) -> xr.Dataset:
    history = source.dataset("history", NEEDED)
    snapshot, diverged = history["snapshot"].values, history["diverged_batch"].values.astype(int)
    until = np.where(diverged < 0, snapshot[-1] + 1, diverged)
    last = np.maximum(np.searchsorted(snapshot, until) - 1, 0)
    columns = {
        "model": np.full(history.sizes["replicate"], index),
        "replicate": history["replicate"].values.astype(int),
        "included": history["included"].values.astype(bool),
        "reason": history["exclusion_reason"].values.astype(str),
        "chosen_batch": history["chosen_batch"].values.astype(int),
        "diverged_batch": diverged,
        "last_batch": snapshot[last].astype(int),
    }
    return xr.Dataset({name: ("network", values) for name, values in columns.items()})
