"""Evaluated states of several models as one dataset that reads what is used of it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from steadyhand.errors import UserError
from steadyhand.store.errors import ArtefactError
from steadyhand.store.origin import open_artefact

Row = Mapping[str, Any]
"""Of the catalogue's table `evaluations`."""


def open_states(folder: Path, rows: Sequence[Row], conditions: Mapping[str, Any]) -> xr.Dataset:
    """See `Results.states`; `rows` are all of one evaluation's name."""
    _require_alike(rows)
    files = [_file(folder, row) for row in rows]
    with open_artefact(files[0]) as first:
        layout = first.drop_vars(["replicate", *first.data_vars]).load()
        recorded = {
            str(name): (it.dims, it.dtype, it.shape, dict(it.attrs))
            for name, it in first.data_vars.items()
        }
    networks = [
        (number, index)
        for number, row in enumerate(rows)
        for index in range(len(row["replicates"]))
    ]
    verified: set[Path] = {files[0]}
    variables = {}
    for name, (dims, dtype, shape, attrs) in recorded.items():
        if "replicate" not in dims:
            continue
        rest = [dim for dim in dims if dim != "replicate"]
        array = _Stacked(
            [(files[number], index) for number, index in networks],
            (name, dims.index("replicate")),
            tuple(size for dim, size in zip(dims, shape, strict=True) if dim != "replicate"),
            dtype,
            verified,
        )
        lazy = indexing.LazilyIndexedArray(array)
        variables[name] = xr.Variable(("network", *rest), lazy, attrs)
    coordinates = of_networks(rows, differing(rows))
    opened = xr.Dataset(variables, coords=layout.coords, attrs=_shared(rows[0]))
    opened = opened.assign_coords({name: ("network", it) for name, it in coordinates.items()})
    return _select(opened, conditions)


def differing(rows: Sequence[Row]) -> list[str]:
    """Hyperparameters that are not the same in all rows."""
    names = [name for name in rows[0] if name.startswith("train.")]
    return [name for name in names if len({repr(row[name]) for row in rows}) > 1]


def of_networks(rows: Sequence[Row], names: Sequence[str]) -> dict[str, list[Any]]:
    """Coordinates of the dimension `network`: every replicate of every row, and columns `names`."""
    every = [(row, int(replicate)) for row in rows for replicate in row["replicates"]]
    return {
        "model_id": [row["model_id"] for row, _ in every],
        "digest": [row["digest"] for row, _ in every],
        "replicate": [replicate for _, replicate in every],
        **{name: [_plain(row[name]) for row, _ in every] for name in names},
    }


class _Stacked(BackendArray):
    """A variable of several networks, each in a file: axis 0 is the network."""

    def __init__(
        self,
        places: Sequence[tuple[Path, int]],
        variable: tuple[str, int],
        shape: tuple[int, ...],
        dtype: np.dtype,
        verified: set[Path],
    ):
        """`places`: file and index of the replicate; `variable`: name and axis of replicates."""
        self.shape = (len(places), *shape)
        self.dtype = dtype
        self._places, self._verified = places, verified
        self._name, self._axis = variable

    def __getitem__(self, key: Any) -> Any:
        support = indexing.IndexingSupport.OUTER
        return indexing.explicit_indexing_adapter(key, self.shape, support, self._read)

    def _read(self, key: tuple[Any, ...]) -> np.ndarray:
        chosen, rest = np.arange(len(self._places))[key[0]], list(key[1:])
        parts = [self._of_network(int(number), rest) for number in np.atleast_1d(chosen)]
        if np.ndim(chosen) == 0:
            return parts[0]
        shape = [
            len(range(n)[it]) if isinstance(it, slice) else len(it)
            for it, n in zip(rest, self.shape[1:], strict=True)
            if not isinstance(it, int | np.integer)
        ]
        return np.stack(parts) if parts else np.empty((0, *shape), self.dtype)

    def _of_network(self, number: int, rest: list[Any]) -> np.ndarray:
        path, index = self._places[number]
        if path not in self._verified:
            open_artefact(path).close()
            self._verified.add(path)
        with netCDF4.Dataset(path, "r") as file:
            variable = file[self._name]
            variable.set_auto_maskandscale(False)
            key = (*rest[: self._axis], index, *rest[self._axis :])
            return np.asarray(variable[key])


def _select(opened: xr.Dataset, conditions: Mapping[str, Any]) -> xr.Dataset:
    chosen = np.ones(opened.sizes["trial"], bool)
    known = [str(name) for name, it in opened.coords.items() if it.dims == ("trial",)]
    for name, wanted in conditions.items():
        if name not in known:
            raise UserError(f"condition {name!r}: not one; there are {', '.join(known)}")
        values = opened[name].values
        listed = wanted if isinstance(wanted, list | tuple | set) else [wanted]
        missing = [it for it in listed if not (values == it).any()]
        if missing:
            there = ", ".join(f"{it:g}" for it in np.unique(values)[:20])
            raise UserError(f"condition {name} = {missing[0]}: no such trial; there are {there}")
        chosen &= np.isin(values, list(listed))
    return opened if chosen.all() else opened.isel(trial=np.flatnonzero(chosen))


def _require_alike(rows: Sequence[Row]) -> None:
    """Models with another evaluation id have other physics, and perhaps other trials and times."""
    of = {row["evaluation_id"]: row for row in rows}
    if len(of) == 1:
        return
    settings = [name for name in rows[0] if name.startswith("eval.")]
    differ = [it for it in settings if len({repr(row[it]) for row in of.values()}) > 1]
    raise UserError(
        f"{len(of)} evaluations have this name, as their models differ in {', '.join(differ)}; "
        f"say which by `where`, or by the first digits of one of {', '.join(sorted(of)[:8])}"
    )


def _file(folder: Path, row: Row) -> Path:
    path = folder / "states" / row["digest"] / f"{row['evaluation_id']}.nc"
    if not path.is_file():
        raise ArtefactError(path, "no such file")
    return path


def _shared(row: Row) -> dict[str, Any]:
    """What the dataset says of itself."""
    return {
        "evaluation_id": row["evaluation_id"],
        "name": row["name"] or "",
        **{name: _plain(it) for name, it in row.items() if name.startswith("eval.")},
    }


def _plain(value: Any) -> Any:
    """A value that may stand in a coordinate or attribute."""
    return value if isinstance(value, int | float | str) else repr(value)
