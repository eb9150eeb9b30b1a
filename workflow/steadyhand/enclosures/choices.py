"""Comparisons of balls, what is made of them, and what cannot be."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from steadyhand.enclosures import balls
from steadyhand.enclosures.balls import Ball


class Undecided(NamedTuple):
    """Of a comparison that may hold for some members of a box only: what it is at the centre."""

    guess: np.ndarray
    unsure: np.ndarray
    """Where members differ, as far as is known"""
    name: str
    """Of the comparison"""

    def why(self) -> str:
        """Why nothing can be made of it."""
        return f"whether '{self.name}' holds depends on where in the box one is"


Value = Ball | np.ndarray | Undecided
Rule = Callable[..., Value]


class NotEnclosed(ValueError):
    """A function cannot be bounded; its text says why."""


def is_floating(value: Any) -> bool:
    """Whether it has floating-point numbers, of any type."""
    return bool(jnp.issubdtype(jnp.result_type(value), jnp.floating))


def is_key(value: Any) -> bool:
    """Whether it is a key from which random numbers are drawn, which is no number."""
    return hasattr(value, "dtype") and jnp.issubdtype(value.dtype, jax.dtypes.extended)


def _exact(a: Ball) -> bool:
    return not a.rad.any()


def comparison(name: str) -> Rule:
    """True or false for all members alike, or it is not decided."""

    def rule(a: Ball, b: Ball, **_: Any) -> Value:
        (a_low, a_high), (b_low, b_high) = balls.ends(a), balls.ends(b)
        guess = np.asarray(COMPARED[name](a.mid, b.mid))
        if _exact(a) and _exact(b):
            return guess
        # A NaN is in no order, so it is unsure.
        apart = (a_low > b_high) | (a_high < b_low)
        return _decided(guess, apart, name)

    return rule


COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
}


def with_itself(name: str, a: Any) -> Value:
    """A number is equal to itself, unless it is none."""
    guess = np.full(a.shape, name == "eq")
    return _decided(guess, _bounded(a), name)


def finite(a: Ball, **_: Any) -> Value:
    """Whether numbers are finite: true where the ball is, and else not decided."""
    return _decided(np.isfinite(a.mid), _bounded(a), "is_finite")


def _bounded(a: Ball) -> np.ndarray:
    return np.isfinite(a.mid) & np.isfinite(a.rad)


def _decided(guess: np.ndarray, known: np.ndarray, name: str) -> Value:
    return guess if known.all() else Undecided(guess, ~known, name)


def select(which: np.ndarray | Undecided, *cases: Ball | np.ndarray, **_: Any) -> Value:
    """Where it is not decided which case holds, all must be the same number."""
    if isinstance(which, Undecided):
        if not all(_same(cases[0], it, which.unsure) for it in cases[1:]):
            raise NotEnclosed(which.why())
        which = which.guess
    index = np.asarray(which).astype(int)

    def chosen(parts: list[np.ndarray]) -> np.ndarray:
        found = parts[0]
        for number, part in enumerate(parts[1:], start=1):
            found = np.where(index == number, part, found)
        return found

    balls_of = [it for it in cases if isinstance(it, Ball)]
    if len(balls_of) < len(cases):
        return chosen([np.asarray(it) for it in cases])
    return Ball(chosen([it.mid for it in balls_of]), chosen([it.rad for it in balls_of]))


def _same(a: Ball | np.ndarray, b: Ball | np.ndarray, where: np.ndarray) -> bool:
    """Whether two operands are the same exact numbers at some places."""

    def numbers(operand: Ball | np.ndarray) -> np.ndarray | None:
        if not isinstance(operand, Ball):
            return np.asarray(operand)[where]
        return None if operand.rad[where].any() else operand.mid[where]

    left, right = numbers(a), numbers(b)
    return left is not None and right is not None and bool(np.array_equal(left, right))
