"""What is compared: one number per replicate, from histories of training or measured trials."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from steadyhand.conditions import has_value

Values = dict[int, float]
"""By the number of the replicate; NaN where there is no such number."""


@dataclass(frozen=True)
class Sample:
    """What one condition gave: a number per replicate, and whose training failed."""

    values: Values
    failed: frozenset[int] = frozenset()
    unit: str = ""


def means_of(values: np.ndarray, owner: np.ndarray, replicates: np.ndarray) -> Values:
    """Means over what belongs to each replicate; NaN where nothing does."""
    found = {int(it): values[owner == it] for it in replicates}
    return {number: float(own.mean()) if len(own) else np.nan for number, own in found.items()}


def sample_of_trials(
    table: pd.DataFrame, quantity: Mapping[str, Any], trials: Mapping[str, float]
) -> Sample:
    """Mean of a measure over the trials with these values, of every replicate that has it in some.

    Raises `ValueError` where there is no such trial.
    """
    chosen = table
    for name, value in trials.items():
        chosen = chosen[has_value(chosen[name], value)]
    if not len(chosen):
        raise ValueError(f"no trial has {dict(trials)}")
    values = chosen[quantity["measure"]]
    if quantity["absolute"]:
        values = values.abs()
    means = values.groupby(chosen["replicate"]).mean()
    unit = table.attrs["measures"][quantity["measure"]]["unit"]
    return Sample({int(number): float(it) for number, it in means.items()}, unit=unit)


def sample_of(history: xr.Dataset, quantity: Mapping[str, Any]) -> Sample:
    """A quantity of every replicate; see `config.findings` for what each is."""
    found = _KINDS[quantity["type"]](history, quantity)
    numbers = [int(number) for number in history["replicate"].values]
    values = {
        number: float(value) if np.isfinite(value) and value > 0 else np.nan
        for number, value in zip(numbers, found, strict=True)
    }
    diverged = zip(numbers, history["diverged_batch"].values, strict=True)
    return Sample(values, frozenset(number for number, batch in diverged if batch >= 0))


def _late_loss(history: xr.Dataset, quantity: Mapping[str, Any]) -> np.ndarray:
    loss = _loss(history, quantity["term"])
    count = max(1, round(quantity["share"] * loss.shape[1]))
    return _geometric_mean(loss[:, -count:])


def _loss_jump(history: xr.Dataset, quantity: Mapping[str, Any]) -> np.ndarray:
    loss, batch, window = _loss(history, quantity["term"]), quantity["batch"], quantity["window"]
    after, before = loss[:, batch : batch + window], loss[:, batch - window : batch]
    return _geometric_mean(after) / _geometric_mean(before)


def _validation_loss(history: xr.Dataset, quantity: Mapping[str, Any]) -> np.ndarray:
    loss = history["validation_loss"].transpose("replicate", "snapshot").values
    snapshots, chosen = history["snapshot"].values, history["chosen_batch"].values
    # A network that failed has a snapshot of before; what it reached is no result of training.
    is_chosen = (snapshots[None] == chosen[:, None]) & _went_well(history)[:, None]
    return np.where(is_chosen.any(axis=1), np.where(is_chosen, loss, 0).sum(axis=1), np.nan)


def _readout_norm(history: xr.Dataset, quantity: Mapping[str, Any]) -> np.ndarray:
    norm = history["readout_norm"].transpose("replicate", "snapshot").values[:, -1]
    return np.where(_went_well(history), norm, np.nan)


def _went_well(history: xr.Dataset) -> np.ndarray:
    return history["diverged_batch"].values < 0


_KINDS: dict[str, Callable[[xr.Dataset, Mapping[str, Any]], np.ndarray]] = {
    "late_loss": _late_loss,
    "loss_jump": _loss_jump,
    "validation_loss": _validation_loss,
    "readout_norm": _readout_norm,
}


def _loss(history: xr.Dataset, term: str) -> np.ndarray:
    """(replicate, batch)"""
    if term == "total":
        return history["loss"].transpose("replicate", "batch").values
    return history["loss_term"].sel(term=term).transpose("replicate", "batch").values


def _geometric_mean(loss: np.ndarray) -> np.ndarray:
    """Over batches; NaN where one of them is missing or not positive."""
    good = np.isfinite(loss) & (loss > 0)
    means = np.exp(np.log(np.where(good, loss, 1)).mean(axis=1))
    return np.where(good.all(axis=1), means, np.nan)
