"""Files of results against the conventions that they say they follow, by a checker of others."""

import json

import pytest
from compliance_checker.runner import CheckSuite, ComplianceChecker
from steadyhand.store.dataset_writer import write_dataset
from test_evaluate_blocks import request, write

CONVENTIONS = "cf:1.11"


def problems(path, report):
    """What the checker finds, of any weight, as text."""
    CheckSuite.load_all_available_checkers()
    passed, errors = ComplianceChecker.run_checker(
        str(path), [CONVENTIONS], 0, "strict", output_filename=str(report), output_format="json"
    )
    assert not errors, f"the checker itself failed on {path}"
    found = json.loads(report.read_text())[CONVENTIONS]
    messages = [
        f"{check['name']}: {message}"
        for weight in ("high_priorities", "medium_priorities", "low_priorities")
        for check in found[weight]
        for message in check["msgs"]
    ]
    assert passed == (not messages)
    return messages


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"keep": ["position", "velocity", "force", "hidden"], "hidden_every": 4},
        {"sensory_impulse": None, "unit_stimulation": {"units": [0, 3], "onset": 5}},
    ],
    ids=["everything", "every fourth hidden state", "stimulation"],
)
def test_states_follow_cf(tmp_path, asked):
    path = tmp_path / "states.nc"
    write(path, 192, request(**{**asked, "repeats": 1}))
    assert problems(path, tmp_path / "report.json") == []


def test_the_checker_finds_what_is_wrong(tmp_path):
    """A test of the test: a unit that is none."""
    import xarray as xr

    path = tmp_path / "wrong.nc"
    data = xr.Dataset({"position": ("trial", [1.0], {"units": "furlongs per cup"})})
    write_dataset(path, data.assign_attrs(Conventions="CF-1.11"))
    assert problems(path, tmp_path / "report.json")
