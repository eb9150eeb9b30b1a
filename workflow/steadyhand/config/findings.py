"""Findings that a study is to test: a claim, and comparisons that it says something about."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from steadyhand.conditions import CONDITION_NAMES
from steadyhand.config.base import Strict
from steadyhand.config.by_batch import ByBatch
from steadyhand.config.hyperparameters import Hyperparameters
from steadyhand.config.quantities import Quantity, Sides


def _in_one_line(text: Any) -> Any:
    return " ".join(text.split()) if isinstance(text, str) else text


class Comparison(Strict):
    """A quantity in one condition against the same quantity in another one."""

    quantity: Quantity = Field(description="What is compared, one number per replicate.")
    between: dict[str, Sides] = Field(
        {},
        description=(
            "Dotted paths, each with two values: of the condition that is compared, and before it "
            "of the one that it is compared with. A jump needs none: it is compared with 1. For "
            "measures also what sets trials apart, as impulse_amplitude."
        ),
    )
    where: dict[str, Any] = Field(
        {}, description="What both conditions have, by dotted path, or of their trials."
    )
    against: float | None = Field(
        None,
        description=(
            "A number that the quantity is compared with, in place of another condition. "
            "[that of the quantity]"
        ),
        json_schema_extra={"unit": "that of the quantity"},
        ge=-1e9,
        le=1e9,
    )
    effect: Literal["ratio", "difference"] = Field(
        "ratio",
        description=(
            "How they are compared; differences are for measures that can be 0 or negative. [name]"
        ),
    )
    expect: Literal["higher", "lower", "unchanged"] = Field(
        description="What the claim says of the second condition. [name]"
    )
    margin: float = Field(
        0.1,
        description=(
            "Up to where nothing has changed: a part of the ratio, or in the unit of a difference. "
            "[1 or that of the measure]"
        ),
        json_schema_extra={"unit": "1 or that of the measure"},
        ge=1e-6,
        le=1e6,
    )

    def sides(self) -> list[dict[str, Any]]:
        """The conditions that are compared, the reference first; one, where there is no other."""
        if not self.between:
            return [dict(self.where)]
        return [
            {**self.where, **{path: values[side] for path, values in self.between.items()}}
            for side in (0, 1)
        ]


class Finding(Strict):
    """A claim and the comparisons that it stands or falls with."""

    claim: Annotated[
        str, StringConstraints(min_length=1, max_length=400), BeforeValidator(_in_one_line)
    ] = Field(description="The claim, in a sentence.")
    sweep: str = Field(description="Name of the sweep in which it is tested.")
    compare: list[Comparison] = Field(min_length=1, description="What it says something about.")
    limits: (
        Annotated[
            str, StringConstraints(min_length=1, max_length=1000), BeforeValidator(_in_one_line)
        ]
        | None
    ) = Field(None, description="What the finding does not show, for the reader.")


def of_trials(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What sets trials apart, of the conditions of one side; the rest is of its model."""
    return {name: value for name, value in wanted.items() if name in CONDITION_NAMES}


def matching(models: Iterable[Hyperparameters], wanted: Mapping[str, Any]) -> list[int]:
    """Which models have these values of hyperparameters; what is of trials is passed over."""
    of_model = {path: it for path, it in wanted.items() if path not in CONDITION_NAMES}
    values = {attrgetter(path): _plain(value) for path, value in of_model.items()}
    return [
        index
        for index, model in enumerate(models)
        if all(_plain(of(model)) == value for of, value in values.items())
    ]


def paths_of(comparison: Comparison) -> Iterator[tuple[tuple[str, str], Any]]:
    """Every path that a comparison names, with the key that it stands under, and its value."""
    for key in ("between", "where"):
        for path, value in getattr(comparison, key).items():
            yield (key, path), value


def _plain(value: Any) -> Any:
    if isinstance(value, ByBatch):
        return value.plain()
    if isinstance(value, Mapping):  # phases, as a study writes them
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return sorted(value) if all(isinstance(it, str) for it in value) else list(value)
    return value
