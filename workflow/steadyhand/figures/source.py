"""What a figure is drawn from: one model's data and the training condition that tells it apart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from steadyhand.errors import UserError
from steadyhand.store.origin import read_measured

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Source:
    """Data of one model, by role ("history", "states", "fixed_points", …), and files of tables.

    `label` names the model's training condition to a reader; `condition` holds the columns behind
    the label, such as `{"train.field.std": 1.0}`.
    """

    model_id: str
    label: str
    condition: Mapping[str, object] = field(default_factory=dict)
    data: Mapping[str, xr.Dataset] = field(default_factory=dict)
    tables: Mapping[str, Path] = field(default_factory=dict)

    def dataset(self, role: str, variables: Iterable[str]) -> xr.Dataset:
        """The dataset of a role; `UserError` if it, or a variable that is needed, is not there."""
        dataset: xr.Dataset = self._of(role, self.data)
        missing = [name for name in variables if name not in dataset.variables]
        if missing:
            there = ", ".join(sorted(map(str, dataset.variables)))
            raise UserError(
                f"model {self.model_id}: its {role} lack {', '.join(missing)}; there are: {there}"
            )
        return dataset

    def table(self, role: str, columns: Sequence[str]) -> "pd.DataFrame":
        """Columns of the table of a role; raises `ArtefactError` if it is damaged or lacks one."""
        return read_measured(self._of(role, self.tables), columns)

    def _of(self, role: str, known: Mapping[str, Any]) -> Any:
        if role not in known:
            there = ", ".join(sorted(known)) or "none"
            raise UserError(f"model {self.model_id}: no {role} to draw; there is: {there}")
        return known[role]


def only_source(figure_type: str, sources: Sequence[Source]) -> Source:
    """The one model of a figure that shows one model."""
    if len(sources) != 1:
        there = ", ".join(source.model_id for source in sources) or "none"
        raise UserError(f"{figure_type}: shows exactly one model, not {len(sources)} ({there})")
    return sources[0]


def ordering_column(sources: Sequence[Source]) -> str | None:
    """The numerical column that alone tells the sources apart; None if there is no such column."""
    names = sorted({name for source in sources for name in source.condition})
    varying = [name for name in names if len({repr(s.condition.get(name)) for s in sources}) > 1]
    if len(varying) != 1:
        return None
    values = [source.condition.get(varying[0]) for source in sources]
    numerical = all(isinstance(v, Real) and not isinstance(v, bool) for v in values)
    return varying[0] if numerical and len(set(values)) == len(values) else None


def in_order(figure_type: str, sources: Sequence[Source]) -> tuple[list[Source], str | None]:
    """Sources by increasing value of their ordering column (as given, if there is none)."""
    if not sources:
        raise UserError(f"{figure_type}: no model was selected; it needs at least one")
    column = ordering_column(sources)
    if column is None:
        return list(sources), None
    return sorted(sources, key=lambda source: float(str(source.condition[column]))), column
