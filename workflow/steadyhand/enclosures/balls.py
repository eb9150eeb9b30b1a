"""Arithmetic with balls: arrays of real numbers that are known up to a radius.

A ball holds every x with |x − mid| ≤ rad, and what is computed from balls holds all that the same
operation, without rounding, can give for members of them. Every radius is enlarged by what rounding
to float64 can have done to its centre and to itself (Rump 1999, BIT 39:534). Where nothing is known
(an overflow, a division by what may be 0), the radius is inf or NaN: neither passes any test.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

_CENTRE = 2.0**-52  # twice the relative error of a rounded operation
_RADIUS = 1 + 2.0**-48  # more than the relative error of sixteen operations on positive numbers
_TINY = 1e-300  # more than the error where numbers are too small to be rounded relatively


class Ball(NamedTuple):
    """Centres and radii, of one shape."""

    mid: Float[np.ndarray, "..."]
    rad: Float[np.ndarray, "..."]

    @property
    def shape(self) -> tuple[int, ...]:
        """Of both."""
        return self.mid.shape


def ball(mid: np.ndarray | float, rad: np.ndarray | float = 0.0) -> Ball:
    """The ball with this centre and radius, in float64."""
    centre = np.asarray(mid, np.float64)
    return Ball(centre, np.broadcast_to(np.asarray(rad, np.float64), centre.shape))


def upper(positive: np.ndarray) -> np.ndarray:
    """More than a sum of products of a few non-negative numbers that was computed with rounding."""
    return np.asarray(positive) * _RADIUS + _TINY


def _rounding(mid: np.ndarray) -> np.ndarray:
    return _CENTRE * np.abs(mid) + _TINY


def magnitude(a: Ball) -> np.ndarray:
    """More than any |x| in the ball."""
    return upper(np.abs(a.mid) + a.rad)


def lower_magnitude(a: Ball) -> np.ndarray:
    """Less than any |x| in the ball; negative or 0 where the ball may hold 0."""
    return np.asarray(np.abs(a.mid) / _RADIUS - upper(a.rad))


def ends(a: Ball) -> tuple[np.ndarray, np.ndarray]:
    """Numbers below and above all of the ball."""
    width = np.where(a.rad > 0, upper(a.rad + _rounding(np.abs(a.mid) + a.rad)), a.rad)
    return a.mid - width, a.mid + width


def between(low: np.ndarray, high: np.ndarray) -> Ball:
    """The ball that holds all from `low` to `high`."""
    mid = low + 0.5 * (high - low)
    return Ball(mid, upper(0.5 * (high - low) + _rounding(np.abs(low) + np.abs(high))))


def negative(a: Ball) -> Ball:
    """−a"""
    return Ball(-a.mid, a.rad)


def add(a: Ball, b: Ball) -> Ball:
    """a + b"""
    mid = a.mid + b.mid
    return Ball(mid, upper(a.rad + b.rad + _rounding(mid)))


def subtract(a: Ball, b: Ball) -> Ball:
    """a − b"""
    return add(a, negative(b))


def multiply(a: Ball, b: Ball) -> Ball:
    """a·b"""
    mid = a.mid * b.mid
    spread = np.abs(a.mid) * b.rad + a.rad * (np.abs(b.mid) + b.rad)
    return Ball(mid, upper(spread + _rounding(mid)))


def reciprocal(a: Ball) -> Ball:
    """1/a; nothing is known where the ball may hold 0."""
    mid, least = 1 / a.mid, lower_magnitude(a)
    # One division after the other: the product of both divisors may overflow.
    spread = np.where(least > 0, a.rad / np.abs(a.mid) / least, np.inf)
    return Ball(mid, upper(spread + _rounding(mid)))


def power(a: Ball, exponent: int) -> Ball:
    """a to an integer power, by squaring."""
    if exponent < 0:
        return reciprocal(power(a, -exponent))
    result, square = ball(np.ones(a.shape)), a
    while exponent:
        if exponent & 1:
            result = multiply(result, square)
        exponent >>= 1
        square = multiply(square, square) if exponent else square
    return result


def total(a: Ball, axes: tuple[int, ...]) -> Ball:
    """Sums over axes, in whatever order they were computed."""
    count = int(np.prod([a.shape[axis] for axis in axes], dtype=int))
    mid, rad, size = (it.sum(axis=axes) for it in (*a, np.abs(a.mid)))
    return accumulated(mid, rad, size, count)


def running_total(a: Ball, axis: int, reverse: bool) -> Ball:
    """Sums of all up to each, or from each on, along an axis."""
    count = a.shape[axis]

    def summed(values: np.ndarray) -> np.ndarray:
        turned = np.flip(values, axis) if reverse else values
        found = np.cumsum(turned, axis=axis)
        return np.flip(found, axis) if reverse else found

    mid, rad, size = (summed(it) for it in (*a, np.abs(a.mid)))
    return accumulated(mid, rad, size, count)


def accumulated(mid: np.ndarray, rad: np.ndarray, size: np.ndarray, count: int) -> Ball:
    """Sums of at most `count` numbers, given those of centres, radii and sizes of centres."""
    return Ball(mid, _upper_of(rad + count * _CENTRE * size, count))


def product(a: Ball, b: Ball) -> Ball:
    """Matrix products a @ b over the last two axes, as by `numpy.matmul`."""
    count = a.shape[-1]
    size = np.abs(b.mid)
    spread = (count + 2) * _CENTRE * (np.abs(a.mid) @ size)
    if b.rad.any():
        spread = spread + np.abs(a.mid) @ b.rad
    if a.rad.any():
        spread = spread + a.rad @ (size + b.rad)
    return Ball(a.mid @ b.mid, _upper_of(spread, count))


def _upper_of(positive: np.ndarray, count: int) -> np.ndarray:
    """`upper`, where each number is a sum of `count` and more."""
    return upper(positive * (1 + (count + 8) * _CENTRE) + count * _TINY)
