"""Measures of the response to impulses and to the stimulation of units, with known answers."""

import numpy as np
import pytest
from steadyhand.measures.of_impulses import OF_IMPULSES
from steadyhand.measures.of_states import attributes_of, condition_columns, measure
from steadyhand.measures.of_stimulation import OF_STIMULATION
from test_measures import TIME, bowed, dataset, rotated

ONSET, DURATION = 30, 5
AFTER = np.arange(101) - ONSET  # states since the last one before the impulse


def with_impulse(states, direction, onset=ONSET, duration=DURATION, amplitude=0.6):
    n = states.sizes["trial"]
    return states.assign(
        impulse_amplitude=("trial", np.full(n, amplitude)),
        impulse_direction=("trial", np.broadcast_to(np.asarray(direction, float), n)),
        impulse_onset=("trial", np.broadcast_to(np.asarray(onset), n)),
        impulse_duration=("trial", np.full(n, duration)),
    )


def response(parallel, lateral, direction=0.0, at=(0.0, 0.0)):
    """A hand at rest at `at` that is moved by functions of the states since the onset."""
    aligned = np.stack([parallel(AFTER), lateral(AFTER)], axis=-1) * (AFTER > 0)[:, None]
    return rotated(aligned, direction) + np.array(at)


def nothing(k):
    return 0.0 * k


def row_of(path, direction=0.0, force=None, **impulse):
    """Measures of a steady trial with an impulse."""
    steady = dataset([path], force=None if force is None else [force], goal=path[0])
    return measure(with_impulse(steady, direction, **impulse)).iloc[0]


def test_forces_are_taken_from_the_windows_of_the_impulse():
    force = np.zeros((101, 2))
    force[ONSET] = [90, 0]  # not yet
    force[ONSET + 1] = [3, 4]
    force[ONSET + DURATION] = [-6, 0]  # the last state that an update with the impulse led to
    force[ONSET + DURATION + 1] = [1, 0]
    force[ONSET + 2 * DURATION] = [2, 1]
    force[ONSET + 2 * DURATION + 1] = [8, 0]
    row = row_of(np.zeros((101, 2)), force=force)
    assert row.impulse_max_net_force_during == pytest.approx(6)
    assert row.impulse_max_net_force_after == pytest.approx(8)
    assert row.impulse_max_forward_force_after == pytest.approx(2)
    turned = row_of(np.zeros((101, 2)), direction=1.0, force=rotated(force, 1.0))
    assert turned.impulse_max_forward_force_after == pytest.approx(2)
    opposite = row_of(np.zeros((101, 2)), direction=np.pi, force=force)
    assert opposite.impulse_max_forward_force_after == pytest.approx(0)


def test_a_steady_trial_is_aligned_to_its_impulse():
    force = np.zeros((101, 2))
    force[40] = rotated([[3.0, -2.0]], 0.8)[0]
    row = row_of(np.zeros((101, 2)), direction=0.8, force=force)
    assert row.max_parallel_force_forward == pytest.approx(3)
    assert row.max_lateral_force_right == pytest.approx(2)
    assert np.isnan(row.end_position_error)
    assert "end_position_error: the reach has length 0" in row["missing"]


def test_a_reach_with_an_impulse_is_aligned_to_the_reach_and_its_response_to_the_impulse():
    path = bowed(0.0, 0.3)
    path = path + 0.01 * (AFTER > 3)[:, None] * rotated([[1.0, 0.0]], 2.0)
    row = measure(with_impulse(dataset([path], goal=bowed(0.0, 0.3)[-1]), 2.0)).iloc[0]
    expected = 100 * 0.01 * np.sin(2.0 - 0.3) / 0.5
    assert row.max_lateral_distance_left == pytest.approx(expected)
    assert row.response_max_deviation == pytest.approx(np.linalg.norm(path[-1] - path[ONSET]))


