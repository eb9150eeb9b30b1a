"""Results of an analysis of states, of several models, as one dataset."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from steadyhand.analyses.needs import OF_POINTS
from steadyhand.errors import UserError
from steadyhand.lazy_states import Row, differing, of_networks
from steadyhand.store.origin import open_artefact


def load_analyses(folder: Path, rows: Sequence[Row]) -> xr.Dataset:
    """See `Results.analysis`; `rows` are all of one name. Raises `ArtefactError` for damage."""
    types = {row["analysis.type"] for row in rows}
    if len(types) > 1:
        raise UserError(
            f"analyses of {len(types)} types have this name: {', '.join(sorted(types))}; "
            "say which by `where`, as in \"analysis.type == 'tangling'\""
        )
    if types & set(OF_POINTS):
        (kind,) = types
        raise UserError(
            f"an analysis of type {kind} has other points for each network; open its files, which "
            "the column 'file' of results.analyses() names"
        )
    files = [folder / it["analysis.type"] / it["digest"] / f"{it['analysis_id']}.nc" for it in rows]
    loaded = [_networks(*it) for it in zip(files, rows, strict=True)]
    shared = [name for name in loaded[0].data_vars if "network" not in loaded[0][name].dims]
    for file, one in zip(files, loaded, strict=True):
        for name in shared:
            if not one[name].identical(loaded[0][name]):
                raise UserError(f"{file}: its {name} is another than that of {files[0]}")
    whole = xr.concat(
        loaded, "network", data_vars="minimal", coords="minimal", compat="override", join="outer"
    )
    names = of_networks(rows, differing(rows))
    return whole.assign_coords({name: ("network", it) for name, it in names.items()})


def _networks(file: Path, row: Row) -> xr.Dataset:
    with open_artefact(file) as opened:
        found = opened.load()
    if not np.array_equal(found["replicate"].values, row["replicates"]):
        raise UserError(f"{file}: its replicates are not those of the catalogue; run snakemake")
    attrs: dict[str, Any] = {"title": found.attrs["title"]}
    renamed = found.drop_vars("replicate").rename({"replicate": "network"})
    return renamed.assign_attrs(attrs)
