"""Responses as numbers of a report: known paths, and what is refused."""

import numpy as np
import pytest
import test_modal_response as modal
import xarray as xr
import yaml
from steadyhand.config import load_study
from steadyhand.errors import UserError
from steadyhand.plan import Plan
from steadyhand.report.responses import OF_RESPONSES, sample_of_responses
from steadyhand.report.words import quantity_text
from steadyhand.report_requests import report_request, report_sources

ANGLE = np.linspace(0, 2 * np.pi, 201)[1:]
CIRCLE = np.stack([1 - np.cos(ANGLE), np.sin(ANGLE)], axis=1)
LINE = np.stack([np.sin(ANGLE / 2), 0 * ANGLE], axis=1)


def responses() -> xr.Dataset:
    """Of replicates 3 and 5: a circle where a line is predicted, and the other way round."""
    paths = ("response", "time", "component")
    return xr.Dataset(
        {
            "evaluated": (paths, np.stack([CIRCLE, LINE, CIRCLE, LINE])),
            "predicted": (paths, np.stack([CIRCLE, LINE, LINE, CIRCLE])),
            "relative_error": ("response", [0.1, 0.3, 0.5, 0.7]),
            "left_over": (("response", "rank"), np.outer([1, 2, 3, 4], [0.2, 0.1])),
            "sisu": ("response", [0.0, 0.0, 2.0, 2.0]),
            "impulse_amplitude": ("response", [0.1, 0.6, 0.1, 0.6]),
            "response_replicate": ("response", [3, 3, 5, 5]),
        },
        coords={"replicate": [3, 5]},
    )


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        ("error", {3: 0.2, 5: 0.6}),
        ("loopiness", {3: 0.5, 5: 0.5}),
        ("predicted_loopiness", {3: 0.5, 5: 0.5}),
        ("loopiness_error", {3: 0.0, 5: 1.0}),
        ("tortuosity", {3: (np.pi / 2 + 1) / 2, 5: (np.pi / 2 + 1) / 2}),
        ("predicted_tortuosity", {3: (np.pi / 2 + 1) / 2, 5: (np.pi / 2 + 1) / 2}),
        ("left_over", {3: 0.15, 5: 0.35}),
    ],
)
def test_statistics_are_means_over_the_responses_of_a_replicate(statistic, expected):
    found = sample_of_responses(responses(), {"statistic": statistic, "modes": 2}, {})
    assert found.values == pytest.approx(expected, abs=1e-3)
    assert statistic in OF_RESPONSES


def test_only_responses_under_the_condition_count():
    wanted = {"statistic": "error", "modes": 1}
    found = sample_of_responses(responses(), wanted, {"impulse_amplitude": 0.6})
    assert found.values == pytest.approx({3: 0.3, 5: 0.7})
    some = sample_of_responses(responses(), wanted, {"sisu": 2}).values
    assert np.isnan(some[3]) and some[5] == pytest.approx(0.6)
    with pytest.raises(ValueError, match="2 modes are stored"):
        sample_of_responses(responses(), {"statistic": "left_over", "modes": 3}, {})


def studied(folder, statistic="error", analysis="modal", modes=4, **comparison):
    quantity = {"type": "responses", "analysis": analysis, "statistic": statistic, "modes": modes}
    compared = {"quantity": quantity, "expect": "higher", **comparison}
    modal_response = {"type": "modal_response", "search": "loop", "evaluation": "pushed"}
    linear = {"type": "linear_response", "search": "loop"}
    study = {
        **modal.STUDY,
        "analyses": {"modal": modal_response, "linear": linear},
        "figures": [{"type": "modal_response", "analysis": "modal"}],
        "findings": [{"claim": "It is so.", "sweep": "told", "compare": [compared]}],
    }
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(study))
    return load_study([path])


USUAL = {
    "between": {"sisu": [0, 2]},
    "where": {"impulse_amplitude": 0.6, "field_amplitude": 1},
}


def test_a_finding_on_responses_is_made_of_their_analysis(tmp_path):
    plan = Plan(studied(tmp_path, "left_over", **USUAL), tmp_path / "results")
    index = {it: {"digest": f"{it}-weights", "history": ""} for it in plan.models}
    request = report_request(plan, index)
    (source,) = report_sources(request)
    assert source.startswith("modal_response/") and source.endswith(".nc")
    (finding,) = request["findings"]
    assert [it["title"] for it in finding["figures"]] == [
        "Modes that make responses, sensed position"
    ]
    (comparison,) = finding["comparisons"]
    assert [it["trials"]["sisu"] for it in comparison["sides"]] == [0, 2]
    assert "first 4 modes leave over, in modal" in quantity_text(comparison["quantity"])
    nothing = {it: {"digest": None, "history": ""} for it in plan.models}
    assert report_sources(report_request(plan, nothing)) == []


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"analysis": "modl"}, "quantity.analysis = 'modl': no such analysis; did you mean"),
        ({"analysis": "linear"}, "it is of type linear_response; allowed: modal"),
        ({"statistic": "left_over", "modes": 7}, "'modal' stores 6 modes; allowed: 1 to 6"),
        ({"where": {"field_amplitude": 1}}, "must say which impulse_amplitude: responses of"),
        (
            {"where": {"field_amplitude": 1, "impulse_amplitude": 0}},
            "impulse_amplitude = 0: responses of 'modal' have no such value; there are 0.001, 0.6",
        ),
        ({"where": {**USUAL["where"], "impulse_direction": 0}}, "have no such value"),
        ({"statistic": "size"}, "quantity.statistic = 'size'"),
    ],
)
def test_what_cannot_be_compared_is_refused(tmp_path, asked, expected):
    with pytest.raises(UserError) as caught:
        studied(tmp_path, **{**USUAL, **asked})
    assert expected in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
