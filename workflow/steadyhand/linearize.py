"""Jacobians of any map at given points, by its state and by its inputs, and their modes."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float, Int

from steadyhand import precision  # noqa: F401
from steadyhand.maps import MapError, Step, as_arguments, as_points, check_map
from steadyhand.mode_measures import departure_from_normality
from steadyhand.one_thread import on_one_thread
from steadyhand.row_tiles import over_rows
from steadyhand.spectrum import spectrum_of

TILE = 16
"""Points whose Jacobians are computed together."""


@dataclass(frozen=True, eq=False)
class Linearization:
    """Of n points: J of x ↦ step(x), B of u ↦ step(x, u), and the modes of J.

    |λ| < 1 decays, the angle of λ is the frequency, in radians per step. Modes: see `Spectrum`.
    """

    jacobian: Float[np.ndarray, "n dim dim"]
    """∂step_i/∂x_j at [i, j]"""
    by_input: Float[np.ndarray, "n dim input"]
    """∂step_i/∂u_j at [i, j], with deviations u of 0"""
    eigenvalues: Complex[np.ndarray, "n mode"]
    right: Complex[np.ndarray, "n dim mode"]
    left: Complex[np.ndarray, "n dim mode"]
    condition: Float[np.ndarray, "n mode"]
    residual: Float[np.ndarray, " n"]
    biorthogonality: Float[np.ndarray, " n"]
    zero_index: Int[np.ndarray, " n"]
    spectral_radius: Float[np.ndarray, " n"]
    stable: Bool[np.ndarray, " n"]
    """spectral_radius < 1"""
    henrici: Float[np.ndarray, " n"]
    """See `departure_from_normality`"""


@on_one_thread
def linearize(
    step: Step,
    points: Any,
    *,
    args: tuple[Any, ...] = (),
    own: tuple[Any, ...] = (),
    inputs: int | None = None,
) -> Linearization:
    """Linearize `step(x, *args, *own_i)` at each row i of `points`, shape (n, dim).

    `own_i` has of each array in `own` (leading axis: point) the part of that point. With `inputs`,
    `step(x, u, *args, *own_i)` takes so many deviations of inputs as well, by which it is
    differentiated at u = 0. `step` is compiled once for all arguments of the same shapes. Points
    and arguments are converted to float64.

    Raises `MapError` where the arguments do not fit, and where a Jacobian is not finite.
    """
    jacobian, by_input = jacobians(step, points, args=args, own=own, inputs=inputs)
    dim = jacobian.shape[1]
    spectra = [spectrum_of(matrix) for matrix in jacobian]

    def joined(name: str, *shape: int, kind: type = complex) -> np.ndarray:
        found = [getattr(it, name) for it in spectra]
        return np.array(found, kind) if found else np.empty((0, *shape), kind)

    eigenvalues = joined("eigenvalues", dim)
    radius = np.abs(eigenvalues).max(axis=1)
    return Linearization(
        jacobian,
        by_input,
        eigenvalues,
        joined("right", dim, dim),
        joined("left", dim, dim),
        joined("condition", dim, kind=float),
        joined("residual", kind=float),
        joined("biorthogonality", kind=float),
        joined("zero_index", kind=int),
        radius,
        radius < 1,
        np.array([departure_from_normality(it) for it in jacobian], float),
    )


def jacobians(
    step: Step,
    points: Any,
    *,
    args: tuple[Any, ...] = (),
    own: tuple[Any, ...] = (),
    inputs: int | None = None,
) -> tuple[Float[np.ndarray, "n dim dim"], Float[np.ndarray, "n dim input"]]:
    """J and B of a `Linearization`, without the modes; see `linearize`."""
    at = as_points(points, "points")
    args, own = as_arguments(args), as_arguments(own)
    count, dim = at.shape
    rest = (jax.ShapeDtypeStruct((inputs,), jnp.float64),) if inputs is not None else ()
    check_map(step, dim, (*rest, *args, *_of_one(own, count)))
    both = np.asarray(over_rows(_jacobian, (step, inputs), (at, own), args, TILE))
    if not np.isfinite(both).all():
        row = int(np.flatnonzero(~np.isfinite(both).all(axis=(1, 2)))[0])
        raise MapError(f"step: its Jacobian is not finite at points row {row}")
    return both[:, :, :dim], both[:, :, dim:]


def _of_one(own: tuple[Any, ...], count: int) -> tuple[Any, ...]:
    """`own` as `step` gets it at one point, in shape."""
    for leaf in jax.tree.leaves(own):
        if leaf.shape[:1] != (count,):
            raise MapError(f"own: an array has shape {leaf.shape}; allowed: ({count}, …), by point")
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype), own)


def _jacobian(step: Step, inputs: int | None, rows: Any, args: Any) -> Array:
    def one(x: Array, mine: Any) -> Array:
        def of_both(both: Array) -> Array:
            u = () if inputs is None else (both[len(x) :],)
            return step(both[: len(x)], *u, *args, *mine)

        return jax.jacfwd(of_both)(jnp.concatenate([x, jnp.zeros(inputs or 0)]))

    return jax.vmap(one)(*rows)
