"""The curve of (x, p) with F(x, p) = x: points on it, tangents, and what is stable there."""

from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Complex, Float

from steadyhand import precision  # noqa: F401
from steadyhand.maps import EPSILON, MapError, Step

_CORRECTIONS = 8


class Place(NamedTuple):
    """A point of a branch, in scaled coordinates: x, then p from 0 to 1 between its bounds."""

    y: Float[np.ndarray, " dim+1"]
    tangent: Float[np.ndarray, " dim+1"]
    eigenvalues: Complex[np.ndarray, " dim"]
    outside: tuple[int, int, int]
    """Eigenvalues outside the unit circle: real above 1, real below −1, complex"""

    def differs_from(self, other: "Place") -> bool:
        """Whether there is a bifurcation between them: stability changes, or p turns back."""
        turns = self.tangent[-1] * other.tangent[-1] < 0
        return bool(turns or self.outside != other.outside)


class Curve:
    """F(x, p) − x = 0 in scaled coordinates."""

    def __init__(self, step: Step, args: Any, low: float, high: float, tolerance: float):
        self._step, self._args, self._ends, self._tolerance = step, args, (low, high), tolerance

    def start(self, x: np.ndarray, parameter: float, upwards: bool) -> Place:
        """The fixed point near x at this p, and the direction in which p grows, or shrinks."""
        low, high = self._ends
        along = np.zeros(len(x) + 1)
        along[-1] = 1.0
        y = self.corrected(np.append(x, (parameter - low) / (high - low)), along)
        if y is None:
            raise MapError("start: no fixed point is near it; allowed: fixed points")
        return self.place(y, along if upwards else -along)

    def place(self, y: np.ndarray, before: np.ndarray) -> Place:
        """What there is at a point of the curve; the tangent goes on from that `before`."""
        _, slope = self._look(y)
        # The null vector of (J − I, ∂F/∂p), in the direction of the one before.
        bordered = np.concatenate([slope, before[None]])
        unit = np.zeros(len(y))
        unit[-1] = 1.0
        tangent = _solved(bordered, unit)
        tangent = before if tangent is None else tangent / np.linalg.norm(tangent)
        values = np.linalg.eigvals(slope[:, :-1] + np.eye(len(y) - 1))
        return Place(y, tangent, values, _outside(values))

    def corrected(self, guess: np.ndarray, along: np.ndarray) -> np.ndarray | None:
        """The point of the curve in the plane through `guess` across `along`; None: none near."""
        y, last = guess, np.inf
        for _ in range(_CORRECTIONS):
            r, slope = self._look(y)
            off = float(np.linalg.norm(r))
            enough = self._tolerance * max(1.0, float(np.linalg.norm(y[:-1])))
            if (off <= enough and off > 0.1 * last) or off <= 4 * EPSILON:
                return y
            if not np.isfinite(off) or off > 10 * max(last, enough):
                return None
            change = _solved(np.concatenate([slope, along[None]]), np.append(r, 0.0))
            if change is None:
                return None
            y, last = y - change, off
        r, _ = self._look(y)
        return y if np.linalg.norm(r) <= enough else None

    @property
    def width(self) -> float:
        """The way from one bound to the other."""
        low, high = self._ends
        return high - low

    def parameter(self, y: np.ndarray) -> float:
        """p, unscaled."""
        low, high = self._ends
        return float(low + (high - low) * y[-1])

    def _look(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        low, high = self._ends
        r, slope = _residual_and_slope(self._step, y, low, high - low, self._args)
        return np.asarray(r), np.asarray(slope)


@partial(jax.jit, static_argnums=0)
def _residual_and_slope(
    step: Step, y: Array, low: Array, width: Array, args: Any
) -> tuple[Array, Array]:
    def residual(y: Array) -> tuple[Array, Array]:
        r = step(y[:-1], low + width * y[-1], *args) - y[:-1]
        return r, r

    slope, r = jax.jacfwd(residual, has_aux=True)(y)
    return r, slope


def _solved(matrix: np.ndarray, right: np.ndarray) -> np.ndarray | None:
    try:
        return np.asarray(np.linalg.solve(matrix, right))
    except np.linalg.LinAlgError:  # exactly at a branch point: there is no one direction
        return None


def _outside(values: np.ndarray) -> tuple[int, int, int]:
    real, beyond = values.imag == 0, np.abs(values) > 1
    return (
        int((real & beyond & (values.real > 0)).sum()),
        int((real & beyond & (values.real < 0)).sum()),
        int((~real & beyond).sum()),
    )
