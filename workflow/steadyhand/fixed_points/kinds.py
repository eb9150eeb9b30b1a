"""What the end of a search is: a fixed, marginal or slow point, or nothing; and how sure that is.

Residuals are r = F(x) − x, A = J − I = U S Vᵀ, q = ½‖r‖², and lengths are relative to
max(1, ‖x‖).
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from steadyhand.fixed_points.certificates import Certificates, certify
from steadyhand.fixed_points.ends import Options, scale_of
from steadyhand.maps import (
    EPSILON,
    Bowl,
    Step,
    curvature,
    derivatives,
    derivatives_of_q,
    uneven,
)
from steadyhand.row_tiles import over_rows, rows_of

_MEANINGFUL = 1e-6  # a larger bound on the distance to the exact point is no statement about it
_NEAR = 1e-3  # no root within this distance, as a quadratic model has it: there is none
_KANTOROVICH = 0.25  # 1/2 suffices for a root; at a double root the number is 1/2
_SMALL_STEP = 1e-6  # relative, for one-sided differences
_KINK = 1e-3  # by which these may differ from the derivative, and it still is one
_TOGETHER = 128  # ends whose matrices are in memory together


@dataclass(frozen=True, eq=False)
class Assessment:
    """Of n ends: kind, and the numbers behind it; see `found.FixedPoints`."""

    kind: np.ndarray
    residual: Float[np.ndarray, " n"]
    sigma_min: Float[np.ndarray, " n"]
    error_bound: Float[np.ndarray, " n"]
    q: Float[np.ndarray, " n"]
    proven_error: Float[np.ndarray, " n"]
    unique_within: Float[np.ndarray, " n"]
    differentiable: np.ndarray
    eigenvalues: np.ndarray
    """Of J, (n, dim), in no order"""
    null_dimension: np.ndarray
    """How many singular values are 0 as far as float64 can tell"""
    resolution: Float[np.ndarray, " n"]
    """How far two ends of one and the same point may lie from it; 0: nothing says so"""


@dataclass(frozen=True, eq=False)
class Assessor:
    """Looks at ends of searches of a map; `own` are their own arguments, with a row for each."""

    step: Step
    args: tuple[Any, ...]
    options: Options

    def assess(self, ends: Float[np.ndarray, "n dim"], own: tuple[Any, ...]) -> Assessment:
        """Kinds of some ends; matrices of a few are all that is in memory."""
        parts = []
        for first in range(0, len(ends), _TOGETHER):
            rows = np.arange(first, min(first + _TOGETHER, len(ends)))
            parts.append(self._some(ends[rows], rows_of(own, rows)))
        names = Assessment.__dataclass_fields__
        return Assessment(**{it: np.concatenate([part[it] for part in parts]) for it in names})

    def slopes(
        self, x: Float[np.ndarray, "n dim"], own: tuple[Any, ...]
    ) -> Float[np.ndarray, "n dim dim"]:
        """J − I at each of some ends."""
        place, _ = self._over(_look, (x, own))
        return np.asarray(place.slope)

    def _some(self, x: np.ndarray, own: tuple[Any, ...]) -> dict[str, np.ndarray]:
        place, differences = self._over(_look, (x, own))
        _, r, slope = place
        left, singular, right = np.linalg.svd(slope)
        bend = self._over(_bend, (x, own, right[:, -1, :]))
        scale = scale_of(x)
        residual = np.linalg.norm(r, axis=1)
        # x itself is rounded, and J passes that on; so no residual is known better than this.
        rounding = 2 * EPSILON * (1 + singular[:, 0]) * scale
        parts = np.abs(np.einsum("bij,bi->bj", left, r))
        bend_out = np.abs(np.einsum("bi,bi->b", left[:, :, -1], bend))
        bound = _ratio(residual + rounding, singular[:, -1])
        root = residual <= np.maximum(self.options.tolerance * scale, rounding)
        size = np.linalg.norm(bend, axis=1) * (residual + rounding)
        kantorovich = _ratio(size, singular[:, -1] ** 2)
        proof = self._proofs(x, own, root)
        fixed = root & (bound <= _MEANINGFUL * scale) & (kantorovich <= _KANTOROVICH)
        fixed |= root & (proof.proven_error <= _MEANINGFUL * scale)
        away = _distance_to_root(parts, singular, bend_out, rounding)
        marginal = root & ~fixed & (away <= _NEAR * scale)
        # At a tangency, rounding of r moves it by the root of that; on a line of roots, at will.
        apart = np.minimum(bound, np.sqrt(_ratio(2 * (parts[:, -1] + rounding), bend_out)))
        apart = np.where(apart <= _NEAR * scale, apart, 0.0)
        slow_bound = self._bounds_of_minima(x, own, root, singular[:, 0], residual, rounding)
        slow = ~root & (slow_bound <= _MEANINGFUL * scale)
        cases = [fixed, marginal, slow]
        proven = np.sqrt(x.shape[1]) * proof.proven_error
        return {
            "kind": np.select(cases, ["fixed", "marginal", "slow"], "not_converged"),
            "residual": residual,
            "sigma_min": singular[:, -1],
            "error_bound": np.select(cases, [bound, bound, slow_bound], np.inf),
            "q": 0.5 * residual**2,
            "differentiable": differences <= _KINK,
            "eigenvalues": np.linalg.eigvals(slope + np.eye(x.shape[1])),
            "null_dimension": (singular <= np.sqrt(EPSILON) * (1 + singular[:, :1])).sum(axis=1),
            "resolution": np.select(cases, [np.minimum(bound, proven), apart, slow_bound], 0.0),
            **proof._asdict(),
        }

    def _bounds_of_minima(
        self, x: np.ndarray, own: tuple[Any, ...], root: np.ndarray, *numbers: np.ndarray
    ) -> np.ndarray:
        if root.all():
            return np.full(len(x), np.inf)
        return _bound_of_minimum(self._over(_look_at_q, (x, own)), *numbers)

    def _proofs(self, x: np.ndarray, own: tuple[Any, ...], root: np.ndarray) -> Certificates:
        """Certificates of those with residuals of roots; of others there is nothing to prove."""
        chosen = np.flatnonzero(root)
        found = certify(self.step, x[chosen], rows_of(own, chosen), self.args)
        proof = Certificates(np.zeros(len(x)), np.full(len(x), np.inf))
        for whole, part in zip(proof, found, strict=True):
            whole[chosen] = part
        return proof

    def _over(self, program: Any, rows: Any) -> Any:
        return over_rows(program, (self.step,), rows, self.args, self.options.tile)


def _look(step: Step, rows: Any, args: Any) -> Any:
    """Where rows are, and by how much one-sided differences there differ from the derivative."""
    x, own = rows

    def one(x: Array, mine: Any) -> Any:
        place = derivatives(step, (*args, *mine), x)
        h = _SMALL_STEP * jnp.maximum(1.0, jnp.linalg.norm(x))

        def apart(v: Array) -> Array:
            by_slope = place.slope @ v
            side = (step(x + h * v, *args, *mine) - x - h * v - place.r) / h
            return jnp.linalg.norm(side - by_slope) / (1 + jnp.linalg.norm(by_slope))

        # One direction may not meet a kink: |x| > |y| holds to both sides of most of them.
        ways = jnp.concatenate([uneven(len(x))[None], jnp.eye(len(x))])
        return place, jax.vmap(apart)(jnp.concatenate([ways, -ways])).max()

    return jax.vmap(one)(x, own)


def _bend(step: Step, rows: Any, args: Any) -> Any:
    x, own, along = rows
    return jax.vmap(lambda x, mine, v: curvature(step, (*args, *mine), x, v))(x, own, along)


def _look_at_q(step: Step, rows: Any, args: Any) -> Any:
    x, own = rows
    return jax.vmap(lambda x, mine: derivatives_of_q(step, (*args, *mine), x))(x, own)


def _distance_to_root(
    parts: np.ndarray, singular: np.ndarray, bend: np.ndarray, rounding: np.ndarray
) -> np.ndarray:
    """Length of the way to the nearest root, as the derivatives have it.

    `parts` are |Uᵀr|. Newton's way along each singular vector; none where that part of r is zero
    but for rounding; and along the last one no longer than the curvature there takes to make up
    for r. At a tangency this is short, where a residual just vanishes at infinity it is not.
    """
    ways = np.where(parts > rounding[:, None], _ratio(parts, singular), 0.0)
    ways[:, -1] = np.minimum(ways[:, -1], np.sqrt(_ratio(2 * parts[:, -1], bend)))
    return np.linalg.norm(ways, axis=1)


def _bound_of_minimum(
    bowl: Bowl, steepest: np.ndarray, residual: np.ndarray, rounding: np.ndarray
) -> np.ndarray:
    """(‖∇q‖ + its rounding)/λ_min(Hessian of q); inf where that is no minimum."""
    gradient, hessian = np.asarray(bowl.gradient), np.asarray(bowl.hessian)
    usable = np.isfinite(hessian).all(axis=(1, 2))
    hessian = np.where(usable[:, None, None], hessian, 0.0)
    least = np.linalg.eigvalsh((hessian + hessian.transpose(0, 2, 1)) / 2)[:, 0]
    noise = steepest * rounding + 2 * EPSILON * (1 + steepest) * residual
    size = np.where(usable, np.linalg.norm(gradient, axis=1) + noise, np.inf)
    return _ratio(size, np.maximum(least, 0.0))


def _ratio(over: np.ndarray, under: np.ndarray) -> np.ndarray:
    """over/under of non-negative numbers; inf where `under` is 0, also for 0/0."""
    return np.divide(over, under, out=np.full_like(over, np.inf), where=under > 0)
