"""What a report says of its comparisons, in words, in Markdown and in HTML."""

import numpy as np
import pytest
from steadyhand.report.comparing import (
    Effect,
    effect_of,
)
from steadyhand.report.making import content_of
from steadyhand.report.quantities import Sample
from steadyhand.report.words import (
    effect_text,
    in_markdown,
    level_text,
    missing_text,
    quantity_text,
)
from steadyhand.templates import render

FINE = Sample({0: 1.0, 1: 1.1})
ALL_FAILED = Sample({0: np.nan, 1: np.nan}, frozenset({0, 1}))
LOOPS = {"type": "measure", "evaluation": "pushed", "measure": "response_loopiness"}


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


def test_quantities_are_put_in_words():
    late = {"type": "late_loss", "term": "nn_hidden", "share": 0.1}
    assert quantity_text(late) == "loss of activity, last 10 % of the batches"
    jump = {"type": "loss_jump", "term": "total", "batch": 300, "window": 20}
    assert quantity_text(jump) == "loss, 20 batches from batch 300 on against those before"


def test_words_mean_nothing_to_markdown():
    assert in_markdown("a*b_c|d <e> `f`") == r"a\*b\_c\|d \<e\> \`f\`"


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
