"""Settings that hold from a batch on until another one takes over: `{0: …, 1000: …}`."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, Generic, TypeVar

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from steadyhand.config.base import NotAllowedError
from steadyhand.config.numbers import SMALLEST
from steadyhand.config.wording import meant

BY_BATCH = ("trainable", "noise_scale")
"""The settings of this kind, by their names."""

PARTS = ("hidden", "readout")
"""The parts of a network that can be trained apart: the recurrent cell, and what reads it."""

A_BATCH = "the number of a batch: plain digits, 0 to 99999999"
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


def _reader(read: Callable[[Any, str], Any]) -> Callable[[Any], ByBatch[Any]]:
    """A validator of a mapping from batches to what `read` takes."""

    def validate(value: Any) -> ByBatch[Any]:
        if isinstance(value, ByBatch):
            return value
        if not isinstance(value, dict) or not value:
            raise NotAllowedError(
                "must be a mapping of batches to what holds from there on, as {0: …, 1000: …}"
            )
        for key in value:
            if not _BATCH.fullmatch(str(key)):
                raise NotAllowedError(f"the key must be {A_BATCH}", (key,))
        keys = sorted(value, key=int)
        if keys[0] != "0":
            raise NotAllowedError("must say what holds from batch 0 on, as {0: …, 1000: …}")
        found: list[tuple[int, Any]] = []
        for key in keys:
            found.append((int(key), read(value[key], key)))
            if len(found) > 1 and found[-1][1] == found[-2][1]:
                raise NotAllowedError("is what holds before it; allowed is a change", (key,))
        return ByBatch(found)

    return validate


def _parts(value: Any, key: str) -> tuple[str, ...]:
    named = f"allowed: {', '.join(PARTS)}"
    if not isinstance(value, list | tuple) or not value:
        raise NotAllowedError(f"must be a list of the parts that are trained; {named}", (key,))
    for index, one in enumerate(value):
        if one not in PARTS:
            problem = f"no part of a network{meant(one, PARTS) or f'; {named}'}"
            raise NotAllowedError(problem, (key, index))
        if one in value[:index]:
            raise NotAllowedError("must be there once", (key, index))
    return tuple(sorted(value))


def _scale(value: Any, key: str) -> float:
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    if not numeric or not (value == 0 or SMALLEST <= value <= _LARGEST_SCALE):
        problem = f"must be a number: 0, or from {SMALLEST:g} to {_LARGEST_SCALE:g}"
        raise NotAllowedError(problem, (key,))
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
    _schema(
        {
            "type": "number",
            "minimum": 0,
            "maximum": _LARGEST_SCALE,
            "anyOf": [{"const": 0}, {"minimum": SMALLEST}],
        }
    ),
]
