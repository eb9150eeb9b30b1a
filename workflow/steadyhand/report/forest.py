"""Where marks of a comparison stand on a logarithmic axis that all comparisons share."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from steadyhand.report.comparing import Effect

WIDTH, HEIGHT = 220, 22
"""Of the drawing in a row of the table [px]."""
_LEAST, _MOST = 2.0, 100.0
"""The axis reaches from 1/x to x, with x of no less and no more than this."""


@dataclass(frozen=True)
class Marks:
    """Horizontal places [px]; None for what does not exist."""

    one: float
    dot: float | None
    low: float | None
    high: float | None
    margin: tuple[float, float]


def reach_of(effects: Sequence[Effect]) -> float:
    """The x up to which the axis reaches, so that all intervals fit, within limits."""
    ends = [it for effect in effects for it in (effect.ratio, effect.low, effect.high) if it]
    widest = max((max(it, 1 / it) for it in ends), default=1.0)
    return min(max(1.1 * widest, _LEAST), _MOST)


def marks_of(effect: Effect, margin: float, reach: float) -> Marks:
    """Places of the marks; what is beyond the axis is drawn at its end."""

    def place(value: float | None) -> float | None:
        return None if value is None else _place(value, reach)

    return Marks(
        one=_place(1, reach),
        dot=place(effect.ratio),
        low=place(effect.low),
        high=place(effect.high),
        margin=(_place(1 / (1 + margin), reach), _place(1 + margin, reach)),
    )


def _place(value: float, reach: float) -> float:
    part = math.log(min(max(value, 1 / reach), reach)) / math.log(reach)
    return round(WIDTH * (0.5 + 0.48 * part), 1)
