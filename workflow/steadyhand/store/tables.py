"""Tables of measures in Parquet, sealed with the hash of the file's bytes.

Parquet ends in a footer, so the seal is an entry of the footer's metadata: it is written as
zeros, and replaced by the SHA-256 of the file with these zeros.
"""

import hashlib
import json
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


def write_measures(path: Path | str, table: pd.DataFrame, attributes: dict[str, Any]) -> None:
    """Write `table` (one row per trial and replicate); `attributes` go into the file, as JSON."""
    arrow = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(
        {"steadyhand": canonical_json(attributes)}
    )
    with atomic_path(path) as temporary:
        with pq.ParquetWriter(temporary, arrow.schema, compression="zstd") as writer:
            writer.write_table(arrow)
            writer.add_key_value_metadata({"seal": (_SEAL + _EMPTY).decode()})
        content = temporary.read_bytes()
        if content.count(_SEAL + _EMPTY) != 1:
            raise ValueError(f"{path}: the seal's place is not unique")
        sealed = hashlib.sha256(content).hexdigest().encode()
        temporary.write_bytes(content.replace(_SEAL + _EMPTY, _SEAL + sealed))


def check_measures(path: Path | str) -> None:
    """Compare a table's bytes with its seal; raises `ArtefactError` where they differ."""
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise ArtefactError(path, "no such file") from None
    place = content.rfind(_SEAL) + len(_SEAL)
    claimed = content[place : place + 64]
    if place < len(_SEAL) or len(claimed) != 64:
        raise ArtefactError(path, "it is truncated, or was not written by this project")
    blanked = content[:place] + _EMPTY + content[place + 64 :]
    if hashlib.sha256(blanked).hexdigest().encode() != claimed:
        raise ArtefactError(path, "its content does not match its hash")


def read_measures(path: Path | str) -> pd.DataFrame:
    """Read a verified table of measures; its attributes are in `.attrs`."""
    check_measures(path)
    arrow = pq.read_table(path)
    attributes = json.loads(arrow.schema.metadata[b"steadyhand"])
    table = arrow.replace_schema_metadata(None).to_pandas()
    table.attrs.update(attributes)
    return table
