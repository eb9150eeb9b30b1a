"""Functions without derivative rules of their own: what their values are decides."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import ClosedJaxpr, Literal

_OF_CALLS = ("call_jaxpr", "jaxpr", "call")
"""Where primitives that call a function once have it"""
CALLS = frozenset({"jit", "pjit", "closed_call", "core_call", "remat2", "checkpoint"})
"""Primitives that do nothing but call a function."""
_INLINED = CALLS | {"custom_jvp_call", "custom_vjp_call", "custom_vmap_call"}
_CHOICES = {"max": jnp.greater_equal, "min": jnp.less_equal}
"""Their derivatives ask whether a result is equal to an operand, which nobody can decide in a box;
those of a choice ask what it asks."""


def without_own_rules(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` with the same values, whose derivatives are those of these values.

    Rules that were given with `jax.custom_jvp` and `jax.custom_vjp` are left out, but for those
    within loops. It takes and returns pytrees of arrays.
    """

    def plain(*arguments: Any) -> Any:
        leaves, tree = jax.tree.flatten(arguments)

        def of_leaves(*leaves: Any) -> Any:
            return function(*jax.tree.unflatten(tree, leaves))

        program, returned = jax.make_jaxpr(of_leaves, return_shape=True)(*leaves)
        found = _run(program.jaxpr, program.consts, leaves)
        return jax.tree.unflatten(jax.tree.structure(returned), found)

    return plain


def _run(jaxpr: Any, constants: Sequence[Any], arguments: Sequence[Any]) -> list[Any]:
    known = dict(zip(jaxpr.constvars, constants, strict=True))
    known |= dict(zip(jaxpr.invars, arguments, strict=True))

    def read(atom: Any) -> Any:
        return atom.val if isinstance(atom, Literal) else known[atom]

    for equation in jaxpr.eqns:
        operands = [read(atom) for atom in equation.invars]
        known |= dict(zip(equation.outvars, _apply(equation, operands), strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def called_by(equation: Any) -> tuple[Any, Sequence[Any]]:
    """The function that is called, and its constants."""
    called = next(equation.params[it] for it in _OF_CALLS if it in equation.params)
    return (called.jaxpr, called.consts) if isinstance(called, ClosedJaxpr) else (called, [])


def _choice(name: str, a: Any, b: Any) -> Any:
    return jnp.where(_CHOICES[name](a, b), a, b)


def _apply(equation: Any, operands: list[Any]) -> list[Any]:
    primitive, given = equation.primitive, equation.params
    if primitive.name in _INLINED:
        return _run(*called_by(equation), operands)
    if primitive.name in _CHOICES:
        return [_choice(primitive.name, *operands)]
    if primitive.name == "clamp":
        low, value, high = operands
        return [_choice("min", _choice("max", value, low), high)]
    found = primitive.bind(*operands, **given)
    return list(found) if primitive.multiple_results else [found]
