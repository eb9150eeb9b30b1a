"""Modes that are followed, as numbers of a report: known tracks, and what is refused."""

import numpy as np
import pytest
import xarray as xr
import yaml
from steadyhand.config import load_study
from steadyhand.errors import UserError
from steadyhand.plan import Plan
from steadyhand.report.tracks import OF_TRACKS, sample_of_tracks
from steadyhand.report.words import quantity_text
from steadyhand.report_requests import report_request, report_sources

PLACES = 4


def tracks(first, second, sure=None, replicates=(3,)) -> xr.Dataset:
    """Eigenvalues (place, track) at SISU −2 and 2, the same in every replicate."""
    values = np.concatenate([first, second] * len(replicates))
    count = len(values)
    place = np.tile(np.arange(len(first)), 2 * len(replicates))
    sisu = np.tile(np.repeat([-2.0, 2.0], len(first)), len(replicates))
    return xr.Dataset(
        {
            "eigenvalue_re": (("point", "track"), values.real),
            "eigenvalue_im": (("point", "track"), values.imag),
            "sure": ("point", np.ones(count, int) if sure is None else np.array(sure)),
            "point_replicate": ("point", np.repeat(replicates, 2 * len(first))),
            "point_place": ("point", place),
            "point_sisu": ("point", sisu),
        },
        coords={"replicate": list(replicates), "sisu": [-2.0, 2.0]},
    )


def statistic(data, name):
    wanted = {"statistic": name, "of": {"sisu": [-2, 2]}}
    return sample_of_tracks(data, wanted, {}).values


BEFORE = np.tile([0.9 + 0j, 0.6 + 0.1j, 0.1 + 0j], (PLACES, 1))
CHANGE = np.array([0.3, 0.4j, 0.25])


def test_the_change_is_that_of_modes_that_last():
    found = statistic(tracks(BEFORE, BEFORE - CHANGE, replicates=(3, 5)), "change")
    assert found == pytest.approx(dict.fromkeys((3, 5), np.sqrt((0.09 + 0.16) / 2)))


def test_the_share_in_real_parts():
    found = statistic(tracks(BEFORE, BEFORE - CHANGE), "real_share")
    assert found[3] == pytest.approx(0.09 / 0.25)


def test_differences_between_goals_are_those_of_any_two():
    away = np.array([-0.03, -0.01, 0.01, 0.03])[:, None]
    data = tracks(BEFORE + away, BEFORE - CHANGE + away)
    two = [abs(a - b) ** 2 for i, a in enumerate(away) for b in away[:i]]
    expected = np.sqrt(np.mean(two) / (0.25 / 2))
    assert statistic(data, "by_goal")[3] == pytest.approx(expected)


def test_places_in_doubt_do_not_count_and_none_has_no_number():
    wrong = BEFORE - CHANGE
    wrong[1] = 7.0
    sure = [1] * PLACES + [1, 0, 1, 1]
    found = statistic(tracks(BEFORE, wrong, sure), "change")
    assert found[3] == pytest.approx(np.sqrt(0.125))
    nothing = statistic(tracks(BEFORE, wrong, [0] * 2 * PLACES), "change")
    assert np.isnan(nothing[3])
    assert np.isnan(statistic(tracks(BEFORE[:1], wrong[:1]), "by_goal")[3])
    small = 0.1 * BEFORE
    assert np.isnan(statistic(tracks(small, small), "change")[3])


def test_a_condition_that_was_not_searched_is_an_error():
    with pytest.raises(ValueError, match="no fixed point was searched for"):
        wanted = {"statistic": "change", "of": {"sisu": [-2, 1]}}
        sample_of_tracks(tracks(BEFORE, BEFORE), wanted, {})


STUDY = {
    "study": "tracks",
    "sweeps": {"told": {"context": {"method": "dai"}, "grid": {"field.std": [0, 1]}}},
    "evaluations": {"posture": {"task": {"type": "steady"}, "sisu": [-2, 2]}},
    "fixed_points": {
        "goals": {"starts_from": "posture", "sisu": [-2, 2]},
        "one": {"starts_from": "posture", "sisu": [-2, 2], "at": {"grid": 1}},
    },
    "analyses": {
        "followed": {"type": "mode_tracks", "search": "goals"},
        "alone": {"type": "mode_tracks", "search": "one"},
        "along": {
            "type": "branches",
            "search": "goals",
            "parameter": "sisu",
            "low": -2,
            "high": 2,
        },
    },
    "figures": [{"type": "mode_tracks", "analysis": "followed"}],
}


def studied(folder, **quantity):
    wanted = {"type": "tracks", "analysis": "followed", "of": {"sisu": [-2, 2]}}
    compared = {
        "quantity": {**wanted, "statistic": "by_goal", **quantity},
        "expect": "lower",
        "against": 1,
        "where": {"field.std": 1},
    }
    findings = [{"claim": "It is so.", "sweep": "told", "compare": [compared]}]
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump({**STUDY, "findings": findings}))
    return load_study([path])


def test_a_finding_on_tracks_is_made_of_their_analysis(tmp_path):
    plan = Plan(studied(tmp_path), tmp_path / "results")
    index = {it: {"digest": f"{it}-weights", "history": ""} for it in plan.models}
    request = report_request(plan, index)
    (source,) = report_sources(request)
    assert source.startswith("mode_tracks/") and source.endswith(".nc")
    (finding,) = request["findings"]
    assert [it["title"] for it in finding["figures"]] == ["Modes followed"]
    (comparison,) = finding["comparisons"]
    expected = f"{OF_TRACKS['by_goal']}, in followed from sisu = -2 to 2"
    assert quantity_text(comparison["quantity"]) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"analysis": "folowed"}, "no such analysis; did you mean 'followed'?"),
        ({"analysis": "along"}, "it is of type branches; allowed: "),
        (
            {"analysis": "alone"},
            "'alone' is not at several goals, without offsets; allowed: change, real_share",
        ),
        ({"of": {"sisu": [-2, 0]}}, "quantity.of.sisu = 0: points of 'followed' have no such"),
        ({"of": {"sisu": [2, 2]}}, "both are the same"),
    ],
)
def test_what_cannot_be_said_of_tracks_is_refused(tmp_path, asked, expected):
    with pytest.raises(UserError) as caught:
        studied(tmp_path, **asked)
    assert expected in str(caught.value) and len(str(caught.value).splitlines()) == 1
