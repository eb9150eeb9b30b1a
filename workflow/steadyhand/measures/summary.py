"""Measures by condition, with the replicate as the unit of analysis.

The trials of a replicate are averaged first: networks were trained, trials were not. Replicates
that differ tell how far a finding holds for other networks; more trials do not.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from steadyhand.intervals import mean_and_margin

REFERENCE = 0
"""The condition that others are compared with: the first value of every factor."""

_KEYS = ["condition", "replicate"]


class Summary:
    """Collects rows of measures block by block; memory does not grow with them."""

    def __init__(self, measures: Mapping[str, Mapping[str, str]], conditions: list[str]):
        """`measures`: unit and definition by name; `conditions`: columns that set them apart."""
        self._measures = measures
        self._names = list(measures)
        self._conditions = conditions
        self._sums: pd.DataFrame | None = None
        self._told: pd.DataFrame | None = None

    def watching(self, blocks: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        """The same blocks, each taken into account."""
        for block in blocks:
            self.add(block)
            yield block

    def add(self, block: pd.DataFrame) -> None:
        """Take some rows into account."""
        grouped = block.groupby(_KEYS)[self._names]
        parts = pd.concat({"sum": grouped.sum(), "count": grouped.count()}, axis=1)
        told = block.groupby("condition")[self._conditions].first()
        if self._sums is None or self._told is None:
            self._sums, self._told = parts, told
        else:
            self._sums = self._sums.add(parts, fill_value=0)
            self._told = self._told.combine_first(told)

    def table(self) -> pd.DataFrame:
        """One row per condition and measure.

        `mean`, `sd` and the 95 % interval `low` to `high` (Student's t) are over the means of
        `replicates` replicates that have the measure in some trial, of `trials` in all. The
        `difference_…` are those of the same replicates from condition `REFERENCE`, paired. What
        too few replicates give no number for is missing.
        """
        if self._sums is None or self._told is None:
            raise ValueError("there are no measures to summarize")
        counts = self._sums["count"]
        means = self._sums["sum"] / counts.where(counts > 0)
        wide = {name: means[name].unstack("replicate") for name in self._names}
        rows = [
            self._row(condition, name, wide[name], counts[name])
            for condition in sorted(self._told.index)
            for name in self._names
        ]
        return pd.DataFrame(rows)

    def _row(
        self, condition: int, name: str, means: pd.DataFrame, counts: pd.Series
    ) -> dict[str, Any]:
        assert self._told is not None
        here, reference = means.loc[condition], means.loc[REFERENCE]
        return {
            "condition": condition,
            **self._told.loc[condition].to_dict(),
            "measure": name,
            "unit": self._measures[name]["unit"],
            "trials": int(counts.loc[condition].sum()),
            "replicates": int(here.notna().sum()),
            **_over_replicates(here.dropna().to_numpy(), ""),
            **_over_replicates((here - reference).dropna().to_numpy(), "difference_"),
        }


def _over_replicates(values: np.ndarray, prefix: str) -> dict[str, float]:
    mean, margin = mean_and_margin(values)
    spread = float(values.std(ddof=1)) if len(values) > 1 else np.nan
    found = {"mean": mean, "sd": spread, "low": mean - margin, "high": mean + margin}
    return {f"{prefix}{name}": value for name, value in found.items()}
