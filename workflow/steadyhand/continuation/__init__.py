"""Fixed points followed along a parameter, around folds, with the places where stability changes.

Pseudo-arclength continuation (Keller 1977): a branch is a curve of (x, p) with F(x, p) = x, on
which a step goes along the tangent and then back to the curve, perpendicularly. Nothing is special
about a fold, where the curve turns back in p.
"""

from steadyhand.continuation.bifurcations import Bifurcation
from steadyhand.continuation.following import Branch, follow_branch, match_spectra

__all__ = ["Bifurcation", "Branch", "follow_branch", "match_spectra"]
