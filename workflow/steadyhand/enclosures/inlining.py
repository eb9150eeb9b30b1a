"""Functions as their values are, and nothing else: without rules of their own for other purposes.

A function may have rules of its own for its derivatives (`jax.custom_jvp`, `jax.custom_vjp`,
`jax.lax.stop_gradient`) and for batches (`jax.custom_batching.custom_vmap`); whether they agree
with its values, nobody knows.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import ClosedJaxpr, Literal

from steadyhand.enclosures.primitives import name_of

_OF_CALLS = ("call_jaxpr", "jaxpr", "call")
"""Where primitives that call a function once have it"""
CALLS = frozenset({"jit", "closed_call", "remat2"})
"""Primitives that do nothing but call a function."""
_INLINED = CALLS | {"custom_jvp_call", "custom_vjp_call", "custom_vmap_call"}
_OF_LOOPS = {"scan": ("jaxpr",), "while": ("cond_jaxpr", "body_jaxpr"), "cond": ("branches",)}
"""Where primitives that follow a function, or one of several, have them"""
_COMPARED = {"max": jnp.greater_equal, "min": jnp.less_equal}
"""Their derivatives ask whether a result is equal to an operand, which nobody can decide in a box;
those of a choice ask what it asks."""


def without_own_rules(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` with the same values; what JAX makes of it is made of these values alone.

    It takes and returns pytrees of arrays. Raises `NotEnclosed` where a primitive is none of JAX's.
    """

    def plain(*arguments: Any) -> Any:
        leaves, tree = jax.tree.flatten(arguments)

        def of_leaves(*leaves: Any) -> Any:
            return function(*jax.tree.unflatten(tree, leaves))

        program, returned = jax.make_jaxpr(of_leaves, return_shape=True)(*leaves)
        found = _run(program.jaxpr, program.consts, leaves)
        return jax.tree.unflatten(jax.tree.structure(returned), found)

    return plain


def needed(jaxpr: Any) -> list[Any]:
    """The equations on which results depend: what else a step computes is of no concern."""
    wanted = {atom for atom in jaxpr.outvars if not isinstance(atom, Literal)}
    kept = []
    for equation in reversed(jaxpr.eqns):
        if wanted.intersection(equation.outvars):
            kept.append(equation)
            wanted |= {atom for atom in equation.invars if not isinstance(atom, Literal)}
    return kept[::-1]


def called_by(equation: Any) -> tuple[Any, Sequence[Any]]:
    """The function that is called, and its constants."""
    called = next(equation.params[it] for it in _OF_CALLS if it in equation.params)
    return (called.jaxpr, called.consts) if isinstance(called, ClosedJaxpr) else (called, [])


def _run(jaxpr: Any, constants: Sequence[Any], arguments: Sequence[Any]) -> list[Any]:
    known = dict(zip(jaxpr.constvars, constants, strict=True))
    known |= dict(zip(jaxpr.invars, arguments, strict=True))

    def read(atom: Any) -> Any:
        return atom.val if isinstance(atom, Literal) else known[atom]

    for equation in needed(jaxpr):
        operands = [read(atom) for atom in equation.invars]
        known |= dict(zip(equation.outvars, _apply(equation, operands), strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _apply(equation: Any, operands: list[Any]) -> list[Any]:
    primitive, given = equation.primitive, dict(equation.params)
    name = name_of(primitive)
    if name in _INLINED:
        return _run(*called_by(equation), operands)
    if name == "stop_gradient":
        return operands
    if name in ("max", "min"):
        return [_choice(name, *operands)]
    if name in ("reduce_max", "reduce_min"):
        return [_extreme(name.removeprefix("reduce_"), operands[0], given["axes"])]
    if name == "clamp":
        low, value, high = operands
        return [_choice("min", _choice("max", value, low), high)]
    for part in _OF_LOOPS.get(name, ()):
        given[part] = jax.tree.map(
            _plain, given[part], is_leaf=lambda it: isinstance(it, ClosedJaxpr)
        )
    found = primitive.bind(*operands, **given)
    return list(found) if primitive.multiple_results else [found]


def _plain(program: ClosedJaxpr) -> ClosedJaxpr:
    """The same for a program of its own."""

    def run(*operands: Any) -> list[Any]:
        return _run(program.jaxpr, program.consts, operands)

    return jax.make_jaxpr(run)(*program.in_avals)


def _choice(name: str, a: Any, b: Any) -> Any:
    return jnp.where(_COMPARED[name](a, b), a, b)


def _extreme(name: str, a: Any, axes: Sequence[int]) -> Any:
    """The largest or least along axes, as by a tournament."""
    for axis in sorted(axes, reverse=True):
        players = jnp.moveaxis(a, axis, 0)
        while (count := len(players)) > 1:
            half = count // 2
            winners = _choice(name, players[:half], players[half : 2 * half])
            players = jnp.concatenate([winners, players[2 * half :]])
        a = players[0]
    return a
