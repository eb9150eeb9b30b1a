"""Jacobians by name, of loops whose derivatives are known."""

import numpy as np
import pytest
import test_linear_response as loops
from steadyhand.held_loop import INPUTS
from steadyhand.steady_jacobians import jacobians_at_points


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    return loops.searched(tmp_path_factory.mktemp("loops"), gains=(1.0, 0.5))


def test_rows_and_columns_have_names(searched):
    arrays, spec, points, request = searched
    found = jacobians_at_points(arrays, spec, points, request)
    assert found.sizes["point"] == points.sizes["point"] == 2
    assert found["row"].values.tolist() == found["column"].values.tolist()
    of_hand = found["jacobian"].sel(row="position x")
    np.testing.assert_allclose(of_hand.sel(column="velocity x"), loops.STEP, atol=1e-15)
    np.testing.assert_allclose(of_hand.sel(column="position x"), 1, atol=1e-15)
    np.testing.assert_allclose(of_hand.sel(column="position y"), 0, atol=1e-15)
    queue = {"row": f"sensed position y, lag {loops.DELAY}", "column": "sensed position y, lag 1"}
    np.testing.assert_allclose(found["jacobian"].sel(queue), 1, atol=1e-15)


def test_points_are_those_that_are_asked_for(searched):
    arrays, spec, points, request = searched
    every = jacobians_at_points(arrays, spec, points, request)
    alone = jacobians_at_points(arrays, spec, points, request, [1])
    np.testing.assert_array_equal(alone["jacobian"][0], every["jacobian"][1])
    assert alone["point"].values.tolist() == [1] and alone["point_replicate"].values.tolist() == [1]


def test_where_nothing_was_found_there_is_none_and_names_stay(searched):
    arrays, spec, points, request = searched
    size = points.sizes["unit"] + 6 + 4 * loops.DELAY
    for none in (
        jacobians_at_points(arrays, spec, points.isel(point=slice(0)), request),
        jacobians_at_points(arrays, spec, points, request, []),
    ):
        assert none["jacobian"].shape == (0, size, size)
        assert none["by_input"].shape == (0, size, len(INPUTS))
        assert none["row"].values[0] == "hidden 0"
