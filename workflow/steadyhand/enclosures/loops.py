"""Primitives that run a function several times, or one of several, with balls for numbers."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from steadyhand.enclosures.balls import Ball
from steadyhand.enclosures.choices import NotEnclosed, Undecided, Value

MOST = 1000
"""Rounds of one loop that are followed: bounds grow in each, and each takes its time."""

Run = Callable[[Any, Sequence[Any], list[Value]], list[Value]]
"""Evaluates a program, with its constants and arguments."""


def _scan(run: Run, equation: Any, operands: list[Value]) -> list[Value]:
    given = equation.params
    fixed, carried = given["num_consts"], given["num_carry"]
    _limit(given["length"])
    constants, carry = operands[:fixed], operands[fixed : fixed + carried]
    series, body = operands[fixed + carried :], given["jaxpr"]
    rounds = range(given["length"])
    made = []
    for at in reversed(rounds) if given["reverse"] else rounds:
        rows = [_row(it, at) for it in series]
        found = run(body.jaxpr, body.consts, [*constants, *carry, *rows])
        carry = found[:carried]
        made.append(found[carried:])
    if given["reverse"]:
        made.reverse()
    return [*carry, *(_stacked(it) for it in zip(*made, strict=True))]


def _while(run: Run, equation: Any, operands: list[Value]) -> list[Value]:
    given = equation.params
    asked, done = given["cond_nconsts"], given["body_nconsts"]
    of_condition, of_body = operands[:asked], operands[asked : asked + done]
    carry = operands[asked + done :]
    condition, body = given["cond_jaxpr"], given["body_jaxpr"]
    for number in range(MOST + 1):
        (goes_on,) = run(condition.jaxpr, condition.consts, [*of_condition, *carry])
        if isinstance(goes_on, Undecided):
            raise NotEnclosed(goes_on.why())
        if np.ndim(goes_on):
            raise NotEnclosed("a loop that may end at another time for each state")
        if not goes_on:
            return carry
        _limit(number + 1)
        carry = run(body.jaxpr, body.consts, [*of_body, *carry])
    raise AssertionError  # the limit has ended it


def _cond(run: Run, equation: Any, operands: list[Value]) -> list[Value]:
    which, *arguments = operands
    branches = equation.params["branches"]
    chosen = branches[int(np.clip(np.asarray(which), 0, len(branches) - 1))]
    return run(chosen.jaxpr, chosen.consts, arguments)


def _limit(rounds: int) -> None:
    if not 0 < rounds <= MOST:
        raise NotEnclosed(f"a loop of {rounds} rounds; 1 to {MOST} are followed")


def _row(value: Value, at: int) -> Value:
    return np.asarray(value[at]) if isinstance(value, np.ndarray) else _part(value, at)


def _part(value: Ball | Undecided, at: int) -> Value:
    if isinstance(value, Undecided):
        raise NotEnclosed(value.why())
    return Ball(*(np.asarray(it[at]) for it in value))


def _stacked(values: Sequence[Value]) -> Value:
    numbers, of_balls = [], []
    for it in values:
        if isinstance(it, Undecided):
            raise NotEnclosed(it.why())
        if isinstance(it, Ball):
            of_balls.append(it)
        else:
            numbers.append(it)
    if numbers:
        return np.stack(numbers)
    return Ball(np.stack([it.mid for it in of_balls]), np.stack([it.rad for it in of_balls]))


LOOPS: dict[str, Callable[[Run, Any, list[Value]], list[Value]]] = {
    "scan": _scan,
    "while": _while,
    "cond": _cond,
}
