"""Effects of comparisons, their intervals, and verdicts, each with known answers."""

import numpy as np
import pytest
from scipy import stats
from steadyhand.report.comparing import (
    Effect,
    effect_of,
    only_second_fails,
    together,
    verdict_of,
)
from steadyhand.report.forest import WIDTH, marks_of, reach_of, reach_of_differences
from steadyhand.report.quantities import Sample
from steadyhand.report.words import (
    effect_text,
    missing_text,
)


def test_the_effect_is_the_mean_log_ratio_with_its_t_interval():
    rng = np.random.default_rng(0)
    first, logs = np.exp(rng.normal(size=5)), rng.normal(0.3, 0.2, size=5)
    sides = dict(enumerate(first)), dict(enumerate(first * np.exp(logs)))
    effect = effect_of(sides[1], sides[0])
    low, high = stats.t.interval(0.95, 4, logs.mean(), stats.sem(logs))
    expected = np.exp([logs.mean(), low, high])
    np.testing.assert_allclose([effect.size, effect.low, effect.high], expected, rtol=1e-9)
    assert effect.standardized == pytest.approx(logs.mean() / logs.std(ddof=1), rel=1e-12)
    assert (effect.pairs, effect.missing) == (5, (0, 0))
    # A jump holds ratios already.
    alone = effect_of({number: float(np.exp(log)) for number, log in enumerate(logs)})
    assert alone.size == pytest.approx(effect.size, rel=1e-12)


def test_replicates_are_paired_by_their_numbers():
    first, second = {0: 1.0, 3: 2.0, 7: 4.0}, {7: 8.0, 0: 2.0, 3: np.nan, 9: 5.0}
    effect = effect_of(second, first)
    assert effect.size == pytest.approx(2.0, rel=1e-12)
    assert (effect.pairs, effect.missing) == (2, (0, 1))
    assert missing_text(effect) == "without a number: 0 in the first, 1 in the second condition"


def test_one_pair_has_no_interval_and_none_no_ratio():
    one = effect_of({0: 2.0}, {0: 1.0})
    assert (one.size, one.low, one.high, one.standardized) == (2.0, None, None, None)
    assert effect_text(one) == "2 (no interval)"
    none = effect_of({0: np.nan}, {0: 1.0})
    assert (none.size, none.pairs, none.missing) == (None, 0, (0, 1))
    assert effect_text(none) == "none"


def effect(low, high, pairs=5, missing=(0, 0)):
    ratio = None if low is None else (low * high) ** 0.5
    return Effect(ratio, low, high, None, pairs, missing)


@pytest.mark.parametrize(
    ("low", "high", "higher", "lower", "unchanged"),
    [
        (1.2, 3.0, "reproduced", "refuted", "refuted"),
        (1.02, 3.0, "reproduced", "refuted", "undecided"),
        (0.5, 3.0, "undecided", "undecided", "undecided"),
        (0.95, 1.05, "refuted", "refuted", "reproduced"),
        # Beyond doubt higher, and less than what counts.
        (1.01, 1.05, "refuted", "refuted", "reproduced"),
        # Higher, and it may be that this counts, or not.
        (1.01, 1.15, "undecided", "refuted", "undecided"),
        (0.87, 0.99, "refuted", "undecided", "undecided"),
        (0.3, 0.8, "refuted", "reproduced", "refuted"),
        (0.3, 0.98, "refuted", "reproduced", "undecided"),
    ],
)
def test_verdicts(low, high, higher, lower, unchanged):
    found = [verdict_of(effect(low, high), it, 0.1) for it in ("higher", "lower", "unchanged")]
    assert found == [higher, lower, unchanged]


@pytest.mark.parametrize(
    ("low", "high", "missing", "expected"),
    [
        # More failed in the second condition: the others can't show that it is no worse.
        (0.95, 1.05, (0, 2), ["undecided", "undecided", "undecided"]),
        (0.3, 0.8, (0, 2), ["undecided", "undecided", "undecided"]),
        (1.2, 3.0, (0, 2), ["reproduced", "refuted", "refuted"]),
        (1.2, 3.0, (2, 0), ["undecided", "undecided", "undecided"]),
        (0.3, 0.8, (2, 0), ["refuted", "reproduced", "refuted"]),
        (0.95, 1.05, (2, 2), ["refuted", "refuted", "reproduced"]),
    ],
)
def test_networks_that_failed_do_not_help_their_condition(low, high, missing, expected):
    it = effect(low, high, pairs=3, missing=missing)
    assert [verdict_of(it, said, 0.1) for said in ("higher", "lower", "unchanged")] == expected


