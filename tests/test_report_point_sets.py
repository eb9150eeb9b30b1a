"""Fixed points as numbers of a report: sets of known shape, and what is refused."""

import numpy as np
import pytest
import xarray as xr
import yaml
from steadyhand.config import load_study
from steadyhand.errors import UserError
from steadyhand.plan import Plan
from steadyhand.report.point_sets import OF_SETS, OF_SHIFTS, sample_of_points, sample_of_shift
from steadyhand.report.words import against_text, quantity_text
from steadyhand.report_requests import report_request, report_sources

SIDE = np.linspace(-1, 1, 3)
GOALS = np.array([[x, y] for x in SIDE for y in SIDE])
UNITS = 6


def of_axes(*axes) -> np.ndarray:
    """Directions (axis, unit) that are orthogonal, and no coordinates."""
    turned, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(UNITS, UNITS)))
    return turned[list(axes)]


def points(
    states, place=None, replicate=None, sisu=None, kind=None, replicates=(0,), position=None
):
    """A file of fixed points with these hidden states (point, unit)."""
    count = len(states)
    place = np.arange(count) % len(GOALS) if place is None else np.array(place)
    columns = {
        "hidden": (("point", "unit"), np.array(states, float)),
        "goal_position": (("place", "axis"), GOALS),
        "kind": ("point", np.array(kind or ["fixed"] * count, object)),
        "point_place": ("point", place.astype(np.int32)),
        "point_replicate": ("point", np.array(replicate or [0] * count, np.int32)),
    }
    coords = {"replicate": list(replicates)}
    if sisu is not None:
        columns["point_sisu"] = ("point", np.array(sisu, float))
        coords["sisu"] = np.unique(sisu)
    if position is not None:
        columns["position"] = (("point", "axis"), position)
    return xr.Dataset(columns, coords=coords)


def statistic(data, name, at=None) -> dict[int, float]:
    return sample_of_points(data, {"statistic": name}, at or {}).values


def shift(data, name, between=(-2, 2)) -> dict[int, float]:
    return sample_of_shift(data, {"statistic": name, "of": {"sisu": list(between)}}, {}).values


PLANE = GOALS @ of_axes(0, 1) * [2.0] + 0.3


def test_an_affine_image_of_the_goals_is_plane_and_a_grid():
    data = points(PLANE)
    assert statistic(data, "off_plane")[0] == pytest.approx(0, abs=1e-15)
    assert statistic(data, "off_grid")[0] == pytest.approx(0, abs=1e-15)
    assert statistic(data, "count") == {0: 1.0}


def test_a_bent_plane_is_off_by_the_share_of_what_bends_it():
    bend = GOALS[:, 0] * GOALS[:, 1]  # no affine function of the goal has a part of it
    data = points(PLANE + 0.5 * bend[:, None] * of_axes(2))
    flat, bent = 4 * np.sum(GOALS**2), 0.25 * np.sum(bend**2)
    assert statistic(data, "off_plane")[0] == pytest.approx(bent / (flat + bent))
    assert statistic(data, "off_grid")[0] == pytest.approx(bent / (flat + bent))


def test_a_grid_that_is_drawn_out_within_its_plane_is_plane_but_no_grid():
    drawn = GOALS**3 + 0.5 * GOALS[:, ::-1] ** 2
    data = points(drawn @ of_axes(3, 4))
    assert statistic(data, "off_plane")[0] == pytest.approx(0, abs=1e-15)
    slopes = np.linalg.lstsq(GOALS, drawn - drawn.mean(axis=0))[0]
    left = drawn - drawn.mean(axis=0) - GOALS @ slopes
    expected = np.sum(left**2) / np.sum((drawn - drawn.mean(axis=0)) ** 2)
    assert expected > 0.01
    assert statistic(data, "off_grid")[0] == pytest.approx(expected)


def test_what_turns_or_scales_all_states_changes_no_share():
    bent = PLANE + 0.3 * (GOALS[:, :1] ** 2) * of_axes(5)
    turned = 7 * bent @ of_axes(*range(UNITS)) - 4
    for name in ("off_plane", "off_grid"):
        assert statistic(points(bent), name) == pytest.approx(statistic(points(turned), name))


