"""Unit preferences, principal components and tangling, on activity that was made to be known."""

import numpy as np
import pytest
import xarray as xr
from steadyhand.analyses.principal_components import (
    Covariance,
    components_of,
    participation_ratio,
    principal_components,
)
from steadyhand.analyses.tangling import tangling, tangling_of
from steadyhand.analyses.unit_preferences import Regression, epoch_masks, unit_preferences

STEP = 0.05
DIMS = ("trial", "replicate", "time")


def states(hidden, command=None, velocity=None, goal=None, condition=None, readout=None):
    """States of trials with this activity (trial, replicate, time, unit)."""
    n_trials, replicates, n_times, units = hidden.shape
    still = np.zeros((n_trials, replicates, n_times, 2))
    goal = np.zeros((n_trials, 2)) if goal is None else goal
    readout = np.ones((replicates, 2, units)) if readout is None else readout
    return xr.Dataset(
        {
            "hidden": ((*DIMS, "unit"), hidden, {"activity_units": units}),
            "command": ((*DIMS, "axis"), still if command is None else command),
            "velocity": ((*DIMS, "axis"), still if velocity is None else velocity),
            "goal": (("trial", "axis"), goal),
            "start": (("trial", "axis"), np.zeros((n_trials, 2))),
            "readout_weight": (("replicate", "axis", "unit"), readout),
            "condition": ("trial", np.zeros(n_trials, int) if condition is None else condition),
        },
        coords={
            "trial": np.arange(n_trials),
            "replicate": 2 * np.arange(replicates),
            "time": STEP * np.arange(n_times),
        },
    ).set_coords("condition")


def bell(n_times, peak):
    """A velocity along x that is largest at a step."""
    k = np.arange(n_times)
    return np.stack([np.exp(-(((k - peak) / 4.0) ** 2)), 0 * k], axis=-1)


@pytest.fixture
def tuned():
    """Eight trials, two networks, six units that follow the command exactly; another in part 2."""
    rng = np.random.default_rng(0)
    command = rng.normal(size=(8, 2, 40, 2))
    slopes = rng.normal(size=(2, 2, 2, 6))  # condition, replicate, axis, unit
    condition = np.repeat([0, 1], 4)
    hidden = 0.3 + np.einsum("trka,trau->trku", command, slopes[condition])
    velocity = np.broadcast_to(bell(40, 12), (8, 2, 40, 2))
    return states(hidden, command, velocity, condition=condition), slopes


def test_slopes_and_preferred_angles_of_tuned_units(tuned):
    data, slopes = tuned
    found = unit_preferences(data, {"feature": "command"})
    for epoch in ("acceleration", "deceleration"):
        np.testing.assert_allclose(found.slope.sel(epoch=epoch), slopes, atol=1e-12)
        angle = np.arctan2(slopes[:, :, 1], slopes[:, :, 0])
        np.testing.assert_allclose(found.preferred_angle.sel(epoch=epoch), angle)
        turned = np.angle(np.exp(1j * (angle - angle[:1])))
        np.testing.assert_allclose(found.change.sel(epoch=epoch), turned, atol=1e-12)
    np.testing.assert_allclose(found.explained, 1)
    assert found.replicate.values.tolist() == [0, 2]
    np.testing.assert_allclose(found.readout_angle, np.pi / 4)


@pytest.mark.parametrize("angle", [0.5, np.pi / 2, -2.5])
def test_preferred_angles_turn_with_the_plane(tuned, angle):
    data, _ = tuned
    c, s = np.cos(angle), np.sin(angle)
    turned = data.assign(command=(data.command.dims, data.command.values @ [[c, s], [-s, c]]))
    one, other = (unit_preferences(it, {"feature": "command"}) for it in (data, turned))
    difference = np.exp(1j * (other.preferred_angle.values - one.preferred_angle.values - angle))
    np.testing.assert_allclose(difference, 1)
    np.testing.assert_allclose(other.change, one.change, atol=1e-9)