@pytest.mark.parametrize("direction", [0.0, 1.2, -2.5])
@pytest.mark.parametrize("at", [(0.0, 0.0), (0.6, -0.3)])
@pytest.mark.parametrize("side", [1, -1])
def test_a_decaying_spiral_is_loopy_and_a_decaying_push_is_not(direction, at, side):
    frequency, ratio = 0.7, 0.1
    decay = 2 * np.pi * frequency * ratio / np.sqrt(1 - ratio**2)

    def wave(k, phase):
        t = 0.05 * k
        return 0.05 * np.exp(-decay * t) * np.cos(2 * np.pi * frequency * t - phase)

    spiral = response(lambda k: wave(k, 0), lambda k: side * wave(k, np.pi / 2), direction, at)
    row = row_of(spiral, direction)
    assert row.response_loops == 2  # 2.4 turns in 3.5 s
    assert np.sign(row.response_net_turning) == side == np.sign(row.response_loopiness)
    for component in ("parallel", "lateral"):
        assert row[f"response_{component}_frequency"] == pytest.approx(frequency, rel=1e-6)
        assert row[f"response_{component}_damping"] == pytest.approx(ratio, rel=1e-6)
    straight = response(lambda k: wave(k, np.pi / 2), nothing, direction, at)
    row = row_of(straight, direction)
    assert row.response_loops == 0
    assert row.response_net_turning == pytest.approx(0, abs=1e-6)
    assert row.response_loopiness == pytest.approx(0, abs=1e-9)
    assert row.response_parallel_frequency == pytest.approx(frequency, rel=1e-6)
    assert np.isnan(row.response_lateral_frequency)
    assert "response_lateral_frequency: the response does not oscillate" in row["missing"]


def test_every_trial_has_the_window_of_its_own_impulse():
    paths = [np.roll(response(lambda k: np.sin(k / 9), nothing), shift, 0) for shift in (0, 10)]
    states = dataset(paths, goal=paths[0][0])
    table = measure(with_impulse(states, 0.0, onset=[ONSET, ONSET + 10]))
    assert table.response_max_deviation.tolist() == pytest.approx([1, 1], abs=1e-2)
    alone = measure(with_impulse(states.isel(trial=[1]), 0.0, onset=[ONSET + 10]))
    for name in OF_IMPULSES:
        assert table[name][1] == pytest.approx(alone[name][0], nan_ok=True), name


def test_a_hand_that_does_not_move_has_no_shape_and_the_reason_is_told():
    row = row_of(np.zeros((101, 2)))
    assert row.response_max_deviation == 0 and row.response_path_length == 0
    for name in ("response_tortuosity", "response_net_turning", "response_loops"):
        assert np.isnan(row[name])
        assert f"{name}: the hand does not move after the impulse" in row["missing"]


def test_measures_of_what_does_not_happen_are_left_out():
    plain = dataset([bowed(0.01, 0.0)])
    table = measure(plain)
    assert not set(table) & (set(OF_IMPULSES) | set(OF_STIMULATION))
    assert set(OF_IMPULSES) <= set(attributes_of(with_impulse(plain, 0.0))["measures"])
    assert condition_columns(with_impulse(plain, 0.0)) == [
        "field_amplitude",
        *(f"impulse_{it}" for it in ("amplitude", "direction", "onset", "duration")),
    ]


def stimulated(path, unit=2, readout=(0.0, 2.0), amplitude=1.0):
    """A steady trial with a stimulation, and a network of four units."""
    weight = np.ones((1, 2, 4))
    weight[0, :, 2] = readout
    return dataset([path], goal=path[0]).assign(
        stimulated_unit=("trial", [unit]),
        stimulation_amplitude=("trial", [amplitude]),
        stimulation_onset=("trial", [ONSET]),
        stimulation_duration=("trial", [10]),
        readout_weight=(("replicate", "axis", "unit"), weight),
    )


