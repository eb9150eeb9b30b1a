"""What a finding reads of histories and trials, with known answers."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from steadyhand.report.quantities import sample_of, sample_of_trials

N_BATCHES = 200


def history(loss, numbers=(0, 1), **changes):
    """Losses (replicate, batch); both terms are a part of it."""
    loss = np.asarray(loss, float)
    count = len(loss)
    norm = np.arange(1.0, 2 * count + 1).reshape(count, 2)
    variables = {
        "loss": (("replicate", "batch"), loss),
        "loss_term": (("term", "replicate", "batch"), np.stack([0.25 * loss, 0.75 * loss])),
        "validation_loss": (("replicate", "snapshot"), 10 * norm),
        "readout_norm": (("replicate", "snapshot"), norm),
        "chosen_batch": ("replicate", np.array([N_BATCHES, 0][:count])),
        "diverged_batch": ("replicate", np.full(count, -1)),
    }
    coordinates = {
        "replicate": list(numbers),
        "snapshot": [0, N_BATCHES],
        "term": ["effector_position", "nn_hidden"],
    }
    return xr.Dataset({**variables, **changes}, coordinates)


def values_of(history, quantity):
    return sample_of(history, quantity).values


def test_the_late_loss_is_the_geometric_mean_of_the_last_batches():
    loss = np.ones((2, N_BATCHES))
    loss[0, -20:] = np.tile([2.0, 8.0], 10)
    found = values_of(history(loss), {"type": "late_loss", "term": "total", "share": 0.1})
    assert found == pytest.approx({0: 4.0, 1: 1.0}, rel=1e-12)
    found = values_of(history(loss), {"type": "late_loss", "term": "nn_hidden", "share": 0.2})
    assert found == pytest.approx({0: 0.75 * 2, 1: 0.75}, rel=1e-12)


def test_a_jump_is_what_comes_after_a_batch_over_what_was_before():
    loss = np.ones((2, N_BATCHES))
    loss[0, 100:] = 3.0
    jump = {"type": "loss_jump", "term": "total", "batch": 100, "window": 20}
    assert values_of(history(loss), jump) == pytest.approx({0: 3.0, 1: 1.0}, rel=1e-12)
    late = values_of(history(loss), {**jump, "batch": 110})
    assert late[0] == pytest.approx(3.0 / np.sqrt(3.0), rel=1e-12)


def test_chosen_and_last_snapshots():
    loss = np.ones((2, N_BATCHES))
    assert values_of(history(loss), {"type": "validation_loss"}) == {0: 20.0, 1: 30.0}
    assert values_of(history(loss), {"type": "readout_norm"}) == {0: 2.0, 1: 4.0}


def test_a_network_that_failed_or_was_not_chosen_has_no_number():
    loss = np.ones((2, N_BATCHES))
    loss[1, 150:] = np.nan
    failed = history(
        loss,
        chosen_batch=("replicate", np.array([0, 0])),  # what it reached before it failed
        diverged_batch=("replicate", np.array([-1, 150])),
    )
    for quantity in (
        {"type": "late_loss", "term": "total", "share": 0.1},
        {"type": "loss_jump", "term": "total", "batch": 150, "window": 20},
        {"type": "validation_loss"},
        {"type": "readout_norm"},
    ):
        found = values_of(failed, quantity)
        assert np.isfinite(found[0]) and np.isnan(found[1]), quantity
    assert sample_of(failed, {"type": "readout_norm"}).failed == {1}
    # A jump before the failure is one.
    jump = {"type": "loss_jump", "term": "total", "batch": 100, "window": 20}
    assert values_of(failed, jump)[1] == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("value", [0.0, np.inf, -1.0])
def test_what_is_not_above_0_or_not_finite_has_no_ratio(value):
    loss = np.full((2, N_BATCHES), value)
    data = history(loss, validation_loss=(("replicate", "snapshot"), np.full((2, 2), value)))
    for quantity in (
        {"type": "late_loss", "term": "total", "share": 0.1},
        {"type": "validation_loss"},
    ):
        sample = sample_of(data, quantity)
        assert np.isnan(list(sample.values.values())).all() and not sample.failed


LOOPS = {"type": "measure", "evaluation": "pushed", "measure": "response_loopiness"}


def trials():
    """Two replicates, two amplitudes; replicate 4 has no measure in one trial."""
    table = pd.DataFrame(
        {
            "replicate": [0, 0, 0, 4, 4, 4],
            "impulse_amplitude": np.float32([0.3, 0.6, 0.6, 0.3, 0.6, 0.6]),
            "response_loopiness": [9.0, 0.5, -0.1, 9.0, np.nan, -0.3],
        }
    )
    table.attrs["measures"] = {"response_loopiness": {"unit": "1", "definition": "d"}}
    return table


def test_a_measure_is_averaged_over_the_trials_of_a_condition():
    signed = sample_of_trials(trials(), {**LOOPS, "absolute": False}, {"impulse_amplitude": 0.6})
    assert signed.values == pytest.approx({0: 0.2, 4: -0.3}, rel=1e-12)
    sizes = sample_of_trials(trials(), {**LOOPS, "absolute": True}, {"impulse_amplitude": 0.6})
    assert sizes.values == pytest.approx({0: 0.3, 4: 0.3}, rel=1e-12) and sizes.unit == "1"
    with pytest.raises(ValueError, match="no trial has"):
        sample_of_trials(trials(), {**LOOPS, "absolute": True}, {"impulse_amplitude": 0.5})
