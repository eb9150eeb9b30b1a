"""Points that are alone at their place and condition."""

import numpy as np
import pytest
import xarray as xr
from steadyhand.lone_points import keys_of, lone_among, lone_points


def points(kind, place, sisu=None, replicate=None):
    count = len(kind)
    columns = {
        "kind": np.array(kind),
        "point_place": np.array(place),
        "point_replicate": np.zeros(count, int) if replicate is None else np.array(replicate),
    }
    if sisu is not None:
        columns["point_sisu"] = np.array(sisu, float)
    return xr.Dataset({name: ("point", it) for name, it in columns.items()})


def test_a_point_with_another_of_its_place_and_condition_is_not_alone():
    found = points(["fixed"] * 5, [0, 0, 1, 2, 2], sisu=[1, 1, 1, 1, 2])
    assert lone_points(found).tolist() == [2, 3, 4]
    # Without what is held besides, places alone say it.
    assert lone_points(found.drop_vars("point_sisu")).tolist() == [2]


def test_other_replicates_are_no_company():
    assert lone_points(points(["fixed"] * 2, [0, 0], replicate=[0, 3])).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("kind", "alone"),
    [("marginal", []), ("slow", [0]), ("not_converged", [0]), ("cycle", [0]), ("continuum", [0])],
)
def test_only_single_roots_count(kind, alone):
    assert lone_points(points(["fixed", kind], [0, 0])).tolist() == alone


def test_rows_are_compared_with_chosen_ones_only():
    found = points(["fixed"] * 4, [0, 0, 1, 1])
    assert lone_among(found, np.array([1, 2, 3]), ("point_place",)).tolist() == [1]
    assert lone_among(found, np.array([], int), ("point_place",)).tolist() == []
    assert keys_of(found, ("point_sisu",)).shape == (4, 1)
