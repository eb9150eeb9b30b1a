"""Summaries by condition: the replicate is the unit of analysis, and differences are paired."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from steadyhand.measures.summary import Summary

MEASURES = {"size": {"unit": "m", "definition": ""}, "part": {"unit": "1", "definition": ""}}
EFFECT = 2.0


@pytest.fixture(scope="module")
def rows():
    """Three conditions, four replicates of other numbers, 50 trials; one measure has gaps."""
    rng = np.random.default_rng(0)
    level = dict(zip((0, 2, 3, 7), rng.normal(10, 3, 4), strict=True))
    table = pd.DataFrame(
        [
            {"condition": c, "replicate": r, "field_amplitude": 0.5 * c, "trial": t}
            for c in range(3)
            for t in range(50)
            for r in level
        ]
    )
    table["size"] = table.replicate.map(level) + EFFECT * table.condition
    table["size"] += rng.normal(0, 0.1, len(table))
    table["part"] = np.where(table.trial % 2, rng.uniform(size=len(table)), np.nan)
    table.loc[table.replicate.eq(7) & table.condition.eq(1), "part"] = np.nan
    return table


def summary(table, size=None):
    summary = Summary(MEASURES, ["field_amplitude"])
    size = size or len(table)
    for first in range(0, len(table), size):
        summary.add(table.iloc[first : first + size])
    return summary.table().set_index(["condition", "measure"])


def test_mean_and_spread_are_over_replicates_and_not_over_trials(rows):
    found = summary(rows)
    for condition in range(3):
        means = rows[rows.condition == condition].groupby("replicate")["size"].mean()
        row = found.loc[condition, "size"]
        assert (row.trials, row.replicates, row.unit) == (200, 4, "m")
        assert row["mean"] == pytest.approx(means.mean())
        assert row.sd == pytest.approx(means.std(ddof=1))
        low, high = stats.t.interval(0.95, 3, means.mean(), stats.sem(means))
        assert (row.low, row.high) == pytest.approx((low, high))
        assert row.field_amplitude == 0.5 * condition


def test_differences_are_of_the_same_replicates(rows):
    """Replicates differ by much more than the effect, which a paired interval shows."""
    row = summary(rows).loc[1, "size"]
    wide = rows.pivot_table(index="replicate", columns="condition", values="size")
    difference = wide[1] - wide[0]
    assert row.difference_mean == pytest.approx(difference.mean()) == pytest.approx(EFFECT, abs=0.1)
    low, high = stats.t.interval(0.95, 3, difference.mean(), stats.sem(difference))
    assert (row.difference_low, row.difference_high) == pytest.approx((low, high))
    assert row.high - row.low > 10 * (row.difference_high - row.difference_low)
    reference = summary(rows).loc[0, "size"]
    assert reference.difference_mean == reference.difference_sd == 0


def test_what_is_missing_counts_nowhere(rows):
    found = summary(rows)
    assert found.loc[0, "part"].trials == 100 and found.loc[0, "part"].replicates == 4
    gap = found.loc[1, "part"]
    assert (gap.trials, gap.replicates) == (75, 3)
    present = rows[rows.replicate != 7].pivot_table(
        index="replicate", columns="condition", values="part"
    )
    assert gap.difference_mean == pytest.approx((present[1] - present[0]).mean())


@pytest.mark.parametrize("size", [1, 7, 333])
def test_blocks_change_nothing(rows, size):
    pd.testing.assert_frame_equal(summary(rows, size), summary(rows), rtol=1e-12)


def test_one_replicate_has_a_mean_and_no_interval(rows):
    row = summary(rows[rows.replicate == 3]).loc[2, "size"]
    assert row.replicates == 1 and np.isfinite(row["mean"]) and np.isfinite(row.difference_mean)
    assert np.isnan([row.sd, row.low, row.high, row.difference_sd, row.difference_low]).all()


def test_a_measure_that_no_trial_has_is_there_without_a_number(rows):
    row = summary(rows.assign(part=np.nan)).loc[0, "part"]
    assert (row.trials, row.replicates) == (0, 0) and np.isnan(row["mean"])


def test_nothing_measured_is_an_error():
    with pytest.raises(ValueError, match="no measures"):
        Summary(MEASURES, []).table()
