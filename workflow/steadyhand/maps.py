"""Maps x ↦ step(x, *args) of a state of shape (dim,), and their derivatives. All is float64."""

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from steadyhand import precision  # noqa: F401
from steadyhand.errors import UserError

Step = Callable[..., Float[Array, " dim"]]

EPSILON = float(np.finfo(np.float64).eps)

_log = logging.getLogger(__name__)


class MapError(UserError, ValueError):
    """A map or the points it is asked about cannot be used; its text is one line."""


class Place(NamedTuple):
    """Where each row is: states, r there, and its Jacobian A = J − I."""

    x: Float[Array, "row dim"]
    r: Float[Array, "row dim"]
    slope: Float[Array, "row dim dim"]


class Bowl(NamedTuple):
    """Where each row is on q: states, r, ∇q and the Hessian of q."""

    x: Float[Array, "row dim"]
    r: Float[Array, "row dim"]
    gradient: Float[Array, "row dim"]
    hessian: Float[Array, "row dim dim"]


def as_points(points: Any, name: str, at_least: int = 0) -> Float[np.ndarray, "n dim"]:
    """`points` as a finite float64 array of shape (n, dim); other real dtypes are converted.

    A conversion is logged. Raises `MapError`, which calls the points `name`.
    """
    try:
        found = np.asarray(points)
    except ValueError as why:  # rows of several lengths
        raise MapError(f"{name}: no matrix; allowed: rows of one length") from why
    if found.dtype.kind not in "fiu":
        raise MapError(f"{name}: dtype is {found.dtype}; allowed: real numbers")
    if found.ndim != 2:
        raise MapError(f"{name}: shape is {found.shape}; allowed: (number, dim)")
    if len(found) < at_least or found.shape[1] == 0:
        raise MapError(f"{name}: shape is {found.shape}; allowed: at least one row and one column")
    if found.dtype != np.float64:
        _log.info("%s: converted from %s to float64", name, found.dtype)
        found = found.astype(np.float64)
    if not np.isfinite(found).all():
        row = int(np.flatnonzero(~np.isfinite(found).all(axis=1))[0])
        raise MapError(f"{name}: row {row} is not finite; allowed: finite numbers")
    return found


def as_arguments(args: Any) -> tuple[Any, ...]:
    """`args` with every leaf a JAX array, floating ones in float64."""
    if not isinstance(args, tuple):
        raise MapError(f"args: is a {type(args).__name__}; allowed: a tuple, unpacked into step")

    def converted(leaf: Any) -> Array:
        try:
            array = jnp.asarray(leaf)
        except (TypeError, OverflowError) as why:
            said = " ".join(repr(leaf).split())
            raise MapError(f"args: holds {said}; allowed: numbers and arrays of them") from why
        return array.astype(jnp.float64) if jnp.issubdtype(array.dtype, jnp.floating) else array

    return jax.tree.map(converted, args)


def check_map(step: Step, dim: int, args: tuple[Any, ...]) -> None:
    """Raise `MapError` unless `step` takes and returns float64 vectors of shape (dim,)."""
    if not callable(step):
        raise MapError(f"step: is a {type(step).__name__}; allowed: a function")
    try:
        hash(step)
    except TypeError as why:
        said = "holds arrays; allowed: a function that is given them in args"
        raise MapError(f"step: is a {type(step).__name__} and {said}") from why
    state = jax.ShapeDtypeStruct((dim,), jnp.float64)
    try:
        returned = jax.eval_shape(lambda x, arguments: step(x, *arguments), state, args)
    except (TypeError, ValueError, IndexError) as why:  # another size, NumPy's functions, an `if`
        said = f"step: JAX cannot call it with a state of {dim}: {_first_line(why)}"
        raise MapError(said) from why
    if not isinstance(returned, jax.ShapeDtypeStruct):
        raise MapError(f"step: returns a {type(returned).__name__}; allowed: one array")
    if returned.shape != (dim,):
        raise MapError(f"step: returns shape {returned.shape}; allowed: {(dim,)}, as it was given")
    if returned.dtype != jnp.float64:
        raise MapError(f"step: returns dtype {returned.dtype}; allowed: float64, as it was given")
    _check_derivative(step, state, args)


def _check_derivative(step: Step, state: jax.ShapeDtypeStruct, args: tuple[Any, ...]) -> None:
    """Raise `MapError` where JAX cannot differentiate `step`: what it calls then says so."""

    def slope(x: Array, arguments: tuple[Any, ...]) -> Array:
        def along(v: Array) -> tuple[Array, Array]:
            return jax.jvp(lambda x: step(x, *arguments), (x,), (v,))

        return jax.vmap(along, out_axes=(None, 0))(x[None])[1]  # as in a Jacobian

    try:
        jax.eval_shape(slope, state, args)
    except (ValueError, TypeError, NotImplementedError) as why:
        raise MapError(f"step: JAX cannot differentiate it: {_first_line(why)}") from why


def _first_line(why: Exception) -> str:
    return (str(why).splitlines() or [type(why).__name__])[0]


def uneven(dim: int) -> Float[np.ndarray, " dim"]:
    """One direction, of length 1, that no symmetry of a map is likely to share."""
    direction = 1 + np.modf(np.arange(1, dim + 1) * np.sqrt(2))[0]
    return np.asarray(direction / np.linalg.norm(direction))


def derivatives(step: Step, args: Any, x: Float[Array, " dim"]) -> Place:
    """r and A at one state; by forward mode, which for a square A is no longer than reverse."""

    def residual(x: Array) -> tuple[Array, Array]:
        r = step(x, *args) - x
        return r, r

    slope, r = jax.jacfwd(residual, has_aux=True)(x)
    return Place(x, r, slope)


def derivatives_of_q(step: Step, args: Any, x: Float[Array, " dim"]) -> Bowl:
    """r, ∇q and the Hessian of q at one state, forward over reverse if there is a reverse mode."""

    def gradient(x: Array) -> tuple[Array, tuple[Array, Array]]:
        def residual(x: Array) -> Array:
            return step(x, *args) - x

        try:
            r, pull = jax.vjp(residual, x)
            (g,) = pull(r)
        except ValueError:  # a loop of unknown length can be differentiated forwards alone
            r = residual(x)
            g = jax.jacfwd(residual)(x).T @ r
        return g, (g, r)

    hessian, (g, r) = jax.jacfwd(gradient, has_aux=True)(x)
    return Bowl(x, r, g, hessian)


def curvature(
    step: Step, args: Any, x: Float[Array, " dim"], along: Float[Array, " dim"]
) -> Float[Array, " dim"]:
    """Second derivative of the map along a direction, D²F(x)[v, v]."""

    def slope(x: Array) -> Array:
        return jax.jvp(lambda x: step(x, *args), (x,), (along,))[1]

    return jax.jvp(slope, (x,), (along,))[1]