def test_places_without_a_point_or_with_several_are_counted_but_no_part_of_the_grid():
    stray = 100 * np.ones((3, UNITS))
    states = np.concatenate([PLANE[:6], stray])
    kinds = ["fixed"] * 8 + ["not_converged"]
    data = points(states, place=[0, 1, 2, 3, 4, 5, 5, 5, 6], kind=kinds)
    assert statistic(data, "count")[0] == pytest.approx(8 / 9)
    assert statistic(data, "single")[0] == pytest.approx(5 / 9)
    continuum = points(PLANE, kind=["continuum"] + ["fixed"] * 8)
    assert statistic(continuum, "single")[0] == pytest.approx(8 / 9)
    assert statistic(data, "off_plane")[0] == pytest.approx(0, abs=1e-15)


def test_each_replicate_has_its_own_number_and_none_where_points_are_too_few():
    states = np.concatenate([PLANE, PLANE[:3]])
    owner = [4] * 9 + [7] * 3
    data = points(states, place=[*range(9), 0, 1, 2], replicate=owner, replicates=(4, 7, 9))
    found = statistic(data, "off_plane")
    assert found[4] == pytest.approx(0, abs=1e-15)
    assert np.isnan(found[7]) and np.isnan(found[9])
    assert statistic(data, "count") == pytest.approx({4: 1.0, 7: 3 / 9, 9: 0.0})


def test_the_endpoint_error_is_the_mean_distance_to_the_goal():
    away = np.tile([[0.03, 0.04]], (9, 1))
    away[0] = 0.0
    sample = sample_of_points(
        points(PLANE, position=GOALS + away), {"statistic": "endpoint_error"}, {}
    )
    assert sample.values[0] == pytest.approx(0.05 * 8 / 9)
    assert sample.unit == "m"


def translated(by, uneven=0.0) -> xr.Dataset:
    """Twice the plane: at SISU −2, and 2 moved by `by`, with a part that grows along x."""
    moved = PLANE + by + uneven * GOALS[:, :1] * of_axes(3)
    return points(np.concatenate([PLANE, moved]), sisu=[-2] * 9 + [2] * 9)


EXTENT = np.sqrt(np.mean(np.sum((2 * GOALS) ** 2, axis=1)))


def test_a_pure_translation_is_even_and_has_its_length():
    data = translated(3 * of_axes(2)[0])
    assert shift(data, "uneven")[0] == pytest.approx(0, abs=1e-12)
    assert shift(data, "size")[0] == pytest.approx(3 / EXTENT)
    assert shift(data, "angle")[0] == pytest.approx(90)


@pytest.mark.parametrize("degrees", [0, 20, 75])
def test_the_angle_is_that_from_the_plane(degrees):
    flat, up = of_axes(0, 2)
    by = np.cos(np.radians(degrees)) * flat + np.sin(np.radians(degrees)) * up
    sample = sample_of_shift(translated(by), {"statistic": "angle", "of": {"sisu": [-2, 2]}}, {})
    assert sample.values[0] == pytest.approx(degrees, abs=1e-5)
    assert sample.unit == "deg"


def test_what_differs_between_goals_is_uneven():
    data = translated(3 * of_axes(2)[0], uneven=1.5)
    part = 1.5**2 * np.mean(GOALS[:, 0] ** 2)
    assert shift(data, "uneven")[0] == pytest.approx(part / (9 + part))
    assert shift(data, "size")[0] == pytest.approx(3 / EXTENT)


def test_shifts_are_of_goals_that_have_one_point_on_both_sides():
    moved = PLANE + 3 * of_axes(2)[0]
    states = np.concatenate([PLANE[:8], moved[2:], 50 * np.ones((1, UNITS))])
    place = [*range(8), *range(2, 9), 5]
    data = points(states, place=place, sisu=[-2] * 8 + [2] * 8)
    assert shift(data, "uneven")[0] == pytest.approx(0, abs=1e-12)
    few = points(states[[0, 1, 8, 9]], place=[0, 1, 2, 3], sisu=[-2, -2, 2, 2])
    assert np.isnan(shift(few, "size")[0])


def test_a_condition_that_was_not_searched_is_an_error():
    data = translated(of_axes(2)[0])
    with pytest.raises(ValueError, match="no fixed point was searched for"):
        shift(data, "size", between=(-2, 1))
    with pytest.raises(ValueError, match="no fixed point was searched for"):
        statistic(data, "count", {"sisu": 1})
    assert statistic(data, "count", {"sisu": 2}) == {0: 1.0}


