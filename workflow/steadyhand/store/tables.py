"""Tables of measures in Parquet, sealed with the hash of the file's bytes.

Parquet ends in a footer, so the seal is an entry of the footer's metadata: it is written as
zeros, and replaced by the SHA-256 of the file with these zeros.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from steadyhand.identity import canonical_json
from steadyhand.store.atomic import atomic_path
from steadyhand.store.errors import ArtefactError

_SEAL = b"steadyhand sha256 "
_EMPTY = b"0" * 64
_TAIL = 8
"""Bytes at the very end: the length of the footer, and the format's name."""
_BLOCK = 2**22


def write_measures(
    path: Path | str, blocks: Iterable[pd.DataFrame], attributes: dict[str, Any]
) -> None:
    """Write a table block by block; `attributes` go into the file, as JSON.

    Blocks have the same columns; at least one is needed. Missing numbers (NaN) become null.
    """
    metadata = {"steadyhand": canonical_json(attributes)}
    with atomic_path(path) as temporary:
        writer = None
        try:
            for block in blocks:
                arrow = pa.Table.from_pandas(block, preserve_index=False)
                arrow = arrow.replace_schema_metadata(metadata)
                writer = writer or pq.ParquetWriter(temporary, arrow.schema, compression="zstd")
                writer.write_table(arrow)
            if writer is None:
                raise ValueError(f"{path}: a table needs at least one block of rows")
            writer.add_key_value_metadata({"seal": (_SEAL + _EMPTY).decode()})
        finally:
            if writer is not None:
                writer.close()
        place = _place_of_seal(temporary)
        if place is None:
            raise ValueError(f"{path}: the seal's place is not unique")
        seal = _digest(temporary, place).encode()
        with temporary.open("r+b") as file:
            file.seek(place)
            file.write(seal)


def check_measures(path: Path | str) -> None:
    """Compare a table's bytes with its seal; raises `ArtefactError` where they differ."""
    if not Path(path).is_file():
        raise ArtefactError(path, "no such file")
    place = _place_of_seal(Path(path))
    if place is None:
        raise ArtefactError(path, "it is truncated, or was not written by this project")
    with Path(path).open("rb") as file:
        file.seek(place)
        claimed = file.read(len(_EMPTY))
    if _digest(Path(path), place).encode() != claimed:
        raise ArtefactError(path, "its content does not match its hash")


def _place_of_seal(path: Path) -> int | None:
    """Where the hash stands, in the footer at the end of a file; None if it is not there once."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(size - _TAIL, 0))
        length = int.from_bytes(file.read()[:4], "little") + _TAIL
        file.seek(max(size - length, 0))
        footer = file.read()
    if footer.count(_SEAL) != 1:
        return None
    place = size - len(footer) + footer.index(_SEAL) + len(_SEAL)
    return place if place + len(_EMPTY) <= size else None


def _digest(path: Path, place: int) -> str:
    """SHA-256 of a file with zeros where the hash stands."""
    total, at = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := bytearray(file.read(_BLOCK)):
            first, last = max(place - at, 0), min(place + len(_EMPTY) - at, len(block))
            if first < last:
                block[first:last] = _EMPTY[: last - first]
            total.update(block)
            at += len(block)
    return total.hexdigest()


def read_measures(path: Path | str, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read a verified table of measures, or some columns of it; its attributes are in `.attrs`.

    Raises `ArtefactError` for damage, and for a column that it has not.
    """
    check_measures(path)
    missing = [name for name in columns or () if name not in pq.read_schema(path).names]
    if missing:
        raise ArtefactError(path, f"it has no column {', '.join(missing)}")
    arrow = pq.read_table(path, columns=columns and list(columns))
    attributes = json.loads(arrow.schema.metadata[b"steadyhand"])
    table = arrow.replace_schema_metadata(None).to_pandas()
    table.attrs.update(attributes)
    return table
