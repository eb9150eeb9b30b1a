"""Settings that hold from a batch on until another one takes over: `{0: …, 1000: …}`."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, Generic, TypeVar

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from steadyhand.config.numbers import SMALLEST
from steadyhand.config.wording import show

PARTS = ("hidden", "readout")
"""The parts of a network that can be trained apart: the recurrent cell, and what reads it."""

_BATCH = re.compile(r"0|[1-9][0-9]{0,7}")
_BATCHES = "^(0|[1-9][0-9]{0,7})$"
_LARGEST_SCALE = 100.0

Value = TypeVar("Value")


class ByBatch(tuple[tuple[int, Value], ...], Generic[Value]):
    """Pairs of a batch and what holds from there on, in order; the first batch is 0."""

    def at(self, batch: int) -> Value:
        """What holds in a batch."""
        return next(value for first, value in reversed(self) if first <= batch)

    def batches(self) -> Iterator[int]:
        """The batches from which something else holds."""
        return (first for first, _ in self)

    def plain(self) -> dict[str, Any]:
        """As a study writes it."""
        return {
            str(first): list(value) if isinstance(value, tuple) else value for first, value in self
        }


def from_plain(plain: Mapping[str, Any]) -> "ByBatch[Any]":
    """From resolved hyperparameters: the inverse of `ByBatch.plain`."""
    pairs = ((int(first), value) for first, value in plain.items())
    return ByBatch(
        (first, tuple(value) if isinstance(value, list) else value)
        for first, value in sorted(pairs)
    )


def _error(problem: str) -> PydanticCustomError:
    return PydanticCustomError("by_batch", "{problem}", {"problem": problem})


def _reader(read: Callable[[Any], Any]) -> Callable[[Any], ByBatch[Any]]:
    """A validator of a mapping from batches to what `read` takes."""

    def validate(value: Any) -> ByBatch[Any]:
        if isinstance(value, ByBatch):
            return value
        if not isinstance(value, dict) or not value:
            raise _error("must be a mapping of batches to what holds from there on, from batch 0")
        for key in value:
            if not _BATCH.fullmatch(str(key)):
                raise _error(f"{show(key)} must be the number of a batch, 0 to 99999999")
        pairs = sorted((int(key), key) for key in value)
        if pairs[0][0] != 0:
            raise _error("must say what holds from batch 0 on")
        found: list[tuple[int, Any]] = []
        for first, key in pairs:
            try:
                found.append((first, read(value[key])))
            except ValueError as error:
                raise _error(f"from batch {first}: {error}") from None
            if len(found) > 1 and found[-1][1] == found[-2][1]:
                raise _error(f"from batch {first}: is what holds before it already")
        return ByBatch(found)

    return validate


def _parts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(f"must be a list of one or more of {', '.join(PARTS)}")
    for one in value:
        if one not in PARTS:
            raise ValueError(f"{show(one)} is no part of a network; allowed: {', '.join(PARTS)}")
        if list(value).count(one) > 1:
            raise ValueError(f"{show(one)} is there twice")
    return tuple(sorted(value))


def _scale(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{show(value)} must be a number")
    if not 0 <= value <= _LARGEST_SCALE or 0 < value < SMALLEST:
        raise ValueError(f"{show(value)} must be 0, or from {SMALLEST:g} to {_LARGEST_SCALE:g}")
    return float(value)


def _schema(values: Mapping[str, Any]) -> WithJsonSchema:
    return WithJsonSchema(
        {
            "type": "object",
            "patternProperties": {_BATCHES: values},
            "additionalProperties": False,
            "required": ["0"],
        }
    )


def _plain(value: ByBatch[Any]) -> dict[str, Any]:
    return value.plain()


def _listed(parts: Iterable[str]) -> dict[str, Any]:
    items = {"enum": list(parts), "type": "string"}
    return {"type": "array", "items": items, "minItems": 1, "uniqueItems": True}


PartsByBatch = Annotated[
    ByBatch[tuple[str, ...]],
    PlainValidator(_reader(_parts)),
    PlainSerializer(_plain),
    _schema(_listed(PARTS)),
]
ScaleByBatch = Annotated[
    ByBatch[float],
    PlainValidator(_reader(_scale)),
    PlainSerializer(_plain),
    _schema({"type": "number", "minimum": 0, "maximum": _LARGEST_SCALE}),
]