STUDY = {
    "study": "sets",
    "sweeps": {"told": {"context": {"method": "dai"}, "grid": {"field.std": [0, 1]}}},
    "evaluations": {
        "posture": {"task": {"type": "steady"}, "sisu": [-2, 0, 2]},
        "reaching": {"task": {"type": "center_out"}, "sisu": [-2, 2]},
    },
    "fixed_points": {
        "goals": {"starts_from": "posture", "sisu": [-2, 2]},
        "one": {"starts_from": "posture", "sisu": [-2, 2], "at": {"grid": 1}},
        "offsets": {"starts_from": "posture", "sisu": [-2, 2], "at": {"offset": {}}},
        "starts": {"starts_from": "reaching", "sisu": [-2, 2], "at": {"type": "reach_starts"}},
    },
    "figures": [{"type": "fixed_points_pca", "analysis": "goals"}],
}


def studied(folder, quantity, **comparison):
    compared = {
        "quantity": {"search": "goals", **quantity},
        "expect": "lower",
        "where": {"field.std": 1},
        "effect": "difference",
        **comparison,
    }
    finding = {"claim": "It is so.", "sweep": "told", "compare": [compared]}
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump({**STUDY, "findings": [finding]}))
    return load_study([path])


SHIFT = {"type": "shift", "of": {"sisu": [-2, 2]}, "statistic": "angle"}
SET = {"type": "points", "statistic": "off_plane"}
AT_TWO = {"field.std": 1, "sisu": 2}


def test_a_finding_on_a_shift_is_made_of_fixed_points_and_compared_with_a_number(tmp_path):
    plan = Plan(studied(tmp_path, SHIFT, against=60, expect="higher"), tmp_path / "results")
    index = {it: {"digest": f"{it}-weights", "history": ""} for it in plan.models}
    request = report_request(plan, index)
    (comparison,) = request["findings"][0]["comparisons"]
    assert comparison["against"] == 60 and len(comparison["sides"]) == 1
    (source,) = report_sources(request)
    assert source.startswith("fixed_points/")
    assert request["findings"][0]["figures"]
    assert quantity_text(comparison["quantity"]) == (
        f"{OF_SHIFTS['angle']}, in goals from sisu = -2 to 2"
    )
    assert against_text(60.0, "deg") == "60 deg"


def test_a_finding_on_a_set_is_of_one_condition(tmp_path):
    plan = Plan(studied(tmp_path, SET, against=0.05, where=AT_TWO), tmp_path / "results")
    index = {it: {"digest": f"{it}-weights", "history": ""} for it in plan.models}
    (comparison,) = report_request(plan, index)["findings"][0]["comparisons"]
    assert comparison["sides"][0]["trials"] == {"sisu": 2}
    assert quantity_text(comparison["quantity"]) == f"{OF_SETS['off_plane']}, in goals"


@pytest.mark.parametrize(
    ("quantity", "comparison", "expected"),
    [
        (SHIFT, {}, "shift needs two conditions to compare, or a number (against)"),
        (
            SHIFT,
            {"against": 1, "between": {"field.std": [0, 1]}, "where": {}},
            "against = 1.0: is a second thing to compare with",
        ),
        (SHIFT, {"against": 0, "effect": "ratio"}, "a ratio is to a number above 0"),
        (
            {**SHIFT, "of": {"sisu": [-2, 0]}},
            {"against": 1},
            "quantity.of.sisu = 0: points of 'goals' have no such value; there are -2, 2",
        ),
        ({**SHIFT, "of": {"sisu": [2, 2]}}, {"against": 1}, "both are the same"),
        (
            {**SHIFT, "of": {"field_amplitude": [0, 1]}},
            {"against": 1},
            "have no such value; there are sisu",
        ),
        ({**SHIFT, "of": {}}, {"against": 1}, "quantity.of = {}"),
        ({**SHIFT, "of": {"sisu": [-2]}}, {"against": 1}, "quantity.of.sisu"),
        (SHIFT, {"against": 1, "where": AT_TWO}, "is under between or where too"),
        (SET, {"against": 1}, "must say which sisu"),
        (
            {**SET, "statistic": "endpoint_error"},
            {"against": 1, "where": AT_TWO},
            "the hand is held in 'goals'; allowed: with a closed loop",
        ),
        (
            {**SHIFT, "search": "starts"},
            {"against": 1},
            "is at reach_starts, and angle is of goals",
        ),
        ({**SHIFT, "search": "one"}, {"against": 1}, "one point lies in every plane"),
        (
            {**SET, "search": "offsets"},
            {"against": 1, "where": AT_TWO},
            "has offsets of what is sensed",
        ),
    ],
)
def test_what_cannot_be_said_of_points_is_refused(tmp_path, quantity, comparison, expected):
    with pytest.raises(UserError) as caught:
        studied(tmp_path, quantity, **comparison)
    assert expected in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
