"""Which figures a report shows of what it compares."""

import pytest
import yaml
from steadyhand.config import load_study
from steadyhand.plan import Plan
from steadyhand.report_requests import report_request

STUDY = """
study: s
sweeps:
  fields: {grid: {field.std: [0, 1, 2]}}
  delays: {grid: {field.std: [0], feedback.delay: [0, 3]}}
evaluations:
  pushed:
    task: {type: steady}
    sensory_impulse: {amplitude: [0.1, 0.2], onset: 10}
figures:
  - {type: impulse_responses, evaluation: pushed}
  - {type: measures, evaluation: pushed, measures: [response_loops, response_loopiness]}
  - {type: measures, evaluation: pushed, measures: response_loopiness, absolute: true}
  - {type: loss_over_replicates}
  - {type: loss_history}
"""


def shown(folder, quantity, **comparison):
    """Type, amplitude, measure and models of every figure of a finding."""
    finding = {
        "claim": "c",
        "sweep": "fields",
        "compare": [{"quantity": quantity, "expect": "higher", **comparison}],
    }
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(STUDY), "findings": [finding]}))
    plan = Plan(load_study([path]), folder / "results")
    index = {it: {"digest": f"{it}-weights", "history": ""} for it in plan.models}
    (found,) = report_request(plan, index)["findings"]
    every = plan.figures(index)
    return sorted(
        (
            every[it["figure_id"]].type,
            every[it["figure_id"]].options.get("impulse_amplitude"),
            every[it["figure_id"]].options.get("absolute"),
            len(every[it["figure_id"]].sources),
        )
        for it in found["figures"]
    )


LOOPS = {"type": "measure", "evaluation": "pushed", "measure": "response_loops"}
LOOPINESS = {"type": "measure", "evaluation": "pushed", "measure": "response_loopiness"}
STRONGER = {"between": {"field.std": [0, 2]}, "where": {"impulse_amplitude": 0.2}}


def test_what_shows_both_sides_at_these_trials_is_shown(tmp_path):
    assert shown(tmp_path, LOOPS, **STRONGER) == [
        ("impulse_responses", 0.2, None, 3),
        ("measures", None, False, 3),
    ]


@pytest.mark.parametrize("absolute", [False, True])
def test_magnitudes_are_shown_where_they_are_compared(tmp_path, absolute):
    found = shown(tmp_path, {**LOOPINESS, "absolute": absolute}, effect="difference", **STRONGER)
    assert ("measures", None, absolute, 3) in found and len(found) == 2


def test_where_no_figure_shows_both_sides_those_of_each_are_shown(tmp_path):
    larger = {"between": {"impulse_amplitude": [0.1, 0.2]}, "where": {"field.std": 2}}
    assert shown(tmp_path, LOOPS, **larger) == [
        ("impulse_responses", 0.1, None, 3),
        ("impulse_responses", 0.2, None, 3),
        ("measures", None, False, 3),
    ]
    losses = {"between": {"field.std": [1, 2]}}
    assert shown(tmp_path, {"type": "late_loss"}, **losses) == [
        *[("loss_history", None, None, 1)] * 2,
        ("loss_over_replicates", None, None, 3),
    ]
