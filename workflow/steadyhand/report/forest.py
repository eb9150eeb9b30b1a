"""Where marks of a comparison stand: ratios on a logarithmic axis, differences on a linear one."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from steadyhand.report.comparing import Effect

WIDTH, HEIGHT = 220, 22
"""Of the drawing in a row of the table [px]."""
_LEAST, _MOST = 2.0, 100.0
"""The axis of ratios reaches from 1/x to x, with x of no less and no more than this."""


@dataclass(frozen=True)
class Marks:
    """Horizontal places [px]; None for what does not exist."""

    nothing: float
    """Of no effect."""
    dot: float | None
    low: float | None
    high: float | None
    margin: tuple[float, float]


def reach_of(effects: Iterable[Effect]) -> float:
    """The x up to which the axis of ratios reaches, so that all fit, within limits."""
    ends = [it for it in _ends(effects, "ratio") if it]
    widest = max((max(it, 1 / it) for it in ends), default=1.0)
    return min(max(1.1 * widest, _LEAST), _MOST)


def reach_of_differences(effects: Iterable[Effect], margin: float) -> float:
    """The x up to which the axis of differences of one quantity reaches, from −x on."""
    ends = [abs(it) for it in _ends(effects, "difference")]
    return 1.1 * max([2 * margin, *ends])


def marks_of(effect: Effect, margin: float, reach: float) -> Marks:
    """Places of the marks; what is beyond the axis is drawn at its end."""
    of_kind = _of_ratio if effect.kind == "ratio" else _of_difference

    def place(value: float | None) -> float | None:
        return None if value is None else round(WIDTH * (0.5 + 0.48 * of_kind(value, reach)), 1)

    least, nothing, most = (place(it) for it in effect.bounds(margin))
    assert least is not None and nothing is not None and most is not None
    dot, low, high = (place(it) for it in (effect.size, effect.low, effect.high))
    return Marks(nothing, dot, low, high, (least, most))


def _of_ratio(value: float, reach: float) -> float:
    return math.log(min(max(value, 1 / reach), reach)) / math.log(reach)


def _of_difference(value: float, reach: float) -> float:
    return min(max(value / reach, -1), 1)


def _ends(effects: Iterable[Effect], kind: str) -> list[float]:
    of_kind = [effect for effect in effects if effect.kind == kind]
    ends = [it for effect in of_kind for it in (effect.size, effect.low, effect.high)]
    return [it for it in ends if it is not None]
