"""Measures of paths with known answers."""

import numpy as np
import pytest
import xarray as xr
from steadyhand.alignment import align
from steadyhand.measures.of_states import measure
from steadyhand.measures.of_trials import OF_TRIALS

TIME = np.arange(101) * 0.05


def dataset(position, force=None, velocity=None, start=None, goal=None, replicates=(0,)):
    """States of trials (trial, time, 2), the same for all replicates."""
    position = np.asarray(position, float)
    n = len(position)
    zeros = np.zeros_like(position)
    start = position[:, 0] if start is None else np.broadcast_to(start, (n, 2))
    goal = position[:, -1] if goal is None else np.broadcast_to(goal, (n, 2))
    delta = goal - start
    still = np.linalg.norm(delta, axis=1) == 0
    direction = np.where(still, np.nan, np.arctan2(delta[:, 1], delta[:, 0]))

    def over(values):
        return ("trial", "replicate", "time", "axis"), np.repeat(
            values[:, None], len(replicates), 1
        )

    numbers = np.arange(n)
    return xr.Dataset(
        {
            "position": over(position),
            "velocity": over(zeros if velocity is None else np.asarray(velocity, float)),
            "force": over(zeros if force is None else np.asarray(force, float)),
            "start": (("trial", "axis"), start),
            "goal": (("trial", "axis"), goal),
            "direction": ("trial", direction),
            "condition": ("trial", numbers * 0),
            "repeat": ("trial", numbers * 0),
            "task_trial": ("trial", numbers),
            "field_amplitude": ("trial", numbers * 0.0),
        },
        coords={"trial": numbers, "replicate": list(replicates), "time": TIME},
    )


def rotated(points, angle):
    c, s = np.cos(angle), np.sin(angle)
    return np.asarray(points) @ np.array([[c, s], [-s, c]])


def bowed(bow, angle, length=0.5):
    """A reach of this length whose path is half a sine to the left (bow > 0)."""
    s = np.linspace(0, 1, 101)
    return rotated(np.stack([length * s, bow * np.sin(np.pi * s)], axis=-1), angle)


@pytest.mark.parametrize("angle", [0.0, 0.7, 3.0, -2.0])
@pytest.mark.parametrize("bow", [0.03, -0.02])
def test_a_half_sine_bow_scores_its_amplitude(bow, angle):
    row = measure(dataset([bowed(bow, angle)])).iloc[0]
    assert row.largest_lateral_distance == pytest.approx(100 * bow / 0.5)
    assert row.max_lateral_distance_left == pytest.approx(max(100 * bow / 0.5, 0), abs=1e-9)
    assert row.max_lateral_distance_right == pytest.approx(max(-100 * bow / 0.5, 0), abs=1e-9)
    assert row.sum_lateral_distance == pytest.approx(
        bow * np.sin(np.pi * np.linspace(0, 1, 101)).sum()
    )
    assert row.sum_lateral_distance_abs == pytest.approx(abs(row.sum_lateral_distance))


def test_percent_is_of_this_reach_and_not_of_half_a_metre():
    row = measure(dataset([bowed(0.03, 1.0, length=0.2)])).iloc[0]
    assert row.largest_lateral_distance == pytest.approx(15)


def test_where_the_reach_lies_and_points_does_not_matter():
    moved = [bowed(0.05, 0.3), bowed(0.05, 2.5) + np.array([3.0, -1.0])]
    force = [rotated(np.tile([1.0, -0.5], (101, 1)), angle) for angle in (0.3, 2.5)]
    velocity = [rotated(np.tile([0.2, 0.1], (101, 1)), angle) for angle in (0.3, 2.5)]
    table = measure(dataset(moved, force, velocity))
    for name in OF_TRIALS:
        assert table[name][0] == pytest.approx(table[name][1], abs=1e-12, nan_ok=True), name


def test_a_mirrored_reach_swaps_left_and_right():
    path, mirror = bowed(0.05, 0.0), np.array([1.0, -1.0])
    force = np.stack([np.sin(TIME), 0.3 * np.cos(3 * TIME)], axis=-1)
    velocity = np.stack([np.cos(TIME), 0.2 * np.sin(5 * TIME)], axis=-1)
    table = measure(
        dataset([path, path * mirror], [force, force * mirror], [velocity, velocity * mirror])
    )
    for left in [name for name in OF_TRIALS if name.endswith("_left")]:
        right = left.replace("_left", "_right")
        assert table[left][0] == pytest.approx(table[right][1]), left
        assert table[left][1] == pytest.approx(table[right][0]), left
    for signed in ("largest_lateral_distance", "sum_lateral_distance", "max_lateral_vel_signed"):
        assert table[signed][0] == pytest.approx(-table[signed][1])


