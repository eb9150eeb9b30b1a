"""What makes a result the same result: canonical JSON and its hashes.

Names carry no hyperparameters. An id is the hash of the very object that the stage reads,
so there is no hyperparameter that could be left out of it.
"""

import hashlib
import json
import math
from typing import Any

SCHEMA_VERSION = 1
"""Version of the layout of artefacts and of the meaning of hyperparameters; part of every id."""

ID_LENGTH = 16
"""Hexadecimal digits of an id: 64 bits, so a collision among 10^6 models has odds of 3e-8."""


def canonical_json(value: Any) -> str:
    """JSON with one spelling for each meaning: sorted keys, no spaces, `1.0` written as `1`.

    Raises `ValueError` for NaN and infinity, `TypeError` for what JSON does not have.
    """
    return json.dumps(canonical(value), separators=(",", ":"), allow_nan=False)


def canonical(value: Any) -> Any:
    """Plain data in one form for each meaning: sorted keys, lists, integers for whole numbers.

    Raises `ValueError` for NaN and infinity, `TypeError` for what JSON does not have.
    """
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("keys of canonical JSON are strings")
        return {key: canonical(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} has no place in an identity")
        # 2**53: beyond it a float no longer stands for one integer.
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if value is None or isinstance(value, bool | int | str):
        return value
    raise TypeError(f"{type(value).__name__} has no canonical JSON")


def sha256_text(text: str) -> str:
    """SHA-256 of UTF-8 text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def identify(kind: str, content: Any) -> str:
    """The id of `content` as a `kind` ("model", "evaluation", …): 16 hexadecimal digits.

    The kind and the schema version are hashed too, so ids of different things never meet.
    """
    sealed = {"kind": kind, "schema_version": SCHEMA_VERSION, "content": content}
    return sha256_text(canonical_json(sealed))[:ID_LENGTH]
