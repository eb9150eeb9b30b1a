"""A reason why something a study asks for cannot be meant for its models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from steadyhand.config.hyperparameters import Hyperparameters

Models = Mapping[str, Sequence[Hyperparameters]]
"""The models of each sweep that something applies to."""


@dataclass(frozen=True)
class Problem:
    """The key below that of the item, its value (a whole model: not shown), what is wrong."""

    key: tuple[str, ...]
    value: Any
    text: str
