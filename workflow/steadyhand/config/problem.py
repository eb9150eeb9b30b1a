"""A reason why something a study asks for cannot be meant for its models."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from steadyhand.config.hyperparameters import Hyperparameters

Models = Mapping[str, Sequence[Hyperparameters]]
"""The models of each sweep that something applies to."""


@dataclass(frozen=True)
class Problem:
    """The key below that of the item, its value (a whole model: not shown), what is wrong."""

    key: tuple[str | int, ...]
    value: Any
    text: str


def distinct(models: Sequence[Hyperparameters]) -> Iterable[Hyperparameters]:
    """Models that differ in how long trials are, what is stored of them, and their sensory noise.

    Of a thousand models in a sweep, few do: what only depends on that is asked of these.
    """
    kinds = {
        (it.task.n_steps, it.replicates, it.network, it.feedback.noise_std): it for it in models
    }
    return kinds.values()
