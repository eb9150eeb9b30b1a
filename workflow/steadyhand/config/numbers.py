"""Numbers that still mean something when they are computed with, and lists that are sets."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, GetJsonSchemaHandler

SMALLEST = 1e-12
"""Least size of a number that is not 0. Results are computed in single precision, where products
of smaller ones vanish: a study that seems to ask for something would get what 0 gives."""


def single(value: float) -> float:
    """The number that stands for `value` in single precision."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


def too_small(value: Any) -> str | None:
    """What is wrong with a value that is neither 0 nor anything that counts."""
    if isinstance(value, float) and 0 < abs(value) < SMALLEST:
        return f"must be 0 or at least {SMALLEST:g} in size"
    return None


def repeated(values: Sequence[Any]) -> str | None:
    """What is wrong with a list that has the same value twice, by what is computed of it."""
    for one, other in pairwise(sorted(values)):
        if one == other:
            return f"must have each value once; {one} is there twice"
        if isinstance(one, float) and single(one) == single(other):
            return f"must have each value once; {one} and {other} are the same in single precision"
    return None


@dataclass(frozen=True)
class ZeroOrMore:
    """Tells the schema for editors what `too_small` refuses."""

    def __get_pydantic_json_schema__(
        self, schema: Any, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Beside the type and the bounds."""
        allowed = [{"const": 0}, {"minimum": SMALLEST}, {"maximum": -SMALLEST}]
        return {**handler(schema), "anyOf": allowed}


def _in_order(values: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    return None if values is None else tuple(sorted(values))


Real = Annotated[float, ZeroOrMore()]
InOrder = AfterValidator(_in_order)
"""Of a list that is a set: another order is not another id."""