def test_goals_are_constant_over_a_trial_and_epochs_are_apart():
    directions = 2 * np.pi * np.arange(12) / 12
    goal = 0.5 * np.stack([np.cos(directions), np.sin(directions)], axis=-1)
    velocity = np.broadcast_to(bell(40, 10), (12, 1, 40, 2))
    early = (np.arange(40) < 10)[None, None, :, None]
    hidden = np.where(early, goal[:, None, None, :1], goal[:, None, None, 1:]) * np.ones(
        (1, 1, 40, 3)
    )
    found = unit_preferences(states(hidden, velocity=velocity, goal=goal), {"feature": "goal"})
    first, last = (found.preferred_angle.sel(epoch=it).squeeze() for it in found.epoch.values)
    np.testing.assert_allclose(first, 0, atol=1e-12)
    np.testing.assert_allclose(last, np.pi / 2)


def test_epochs_are_as_long_before_the_largest_speed_as_after_it():
    before, after = epoch_masks(bell(40, 12)[:, 0])
    assert np.flatnonzero(before).tolist() == list(range(12))
    assert np.flatnonzero(after).tolist() == list(range(12, 24))
    before, after = epoch_masks(bell(40, 30)[:, 0])
    assert before.sum() == 30 and after.sum() == 10


def test_noise_is_not_explained_and_a_silent_unit_prefers_nothing():
    rng = np.random.default_rng(1)
    features = rng.normal(size=(20_000, 2))
    activity = np.stack([features[:, 0] + rng.normal(size=20_000), np.full(20_000, 0.7)], axis=1)
    one, parts = Regression(2), Regression(2)
    one.add(features, activity)
    for first in range(0, 20_000, 7_000):
        parts.add(features[first : first + 7_000], activity[first : first + 7_000])
    slopes, share = one.solve()
    expected = np.linalg.lstsq(np.c_[features, np.ones(20_000)], activity, rcond=None)[0][:2]
    np.testing.assert_allclose(slopes, expected, atol=1e-10)
    assert share == pytest.approx([0.5, 0], abs=0.02)
    for once, added in zip(one.solve(), parts.solve(), strict=True):
        np.testing.assert_allclose(once, added, atol=1e-10)
    constant = Regression(2)
    constant.add(np.ones((5, 2)), np.arange(10.0).reshape(5, 2))
    np.testing.assert_array_equal(constant.solve()[0], 0)


def test_components_are_those_of_a_singular_value_decomposition():
    rng = np.random.default_rng(2)
    hidden = rng.normal(size=(10, 2, 30, 5)) * np.array([3, 2, 1, 0.5, 0.1]) + 100
    condition = np.repeat([0, 1], 5)
    request = {"from_step": 10, "components": 3, "hidden_every": 1}
    found = principal_components(states(hidden, condition=condition), request)
    for index in range(2):
        samples = hidden[:, index, 10:].reshape(-1, 5)
        one = found.isel(replicate=index)
        np.testing.assert_allclose(one["mean"], samples.mean(axis=0))
        _, sizes, vectors = np.linalg.svd(samples - samples.mean(axis=0), full_matrices=False)
        np.testing.assert_allclose(one.variance, sizes**2 / len(samples))
        np.testing.assert_allclose(np.abs(one.component_vector), np.abs(vectors[:3]), atol=1e-9)
        assert one.explained.sum() == pytest.approx(1)
        ratio = (sizes**2).sum() ** 2 / (sizes**4).sum()
        assert one.participation_ratio == pytest.approx(ratio)
    part = hidden[5:, 1, 10:].reshape(-1, 5)
    sizes = np.linalg.svd(part - part.mean(axis=0), compute_uv=False)
    of_part = found.participation_ratio_of_condition.isel(condition=1, replicate=1)
    assert of_part == pytest.approx((sizes**2).sum() ** 2 / (sizes**4).sum())


