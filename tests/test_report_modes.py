"""Modes as numbers of a report: what each statistic is, and which points it is of."""

import numpy as np
import pytest
import xarray as xr
import yaml
from steadyhand.config import load_study
from steadyhand.errors import UserError
from steadyhand.mode_measures import in_time
from steadyhand.mode_statistics import DEFINITIONS
from steadyhand.plan import Plan
from steadyhand.report.modes import sample_of_modes
from steadyhand.report.words import quantity_text
from steadyhand.report_requests import report_request, report_sources

STEP = 0.05


def modes(values, replicates, sisu=None, kinds=None) -> xr.Dataset:
    """Points with these eigenvalues (point, mode)."""
    values = np.array(values, complex)
    told = in_time(values, STEP)
    axis = ("point", "mode")
    count = len(values)
    columns = {
        "eigenvalue_re": (axis, values.real),
        "eigenvalue_im": (axis, values.imag),
        "frequency": (axis, told.frequency),
        "damping_ratio": (axis, told.damping_ratio),
        "spectral_radius": ("point", np.abs(values).max(axis=1)),
        "henrici": ("point", np.arange(count) / 10),
        "kind": ("point", np.array(kinds or ["fixed"] * count, object)),
        "point_replicate": ("point", np.array(replicates)),
    }
    if sisu is not None:
        columns["point_sisu"] = ("point", np.array(sisu, float))
    return xr.Dataset(columns, coords={"replicate": np.unique(replicates)})


def pair(size, angle):
    return [size * np.exp(1j * angle), size * np.exp(-1j * angle)]


def damping(size, angle):
    return -np.log(size) / np.hypot(np.log(size), angle)


KNOWN = modes(
    [
        [*pair(0.9, 0.4), 0.8, 0.1],
        [*pair(0.7, 0.8), *pair(0.4, 2.0)],
        [0.95, -0.6, 0.2, 0.0],
    ],
    [3, 3, 5],
)


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        ("spectral_radius", {3: 0.8, 5: 0.95}),
        ("highest_frequency", {3: 0.6 / (2 * np.pi * STEP), 5: 0.0}),
        (
            "leading_damping",
            {3: (damping(0.9, 0.4) + damping(0.7, 0.8)) / 2, 5: 1.0},
        ),
        ("near_zero", {3: 0.125, 5: 0.5}),
        ("oscillating", {3: 0.75, 5: 0.0}),
        ("henrici", {3: 0.05, 5: 0.2}),
    ],
)
def test_statistics_are_means_over_the_points_of_a_replicate(statistic, expected):
    found = sample_of_modes(KNOWN, {"statistic": statistic}, {})
    assert found.values == pytest.approx(expected)
    assert found.unit == ("Hz" if statistic == "highest_frequency" else "1")
    assert set(DEFINITIONS) >= {statistic}


def test_only_fixed_points_under_the_condition_count():
    data = modes(
        [[0.5], [0.7], [0.9], [0.2]],
        [0, 0, 0, 1],
        sisu=[-2, 2, 2, 2],
        kinds=["fixed", "fixed", "slow", "marginal"],
    )
    found = sample_of_modes(data, {"statistic": "spectral_radius"}, {"sisu": 2})
    assert found.values == pytest.approx({0: 0.7, 1: 0.2})
    none = sample_of_modes(data, {"statistic": "spectral_radius"}, {"sisu": -2})
    assert none.values[0] == pytest.approx(0.5) and np.isnan(none.values[1])


STUDY = {
    "study": "modes",
    "sweeps": {
        "told": {"context": {"method": "dai"}, "grid": {"field.std": [0, 1]}},
        "untold": {},
    },
    "evaluations": {
        "posture": {"sweeps": "told", "task": {"type": "steady"}, "sisu": [-2, 0, 2]},
    },
    "fixed_points": {
        "loop": {
            "sweeps": "told",
            "starts_from": "posture",
            "closed_loop": True,
            "field": {"amplitude": [0, 1]},
            "sisu": [-2, 2],
        }
    },
    "figures": [{"type": "eigenvalues", "analysis": "loop", "color": "sisu", "sweeps": "told"}],
}


def studied(folder, sweep="told", search="loop", statistic="near_zero", **comparison):
    quantity = {"type": "modes", "search": search, "statistic": statistic}
    compared = {"quantity": quantity, "expect": "higher", "effect": "difference", **comparison}
    finding = {"claim": "It is so.", "sweep": sweep, "compare": [compared]}
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump({**STUDY, "findings": [finding]}))
    return load_study([path])


def test_a_finding_on_modes_is_made_of_linearizations(tmp_path):
    fixed = {"field.std": 1, "field_amplitude": 1}
    plan = Plan(studied(tmp_path, between={"sisu": [-2, 2]}, where=fixed), tmp_path / "results")
    index = {it: {"digest": f"{it}-weights", "history": ""} for it in plan.models}
    request = report_request(plan, index)
    (finding,) = request["findings"]
    (comparison,) = finding["comparisons"]
    assert [it["trials"] for it in comparison["sides"]] == [
        {"field_amplitude": 1, "sisu": -2},
        {"field_amplitude": 1, "sisu": 2},
    ]
    (source,) = report_sources(request)
    assert source.startswith("linearizations/") and source.endswith(".nc")
    titles = [it["title"] for it in finding["figures"]]  # of this model, in this field
    assert titles == ["Eigenvalues of the closed loop by SISU, field 1"]
    assert quantity_text(comparison["quantity"]).endswith("below 0.3, in loop")
    nothing = {it: {"digest": None, "history": ""} for it in plan.models}
    assert report_sources(report_request(plan, nothing)) == []


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"search": "lop"}, "quantity.search = 'lop': no such"),
        ({"sweep": "untold"}, "does not apply to the sweep of the finding, 'untold'"),
        ({"between": {"sisu": [-2, 0]}}, "points of 'loop' have no such value; there are -2, 2"),
        (
            {"between": {"sisu": [-2, 2]}, "where": {"field.std": 1}},
            "must say which field_amplitude",
        ),
        ({"between": {"repeat": [0, 1]}}, "no such hyperparameter"),
        ({"statistic": "radius"}, "statistic = 'radius'"),
    ],
)
def test_what_cannot_be_compared_is_refused(tmp_path, asked, expected):
    usual = {"between": {"sisu": [-2, 2]}, "where": {"field.std": 1, "field_amplitude": 1}}
    with pytest.raises(UserError) as caught:
        studied(tmp_path, **{**usual, **asked})
    assert expected in str(caught.value)