@pytest.mark.parametrize("angle", [0.0, 0.5, np.pi, -2.0])
def test_what_a_stimulation_does_is_told_from_where_the_hand_was(angle):
    path = np.tile([0.2, 0.1], (101, 1))
    path[41:] += 0.03 * np.array([np.cos(np.pi / 2 + angle), np.sin(np.pi / 2 + angle)])
    path[-5:] = [0.2, 0.15]
    path[35] += 7  # before the end of the stimulation
    row = measure(stimulated(path)).iloc[0]
    assert row.stimulation_final_deviation == pytest.approx(0.05)
    assert row.stimulation_max_deviation_after == pytest.approx(0.05)
    expected = (55 * abs(angle) + 5 * 0) / 60
    assert row.stimulation_angle_to_readout == pytest.approx(expected, abs=1e-6)


def test_without_a_stimulated_unit_there_is_no_angle():
    path = np.tile([0.2, 0.1], (101, 1))
    path[50:] += 0.01
    row = measure(stimulated(path, unit=-1, amplitude=0.0)).iloc[0]
    assert row.stimulation_final_deviation == pytest.approx(0.01 * np.sqrt(2))
    assert np.isnan(row.stimulation_angle_to_readout)
    assert "stimulation_angle_to_readout: no unit is stimulated" in row["missing"]
    still = measure(stimulated(np.zeros((101, 2)))).iloc[0]
    assert "the hand does not move, or the unit is not read out" in still["missing"]


def test_the_output_correlation_is_its_formula():
    rng = np.random.default_rng(0)
    hidden, weight = rng.normal(size=(1, 1, 101, 4)), rng.normal(size=(1, 2, 4))
    command = np.einsum("...u,...au->...a", hidden, weight[:, None]) + 0.7
    states = dataset([bowed(0.01, 0.0)]).assign(
        readout_weight=(("replicate", "axis", "unit"), weight),
        hidden=(("trial", "replicate", "time", "unit"), hidden, {"activity_units": 4}),
        command=(("trial", "replicate", "time", "axis"), command),
    )
    x = hidden[0, 0, 1:] - hidden[0, 0, 1:].mean(axis=0)
    expected = np.linalg.norm(x @ weight[0].T) / np.linalg.norm(x) / np.linalg.norm(weight)
    assert measure(states).output_correlation[0] == pytest.approx(expected)
    every = states.isel(time=slice(None, None, 20)).rename(time="hidden_time")
    fewer = states.drop_vars("hidden").assign(hidden=every.hidden)
    x = hidden[0, 0, 20::20] - hidden[0, 0, 20::20].mean(axis=0)
    expected = np.linalg.norm(x @ weight[0].T) / np.linalg.norm(x) / np.linalg.norm(weight)
    assert measure(fewer).output_correlation[0] == pytest.approx(expected)
    # All activity along one direction that is read out, and along one that is not.
    assert measure(along(states, weight[0, 0])).output_correlation[0] > 0.5
    null = np.linalg.svd(weight[0])[2][-1]
    assert measure(along(states, null)).output_correlation[0] == pytest.approx(0, abs=1e-9)


def along(states, vector):
    values = np.sin(TIME)[:, None] * vector
    command = np.einsum("tu,au->ta", values, states.readout_weight.values[0])
    dims = ("trial", "replicate", "time")
    return states.assign(
        hidden=((*dims, "unit"), values[None, None], {"activity_units": 4}),
        command=((*dims, "axis"), command[None, None]),
    )


def test_the_time_of_the_largest_forward_velocity():
    velocity = np.zeros((101, 2))
    velocity[37] = rotated([[1.0, 0.0]], 0.4)[0]
    velocity[60] = rotated([[-2.0, 5.0]], 0.4)[0]
    row = measure(dataset([bowed(0.0, 0.4)], velocity=[velocity])).iloc[0]
    assert row.time_to_peak_forward_velocity == pytest.approx(37 * 0.05)
