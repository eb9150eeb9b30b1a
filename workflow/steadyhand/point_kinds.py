"""What a search for fixed points may find, by name; light, for figures."""

ROOTS = ("fixed", "marginal", "continuum")
"""Kinds of points at which the map holds still."""

KINDS = (*ROOTS, "slow", "cycle", "not_converged")
"""All, in their order; what they are: see `fixed_points.FixedPoints`."""
