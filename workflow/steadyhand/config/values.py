"""Kinds of values that several requests of a study have."""

from typing import Annotated, get_args

from pydantic import Field

from steadyhand.config.base import Integer, Names, OneOrMore
from steadyhand.config.numbers import InOrder, ZeroOrMore

Strength = Annotated[float, Field(ge=-1e3, le=1e3), ZeroOrMore()]
Length = Annotated[float, Field(ge=0, le=100), ZeroOrMore()]
# Bounds of what may be left out stand here: only so does the schema for editors show them.
NoiseStd = Annotated[float, Field(ge=0, le=10), ZeroOrMore()]
Context = Annotated[float, Field(ge=-100, le=100), ZeroOrMore()]
Steps = Annotated[int, Field(ge=11, le=10_000), *get_args(Integer)[1:]]
Onset = Annotated[int, Field(ge=0, le=10_000), *get_args(Integer)[1:]]
Duration = Annotated[int, Field(ge=1, le=10_000), *get_args(Integer)[1:]]
Unit = Annotated[int, Field(ge=0, le=100_000), *get_args(Integer)[1:]]

Strengths = Annotated[tuple[Strength, ...], Field(min_length=1), *OneOrMore, InOrder]
Lengths = Annotated[tuple[Length, ...], Field(min_length=1), *OneOrMore, InOrder]
Contexts = Annotated[tuple[Context, ...], Field(min_length=1), *OneOrMore, InOrder]
Onsets = Annotated[tuple[Onset, ...], Field(min_length=1), *OneOrMore, InOrder]
Durations = Annotated[tuple[Duration, ...], Field(min_length=1), *OneOrMore, InOrder]
Units = Annotated[tuple[Unit, ...], Field(min_length=1), *OneOrMore, InOrder]
Sweeps = Annotated[Names, InOrder]

SWEEPS = Field(None, description="Names of the sweeps it applies to; all, if left out.")
