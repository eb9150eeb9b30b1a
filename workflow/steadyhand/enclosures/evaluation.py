"""Evaluation of traced JAX functions with balls in place of numbers."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Literal

from steadyhand import precision  # noqa: F401
from steadyhand.enclosures.balls import Ball, accumulated, ball
from steadyhand.enclosures.choices import (
    NotEnclosed,
    Undecided,
    Value,
    is_floating,
    is_key,
    with_itself,
)
from steadyhand.enclosures.inlining import CALLS, called_by, needed
from steadyhand.enclosures.loops import LOOPS
from steadyhand.enclosures.moves import BY_JAX, MOVES
from steadyhand.enclosures.primitives import name_of
from steadyhand.enclosures.rules import ON_BALLS

_OWN_DERIVATIVE = ("custom_jvp_call", "custom_vjp_call")
"""Functions whose derivative need not be that of their values: see `without_own_rules`."""


_EXACT = frozenset({"convert_element_type", "iota", "bitcast_convert_type"})
"""Primitives that make floating-point numbers of others without rounding."""
_LARGEST = 2**53


def traced(function: Callable[..., Any], *examples: Any) -> ClosedJaxpr:
    """`function` as JAX has it for arguments of these shapes (pytrees of arrays)."""
    return jax.make_jaxpr(function)(*examples)


def evaluate(function: ClosedJaxpr, arguments: Sequence[Value]) -> list[Value]:
    """What a traced function can give for members of `arguments`: its leaves, in order.

    Arguments that are no floating-point numbers, and what is made of them without rounding, are
    exact.
    Raises `NotEnclosed` where that cannot be bounded.
    """
    with np.errstate(all="ignore"):
        return _run(function.jaxpr, function.consts, list(arguments))


def _run(jaxpr: Any, constants: Sequence[Any], arguments: list[Value]) -> list[Value]:
    known: dict[Any, Value] = {}
    for variable, value in zip(jaxpr.constvars, constants, strict=True):
        known[variable] = _as_value(value)
    known |= dict(zip(jaxpr.invars, arguments, strict=True))

    def read(atom: Any) -> Value:
        return _as_value(atom.val) if isinstance(atom, Literal) else known[atom]

    for equation in needed(jaxpr):
        results = _apply(equation, [read(atom) for atom in equation.invars])
        known |= dict(zip(equation.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _as_value(value: Any) -> Value:
    if is_key(value):
        raise NotEnclosed("it draws random numbers")
    array = np.asarray(value)
    return ball(array) if is_floating(array) else array


def _apply(equation: Any, operands: list[Value]) -> list[Value]:
    name = name_of(equation.primitive)
    if name in _OWN_DERIVATIVE:
        raise NotEnclosed(f"it has a derivative rule of its own ('{name}')")
    if name in CALLS:
        return _run(*called_by(equation), operands)
    # A choice may still be the same, whichever way it goes.
    used = operands[1:] if name == "select_n" else [] if name in MOVES else operands
    undecided = [it for it in operands if isinstance(it, Undecided)]
    if any(isinstance(it, Undecided) for it in used):
        raise NotEnclosed(undecided[0].why())
    if name in LOOPS:
        return LOOPS[name](_run, equation, operands)
    if not undecided and not any(isinstance(it, Ball) for it in operands):
        return _exactly(equation, operands)
    if name == "convert_element_type":
        return [_converted(equation, operands[0])]
    if name in MOVES or name in BY_JAX:
        return _moved(equation, operands)
    if name == "scatter-add":
        return [_added_into(equation, operands)]
    if name not in ON_BALLS:
        raise NotEnclosed(f"there is no rule for the primitive '{name}'")
    if name in ("eq", "ne") and equation.invars[0] is equation.invars[1]:
        return [with_itself(name, operands[0])]
    if name != "select_n":
        operands = [ball(it) if isinstance(it, np.ndarray) else it for it in operands]
    return [ON_BALLS[name](*operands, **equation.params)]


def _exactly(equation: Any, operands: list[Value]) -> list[Value]:
    """What JAX makes of numbers that are not floating-point ones, where it does not round."""
    primitive = equation.primitive
    if any(is_key(it.aval) for it in equation.outvars):
        raise NotEnclosed("it draws random numbers")
    results = [it.aval.dtype for it in equation.outvars]
    if any(jnp.issubdtype(np.asarray(it).dtype, jnp.complexfloating) for it in operands):
        raise NotEnclosed("it computes with complex numbers")
    for dtype in results:
        if jnp.issubdtype(dtype, jnp.inexact) and dtype != np.float64:
            raise NotEnclosed(f"it computes with numbers of type {dtype}")
    if np.float64 in results and primitive.name not in _EXACT:
        raise NotEnclosed(f"'{primitive.name}' makes floating-point numbers of others")
    if primitive.name == "convert_element_type" and np.float64 in results and _large(operands):
        raise NotEnclosed("a whole number that is too large to be converted without rounding")
    found = primitive.bind(*operands, **equation.params)
    return [_as_value(it) for it in (found if primitive.multiple_results else [found])]


def _large(operands: list[Value]) -> bool:
    """Whether there are whole numbers that float64 does not have."""
    whole = [np.asarray(it) for it in operands]
    ends = [int(end) for it in whole if it.size for end in (it.min(), it.max())]
    return any(abs(it) > _LARGEST for it in ends)


def _converted(equation: Any, operand: Value) -> Value:
    (result,) = equation.outvars
    if result.aval.dtype != np.float64:
        raise NotEnclosed(f"it computes with numbers of type {result.aval.dtype}")
    return operand


def _moved(equation: Any, operands: list[Value]) -> list[Value]:
    """Both parts of operands (centres and radii) where the primitive moves them to."""
    primitive = equation.primitive
    if equation.params.get("update_jaxpr") is not None:
        raise NotEnclosed(f"'{primitive.name}' applies a function")
    chosen_once = primitive.name != "scatter" or equation.params["unique_indices"]
    if not chosen_once and jax.default_backend() != "cpu":
        # Centres and radii might come from different ones.
        raise NotEnclosed("several numbers may go to one place, where one wins by chance")
    move = MOVES.get(primitive.name, primitive.bind)
    undecided = [it for it in operands if isinstance(it, Undecided)]

    def part(number: int) -> list[np.ndarray]:
        chosen = [it if isinstance(it, np.ndarray) else it[number] for it in operands]
        given = dict(equation.params)
        if number == 1 and given.get("fill_value") is not None:
            given["fill_value"] = 0.0  # what it fills in is exact
        found = move(*chosen, **given)
        return [np.asarray(it) for it in (found if primitive.multiple_results else [found])]

    both = zip(part(0), part(1), strict=True)
    return [Undecided(*it, undecided[0].name) if undecided else Ball(*it) for it in both]


def _added_into(equation: Any, operands: list[Value]) -> Ball:
    into, places, updates = operands
    assert isinstance(into, Ball) and isinstance(updates, Ball)

    def added(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.asarray(equation.primitive.bind(a, places, b, **equation.params))

    size = added(np.abs(into.mid), np.abs(updates.mid))
    mid, rad = (added(*it) for it in zip(into, updates, strict=True))
    return accumulated(mid, rad, size, updates.mid.size + 1)
