"""Two conditions, replicate by replicate: the effect, its interval, and what it says of a claim.

Replicates of one number, of models that are paired and of one shape, begin with the same weights
and see the same trials, so the ratio of what they reached is what the condition did. Its logarithm
is averaged: an effect twice as large and one half as large cancel. What can be 0 or negative has no
ratio, but a difference, which is averaged as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from steadyhand.intervals import mean_and_margin
from steadyhand.report.quantities import Sample, Values

Verdict = Literal["reproduced", "refuted", "refined", "undecided"]
Kind = Literal["ratio", "difference"]


@dataclass(frozen=True)
class Effect:
    """The second condition against the first, over replicates: a ratio, or a difference."""

    size: float | None
    """Geometric mean of ratios, or mean of differences; None, if no replicate has both numbers."""
    low: float | None
    high: float | None
    """The 95 % interval by Student's t (of logarithms, for a ratio); None for fewer than two
    replicates."""
    standardized: float | None
    """Mean over standard deviation of the logarithms or differences (Cohen's d of pairs)."""
    pairs: int
    """Replicates that have both numbers."""
    missing: tuple[int, int]
    """Replicates without a number in the first and in the second condition."""
    kind: Kind = "ratio"

    def bounds(self, margin: float) -> tuple[float, float, float]:
        """From where to where nothing has changed, and between them what stands for no effect."""
        if self.kind == "ratio":
            return 1 / (1 + margin), 1.0, 1 + margin
        return -margin, 0.0, margin


def effect_of(second: Values, first: Values | float = 1.0, kind: Kind = "ratio") -> Effect:
    """The effect; `first` may be one number for all replicates."""
    if not isinstance(first, dict):
        first = dict.fromkeys(second, float(first))
    both = sorted(first.keys() & second.keys())
    pairs = np.array([[first[it], second[it]] for it in both], float).reshape(-1, 2)
    if kind == "ratio":
        pairs = np.log(np.where(pairs > 0, pairs, np.nan))
    changes = pairs[:, 1] - pairs[:, 0]
    changes = changes[np.isfinite(changes)]
    mean, margin = mean_and_margin(changes)
    spread = float(changes.std(ddof=1)) if len(changes) > 1 else np.nan
    value = _exp if kind == "ratio" else _number
    return Effect(
        size=value(mean),
        low=value(mean - margin),
        high=value(mean + margin),
        standardized=mean / spread if spread > 0 else None,
        pairs=len(changes),
        missing=(_without_number(first, kind), _without_number(second, kind)),
        kind=kind,
    )


def _without_number(side: Values, kind: Kind) -> int:
    """How many have none, or none that has a logarithm, where ratios are compared."""
    return sum(not (it > 0 if kind == "ratio" else np.isfinite(it)) for it in side.values())


def only_second_fails(first: Sample, second: Sample) -> bool:
    """Whether all networks failed in the second condition, and none in the first."""
    return not first.failed and bool(second.values) and second.failed == second.values.keys()


def verdict_of(effect: Effect, expect: str, margin: float) -> Verdict:
    """What an effect says of a claim.

    An interval within the margin around no effect (1 for a ratio, 0 for a difference) says that
    nothing has changed. One that is wholly beyond the margin says that something has. Where the
    claim says in which direction, it is enough that the mean is beyond the margin and the interval
    on this side of no effect; on the other side, it refutes the claim whatever the mean is.
    Networks without a number, as they failed, may not help a condition: where one has more of them,
    the others can't show that it is no worse.
    """
    if effect.size is None or effect.low is None or effect.high is None:
        return "undecided"
    first, second = effect.missing
    least, nothing, most = effect.bounds(margin)
    same = least <= effect.low and effect.high <= most and first == second
    above = effect.low > nothing and first <= second
    below = effect.high < nothing and second <= first
    if expect == "unchanged":
        beyond = effect.low > most or effect.high < least
        changed = beyond and (above or below)
        return "reproduced" if same else "refuted" if changed else "undecided"
    matters = effect.size > most if expect == "higher" else effect.size < least
    as_said, otherwise = (above, below) if expect == "higher" else (below, above)
    if same or otherwise:
        return "refuted"
    return "reproduced" if as_said and matters else "undecided"


def together(verdicts: Sequence[Verdict]) -> Verdict:
    """What comparisons say of their claim together: refined, where it holds in some, not in all."""
    found = set(verdicts)
    if {"reproduced", "refuted"} <= found:
        return "refined"
    return found.pop() if len(found) == 1 else "undecided"


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _exp(value: float) -> float | None:
    with np.errstate(over="ignore"):  # an interval of two replicates can be wider than numbers are
        return None if np.isnan(value) else float(np.exp(value))
