"""Named arrays of networks (weights, snapshots) in one file, addressed by their content.

A file is one line of JSON (its header) and then each array as NumPy writes it, in the order of
the header, which is the order in which Equinox serialises the leaves of the network: after the
first line, `equinox.tree_deserialise_leaves` reads it too.
"""

import hashlib
import io
import json
import tokenize
from pathlib import Path
from typing import Any

import numpy as np

from steadyhand.identity import canonical_json
from steadyhand.store.atomic import write_bytes
from steadyhand.store.errors import ArtefactError

Arrays = dict[str, np.ndarray]

_UNREADABLE = (
    *(ValueError, TypeError, KeyError, EOFError, OSError, MemoryError),
    *(SyntaxError, tokenize.TokenError),
)
"""What NumPy and JSON raise on damaged headers; NumPy reads its own as Python."""


def digest(arrays: Arrays, spec: dict[str, Any]) -> str:
    """SHA-256 over the spec and every array's name, dtype, shape and values.

    The order of the arrays does not matter; values are hashed little-endian, in C order.
    """
    total = hashlib.sha256(canonical_json(spec).encode())
    for name in sorted(arrays):
        array = _plain(arrays[name])
        total.update(canonical_json([name, array.dtype.str, list(array.shape)]).encode())
        total.update(array.tobytes())
    return total.hexdigest()


def encode(arrays: Arrays, spec: dict[str, Any]) -> bytes:
    """The bytes of a file of `arrays`; equal content gives equal bytes."""
    described = [
        {"name": name, "dtype": _plain(array).dtype.str, "shape": list(array.shape)}
        for name, array in arrays.items()
    ]
    header = {"arrays": described, "digest": digest(arrays, spec), "spec": spec}
    buffer = io.BytesIO()
    buffer.write(canonical_json(header).encode() + b"\n")
    for array in arrays.values():
        np.save(buffer, _plain(array), allow_pickle=False)
    return buffer.getvalue()


def decode(content: bytes, path: Path | str) -> tuple[Arrays, dict[str, Any], str]:
    """Arrays, spec and digest from a file's bytes; `path` is named in errors.

    Every byte counts: what was read is encoded again and compared with the file.
    """
    buffer = io.BytesIO(content)
    try:
        header = json.loads(buffer.readline())
        arrays = {entry["name"]: np.load(buffer, allow_pickle=False) for entry in header["arrays"]}
        spec, claimed = header["spec"], header["digest"]
        same = encode(arrays, spec) == content
    except _UNREADABLE as error:
        raise ArtefactError(path, f"not a file of named arrays ({error})") from None
    if not same or digest(arrays, spec) != claimed:
        raise ArtefactError(path, "its content does not match its digest")
    return arrays, spec, claimed


def write_weights(path: Path | str, arrays: Arrays, spec: dict[str, Any]) -> str:
    """Write a file of named arrays, atomically; returns its digest."""
    write_bytes(path, encode(arrays, spec))
    return digest(arrays, spec)


def read_weights(path: Path | str, expected: str | None = None) -> tuple[Arrays, dict[str, Any]]:
    """Arrays and spec of a file; `expected` is the digest that it must have.

    A file whose name is a digest (64 hexadecimal digits) must have that one.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ArtefactError(path, "no such file") from None
    arrays, spec, found = decode(content, path)
    if expected is None and len(path.stem) == 64:
        expected = path.stem
    if expected is not None and found != expected:
        raise ArtefactError(path, f"it holds the digest {found[:16]}…, not {expected[:16]}…")
    return arrays, spec


def _plain(array: np.ndarray) -> np.ndarray:
    """Little-endian and contiguous in C order."""
    array = np.asarray(array)
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).reshape(array.shape)
