"""Tables of what changes from batch to batch, against the formulas they stand for."""

import numpy as np
import pytest
from steadyhand.config import Hyperparameters
from steadyhand.identity import canonical
from steadyhand.schedule import schedule_of


def tables(learning_rate=0.02, **schedule):
    content = {"schedule": schedule, "optimizer": {"learning_rate": learning_rate}}
    spec = Hyperparameters.model_validate(content).model_dump(mode="json")
    return schedule_of(canonical(spec), "float64")  # as it is read back from a plan on disk


def test_without_phases_nothing_changes():
    found = tables(n_batches=7)
    np.testing.assert_array_equal(found.learning_rate, np.full(7, 0.02))
    np.testing.assert_array_equal(found.field_scale, np.ones(7))
    np.testing.assert_array_equal(found.noise_scale, np.ones(7))
    assert not found.resets.any()
    assert found.trains_hidden.all() and found.trains_readout.all()
    assert all(len(table) == 7 for table in found)


def test_learning_rate_is_constant_and_then_half_a_cosine():
    rate = tables(n_batches=110, constant_batches=10, final_fraction=0.1).learning_rate
    np.testing.assert_array_equal(rate[:11], 0.02)
    np.testing.assert_allclose(rate[60], 0.02 * 0.55, rtol=1e-12)
    elapsed = np.arange(100) / 100
    half_cosine = 0.1 + 0.9 * (1 + np.cos(np.pi * elapsed)) / 2
    np.testing.assert_allclose(rate[10:], 0.02 * half_cosine, rtol=1e-12)
    assert (np.diff(rate[10:]) < 0).all() and rate[-1] > 0.002


@pytest.mark.parametrize("final", [0.0, 1.0])
def test_learning_rate_falls_to_nothing_or_not_at_all(final):
    rate = tables(n_batches=1000, final_fraction=final).learning_rate
    np.testing.assert_allclose(rate[-1], 0.02 * final, atol=1e-6)
    assert (rate > 0).all()


def test_learning_rate_rises_in_equal_steps_before_it_is_constant():
    rate = tables(
        n_batches=20, warm_up_batches=4, constant_batches=6, final_fraction=0.5
    ).learning_rate
    np.testing.assert_allclose(rate[:4], 0.02 * np.array([0.25, 0.5, 0.75, 1.0]), rtol=1e-12)
    np.testing.assert_array_equal(rate[4:11], 0.02)
    np.testing.assert_allclose(rate[15], 0.02 * 0.75, rtol=1e-12)


def test_a_field_is_off_in_the_baseline_and_then_grows_by_half_a_cosine():
    """½(1 − cos(π·min(1, (i − i₀)/n))), with i₀ the end of the baseline."""
    scale = tables(n_batches=40, baseline_batches=10, scale_up_batches=20).field_scale
    np.testing.assert_array_equal(scale[:11], 0)
    i = np.arange(10, 40)
    expected = 0.5 * (1 - np.cos(np.pi * np.minimum(1, (i - 10) / 20)))
    np.testing.assert_allclose(scale[10:], expected, atol=1e-15)
    np.testing.assert_allclose(scale[20], 0.5, atol=1e-15)
    np.testing.assert_array_equal(scale[30:], 1)


def test_a_field_without_a_scale_up_is_there_at_once():
    scale = tables(n_batches=5, baseline_batches=2).field_scale
    np.testing.assert_array_equal(scale, [0, 0, 1, 1, 1])


def test_a_single_batch_of_scale_up_is_one_without_a_field():
    scale = tables(n_batches=4, scale_up_batches=1).field_scale
    np.testing.assert_array_equal(scale, [0, 1, 1, 1])


def test_parts_are_trained_from_batch_to_batch_as_the_study_says():
    phases = {"0": ["hidden", "readout"], "10": ["hidden"], "9": ["readout"], "11": ["readout"]}
    found = tables(n_batches=13, trainable=phases)
    hidden = np.isin(np.arange(13), [*range(9), 10])
    np.testing.assert_array_equal(found.trains_hidden, hidden)
    np.testing.assert_array_equal(found.trains_readout, np.arange(13) != 10)


def test_noise_is_scaled_from_batch_to_batch():
    scale = tables(n_batches=12, noise_scale={"0": 1, "3": 0, "10": 0.5, "9": 2}).noise_scale
    np.testing.assert_array_equal(scale, [1] * 3 + [0] * 6 + [2] + [0.5] * 2)
    assert scale.dtype == np.float64


def test_the_optimizer_forgets_before_the_batches_that_are_named():
    resets = tables(n_batches=9, optimizer_resets=[8, 1]).resets
    np.testing.assert_array_equal(np.flatnonzero(resets), [1, 8])
    assert not tables(n_batches=9).resets.any()


def test_tables_have_the_precision_of_training():
    spec = Hyperparameters().model_dump(mode="json")
    found = schedule_of(spec, "float32")
    for name in ("learning_rate", "field_scale", "noise_scale"):
        assert getattr(found, name).dtype == np.float32
    for name in ("resets", "trains_hidden", "trains_readout"):
        assert getattr(found, name).dtype == bool
