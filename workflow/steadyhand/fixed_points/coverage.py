"""How much of what there is a search has found, from how often each point was found.

Points are to starts what species are to specimens. All of this takes starts for independent draws,
which states of one trial are not; and it speaks of what such starts can find, nothing else.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.special import betaincinv, gammaln

LEVEL = 0.95
"""Confidence of upper bounds."""

_BATCHES = 8


@dataclass(frozen=True, eq=False)
class Coverage:
    """Of the roots (kinds "fixed", "marginal", "continuum") that a search from n starts found."""

    starts: Int[np.ndarray, " batch"]
    """Numbers of starts, in equal steps, up to all"""
    expected: Float[np.ndarray, " batch"]
    """How many distinct roots so many of the starts find, on average over all their orders
    (Hurlbert 1971, Ecology 52:577)"""
    estimated_total: float
    """How many roots such starts would find in the end: a lower bound, estimated from how many
    were found once and twice (Chao 1984, bias-corrected)"""
    unseen: float
    """Probability that one more start ends at a root that was not found (Good 1953)"""
    unseen_at_most: float
    """Upper 95 % bound of that (Clopper–Pearson; exact where every root was found more than once);
    1 where there are no starts"""


def coverage_of(start_count: Int[np.ndarray, " root"], starts: int) -> Coverage:
    """From how many of `starts` ended at each root; others ended elsewhere."""
    sizes = np.unique(np.linspace(0, starts, _BATCHES + 1).round().astype(int)[1:])
    once, twice = int((start_count == 1).sum()), int((start_count == 2).sum())
    # The number of starts whose end is, by chance, the only one there.
    at_most = betaincinv(once + 1, starts - once, LEVEL) if starts > once else 1.0
    return Coverage(
        starts=sizes,
        expected=np.array([_expected(start_count, starts, int(size)) for size in sizes]),
        estimated_total=len(start_count) + once * (once - 1) / (2 * (twice + 1)),
        unseen=once / starts if starts else 1.0,
        unseen_at_most=float(at_most),
    )


def _expected(count: np.ndarray, starts: int, size: int) -> float:
    """Σ 1 − C(n − n_i, m)/C(n, m)"""
    count = count[count > 0]
    certain = starts - count < size
    rest = starts - count[~certain]
    log_missed = (
        gammaln(rest + 1)
        - gammaln(rest - size + 1)
        - gammaln(starts + 1)
        + gammaln(starts - size + 1)
    )
    return float(certain.sum() - np.expm1(log_missed).sum())
