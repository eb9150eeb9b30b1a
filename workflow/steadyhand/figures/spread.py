"""Numbers of trials in cells: what models are along one axis, what trials are along the other."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from steadyhand.condition_text import text_of
from steadyhand.conditions import has_value
from steadyhand.errors import UserError
from steadyhand.figures import conditions, wording
from steadyhand.figures.chosen_conditions import selection_of
from steadyhand.figures.source import Source
from steadyhand.intervals import mean_and_margin

LEVELS = 80
"""Values at which the density of a cell is given."""

_BINS = 512

TableOf = Callable[[Source, Sequence[str]], pd.DataFrame]
"""The trials of a model: columns `replicate` and `value`, and the named ones."""


class Placed(NamedTuple):
    """Where models stand: the panel and the place (or group) of each, by number, with names."""

    panel: list[int]
    panels: list[str]
    place: list[int]
    places: list[str]
    title: str


def prepare(
    figure_type: str,
    sources: Sequence[Source],
    options: Mapping[str, Any],
    table_of: TableOf,
    *,
    log: bool = False,
    in_panels: bool = True,
    of: str = "trials",
) -> xr.Dataset:
    """Of every cell: density, means of networks, and their mean with its 95 % interval.

    Options: `by` is what sets the trials of a model apart (None: nothing); other names of
    conditions select trials; `color` is what colours stand for, "trials" or "train"; `units` are
    those of columns. With `log`, all means and densities are those of logarithms. Where models
    differ in several columns, the first one is along the axis (or has the colours), and there is a
    panel for each combination of the others, unless not `in_panels`. `of` is what a value is of;
    there are densities of trials only.

    Dims: cell, level (of a density, from the smallest value to the largest, its peak is 1), network
    (padded with NaN and -1), place (along x), group (by colour), panel. Values that are not finite
    are left out, and counted in `missing`. `UserError` if no trial is selected.
    """
    if not sources:
        raise UserError(f"{figure_type}: no model was selected; it needs at least one")
    columns = conditions.varying_columns(sources)
    ordered = conditions.by_condition(sources, columns)
    by, selection, units = options.get("by"), selection_of(options), options.get("units", {})
    names = [*selection, *([by] if by else [])]
    tables = [_selected(figure_type, it, table_of(it, names), selection) for it in ordered]
    values = sorted({float(it) for table in tables for it in table[by].unique()}) if by else [0.0]
    networks = max(table["replicate"].nunique() for table in tables)
    models = _placed(ordered, columns[:1] if in_panels else columns, columns, units)
    cells = []
    for model, table in enumerate(tables):
        for index, value in enumerate(values):
            chosen = table[has_value(table[by], value)] if by else table
            if len(chosen):
                where = {"panel_of": models.panel[model], "model": models.place[model]}
                cell = _of_cell(chosen, networks, log, dense=of == "trials")
                cells.append(cell.assign({**where, "trials": index}))
    prepared = xr.concat(cells, dim="cell")
    trials = [wording.number(it) for it in values] if by else [""]
    sides = {
        "model": (models.places, models.title),
        "trials": (trials, conditions.axis_title(by, units) if by else ""),
    }
    along_models = options.get("color", "trials") == "trials"
    place, group = ("model", "trials") if along_models else ("trials", "model")
    numeric = bool(columns) and conditions.is_numeric(ordered, columns[0])
    return (
        prepared.assign(x=prepared[place], colour=prepared[group])
        .assign_coords(place=sides[place][0], group=sides[group][0], panel=models.panels)
        .assign_attrs(
            place_title=sides[place][1],
            group_title=sides[group][1],
            groups_are=group,
            ordered=int(group == "trials" or numeric),
            log=int(log),
            of=of,
        )
    )


def _placed(
    ordered: Sequence[Source],
    along: Sequence[str],
    columns: Sequence[str],
    units: Mapping[str, str],
) -> Placed:
    """Models by the columns `along` and, in panels, by all other ones."""
    others = [it for it in columns if it not in along]
    place, places = conditions.numbered(ordered, along, lambda it: _short(it, along))
    panel, panels = conditions.numbered(
        ordered, others, lambda it: conditions.label_of(it, others) if others else ""
    )
    title = "; ".join(conditions.axis_title(it, units) for it in along) or "training condition"
    return Placed(panel, panels, place, places, title)


def _selected(
    figure_type: str, source: Source, table: pd.DataFrame, selection: Mapping[str, float]
) -> pd.DataFrame:
    chosen = table
    for name, value in selection.items():
        chosen = chosen[has_value(chosen[name], value)]
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


def _of_cell(table: pd.DataFrame, networks: int, log: bool, dense: bool) -> xr.Dataset:
    values = table["value"].to_numpy(float)
    known = np.isfinite(values) & ((values > 0) | (not log))
    scaled = np.log10(values[known]) if log else values[known]
    means = pd.Series(scaled).groupby(table["replicate"].to_numpy()[known]).mean()
    mean, margin = mean_and_margin(means.to_numpy())
    # A number of each network has no distribution beside that of networks.
    level, density = density_of(scaled if dense and len(scaled) > len(means) else scaled[:0])
    padding = networks - len(means)
    of_networks = np.pad(means.to_numpy(), (0, padding), constant_values=np.nan)
    numbers = np.pad(means.index.to_numpy(int), (0, padding), constant_values=-1)

    def back(value: Any) -> Any:
        return 10**value if log else value

    return xr.Dataset(
        {
            "count": len(values),
            "missing": int((~known).sum()),
            "mean": back(mean),
            "low": back(mean - margin),
            "high": back(mean + margin),
            "level_value": ("level", back(level)),
            "density": ("level", density),
            "network_mean": ("network", back(of_networks)),
            "replicate": ("network", numbers),
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
