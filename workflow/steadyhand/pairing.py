"""Whether models share their draws."""

from typing import Any

from steadyhand.identity import identify


def salt_of(training: dict[str, Any]) -> int:
    """What sets the draws of a training apart from others': 0 where they are paired."""
    return 0 if training["paired"] else int(identify("training", training)[:8], 16)