def test_decimated_states_are_counted_from_the_same_step():
    rng = np.random.default_rng(3)
    hidden = rng.normal(size=(4, 1, 40, 3))
    whole = states(hidden)
    every = whole.isel(time=slice(None, None, 4)).hidden.rename(time="hidden_time")
    fewer = whole.drop_vars("hidden").assign(hidden=every)
    found = principal_components(fewer, {"from_step": 10, "components": 3, "hidden_every": 4})
    samples = hidden[:, 0, 12::4].reshape(-1, 3)
    np.testing.assert_allclose(found["mean"].squeeze(), samples.mean(axis=0))


@pytest.mark.parametrize(
    ("variance", "ratio"), [([1, 1, 1, 1], 4), ([1, 0, 0], 1), ([0, 0], 0), ([2, 1], 9 / 5)]
)
def test_the_participation_ratio_counts_dimensions(variance, ratio):
    assert participation_ratio(np.array(variance, float)) == pytest.approx(ratio)


def test_a_covariance_far_from_the_origin_loses_nothing():
    samples = np.random.default_rng(4).normal(size=(1000, 3))
    near, far = Covariance(), Covariance()
    near.add(samples)
    for part in np.array_split(samples + 1e6, 3):
        far.add(part)
    np.testing.assert_allclose(far.matrix(), near.matrix(), rtol=1e-6, atol=1e-9)
    variance, vectors = components_of(near.matrix())
    assert (np.diff(variance) <= 0).all()
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(3), atol=1e-12)


def test_a_circle_is_not_tangled_and_a_figure_of_eight_is():
    """On a circle |ẋ_i − ẋ_j| / |x_i − x_j| is the angular velocity, for all pairs."""
    angle = 2 * np.pi * np.arange(200) / 200
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    speed = 3.0 * np.stack([-np.sin(angle), np.cos(angle)], axis=-1)
    np.testing.assert_allclose(tangling_of(circle, speed), 9, rtol=1e-3)
    eight = np.stack([np.sin(angle), np.sin(2 * angle)], axis=-1)
    motion = 3.0 * np.stack([np.cos(angle), 2 * np.cos(2 * angle)], axis=-1)
    found = tangling_of(eight, motion)
    crossing = np.flatnonzero(np.linalg.norm(eight, axis=1) < 1e-9)
    assert found[crossing].min() > 1e6 and np.median(found) < 1e3
    third = np.c_[eight, np.cos(angle)]
    untangled = tangling_of(third, np.c_[motion, -3.0 * np.sin(angle)])
    assert untangled.max() < 200  # with a third dimension it does not cross itself


def test_tangling_is_the_largest_over_all_pairs():
    rng = np.random.default_rng(5)
    state, derivative = rng.normal(size=(2, 700, 4))
    expected = [
        (((derivative - d) ** 2).sum(axis=1) / (((state - x) ** 2).sum(axis=1) + 1e-6)).max()
        for x, d in zip(state, derivative, strict=True)
    ]
    np.testing.assert_allclose(tangling_of(state, derivative), expected, rtol=1e-6)


def test_tangling_of_trials_is_among_those_of_their_condition():
    angle = 2 * np.pi * np.arange(101) / 100
    circle = np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=-1)
    both = np.stack([circle, circle[::-1]])[:, None]  # to the left and to the right
    apart = tangling(states(both, condition=np.array([0, 1])), {"components": 2})
    angular = 2 * np.pi / 100 / STEP
    np.testing.assert_allclose(apart.tangling, angular**2, rtol=0.01)
    np.testing.assert_allclose(apart.rms, angular**2, rtol=0.01)
    mixed = tangling(states(both), {"components": 2})
    assert mixed.rms.min() > 100 * angular**2
    assert mixed.sizes == {"trial": 2, "replicate": 1, "time": 100}
