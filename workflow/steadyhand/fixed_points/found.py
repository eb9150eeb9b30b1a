"""What a search for fixed points gives."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from steadyhand.fixed_points.coverage import Coverage
from steadyhand.maps import MapError
from steadyhand.point_kinds import KINDS


@dataclass(frozen=True, eq=False)
class FixedPoints:
    """Distinct ends of a search, in order of kind, spectral radius, then coordinates.

    With r = F(x) − x, and J the Jacobian of F, kinds are, in their order:
      "fixed": ‖r‖ ≤ tolerance·max(1, ‖x‖), or what rounding allows if that is more, and there is a
        certificate, or an isolated root lies within about `error_bound`, at most 1e-6·max(1, ‖x‖).
      "marginal": as small a residual, but σ_min is zero as far as float64 can tell: a tangency,
        roots too close to be told apart. `error_bound` means little.
      "continuum": the same, and there are roots all around: a line or a surface of fixed points, of
        which this is one. All ends that are joined by roots are one row.
      "slow": a local minimum of q that is no root; `error_bound` is that of the minimum.
      "cycle": no root, but F(F(x)) = x: one of the two points of an orbit of period 2, where the
        iterations of a start alternate. Its numbers are those of F∘F. A line or surface of orbits
        is one row, as a continuum is; or two, where its phases are apart.
      "not_converged": nothing of these: a runaway (x + exp(−x) has roots nowhere, and residuals
        as small as one likes), a region where q is flat, a saddle of q, or too few iterations.
    """

    points: Float[np.ndarray, "n dim"]
    kind: np.ndarray
    residual: Float[np.ndarray, " n"]
    """‖r‖"""
    q: Float[np.ndarray, " n"]
    """½‖r‖²"""
    sigma_min: Float[np.ndarray, " n"]
    """Least singular value of I − J"""
    error_bound: Float[np.ndarray, " n"]
    """(‖r‖ + its rounding)/σ_min, for slow points (‖∇q‖ + its rounding)/λ_min(Hessian of q): the
    distance to the exact point, to first order; inf where nothing bounds it."""
    proven_error: Float[np.ndarray, " n"]
    """Certificate: there is an exact fixed point, no coordinate of which is farther away; inf
    where there is no certificate. See `certificates`."""
    unique_within: Float[np.ndarray, " n"]
    """Certificate: there is no other one whose coordinates all are within this; 0 where there is no
    certificate"""
    spectral_radius: Float[np.ndarray, " n"]
    """max |λ(J)|"""
    unstable_dimension: Int[np.ndarray, " n"]
    """How many eigenvalues of J lie outside the unit circle: the index of a saddle"""
    stability: np.ndarray
    """Of roots and cycles: "stable": all eigenvalues of J within the unit circle; "unstable": all
    outside; "saddle": some; "marginal": one on it, as far as float64 can tell; else, and where F
    has no derivative, "unknown"."""
    differentiable: Bool[np.ndarray, " n"]
    """Whether differences of F to both sides agree with its derivative"""
    dimension: Int[np.ndarray, " n"]
    """Of a continuum, of points or of orbits; 0 else"""
    extent: Float[np.ndarray, " n"]
    """Of a continuum, the largest distance of an end from the point; 0 else"""
    start_count: Int[np.ndarray, " n"]
    """How many starts ended at the point; of a cycle, the iterations of how many lead to it"""
    point_of_start: Int[np.ndarray, " n_starts"]
    """Row of the point at which each start ended"""
    coverage: Coverage

    def of_kind(self, kind: str) -> Bool[np.ndarray, " n"]:
        """Which points are of one kind."""
        if kind not in KINDS:
            raise MapError(f"kind: {kind!r} is unknown; allowed: {', '.join(KINDS)}")
        return np.asarray(self.kind == kind)

    @property
    def certified(self) -> Bool[np.ndarray, " n"]:
        """Which points have a certificate."""
        return self.unique_within > 0
