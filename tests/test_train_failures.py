"""Networks that fail: frozen, told of, and no harm to any other."""

import numpy as np
import pytest
from small_trainings import Stop, assert_equal, spec, train
from steadyhand.advance import Failure
from steadyhand.train import Interrupted


@pytest.fixture(scope="module")
def gru():
    (trained,) = train(spec())
    return trained


OVERFLOWS = {
    "loss": {"effector_position": 3e37},
    "motor": {"noise_std": 2.0},
    "plant": {"mass": 0.3},
}


def test_a_network_that_fails_is_frozen_and_harms_no_other(gru):
    """A loss that overflows float32 once the hand is far off, beside a network that trains well."""
    broken, fine = train(spec(**OVERFLOWS), spec())
    assert_equal(fine, gru)
    assert (fine.diverged == -1).all()
    assert (fine.failure == Failure.NONE).all()
    assert (broken.diverged >= 0).all()
    assert np.isin(broken.failure, [Failure.LOSS, Failure.GRADIENT]).all()
    for values in broken.snapshots.values():
        assert np.isfinite(values).all()


def test_one_replicate_that_fails_harms_none_of_its_model(gru):
    """Weights set to infinity at a batch, in a checkpoint that training goes on from."""
    stop = Stop(4)
    with pytest.raises(Interrupted):
        train(spec(), attendance=stop.attendance())
    batches_done, arrays = stop.kept
    arrays["progress.weights"][1, 0] = np.inf
    (poisoned,) = train(spec(), resumed=(batches_done, arrays))
    assert list(poisoned.diverged) == [-1, batches_done]
    for name, values in poisoned.snapshots.items():
        np.testing.assert_array_equal(values[:, 0], gru.snapshots[name][:, 0])
        assert np.isfinite(values).all()
        # Frozen at the last snapshot with which a whole batch went well.
        good = batches_done - 1
        np.testing.assert_array_equal(values[: good + 1, 1], gru.snapshots[name][: good + 1, 1])
        for later in values[good + 1 :, 1]:
            np.testing.assert_array_equal(later, values[good, 1])
    np.testing.assert_array_equal(poisoned.loss_terms[:, 0], gru.loss_terms[:, 0])


def test_a_learning_rate_beyond_reason_ends_in_a_failure_not_in_a_nan(gru):
    wild = spec()
    wild["optimizer"]["learning_rate"] = 1e6  # more than a study may ask for
    broken, fine = train(wild, spec())
    assert_equal(fine, gru)
    assert (broken.failure != Failure.NONE).all()
    assert all(np.isfinite(values).all() for values in broken.snapshots.values())


def test_saturated_units_are_a_failure():
    limit = {"saturation_limit": 1e-3}
    saturated, fine = train(spec(schedule=limit), spec(schedule={"saturation_limit": 1.0}))
    assert (saturated.failure == Failure.SATURATION).all()
    assert (fine.failure == Failure.NONE).all()
