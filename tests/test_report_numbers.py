"""Findings: what is compared, its effect and interval, and the verdict, each with known answers."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats
from steadyhand.report.comparing import (
    Effect,
    effect_of,
    only_second_fails,
    together,
    verdict_of,
)
from steadyhand.report.forest import WIDTH, marks_of, reach_of, reach_of_differences
from steadyhand.report.making import content_of
from steadyhand.report.quantities import Sample, sample_of, sample_of_trials
from steadyhand.report.words import (
    effect_text,
    in_markdown,
    level_text,
    missing_text,
    quantity_text,
)
from steadyhand.templates import render

N_BATCHES = 200


def history(loss, numbers=(0, 1), **changes):
    """Losses (replicate, batch); both terms are a part of it."""
    loss = np.asarray(loss, float)
    count = len(loss)
    norm = np.arange(1.0, 2 * count + 1).reshape(count, 2)
    variables = {
        "loss": (("replicate", "batch"), loss),
        "loss_term": (("term", "replicate", "batch"), np.stack([0.25 * loss, 0.75 * loss])),
        "validation_loss": (("replicate", "snapshot"), 10 * norm),
        "readout_norm": (("replicate", "snapshot"), norm),
        "chosen_batch": ("replicate", np.array([N_BATCHES, 0][:count])),
        "diverged_batch": ("replicate", np.full(count, -1)),
    }
    coordinates = {
        "replicate": list(numbers),
        "snapshot": [0, N_BATCHES],
        "term": ["effector_position", "nn_hidden"],
    }
    return xr.Dataset({**variables, **changes}, coordinates)


def values_of(history, quantity):
    return sample_of(history, quantity).values


def test_the_late_loss_is_the_geometric_mean_of_the_last_batches():
    loss = np.ones((2, N_BATCHES))
    loss[0, -20:] = np.tile([2.0, 8.0], 10)
    found = values_of(history(loss), {"type": "late_loss", "term": "total", "share": 0.1})
    assert found == pytest.approx({0: 4.0, 1: 1.0}, rel=1e-12)
    found = values_of(history(loss), {"type": "late_loss", "term": "nn_hidden", "share": 0.2})
    assert found == pytest.approx({0: 0.75 * 2, 1: 0.75}, rel=1e-12)


def test_a_jump_is_what_comes_after_a_batch_over_what_was_before():
    loss = np.ones((2, N_BATCHES))
    loss[0, 100:] = 3.0
    jump = {"type": "loss_jump", "term": "total", "batch": 100, "window": 20}
    assert values_of(history(loss), jump) == pytest.approx({0: 3.0, 1: 1.0}, rel=1e-12)
    late = values_of(history(loss), {**jump, "batch": 110})
    assert late[0] == pytest.approx(3.0 / np.sqrt(3.0), rel=1e-12)


def test_chosen_and_last_snapshots():
    loss = np.ones((2, N_BATCHES))
    assert values_of(history(loss), {"type": "validation_loss"}) == {0: 20.0, 1: 30.0}
    assert values_of(history(loss), {"type": "readout_norm"}) == {0: 2.0, 1: 4.0}


def test_a_network_that_failed_or_was_not_chosen_has_no_number():
    loss = np.ones((2, N_BATCHES))
    loss[1, 150:] = np.nan
    failed = history(
        loss,
        chosen_batch=("replicate", np.array([0, 0])),  # what it reached before it failed
        diverged_batch=("replicate", np.array([-1, 150])),
    )
    for quantity in (
        {"type": "late_loss", "term": "total", "share": 0.1},
        {"type": "loss_jump", "term": "total", "batch": 150, "window": 20},
        {"type": "validation_loss"},
        {"type": "readout_norm"},
    ):
        found = values_of(failed, quantity)
        assert np.isfinite(found[0]) and np.isnan(found[1]), quantity
    assert sample_of(failed, {"type": "readout_norm"}).failed == {1}
    # A jump before the failure is one.
    jump = {"type": "loss_jump", "term": "total", "batch": 100, "window": 20}
    assert values_of(failed, jump)[1] == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("value", [0.0, np.inf, -1.0])
def test_what_is_not_above_0_or_not_finite_has_no_ratio(value):
    loss = np.full((2, N_BATCHES), value)
    data = history(loss, validation_loss=(("replicate", "snapshot"), np.full((2, 2), value)))
    for quantity in (
        {"type": "late_loss", "term": "total", "share": 0.1},
        {"type": "validation_loss"},
    ):
        sample = sample_of(data, quantity)
        assert np.isnan(list(sample.values.values())).all() and not sample.failed


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


@pytest.mark.parametrize(
    ("quantity", "first", "second", "expected"),
    [
        ({"type": "late_loss", "term": "total", "share": 0.1}, FINE, ALL_FAILED, "reproduced"),
        ({"type": "late_loss", "term": "total", "share": 0.1}, ALL_FAILED, ALL_FAILED, "undecided"),
        # No number, though none failed: a term that is exactly 0.
        (
            {"type": "late_loss", "term": "total", "share": 0.1},
            FINE,
            Sample(ALL_FAILED.values),
            "undecided",
        ),
        ({"type": "late_loss", "term": "nn_hidden", "share": 0.1}, FINE, ALL_FAILED, "undecided"),
        ({"type": "readout_norm"}, FINE, ALL_FAILED, "undecided"),
        (
            {"type": "loss_jump", "term": "total", "batch": 50, "window": 20},
            None,
            ALL_FAILED,
            "undecided",
        ),
    ],
)
def test_where_all_fail_in_the_second_condition_alone_the_whole_loss_is_higher(
    quantity, first, second, expected
):
    samples = {"first": first, "second": second}
    sides = [
        {"model_id": name, "source": "", "condition": {}}
        for name, sample in samples.items()
        if sample is not None
    ]
    comparison = {"quantity": quantity, "where": {}, "sides": sides, "margin": 0.1}
    comparison |= {"effect": "ratio", "against": None}
    found = {}
    for expect in ("higher", "unchanged"):
        finding = {"claim": "c", "limits": None, "sweep": "s", "figures": []}
        finding["comparisons"] = [{**comparison, "expect": expect}]
        request = {"study": "s", "findings": [finding]}
        content = content_of(request, lambda side, _: samples[side["model_id"]], {})
        found[expect] = content["findings"][0]["verdict"]
    opposite = {"reproduced": "refuted", "undecided": "undecided"}
    assert found == {"higher": expected, "unchanged": opposite[expected]}


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


def test_quantities_are_put_in_words():
    late = {"type": "late_loss", "term": "nn_hidden", "share": 0.1}
    assert quantity_text(late) == "loss of activity, last 10 % of the batches"
    jump = {"type": "loss_jump", "term": "total", "batch": 300, "window": 20}
    assert quantity_text(jump) == "loss, 20 batches from batch 300 on against those before"


def test_words_mean_nothing_to_markdown():
    assert in_markdown("a*b_c|d <e> `f`") == r"a\*b\_c\|d \<e\> \`f\`"


def test_an_interval_beyond_all_numbers_is_one():
    wide = effect_of({0: 1e300, 1: 1e-300}, {0: 1.0, 1: 1.0})
    assert wide.size == pytest.approx(1.0) and wide.low == 0.0 and wide.high == np.inf


LOOPS = {"type": "measure", "evaluation": "pushed", "measure": "response_loopiness"}


def trials():
    """Two replicates, two amplitudes; replicate 4 has no measure in one trial."""
    table = pd.DataFrame(
        {
            "replicate": [0, 0, 0, 4, 4, 4],
            "impulse_amplitude": np.float32([0.3, 0.6, 0.6, 0.3, 0.6, 0.6]),
            "response_loopiness": [9.0, 0.5, -0.1, 9.0, np.nan, -0.3],
        }
    )
    table.attrs["measures"] = {"response_loopiness": {"unit": "1", "definition": "d"}}
    return table


def test_a_measure_is_averaged_over_the_trials_of_a_condition():
    signed = sample_of_trials(trials(), {**LOOPS, "absolute": False}, {"impulse_amplitude": 0.6})
    assert signed.values == pytest.approx({0: 0.2, 4: -0.3}, rel=1e-12)
    sizes = sample_of_trials(trials(), {**LOOPS, "absolute": True}, {"impulse_amplitude": 0.6})
    assert sizes.values == pytest.approx({0: 0.3, 4: 0.3}, rel=1e-12) and sizes.unit == "1"
    with pytest.raises(ValueError, match="no trial has"):
        sample_of_trials(trials(), {**LOOPS, "absolute": True}, {"impulse_amplitude": 0.5})


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


def test_differences_are_spelled_with_sign_and_unit():
    it = Effect(-0.25, -0.5, 0.0, None, 5, (0, 0), "difference")
    assert effect_text(it, "N") == "−0.25 (−0.5 to +0) N"
    assert effect_text(it, "1") == "−0.25 (−0.5 to +0)"
    assert level_text({0: 1.0, 1: 2.0, 2: np.nan}, "N") == "1.5 N"
    assert level_text({0: np.nan}, "N") == "–"


def test_a_model_without_networks_has_no_number():
    side = {"source": None, "condition": {}, "trials": {}}
    request = {
        "study": "s",
        "findings": [
            {
                "claim": "c",
                "limits": "It | is so.",
                "figures": [],
                "sweep": "s",
                "comparisons": [
                    {
                        "quantity": {**LOOPS, "absolute": True},
                        "where": {},
                        "sides": [{**side, "model_id": "a"}, {**side, "model_id": "b"}],
                        "expect": "higher",
                        "effect": "difference",
                        "against": None,
                        "margin": 0.1,
                    }
                ],
            }
        ],
    }
    content = content_of(request, lambda side, _: Sample({}), {})
    (row,) = content["findings"][0]["rows"]
    assert (row["size"], row["verdict"]) == ("none", "undecided")
    assert content["findings"][0]["limits_in_markdown"] == r"It \| is so."


QUANTITIES = {
    "late_loss": {"term": "total", "share": 0.1},
    "loss_jump": {"term": "total", "batch": 50, "window": 20},
    "validation_loss": {},
    "readout_norm": {},
    "measure": {"evaluation": "e", "measure": "response_loopiness", "absolute": True},
    "modes": {"search": "s", "statistic": "near_zero"},
    "points": {"search": "s", "statistic": "endpoint_error"},
    "shift": {"search": "s", "statistic": "angle", "of": {"sisu": [-2, 2]}},
    "tracks": {"analysis": "a", "statistic": "change", "of": {"sisu": [-2, 2]}},
    "responses": {"analysis": "a", "statistic": "left_over", "modes": 4},
}


@pytest.mark.parametrize("kind", QUANTITIES)
@pytest.mark.parametrize("against", [None, 0.5])
def test_both_forms_of_a_report_are_written_for_every_quantity(kind, against):
    """With and without units, and compared with a condition or a number."""
    unit = {"points": "m", "shift": "deg", "modes": "1"}.get(kind, "")
    sample = Sample({0: 1.0, 1: 2.0}, unit=unit)
    side = {"model_id": "a", "source": "", "condition": {}, "trials": {}}
    comparison = {
        "quantity": {"type": kind, **QUANTITIES[kind]},
        "where": {},
        "sides": [side] * (1 if against else 2),
        "expect": "higher",
        "effect": "difference",
        "against": against,
        "margin": 0.1,
    }
    finding = {"claim": "c", "limits": None, "sweep": "s", "figures": []}
    finding["comparisons"] = [comparison]
    provenance = {"versions": {"steadyhand": "0"}, "id": "1" * 16}
    content = content_of({"study": "s", "findings": [finding]}, lambda *_: sample, provenance)
    for name in ("report.md.j2", "report.html.j2"):
        text = render(name, **content)
        assert content["findings"][0]["rows"][0]["quantity"] in text
        assert (" 1.5" in text or ">1.5" in text) == bool(unit)


def test_with_a_number_a_replicate_without_one_leaves_all_open():
    effect = effect_of({0: 1.0, 1: 1.0, 2: 0.0}, 1.0)
    assert effect.pairs == 2 and effect.missing == (0, 1)
    assert missing_text(effect, alone=True) == "without a number: 1"
    comparison = {
        "quantity": {"type": "points", "search": "s", "statistic": "count"},
        "where": {},
        "sides": [{"model_id": "a", "source": "", "condition": {}, "trials": {}}],
        "effect": "ratio",
        "against": 1.0,
        "margin": 0.01,
    }
    for expect in ("unchanged", "higher", "lower"):
        finding = {"claim": "c", "limits": None, "sweep": "s", "figures": []}
        finding["comparisons"] = [{**comparison, "expect": expect}]
        sample = Sample({0: 1.0, 1: 1.0, 2: 0.0}, unit="1")
        content = content_of({"study": "s", "findings": [finding]}, lambda *_, it=sample: it, {})
        assert content["findings"][0]["verdict"] == "undecided"
