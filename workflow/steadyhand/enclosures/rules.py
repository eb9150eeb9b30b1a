"""What JAX primitives make of balls. Arrays that are no floating-point numbers are exact."""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special

from steadyhand.enclosures import balls
from steadyhand.enclosures.balls import Ball
from steadyhand.enclosures.choices import (
    COMPARED,
    NotEnclosed,
    Rule,
    comparison,
    finite,
    select,
)

_ELEMENTARY = 2.0**-49  # sixteen units in the last place; NumPy and SciPy claim less than four
_MANY_TURNS = 2.0**26


def _increasing(function: Callable[[np.ndarray], np.ndarray]) -> Callable[..., Ball]:
    """A function that grows: bounded by its values at the ends."""

    def rule(a: Ball, **_: Any) -> Ball:
        low, high = (function(end) for end in balls.ends(a))
        return balls.between(low - _error(low), high + _error(high))

    return rule


def _wave(function: Callable[[np.ndarray], np.ndarray]) -> Callable[..., Ball]:
    """Sine or cosine, whose slope is nowhere beyond ±1."""

    def rule(a: Ball, **_: Any) -> Ball:
        mid = function(a.mid)
        # After many turns libraries lose what is left beside a multiple of π (measured: 1e-28).
        error = _error(np.where(np.abs(a.mid) < _MANY_TURNS, mid, 1.0))
        return Ball(mid, balls.upper(a.rad + error))

    return rule


def _error(value: np.ndarray) -> np.ndarray:
    return _ELEMENTARY * np.abs(value) + 1e-300


def _extreme(function: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Rule:
    def rule(a: Ball, b: Ball, **_: Any) -> Ball:
        lows, highs = zip(balls.ends(a), balls.ends(b), strict=True)
        return balls.between(function(*lows), function(*highs))

    return rule


def _absolute(a: Ball, **_: Any) -> Ball:
    low = np.maximum(balls.lower_magnitude(a), 0.0)
    return balls.between(low, balls.magnitude(a))


def _sign(a: Ball, **_: Any) -> Ball:
    if not (balls.lower_magnitude(a) > 0).all():
        raise NotEnclosed("a sign changes within the box")
    return balls.ball(np.sign(a.mid))


def _dot_general(a: Ball, b: Ball, *, dimension_numbers: Any, **_: Any) -> Ball:
    (over_a, over_b), (batch_a, batch_b) = dimension_numbers
    free_a = [axis for axis in range(a.mid.ndim) if axis not in (*over_a, *batch_a)]
    free_b = [axis for axis in range(b.mid.ndim) if axis not in (*over_b, *batch_b)]
    batch = [a.shape[axis] for axis in batch_a]

    def arranged(values: np.ndarray, *axes: Any) -> np.ndarray:
        """With all axes of each kind as one."""
        sizes = [int(np.prod([values.shape[it] for it in some], dtype=int)) for some in axes[1:]]
        return values.transpose([it for some in axes for it in some]).reshape(*batch, *sizes)

    left = Ball(*(arranged(it, batch_a, free_a, over_a) for it in a))
    right = Ball(*(arranged(it, batch_b, over_b, free_b) for it in b))
    shape = [*batch, *(a.shape[it] for it in free_a), *(b.shape[it] for it in free_b)]
    return Ball(*(it.reshape(shape) for it in balls.product(left, right)))


def _integer_power(a: Ball, *, y: int, **_: Any) -> Ball:
    return balls.power(a, y)


def _square_root(a: Ball, **_: Any) -> Ball:
    if not (balls.ends(a)[0] > 0).all():
        raise NotEnclosed("a square root of numbers that may be 0 or negative")
    return _increasing(np.sqrt)(a)


def _logarithm(a: Ball, **_: Any) -> Ball:
    if not (balls.ends(a)[0] > 0).all():
        raise NotEnclosed("a logarithm of numbers that may be 0 or negative")
    return _increasing(np.log)(a)


def _logarithm_of_one_more(a: Ball, **_: Any) -> Ball:
    if not (balls.ends(a)[0] > -1).all():
        raise NotEnclosed("a logarithm of numbers that may be 0 or negative")
    return _increasing(np.log1p)(a)


def _power(a: Ball, b: Ball, **_: Any) -> Ball:
    if not (balls.ends(a)[0] > 0).all():
        raise NotEnclosed("a power of numbers that may be 0 or negative")
    return _increasing(np.exp)(balls.multiply(b, _increasing(np.log)(a)))


def _tangent(a: Ball, **_: Any) -> Ball:
    sine, cosine = (_wave(it)(a) for it in (np.sin, np.cos))
    return _divided(sine, cosine)


def _hyperbolic_cosine(a: Ball, **_: Any) -> Ball:
    grown = _increasing(np.exp)
    both = balls.add(grown(a), grown(balls.negative(a)))
    return balls.multiply(both, balls.ball(np.full(a.shape, 0.5)))


def _complement_of_the_error_function(a: Ball, **_: Any) -> Ball:
    return balls.subtract(balls.ball(np.ones(a.shape)), _increasing(scipy.special.erf)(a))


def _running_sum(a: Ball, *, axis: int, reverse: bool, **_: Any) -> Ball:
    return balls.running_total(a, axis, reverse)


def _divided(a: Ball, b: Ball, **_: Any) -> Ball:
    return balls.multiply(a, balls.reciprocal(b))


def _sum(a: Ball, *, axes: Any, **_: Any) -> Ball:
    return balls.total(a, tuple(int(axis) for axis in axes))


def _binary(function: Callable[[Ball, Ball], Ball]) -> Rule:
    return lambda a, b, **_: function(a, b)


_ADD = _binary(balls.add)

ON_BALLS: dict[str, Rule] = {
    "add": _ADD,
    "add_any": _ADD,
    "sub": _binary(balls.subtract),
    "mul": _binary(balls.multiply),
    "div": _divided,
    "neg": lambda a, **_: balls.negative(a),
    "integer_pow": _integer_power,
    "square": lambda a, **_: balls.multiply(a, a),
    "abs": _absolute,
    "sign": _sign,
    "max": _extreme(np.maximum),
    "min": _extreme(np.minimum),
    "reduce_sum": _sum,
    "cumsum": _running_sum,
    "dot_general": _dot_general,
    "exp": _increasing(np.exp),
    "expm1": _increasing(np.expm1),
    "exp2": _increasing(np.exp2),
    "log": _logarithm,
    "log1p": _logarithm_of_one_more,
    "pow": _power,
    "sqrt": _square_root,
    "rsqrt": lambda a, **_: balls.reciprocal(_square_root(a)),
    "tan": _tangent,
    "tanh": _increasing(np.tanh),
    "logistic": _increasing(scipy.special.expit),
    "atan": _increasing(np.arctan),
    "asinh": _increasing(np.arcsinh),
    "sinh": _increasing(np.sinh),
    "erf": _increasing(scipy.special.erf),
    "erfc": _complement_of_the_error_function,
    "cosh": _hyperbolic_cosine,
    "sin": _wave(np.sin),
    "cos": _wave(np.cos),
    "is_finite": finite,
    "select_n": select,
    **{name: comparison(name) for name in COMPARED},
}
"""By the name of the primitive; where none of the operands is a ball, JAX itself computes."""
