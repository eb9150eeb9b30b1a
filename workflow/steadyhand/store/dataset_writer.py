"""NetCDF files that are written block by block, whole or not at all."""

import errno
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import netCDF4
import numpy as np

from steadyhand.store.atomic import atomic_path
from steadyhand.store.datasets import LABELS, SEAL, STORED_DIMS, digest_of

if TYPE_CHECKING:
    import xarray as xr

_CHUNK = 2**20
"""Most bytes of a chunk: what has to be read, decompressed and compared for a single number."""


class Variable(NamedTuple):
    """Layout of one variable: its dimensions, dtype ("f4", "f8", "i4", "str", …), attributes."""

    dims: tuple[str, ...]
    dtype: str
    attrs: dict[str, Any]


class DatasetWriter:
    """Writes one NetCDF file, atomically, with blocks of its variables appended in order.

    Blocks of a variable follow each other along its first dimension; the size of every dimension
    is fixed from the start. `chunks` are the most entries along a dimension that are compressed
    together. Used as a context manager; leaving it with an error leaves no file.
    """

    def __init__(
        self,
        path: Path | str,
        sizes: Mapping[str, int],
        variables: Mapping[str, Variable],
        attrs: Mapping[str, Any],
        chunks: Mapping[str, int] | None = None,
    ):
        self._path = Path(path)
        self._atomic = atomic_path(path)
        self._sizes = dict(sizes)
        self._variables = dict(variables)
        self._attrs = dict(attrs)
        self._chunks = dict(chunks or {})
        self._filled = dict.fromkeys(variables, 0)

    def __enter__(self) -> Self:
        self._temporary = self._atomic.__enter__()
        self._file = netCDF4.Dataset(self._temporary, "w", format="NETCDF4")
        for name, size in self._sizes.items():
            self._file.createDimension(STORED_DIMS.get(name, name), size)
        for name, layout in self._variables.items():
            self._create(name, layout)
        self._file.setncatts(self._attrs)
        return self

    def write(self, name: str, block: np.ndarray) -> None:
        """Append `block` to a variable; `ValueError` on another shape, on NaN or infinity."""
        layout = self._variables[name]
        block = np.asarray(block, dtype=object if layout.dtype == "str" else layout.dtype)
        expected = tuple(self._sizes[dim] for dim in layout.dims)
        if block.ndim != len(expected) or block.shape[1:] != expected[1:]:
            raise ValueError(f"{name}: a block of shape {block.shape} in a variable of {expected}")
        if block.dtype.kind == "f" and not np.isfinite(block).all():
            raise ValueError(f"{name}: NaN or infinity does not enter a file of results")
        if not layout.dims:
            self._file[name][...] = block
            self._filled[name] = 1
            return
        start = self._filled[name]
        self._filled[name] = start + len(block)
        if block.size:
            self._file[_stored_name(name, layout)][start : start + len(block)] = block

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        failure = error
        try:
            self._file.close()
            if error is None:
                self._refuse_unfilled()
                with self._temporary.open("ab") as file:
                    file.write(SEAL + digest_of(self._temporary, None).encode())
        except BaseException as another:
            failure = error or another
        explained = failure and self._explained(failure)
        self._atomic.__exit__(type(explained) if explained else None, explained, trace)
        if explained is not error and explained is not None:
            raise explained from None

    def _explained(self, error: BaseException) -> BaseException:
        """The reason for an error of the NetCDF library, which does not tell of full disks."""
        disk = os.statvfs(self._temporary.parent)
        if isinstance(error, RuntimeError) and disk.f_bavail * disk.f_frsize < 2 * _CHUNK:
            return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
        return error

    def _create(self, name: str, layout: Variable) -> None:
        attrs = dict(layout.attrs)
        dtype: Any = str if layout.dtype == "str" else layout.dtype
        chunks = self._chunk_shape(layout)
        options: dict[str, Any] = {}
        if layout.dims and layout.dtype != "str" and all(chunks):
            options = {"zlib": True, "complevel": 2, "shuffle": True, "fletcher32": True}
            options["chunksizes"] = chunks
        fill = attrs.pop("_FillValue", None)
        variable = self._file.createVariable(
            _stored_name(name, layout), dtype, _stored_dims(layout), fill_value=fill, **options
        )
        if options:  # HDF5's own cache would grow with the number of variables
            variable.set_var_chunk_cache(size=2 * _CHUNK)
        variable.set_auto_maskandscale(False)
        variable.setncatts(attrs)

    def _chunk_shape(self, layout: Variable) -> list[int]:
        """As large as allowed; halved, from the first dimension on, until it is small enough."""
        chunk = [min(self._chunks.get(d, self._sizes[d]), self._sizes[d]) for d in layout.dims]
        if layout.dtype == "str":
            return chunk
        most = _CHUNK // np.dtype(layout.dtype).itemsize
        for axis, dim in enumerate(layout.dims):
            # Blocks are to fill whole chunks, or these are compressed several times.
            divides = axis == 0 and chunk[0] < self._sizes[dim]
            while math.prod(chunk) > most and chunk[axis] > 1:
                odd = chunk[axis] % 2
                chunk[axis] = 1 if divides and odd else -(-chunk[axis] // 2)
        return chunk

    def _refuse_unfilled(self) -> None:
        for name, layout in self._variables.items():
            expected = self._sizes[layout.dims[0]] if layout.dims else 1
            if self._filled[name] != expected:
                raise ValueError(f"{name}: {self._filled[name]} of {expected} entries were written")


def write_dataset(
    path: Path | str, dataset: "xr.Dataset", chunks: Mapping[str, int] | None = None
) -> None:
    """Write a dataset that is in memory, with all its variables and coordinates."""
    sizes = {str(name): size for name, size in dataset.sizes.items()}
    with DatasetWriter(path, sizes, layout_of(dataset), dataset.attrs, chunks) as writer:
        for name, array in dataset.variables.items():
            writer.write(str(name), array.values)


def write_parts(
    path: Path | str,
    parts: Iterator["xr.Dataset"],
    along: str,
    size: int,
    attrs: Mapping[str, Any],
    chunks: Mapping[str, int] | None = None,
) -> None:
    """Write parts of a dataset as they come; they follow each other along a dimension of `size`.

    What is not along it is written once, as it is in the first part.
    """
    first = next(parts)
    sizes = {str(name): length for name, length in first.sizes.items()} | {along: size}
    with DatasetWriter(path, sizes, layout_of(first), attrs, chunks) as writer:
        for name, array in first.variables.items():
            writer.write(str(name), array.values)
        for part in parts:
            for name, array in part.variables.items():
                if along in array.dims:
                    writer.write(str(name), array.values)


def layout_of(dataset: "xr.Dataset") -> dict[str, Variable]:
    """The layouts of all variables and coordinates of a dataset."""
    return {
        str(name): Variable(tuple(map(str, array.dims)), _dtype(array.values), dict(array.attrs))
        for name, array in dataset.variables.items()
    }


def _stored_name(name: str, layout: Variable) -> str:
    return f"{name}{LABELS}" if layout.dtype == "str" and layout.dims == (name,) else name


def _stored_dims(layout: Variable) -> tuple[str, ...]:
    return tuple(STORED_DIMS.get(dim, dim) for dim in layout.dims)


def _dtype(values: np.ndarray) -> str:
    if values.dtype.kind in "OUST":
        return "str"
    if values.dtype.kind == "b":
        raise ValueError("NetCDF has no booleans: use int8")
    return values.dtype.str[1:]
