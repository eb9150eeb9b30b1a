"""What all models of a study file share: strictness, and fields that explain themselves."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class NotAllowedError(ValueError):
    """What is wrong with the value of one key; other errors of a model name their keys."""

    def __init__(self, problem: str, at: tuple[str | int, ...] = ()):
        super().__init__(problem)
        self.at = at
        """Where in the value, if not all of it is wrong."""


class Strict(BaseModel):
    """Unknown keys, strings for numbers, NaN and infinity are errors; values never change."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, validate_default=True
    )


def leaves(model: BaseModel, at: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of nested models, with its dotted path."""
    for key in type(model).model_fields:
        value = getattr(model, key)
        if isinstance(value, BaseModel):
            yield from leaves(value, f"{at}{key}.")
        else:
            yield f"{at}{key}", value


def quantity(default: Any, unit: str, sentence: str, **bounds: Any) -> Any:
    """A field with its unit ("1" for numbers without one), bounds, and what it means."""
    return Field(
        default,
        description=f"{sentence} [{unit}]",
        json_schema_extra={"unit": unit},
        **bounds,
    )


def _integral(value: Any) -> Any:
    """`100.0` is the integer 100 in a study; `100.5` stays what it is and is refused."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _listed(value: Any) -> Any:
    """A single value where a list of values may stand."""
    return value if isinstance(value, list | tuple | None.__class__) else [value]


def as_tuple(value: Any) -> Any:
    """YAML and JSON have lists; frozen models hold tuples."""
    return tuple(value) if isinstance(value, list) else value


Integer = Annotated[int, BeforeValidator(_integral)]
OneOrMore = [BeforeValidator(as_tuple), BeforeValidator(_listed)]
"""Validators of a field that takes one value or a list of them (the last one runs first)."""
Integers = Annotated[tuple[Integer, ...], BeforeValidator(as_tuple)]
Names = Annotated[tuple[str, ...], *OneOrMore]
