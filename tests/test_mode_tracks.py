"""Modes followed from point to point: of loops whose eigenvalues are known, in any order."""

import numpy as np
import pytest
import test_linear_response as loops
import xarray as xr
from steadyhand.config.analyses import ModeTracks
from steadyhand.config.search import FixedPointSearch
from steadyhand.mode_tracks import Way, count_single, mode_tracks, ways_of
from steadyhand.requests import response_request
from steadyhand.spectrum import eigenvalues_of, spectrum_of
from steadyhand.steady_states import find_steady_states
from steadyhand.store import open_dataset


def searched(folder, fields=(0.0, 1.0, 2.0), grid=2, gains=(1.0,)):
    """Weights, spec, points and request of closed loops in fields."""
    arrays, spec, _, request = loops.searched(folder, gains)
    field = FixedPointSearch.model_validate(
        {"starts_from": "it", "closed_loop": True, "field": {"amplitude": list(fields)}}
    ).field
    wanted = {
        **request,
        "field": field.model_dump(mode="json"),
        "at": {**request["at"], "grid": grid},
    }
    with open_dataset(folder / "states.nc") as states:
        return arrays, spec, find_steady_states(arrays, spec, states, wanted), wanted


def tracked(folder, points_of=None, **known):
    arrays, spec, points, request = searched(folder, **known)
    points = points if points_of is None else points_of(points)
    analysis = ModeTracks.model_validate({"type": "mode_tracks", "search": "it"})
    parts = list(mode_tracks(arrays, spec, points, response_request(analysis, "1" * 16, request)))
    assert sum(it.sizes["point"] for it in parts) == count_single(points)
    return xr.concat(
        parts, "point", data_vars="minimal", coords="minimal", compat="override"
    ), points


def values_of(found) -> np.ndarray:
    return found["eigenvalue_re"].values + 1j * found["eigenvalue_im"].values


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return tracked(tmp_path_factory.mktemp("tracks"), gains=(1.0, 0.7))[0]


def test_every_point_has_all_its_eigenvalues(found):
    assert found.sizes["point"] == 2 * 3 * 4
    assert (found["sure"] == 1).all()
    # The same loop rests at every goal with the same modes: it is linear there.
    for replicate in (0, 1):
        for field in (0.0, 1.0, 2.0):
            own = (found["point_replicate"] == replicate) & (
                found["point_field_amplitude"] == field
            )
            rows = values_of(found.isel(point=np.flatnonzero(own)))
            np.testing.assert_allclose(rows, np.tile(rows[:1], (4, 1)), atol=1e-6)


def test_modes_go_on_from_field_to_field_and_begin_by_magnitude(found):
    own = found.isel(point=np.flatnonzero(found["point_replicate"] == 0))
    values, field = values_of(own), own["point_field_amplitude"].values
    first, last = (values[np.flatnonzero(field == it)[0]] for it in (0.0, 2.0))
    size = np.abs(first)
    assert (np.diff(size) <= 1e-9).all()
    middle = values[np.flatnonzero(field == 1.0)[0]]
    # On a short way in between nothing jumps: each step is a part of the whole.
    assert np.abs(middle - first).max() < np.abs(last - first).max() + 1e-9
    assert np.abs(last - first).max() > 1e-3


def test_the_tree_reaches_every_point_once(tmp_path):
    _, _, points, _ = searched(tmp_path, grid=3)
    ways = ways_of(points)
    assert sorted(it.end for it in ways) == sorted(set(range(27)) - {ways[0].begin})
    reached = {ways[0].begin}
    for way in ways:
        assert way.begin in reached
        reached.add(way.end)
    middle = points["goal_position"].values[points["point_place"].values[ways[0].begin]]
    np.testing.assert_allclose(middle, points["goal_position"].values.mean(axis=0), atol=1e-12)
    between = [
        it
        for it in ways
        if points["point_field_amplitude"].values[it.begin]
        != points["point_field_amplitude"].values[it.end]
    ]
    assert len(between) == 2 and isinstance(between[0], Way)


def test_places_with_several_points_or_none_are_left_out(tmp_path):
    found, points = tracked(tmp_path, lambda it: it.isel(point=[0, 0, 1, 2, 4, 5, 6, 7]), grid=2)
    assert found["point_number"].values.tolist() == [2, 3, 4, 5, 6, 7]
    assert points.sizes["point"] == 8


def test_nothing_found_is_no_track(tmp_path):
    arrays, spec, points, request = searched(tmp_path, fields=(0.0,), grid=1)
    none = points.isel(point=slice(0))
    analysis = ModeTracks.model_validate({"type": "mode_tracks", "search": "it"})
    assert count_single(none) == 0
    (part,) = mode_tracks(arrays, spec, none, response_request(analysis, "1" * 16, request))
    assert part.sizes["point"] == 0 and part.sizes["track"] == points["hidden"].shape[1] + 6 + 8


@pytest.mark.parametrize("size", [1, 2, 7, 20])
def test_eigenvalues_alone_are_those_with_vectors(size):
    rng = np.random.default_rng(size)
    matrix = rng.normal(size=(size, size))
    matrix[: size // 2, : size // 2] = np.diag(np.ones(max(size // 2 - 1, 0)), -1)[
        : size // 2, : size // 2
    ]
    matrix[size // 2 :, : size // 2] = 0
    np.testing.assert_allclose(eigenvalues_of(matrix), spectrum_of(matrix).eigenvalues, atol=1e-12)
    assert (eigenvalues_of(np.zeros((size, size))) == 0).all()
