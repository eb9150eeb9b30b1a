"""Branches, followed step by step."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Complex, Float

from steadyhand.continuation.bifurcations import Bifurcation, find_bifurcations
from steadyhand.continuation.curve import Curve, Place
from steadyhand.continuation.matching import assigned
from steadyhand.maps import MapError, Step, as_arguments, as_points, check_map
from steadyhand.one_thread import on_one_thread

_FIRST, _SMALLEST = 1e-2, 1e-9
"""Lengths of steps, as parts of the way from one bound to the other."""
_TURN = 0.95  # cosine of the largest angle between the tangents of neighbours


@dataclass(frozen=True, eq=False)
class Branch:
    """n points of a curve of fixed points, in order along it."""

    parameter: Float[np.ndarray, " n"]
    points: Float[np.ndarray, "n dim"]
    eigenvalues: Complex[np.ndarray, "n dim"]
    """Of the Jacobian; a column is one eigenvalue, followed along the branch"""
    bifurcations: list[Bifurcation]
    end: str
    """Why it ends: "bound" (a bound of the parameter), "closed" (it came back to its start),
    "points" (as many as allowed), "stuck" (no step was short enough)"""

    @property
    def spectral_radius(self) -> Float[np.ndarray, " n"]:
        """max |λ| of each point."""
        return np.asarray(np.abs(self.eigenvalues).max(axis=1))


@on_one_thread
def follow_branch(
    step: Step,
    start: Any,
    parameter: float,
    *,
    low: float,
    high: float,
    upwards: bool = True,
    args: tuple[Any, ...] = (),
    tolerance: float = 1e-12,
    longest: float = 0.05,
    max_points: int = 1000,
) -> Branch:
    """Follow the fixed point `start` (dim,) of `step(x, p, *args)` at `parameter`, until a bound.

    It begins with a step to larger p, or to smaller ones. Steps are at most `longest` times the way
    between the bounds, in the space of x and of the scaled p; bifurcations are located on the
    branch by halving, to rounding. Several within one step are all found, as long as they do not
    cancel each other.

    Raises `MapError` where `start` is no fixed point (it is corrected first), and where the
    arguments do not fit.
    """
    at = as_points(np.asarray(start)[None], "start")[0]
    if not low < high or not low <= parameter <= high:
        raise MapError(f"parameter: {parameter} of {low} to {high}; allowed: low <= it <= high")
    args = as_arguments(args)
    check_map(step, len(at), (jax.ShapeDtypeStruct((), jnp.float64), *args))
    curve = Curve(step, args, low, high, tolerance)
    first = curve.start(at, parameter, upwards)
    places, end = [first], "points"
    for place, why in _along(curve, first, longest):
        places += [place] if place else []
        if why or len(places) >= max_points:
            end = why or end
            break
    else:
        end = "stuck"
    ys = np.array([it.y for it in places])
    gone = np.append(0, np.cumsum(np.linalg.norm(np.diff(ys, axis=0), axis=1)))
    return Branch(
        low + (high - low) * ys[:, -1],
        ys[:, :-1],
        match_spectra([it.eigenvalues for it in places], gone),
        find_bifurcations(curve, places),
        end,
    )


def match_spectra(
    spectra: list[np.ndarray], at: Float[np.ndarray, " n"]
) -> Complex[np.ndarray, "n mode"]:
    """Spectra at places along a way, with each eigenvalue in the column of its predecessor.

    That is the one whose straight course leads to it: the sum of all distances is the least. The
    first spectrum is by falling magnitude.
    """
    matched = [spectra[0][np.argsort(-np.abs(spectra[0]), kind="stable")]]
    for index, values in enumerate(spectra[1:], start=1):
        expected = matched[-1]
        if index > 1 and at[index - 1] > at[index - 2]:
            share = (at[index] - at[index - 1]) / (at[index - 1] - at[index - 2])
            expected = expected + share * (expected - matched[-2])
        matched.append(values[assigned(expected, values)])
    return np.array(matched)


def _along(curve: Curve, first: Place, longest: float) -> Iterator[tuple[Place | None, str]]:
    """Places one after the other, each with the reason why it is the last, or "".

    None where the last one is at a bound already.
    """
    here, length, gone = first, min(_FIRST, longest), 0.0
    while length > _SMALLEST:
        y = curve.corrected(here.y + length * here.tangent, here.tangent)
        there = None if y is None else curve.place(y, here.tangent)
        if there is None or there.tangent @ here.tangent < _TURN:
            length /= 2
            continue
        p = there.y[-1]
        if not 0 <= p <= 1:
            if abs(here.y[-1] - np.clip(p, 0, 1)) <= _SMALLEST:
                yield None, "bound"
                return
            last = _at_bound(curve, here, there)
            if last is not None:
                yield last, "bound"
                return
            length /= 2
            continue
        gone += length
        back = np.linalg.norm(there.y - first.y) < length and gone > 4 * length
        closed = back and there.tangent @ first.tangent > 0
        yield there, "closed" if closed else ""
        here, length = there, min(1.5 * length, longest)


def _at_bound(curve: Curve, here: Place, there: Place) -> Place | None:
    """The place at which a step beyond a bound crosses it; None where it is not found."""
    bound = float(np.clip(there.y[-1], 0.0, 1.0))
    share = (bound - here.y[-1]) / (there.y[-1] - here.y[-1])
    guess = here.y + share * (there.y - here.y)
    guess[-1] = bound
    along = np.zeros(len(guess))
    along[-1] = 1.0
    y = curve.corrected(guess, along)
    return None if y is None else curve.place(y, here.tangent)
