"""Primitives of JAX itself: a name tells nothing, as other packages may use it for their own."""

from functools import cache
from typing import Any

import jax
from jax.extend.core import primitives

from steadyhand.enclosures.choices import NotEnclosed


def name_of(primitive: Any) -> str:
    """Its name; raises `NotEnclosed` where it is not the primitive that JAX has under it."""
    name: str = primitive.name
    if _of_jax().get(name) is not primitive:
        raise NotEnclosed(f"'{name}' is no primitive of JAX that is known here")
    return name


@cache
def _of_jax() -> dict[str, Any]:
    public = {**vars(jax.lax), **vars(primitives)}
    found = [it for name, it in public.items() if name.endswith("_p")]
    return {it.name: it for it in [*found, _custom_vmap_call()]}


def _custom_vmap_call() -> Any:
    """One that is not public."""

    @jax.custom_batching.custom_vmap
    def same(x: Any) -> Any:
        return x

    same.def_vmap(lambda size, batched, x: (x, *batched))
    (equation,) = jax.make_jaxpr(same)(0.0).eqns
    return equation.primitive
