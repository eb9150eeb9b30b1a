"""Where stability changes on the way from one point of a branch to the next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from steadyhand.continuation.curve import Curve, Place
from steadyhand.maps import EPSILON

_HALVINGS = 60
_WIDE = 1e-6  # a bracket in which tangents are no noise

Bracket = tuple[Place, Place]


@dataclass(frozen=True)
class Bifurcation:
    """Where eigenvalues cross the unit circle.

    Kinds: "fold": the branch turns back, and an eigenvalue is 1; "branch": one is 1 and the branch
    goes on, as at a pitchfork; "flip": one is −1; "neimark_sacker": a complex pair crosses.
    """

    kind: str
    parameter: float
    point: Float[np.ndarray, " dim"]
    eigenvalue: complex
    """That on the unit circle, with a positive imaginary part"""
    after: int
    """Of the points of the branch, the last one before"""


def find_bifurcations(curve: Curve, places: Sequence[Place]) -> list[Bifurcation]:
    """All bifurcations between neighbours on a branch, in order."""
    found: list[Bifurcation] = []
    for index, (a, b) in enumerate(pairwise(places)):
        for narrow, wide in _brackets(curve, a, b, (a, b), _HALVINGS):
            one = _bifurcation(curve, narrow, wide, index)
            # At a fold, an eigenvalue and the direction change within rounding of each other.
            same = found and found[-1].kind == one.kind and _are_near(curve, found[-1], one)
            if not same:
                found.append(one)
    return found


def _brackets(
    curve: Curve, a: Place, b: Place, wide: Bracket, halvings: int
) -> Iterator[tuple[Bracket, Bracket]]:
    """Pairs of places as near as float64 has them, with something between; and a wider pair each.

    Halving finds all that happens between a and b, unless it cancels.
    """
    if not a.differs_from(b):
        return
    chord = b.y - a.y
    size = float(np.linalg.norm(chord))
    wide = (a, b) if size > _WIDE else wide
    y = None
    if halvings and size > 8 * EPSILON:
        y = curve.corrected((a.y + b.y) / 2, chord / size)
    if y is None:
        yield (a, b), wide
        return
    middle = curve.place(y, a.tangent)
    yield from _brackets(curve, a, middle, wide, halvings - 1)
    yield from _brackets(curve, middle, b, wide, halvings - 1)


def _bifurcation(curve: Curve, narrow: Bracket, wide: Bracket, index: int) -> Bifurcation:
    """What happens in a bracket; tangents are of the wider one: at a branch point there is none."""
    a, b = narrow
    change = [y - x for x, y in zip(a.outside, b.outside, strict=True)]
    values = np.where(b.eigenvalues.imag < 0, b.eigenvalues.conj(), b.eigenvalues)
    if change[0] or not any(change):
        turns = wide[0].tangent[-1] * wide[1].tangent[-1] < 0
        kind, crossing = ("fold" if turns else "branch"), values[np.argmin(np.abs(values - 1))]
    elif change[1]:
        kind, crossing = "flip", values[np.argmin(np.abs(values + 1))]
    else:
        kind = "neimark_sacker"
        turning = values[values.imag > 0]
        turning = turning if len(turning) else values
        crossing = turning[np.argmin(np.abs(np.abs(turning) - 1))]
    y = (a.y + b.y) / 2
    return Bifurcation(kind, curve.parameter(y), y[:-1], complex(crossing), index)


def _are_near(curve: Curve, a: Bifurcation, b: Bifurcation) -> bool:
    apart = abs(a.parameter - b.parameter) / curve.width + np.abs(a.point - b.point).max()
    return bool(apart <= _WIDE)
