"""NetCDF files that are verified before they are parsed; `dataset_writer` writes them.

After the last byte of HDF5 stands a seal: the SHA-256 of all bytes before it. Every tool opens
such a file (HDF5 ends where its superblock says), and a damaged one is refused before the HDF5
library sees it, which matters: it can crash the process on damaged metadata.
"""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import netCDF4
import numpy as np

from steadyhand.store.errors import ArtefactError

if TYPE_CHECKING:
    import xarray as xr

SEAL = b"\nsteadyhand sha256 "
SEAL_LENGTH = len(SEAL) + 64
_BLOCK = 2**22

LABELS = "_name"
"""Ends the names of variables that label a dimension: CF wants coordinates that have the name of
their dimension to be numbers."""

STORED_DIMS = {"time": "step", "hidden_time": "hidden_step"}
"""Names of dimensions in files: one called `time` has to count from a date, for checkers of CF, and
then tools show dates."""


def open_dataset(path: Path | str) -> "xr.Dataset":
    """Verify a file's every byte, then open it lazily.

    Raises `ArtefactError` if it is missing, unreadable, or not as it was written. Dimensions are
    `time`, not `step`, and where they have labels, these are their coordinates. Values equal to a
    variable's `_FillValue` come as NaN.
    """
    import xarray as xr

    check_dataset(path)
    opened = xr.open_dataset(path, engine="netcdf4", decode_times=False)
    opened = opened.swap_dims({b: a for a, b in STORED_DIMS.items() if b in opened.dims})
    labels = {f"{dim}{LABELS}": dim for dim in opened.dims if f"{dim}{LABELS}" in opened}
    return opened.assign_coords(
        {dim: (dim, opened[name].values, opened[name].attrs) for name, dim in labels.items()}
    ).drop_vars(labels)


def read_attributes(path: Path | str) -> dict[str, Any]:
    """The attributes of a verified file, without reading its variables."""
    check_dataset(path)
    with netCDF4.Dataset(path, "r") as file:
        return {name: _plain(file.getncattr(name)) for name in file.ncattrs()}


def check_dataset(path: Path | str) -> None:
    """Compare a file's bytes with its seal; raises `ArtefactError` where they differ."""
    path = Path(path)
    if not path.is_file():
        raise ArtefactError(path, "no such file")
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - SEAL_LENGTH))
        seal = file.read()
    if len(seal) != SEAL_LENGTH or not seal.startswith(SEAL):
        raise ArtefactError(path, "it is truncated, or was not written by this project")
    if seal[len(SEAL) :] != digest_of(path, size - SEAL_LENGTH).encode():
        raise ArtefactError(path, "its content does not match its hash")


def digest_of(path: Path, length: int | None) -> str:
    """SHA-256 of the first `length` bytes (all, if None), read in blocks."""
    total = hashlib.sha256()
    left = path.stat().st_size if length is None else length
    with path.open("rb") as file:
        while left > 0 and (block := file.read(min(_BLOCK, left))):
            total.update(block)
            left -= len(block)
    return total.hexdigest()


def _plain(value: Any) -> Any:
    """An attribute as plain Python: NumPy's scalars and arrays have no canonical JSON."""
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else value
