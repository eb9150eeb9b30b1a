"""Two conditions, replicate by replicate: the effect, its interval, and what it says of a claim.

Replicates of one number, of models that are paired and of one shape, begin with the same weights
and see the same trials, so the ratio of what they reached is what the condition did. Its logarithm
is averaged: an effect twice as large and one half as large cancel.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from steadyhand.intervals import mean_and_margin
from steadyhand.report.quantities import Sample, Values

Verdict = Literal["reproduced", "refuted", "refined", "undecided"]


@dataclass(frozen=True)
class Effect:
    """Ratio of the second condition to the first, over replicates."""

    ratio: float | None
    """Geometric mean; None, if no replicate has both numbers."""
    low: float | None
    high: float | None
    """The 95 % interval by Student's t of the logarithms; None for fewer than two replicates."""
    standardized: float | None
    """Mean over standard deviation of the logarithms (Cohen's d of paired differences)."""
    pairs: int
    """Replicates that have both numbers."""
    missing: tuple[int, int]
    """Replicates without a number in the first and in the second condition."""


def effect_of(second: Values, first: Values | None = None) -> Effect:
    """The effect; without a first condition, `second` holds ratios already."""
    first = dict.fromkeys(second, 1.0) if first is None else first
    missing = tuple(sum(np.isnan(it) for it in side.values()) for side in (first, second))
    both = sorted(first.keys() & second.keys())
    logs = np.array([np.log(second[it] / first[it]) for it in both])
    logs = logs[np.isfinite(logs)]
    mean, margin = mean_and_margin(logs)
    spread = float(logs.std(ddof=1)) if len(logs) > 1 else np.nan
    return Effect(
        ratio=_exp(mean),
        low=_exp(mean - margin),
        high=_exp(mean + margin),
        standardized=mean / spread if spread > 0 else None,
        pairs=len(logs),
        missing=(int(missing[0]), int(missing[1])),
    )


def only_second_fails(first: Sample, second: Sample) -> bool:
    """Whether all networks failed in the second condition, and none in the first."""
    return not first.failed and bool(second.values) and second.failed == second.values.keys()


def verdict_of(effect: Effect, expect: str, margin: float) -> Verdict:
    """What an effect says of a claim.

    An interval within the margin around 1 says that nothing has changed. One that is wholly beyond
    the margin says that something has, and so does one that is on one side of 1 and not within the
    margin, where the claim says on which. Networks without a number, as they failed, may not help
    a condition: where one has more of them, the others can't show that it is no worse.
    """
    if effect.low is None or effect.high is None:
        return "undecided"
    first, second = effect.missing
    same = 1 / (1 + margin) <= effect.low and effect.high <= 1 + margin and first == second
    above, below = effect.low > 1 and first <= second, effect.high < 1 and second <= first
    if expect == "unchanged":
        beyond = effect.low > 1 + margin or effect.high < 1 / (1 + margin)
        changed = beyond and (above or below)
        return "reproduced" if same else "refuted" if changed else "undecided"
    as_said, otherwise = (above, below) if expect == "higher" else (below, above)
    if same or otherwise:
        return "refuted"
    return "reproduced" if as_said else "undecided"


def together(verdicts: Sequence[Verdict]) -> Verdict:
    """What comparisons say of their claim together: refined, where it holds in some, not in all."""
    found = set(verdicts)
    if {"reproduced", "refuted"} <= found:
        return "refined"
    return found.pop() if len(found) == 1 else "undecided"


def _exp(value: float) -> float | None:
    with np.errstate(over="ignore"):  # an interval of two replicates can be wider than numbers are
        return None if np.isnan(value) else float(np.exp(value))