def test_forces_and_velocities_in_closed_form():
    force = np.tile([3.0, 4.0], (101, 1))
    force[50] = [-6.0, 8.0]
    velocity = np.tile([0.5, -0.1], (101, 1))
    velocity[20] = [-0.2, 0.3]
    row = measure(dataset([bowed(0.0, 0.0)], [force], [velocity])).iloc[0]
    expected = {
        "max_net_force": 10,
        "sum_net_force": 100 * 5 + 10,
        "max_parallel_force_forward": 3,
        "max_parallel_force_reverse": 6,
        "sum_parallel_force": 100 * 3 + 6,
        "sum_lateral_force_abs": 100 * 4 + 8,
        "max_lateral_force_left": 8,
        "max_lateral_force_right": -4,
        "max_parallel_vel_forward": 0.5,
        "max_parallel_vel_reverse": 0.2,
        "max_lateral_vel_left": 0.3,
        "max_lateral_vel_right": 0.1,
        "max_lateral_vel_signed": 0.3,
        "end_velocity_error": np.hypot(0.5, 0.1),
    }
    for name, value in expected.items():
        assert row[name] == pytest.approx(value), name


def test_end_errors_are_means_over_the_last_ten_states():
    path = np.tile([0.5, 0.0], (101, 1))
    path[0] = 0
    path[-10:] = [0.5, 0.02]
    path[-10] = [0.5, 0.12]
    row = measure(dataset([path], goal=[0.5, 0.0])).iloc[0]
    assert row.end_distance == pytest.approx((9 * 0.02 + 0.12) / 10)
    assert row.end_position_error == pytest.approx(100 * row.end_distance / 0.5)


def test_deviation_from_the_start():
    path = np.zeros((101, 2))
    path[40:60] = [0.3, 0.4]
    row = measure(dataset([path])).iloc[0]
    assert row.max_deviation == pytest.approx(0.5)
    assert row.sum_deviation == pytest.approx(20 * 0.5)


def test_what_needs_a_direction_is_missing_where_there_is_none_and_the_reason_is_told():
    table = measure(dataset([np.zeros((101, 2)), bowed(0.01, 0.0)]))
    needs = {name: entry.needs for name, entry in OF_TRIALS.items()}
    for name, need in needs.items():
        missing = [need is not None, need == "activity"]
        assert table[name].isna().tolist() == missing, name
    told = [dict(part.split(": ") for part in text.split("; ")) for text in table["missing"]]
    assert set(told[0]) == {name for name, need in needs.items() if need}
    assert told[0]["end_position_error"] == "the reach has length 0"
    assert told[0]["max_lateral_vel_left"].startswith("no reach, impulse or stimulation gives")
    assert told[1] == {"output_correlation": "hidden states or commands are not kept"}


def test_a_row_for_each_trial_and_replicate_under_its_number():
    table = measure(dataset([bowed(0.01, 0.0), bowed(0.02, 0.0)], replicates=(0, 2, 5)))
    assert list(zip(table.trial, table.replicate, strict=True)) == [
        (t, r) for t in (0, 1) for r in (0, 2, 5)
    ]
    assert table.attrs["measures"]["end_distance"]["unit"] == "m"


def test_a_trial_that_is_not_finite_is_an_error():
    path = bowed(0.01, 0.0)
    path[3, 0] = np.nan
    with pytest.raises(ValueError, match="is not finite"):
        measure(dataset([path], start=[0, 0], goal=[0.5, 0]))


def test_alignment_keeps_lengths_and_is_positive_to_the_left():
    np.testing.assert_allclose(align(np.array([[[0.0, 1.0]]]), np.array([0.0])), [[[0, 1]]])
    rng = np.random.default_rng(0)
    vectors, angle = rng.normal(size=(7, 9, 2)), rng.uniform(-4, 4, 7)
    np.testing.assert_allclose(
        np.linalg.norm(align(vectors, angle), axis=-1), np.linalg.norm(vectors, axis=-1)
    )
