"""Numbers of trials in cells: what models are along one axis, what trials are along the other."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from steadyhand.condition_text import text_of
from steadyhand.conditions import CONDITION_NAMES
from steadyhand.errors import UserError
from steadyhand.figures import conditions, wording
from steadyhand.figures.source import Source
from steadyhand.intervals import mean_and_margin

LEVELS = 80
"""Values at which the density of a cell is given."""

_BINS = 512

TableOf = Callable[[Source, Sequence[str]], pd.DataFrame]
"""The trials of a model: columns `replicate` and `value`, and the named ones."""


class Cell(NamedTuple):
    """The trials of a model that belong together."""

    model: int
    trials: int
    """Index of what these trials have."""
    table: pd.DataFrame


def prepare(
    figure_type: str,
    sources: Sequence[Source],
    options: Mapping[str, Any],
    table_of: TableOf,
    *,
    log: bool = False,
) -> xr.Dataset:
    """Of every cell: density, means of networks, and their mean with its 95 % interval.

    Options: `by` is what sets the trials of a model apart (None: nothing); other names of
    conditions select trials; `color` is what colours stand for, "trials" or "train"; `units` are
    those of columns. With `log`, all means and densities are those of logarithms.

    Dims: cell, level (of a density, from the smallest value to the largest, its peak is 1), network
    (padded with NaN and -1), place (along x), group (by colour). Values that are not finite are
    left out, and counted in `missing`. `UserError` if no trial is selected.
    """
    if not sources:
        raise UserError(f"{figure_type}: no model was selected; it needs at least one")
    columns = conditions.varying_columns(sources)
    ordered = conditions.by_condition(sources, columns)
    by, selection = options.get("by"), _selection(options)
    names = [*selection, *([by] if by else [])]
    tables = [_selected(figure_type, it, table_of(it, names), selection) for it in ordered]
    values = sorted({float(it) for table in tables for it in table[by].unique()}) if by else [0.0]
    cells = [
        Cell(model, index, table[np.isclose(table[by], value, 1e-6, 0)] if by else table)
        for model, table in enumerate(tables)
        for index, value in enumerate(values)
    ]
    models = [_short(it, columns) for it in ordered]
    trials = [f"{wording.number(it)}" for it in values] if by else [""]
    along_models = options.get("color", "trials") == "trials"
    prepared = _of_cells([it for it in cells if len(it.table)], log)
    model, trial = prepared["model"].values, prepared["trials"].values
    axes = {"model": (model, models), "trials": (trial, trials)}
    place, group = ("model", "trials") if along_models else ("trials", "model")
    heading = "; ".join(conditions.axis_title(it, options.get("units", {})) for it in columns)
    called = {
        "model": heading or "training condition",
        "trials": conditions.axis_title(by, options.get("units", {})) if by else "",
    }
    return (
        prepared.assign(x=("cell", axes[place][0]), colour=("cell", axes[group][0]))
        .assign_coords(place=axes[place][1], group=axes[group][1])
        .assign_attrs(
            place_title=called[place],
            group_title=called[group],
            groups_are=group,
            ordered=int(
                group == "trials" or (bool(columns) and conditions.is_numeric(ordered, columns[0]))
            ),
            log=int(log),
            **({"label": ordered[0].label} if not columns else {}),
        )
    )


def _selection(options: Mapping[str, Any]) -> dict[str, float]:
    return {name: options[name] for name in CONDITION_NAMES if options.get(name) is not None}


def _selected(
    figure_type: str, source: Source, table: pd.DataFrame, selection: Mapping[str, float]
) -> pd.DataFrame:
    chosen = table
    for name, value in selection.items():
        chosen = chosen[np.isclose(chosen[name], value, rtol=1e-6, atol=0)]
        if not len(chosen):
            there = ", ".join(wording.number(it) for it in np.unique(table[name]))
            raise UserError(
                f"{figure_type}: model {source.model_id}: {name} {value}: no such trial; "
                f"there are: {there}"
            )
    return chosen


def _short(source: Source, columns: Sequence[str]) -> str:
    """What tells a model apart; the number alone, where that is all."""
    if len(columns) == 1:
        return text_of(source.condition.get(columns[0]))
    return conditions.label_of(source, columns)


def _of_cells(cells: Sequence[Cell], log: bool) -> xr.Dataset:
    networks = max(cell.table["replicate"].nunique() for cell in cells)
    rows = [_of_cell(cell, networks, log) for cell in cells]
    return xr.concat(rows, dim="cell")


def _of_cell(cell: Cell, networks: int, log: bool) -> xr.Dataset:
    values = cell.table["value"].to_numpy(float)
    known = np.isfinite(values) & ((values > 0) | (not log))
    scaled = np.log10(values[known]) if log else values[known]
    means = pd.Series(scaled).groupby(cell.table["replicate"].to_numpy()[known]).mean()
    mean, margin = mean_and_margin(means.to_numpy())
    # A number of each network has no distribution beside that of networks.
    level, density = density_of(scaled if len(scaled) > len(means) else scaled[:0])
    padding = networks - len(means)
    of_networks = np.pad(means.to_numpy(), (0, padding), constant_values=np.nan)

    def back(value: Any) -> Any:
        return 10**value if log else value

    return xr.Dataset(
        {
            "model": cell.model,
            "trials": cell.trials,
            "count": len(values),
            "missing": int((~known).sum()),
            "mean": back(mean),
            "low": back(mean - margin),
            "high": back(mean + margin),
            "level_value": ("level", back(level)),
            "density": ("level", density),
            "network_mean": ("network", back(of_networks)),
            "replicate": (
                "network",
                np.pad(means.index.to_numpy(int), (0, padding), constant_values=-1),
            ),
        }
    )


def density_of(
    values: Float[np.ndarray, " sample"],
) -> tuple[Float[np.ndarray, " level"], Float[np.ndarray, " level"]]:
    """Where, and how dense, values are, relative to the densest place; NaN where they are one.

    Gaussian kernels with Silverman's bandwidth, 0.9 min(SD, IQR / 1.34) n^(-1/5), cut off at the
    smallest and the largest value; values are counted in bins first, so many cost no more than few.
    """
    if len(values) < 2 or np.ptp(values) <= 1e-9 * np.abs(values).max():
        return np.full(LEVELS, np.nan), np.full(LEVELS, np.nan)
    quartiles = np.percentile(values, [25, 75])
    scales = [it for it in (values.std(), np.ptp(quartiles) / 1.34) if it > 0]
    counts, edges = np.histogram(values, _BINS)
    width = max(0.9 * min(scales) * len(values) ** -0.2, edges[1] - edges[0])
    levels = np.linspace(values.min(), values.max(), LEVELS)
    apart = (levels[:, None] - (edges[:-1] + edges[1:]) / 2) / width
    density = np.exp(-(apart**2) / 2) @ counts
    return levels, density / density.max()
