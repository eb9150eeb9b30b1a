"""Which eigenvalue becomes which, where a matrix changes from one end of a way to the other."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Complex, Int
from scipy.optimize import linear_sum_assignment

Spectrum = Complex[np.ndarray, " mode"]
SpectraAt = Callable[[Int[np.ndarray, " some"], np.ndarray], Sequence[Spectrum | None]]
"""Takes numbers of ways and places on them, from 0 to 1; gives spectra, None where unknown."""

DEEPEST = 8
"""Halvings of a way, at most."""
_SAME = 1e-7
"""Eigenvalues that are nearer than this to each other, relative to the largest, are the same."""
_BIAS = 1e-9
"""Of a real pair that becomes complex, the smaller one gets the positive imaginary part."""


class Matched(NamedTuple):
    """For each way: which eigenvalue at its end is that at its start, in the order of the start."""

    order: list[Int[np.ndarray, " mode"]]
    sure: Bool[np.ndarray, " way"]
    """Whether halves of each part say the same as the part, and all is known in between"""


class _Part(NamedTuple):
    way: int
    begin: float
    end: float
    first: Spectrum
    last: Spectrum


def match_along(
    starts: Sequence[Spectrum],
    ends: Sequence[Spectrum],
    spectra_at: SpectraAt,
    least: Sequence[int] | None = None,
    deepest: int = DEEPEST,
) -> Matched:
    """Follow the eigenvalues of every way, from its start to its end.

    Those of neighbouring spectra belong together whose distances have the least sum. That is
    believed where the same comes out by way of the spectrum in between, else both halves are
    looked at. It is no proof: two modes may pass each other between neighbours, and the way that
    is short may be wrong twice. So a way on which much changes is halved `least` times whatever
    comes out (once, if left out). Where two real eigenvalues meet, go on as a complex pair, and
    come back, they are told apart by their order: nothing else does. All ways are halved together,
    so that the spectra in between are computed in batches.
    """
    at_least = [1] * len(starts) if least is None else least
    sure = np.ones(len(starts), bool)
    parts = [_Part(way, 0.0, 1.0, *both) for way, both in enumerate(zip(starts, ends, strict=True))]
    done: list[list[tuple[float, np.ndarray]]] = [[] for _ in starts]
    for depth in range(deepest + 1):
        if not parts:
            break
        ways = np.array([it.way for it in parts])
        at = np.array([(it.begin + it.end) / 2 for it in parts])
        halved = []
        for part, place, between in zip(parts, at, spectra_at(ways, at), strict=True):
            whole = nearest(part.first, part.last)
            if between is None:
                sure[part.way] = False
            elif depth < at_least[part.way] or not _agree(part, between, whole):
                if depth < deepest:
                    halved.append(part._replace(end=float(place), last=between))
                    halved.append(part._replace(begin=float(place), first=between))
                    continue
                sure[part.way] = False
            done[part.way].append((part.begin, whole))
        parts = halved
    return Matched([_composed(it) for it in done], sure)


def nearest(first: Spectrum, last: Spectrum) -> Int[np.ndarray, " mode"]:
    """For each eigenvalue of `first` one of `last`: the sum of all distances is the least."""
    size = max(float(np.abs(first).max(initial=0)), float(np.abs(last).max(initial=0)))
    shifted = [it - _BIAS * size * np.sign(it.imag) for it in (first, last)]
    return assigned(*shifted)


def assigned(first: Spectrum, last: Spectrum) -> Int[np.ndarray, " mode"]:
    """The order of `last` in which the sum of all distances from `first` is the least."""
    _, order = linear_sum_assignment(np.abs(first[:, None] - last[None]))
    return np.asarray(order)


def _agree(part: _Part, between: Spectrum, whole: np.ndarray) -> bool:
    """Whether both halves say what the whole does, but for eigenvalues that are the same."""
    through = nearest(between, part.last)[nearest(part.first, between)]
    size = float(np.abs(part.last).max(initial=0))
    off = np.abs(part.last[through] - part.last[whole]).max(initial=0)
    return bool(off <= _SAME * size)


def _composed(parts: list[tuple[float, np.ndarray]]) -> np.ndarray:
    """One order after the other, by where they begin."""
    ordered = [order for _, order in sorted(parts, key=lambda it: it[0])]
    found = ordered[0]
    for order in ordered[1:]:
        found = order[found]
    return np.asarray(found)
