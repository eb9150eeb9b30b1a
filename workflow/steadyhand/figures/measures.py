"""A measure of trials, by training condition and by what sets trials apart."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import xarray as xr

from steadyhand.figures import spread, spread_traces, wording
from steadyhand.figures.source import Source

_TYPE = "measures"


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """See `spread.prepare`; the option `measure` names the column.

    With the option `absolute`, values are without their signs before anything else. `unit` and
    `definition` of the measure are attributes.
    """
    told: dict[str, str] = {}

    def table_of(source: Source, columns: Sequence[str]) -> pd.DataFrame:
        name = options["measure"]
        table = source.table(_TYPE, ("replicate", name, *columns))
        told.update(table.attrs["measures"][name])
        values = table[name].abs() if options.get("absolute") else table[name]
        return table.assign(value=values)

    prepared = spread.prepare(_TYPE, sources, options, table_of)
    sign = "|" if options.get("absolute") else ""
    return prepared.assign_attrs(told, measure=f"{sign}{options['measure']}{sign}")


def draw(prepared: xr.Dataset, options: Mapping[str, Any]) -> go.Figure:
    """Violins, a room for each place."""
    name, definition = prepared.attrs["measure"], prepared.attrs["definition"]
    about, unit = f"{definition[0].upper()}{definition[1:]}", wording.unit(prepared.attrs["unit"])
    return spread_traces.draw_panels(prepared, options.get("title", name), about, name, unit)
