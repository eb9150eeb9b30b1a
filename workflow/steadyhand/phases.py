"""Settings that hold from a batch on until another one takes over, as tables and labels show them.

In resolved hyperparameters they are mappings from the numbers of batches, as text, to values.
"""

import re
from collections.abc import Mapping
from typing import Any

_BATCH = re.compile("[0-9]+")


def are_phases(value: Any) -> bool:
    """Whether this is such a setting: a mapping of which each key is the number of a batch."""
    return isinstance(value, dict) and bool(value) and all(map(_BATCH.fullmatch, value))


def spelled(phases: Mapping[str, Any]) -> str:
    """All of it in one line without commas: `0: hidden+readout / 1000: hidden`."""
    return " / ".join(
        f"{first}: {'+'.join(value) if isinstance(value, list) else f'{value:g}'}"
        for first, value in sorted(phases.items(), key=lambda pair: int(pair[0]))
    )