def test_without_an_interval_nothing_is_decided():
    for missing in ((0, 5), (5, 5), (5, 0)):
        it = effect(None, None, pairs=0, missing=missing)
        for expect in ("higher", "lower", "unchanged"):
            assert verdict_of(it, expect, 0.1) == "undecided"


ALL_FAILED = Sample({0: np.nan, 1: np.nan}, frozenset({0, 1}))


FINE = Sample({0: 1.0, 1: 1.1})


def test_failing_alone_is_failing_of_all_where_none_fails():
    assert only_second_fails(FINE, ALL_FAILED)
    assert not only_second_fails(ALL_FAILED, ALL_FAILED)
    assert not only_second_fails(FINE, Sample({0: np.nan, 1: 1.0}, frozenset({0})))
    assert not only_second_fails(FINE, Sample({}))


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["reproduced", "reproduced"], "reproduced"),
        (["reproduced", "refuted"], "refined"),
        (["reproduced", "undecided"], "undecided"),
        (["refuted", "undecided"], "undecided"),
        (["refuted", "refuted"], "refuted"),
        (["reproduced", "refuted", "undecided"], "refined"),
        (["undecided", "undecided"], "undecided"),
    ],
)
def test_verdicts_together(verdicts, expected):
    assert together(verdicts) == expected
    assert together(verdicts[::-1]) == expected


def test_marks_stand_on_a_logarithmic_axis_with_one_in_its_middle():
    wide = effect(0.5, 8.0)
    reach = reach_of([wide, effect(None, None)])
    assert reach == pytest.approx(8.8)
    marks = marks_of(wide, 0.1, reach)
    assert marks.nothing == WIDTH / 2
    assert marks.low < marks.margin[0] < marks.nothing < marks.margin[1] < marks.dot < marks.high
    # Equal factors are equal distances.
    assert marks.dot - marks.low == pytest.approx(marks.high - marks.dot, abs=0.2)
    beyond = marks_of(effect(1e-9, 1e9), 0.1, reach_of([effect(1e-9, 1e9)]))
    assert 0 < beyond.low < beyond.high < WIDTH
    assert marks_of(effect(None, None), 0.1, reach).dot is None


def test_an_interval_beyond_all_numbers_is_one():
    wide = effect_of({0: 1e300, 1: 1e-300}, {0: 1.0, 1: 1.0})
    assert wide.size == pytest.approx(1.0) and wide.low == 0.0 and wide.high == np.inf


def test_what_has_both_signs_is_compared_by_its_difference():
    rng = np.random.default_rng(1)
    first, changes = rng.normal(size=6), rng.normal(0.5, 0.2, size=6)
    sides = dict(enumerate(first + changes)), dict(enumerate(first))
    found = effect_of(*sides, "difference")
    low, high = stats.t.interval(0.95, 5, changes.mean(), stats.sem(changes))
    expected = [changes.mean(), low, high]
    np.testing.assert_allclose([found.size, found.low, found.high], expected, rtol=1e-9)
    assert found.standardized == pytest.approx(changes.mean() / changes.std(ddof=1), rel=1e-12)
    # As a ratio, pairs with a number below 0 are none.
    assert effect_of(*sides).pairs == (np.minimum(first, first + changes) > 0).sum() < 6


@pytest.mark.parametrize(
    ("low", "high", "higher", "lower", "unchanged"),
    [
        (0.2, 0.4, "reproduced", "refuted", "refuted"),
        (0.05, 0.4, "reproduced", "refuted", "undecided"),
        (-0.05, 0.09, "refuted", "refuted", "reproduced"),
        (0.0001, 0.18, "undecided", "refuted", "undecided"),
        (-0.4, 0.4, "undecided", "undecided", "undecided"),
        (-0.4, -0.2, "refuted", "reproduced", "refuted"),
    ],
)
def test_verdicts_of_differences(low, high, higher, lower, unchanged):
    it = Effect((low + high) / 2, low, high, None, 5, (0, 0), "difference")
    found = [verdict_of(it, said, 0.1) for said in ("higher", "lower", "unchanged")]
    assert found == [higher, lower, unchanged]
    reach = reach_of_differences([it], 0.1)
    marks = marks_of(it, 0.1, reach)
    assert marks.nothing == WIDTH / 2 and 0 < marks.low < marks.dot < marks.high < WIDTH
    assert marks.margin[0] + marks.margin[1] == pytest.approx(WIDTH, abs=0.2)
