"""Frequency responses of linear controllers, whose answer is known in closed form."""

import numpy as np
import pytest
from steadyhand.analyses.frequency_response import (
    add_trials,
    frequencies,
    frequency_response,
    no_spectra,
    response,
    sensory_noise,
)
from steadyhand.config import Hyperparameters
from steadyhand.config.evaluation import Evaluation
from steadyhand.evaluate import evaluate
from steadyhand.network import WITHOUT_CONTEXT, stored_spec
from steadyhand.provenance import provenance
from steadyhand.requests import evaluation_request
from steadyhand.states import write_states
from steadyhand.store import open_dataset
from steadyhand.trials import TrialList

STEP, STIFFNESS, DAMPING = 0.02, 9.0, 6.0
SMALL = 1e-3
"""Where tanh is the identity."""


def model(delay=0):
    return Hyperparameters.model_validate(
        {
            "network": {"type": "vanilla", "hidden_size": 2},
            "plant": {"time_step": STEP, "damping": 0.5, "mass": 1.2},
            "feedback": {"delay": delay, "noise_std": 0.1},
        }
    )


def linear_network(replicates=2):
    """Networks that command stiffness · (goal − sensed position) − damping · sensed velocity.

    The second one along x only with half of it.
    """
    arrays = {
        "cell.weight_ih": np.zeros((replicates, 2, 8)),
        "cell.weight_hh": np.zeros((replicates, 2, 2)),
        "cell.bias": np.zeros((replicates, 2)),
        "readout.weight": np.tile(np.eye(2) / SMALL, (replicates, 1, 1)),
        "readout.bias": np.zeros((replicates, 2)),
    }
    for axis in (0, 1):
        arrays["cell.weight_ih"][:, axis, axis] = SMALL * STIFFNESS
        arrays["cell.weight_ih"][:, axis, 4 + axis] = -SMALL * STIFFNESS
        arrays["cell.weight_ih"][:, axis, 6 + axis] = -SMALL * DAMPING
    arrays["cell.weight_ih"][1:, 0] *= 0.5
    network = model().network.model_dump()
    arrays["replicate"] = np.arange(replicates, dtype=np.int32)
    return arrays, stored_spec(network, WITHOUT_CONTEXT)


def known(frequency, delay, part):
    """From noise of position and velocity to the command, along one axis; shape (frequency, 2)."""
    of = model(delay)
    dt, mass, drag = STEP, of.plant.mass, of.plant.damping
    a = np.array([[1, dt], [0, 1 - dt * drag / mass]])
    b = np.array([[0], [dt / mass]])
    k = part * np.array([[STIFFNESS, DAMPING]])
    found = []
    for z in np.exp(2j * np.pi * frequency * dt):
        loop = 1 + (z**-delay * k @ np.linalg.solve(z * np.eye(2) - a, b))[0, 0]
        found.append(-(k / loop)[0])
    return np.array(found)


def responded(folder, delay=0, motor=0.0, **asked):
    of = model(delay)
    settings = {"task": {"type": "steady", "grid": 4}, "repeats": 25, "n_steps": 400}
    evaluation = Evaluation.model_validate({**settings, "motor_noise_std": motor, **asked})
    request = evaluation_request(evaluation, of)
    arrays, spec = linear_network()
    trials, path = TrialList(request), folder / "states.nc"
    origin = provenance("states", "0" * 16, "code", request, digest="0" * 64)
    write_states(path, evaluate(arrays, spec, request, trials), trials, arrays, request, origin)
    with open_dataset(path) as states:
        options = {"skip": 100, "physics": of.model_dump(mode="json")}
        return frequency_response(states, options), states.load()


def of_noise(found, sensed):
    """The response to noise of what is sensed, without its name."""
    names = [str(name) for name in found.data_vars if str(name).startswith(sensed)]
    return found[names].rename({name: name.removeprefix(f"{sensed}_") for name in names})


@pytest.mark.parametrize("delay", [0, 4])
def test_the_response_of_a_linear_controller_is_found(tmp_path, delay):
    found, _ = responded(tmp_path, delay)
    frequency = found.frequency.values
    np.testing.assert_allclose(frequency, np.arange(1, 150) / (299 * STEP))
    for replicate, along_x in ((0, 1.0), (1, 0.5)):
        for axis, part in (("x", along_x), ("y", 1.0)):
            expected = known(frequency, delay, part)
            for column, name in enumerate(("position", "velocity")):
                one = (
                    of_noise(found, name)
                    .sel(replicate=replicate, axis=axis, noise_axis=axis)
                    .squeeze()
                )
                sure = one.coherence.values > 0.95
                assert sure.mean() > 0.9
                gain = one.gain.values[sure] / np.abs(expected[sure, column])
                turn = np.angle(np.exp(1j * one.phase.values[sure]) / expected[sure, column])
                assert np.abs(gain - 1).max() < 0.02
                assert np.degrees(np.abs(turn)).max() < 2


def test_axes_that_are_not_coupled_have_no_response(tmp_path):
    found, _ = responded(tmp_path)
    for name in ("position", "velocity"):
        crossed, along = (of_noise(found, name).sel(noise_axis=it, axis="y") for it in "xy")
        assert crossed.gain.max() < 0.05 * along.gain.max()  # which leaks, as trials are finite


def test_noise_of_the_muscles_lowers_the_coherence_and_not_the_response(tmp_path):
    quiet, _ = responded(tmp_path)
    noisy, _ = responded(tmp_path, motor=1.0)
    noisy, quiet = of_noise(noisy, "velocity"), of_noise(quiet, "velocity")
    at = {"noise_axis": "y", "axis": "y", "replicate": 0}
    assert noisy.coherence.sel(at).mean() < quiet.coherence.sel(at).mean() - 0.02
    expected = np.abs(known(noisy.frequency.values, 0, 1.0)[:, 1])
    assert np.median(noisy.gain.sel(at).values / expected) == pytest.approx(1, abs=0.02)


def test_the_ratio_of_the_reference_is_there_to_be_compared(tmp_path):
    """Its mean has no bound: where the noise has little of a frequency, the ratio is anything."""
    found, _ = responded(tmp_path)
    found = of_noise(found, "position")
    at = {"noise_axis": "x", "axis": "x", "replicate": 0}
    expected = known(found.frequency.values, 0, 1.0)[:, 0]
    error, of_ratio = (
        np.abs(gain.sel(at).values / np.abs(expected) - 1)
        for gain in (found.gain, found.ratio_gain)
    )
    assert np.median(of_ratio) > 2 * np.median(error)
    assert (found.ratio_sd.sel(at) > 0).all()


def test_conditions_have_responses_of_their_own(tmp_path):
    found, _ = responded(tmp_path, field={"amplitude": [0, 5]}, repeats=8)
    assert found.sizes["condition"] == 2
    found = of_noise(found, "velocity")
    at = {"noise_axis": "x", "axis": "y", "replicate": 0}
    still, curled = (found.sel(condition=it, **at).gain.values for it in (0, 1))
    assert curled.max() > 2 and still.max() < 0.2  # a curl field couples the axes


@pytest.mark.parametrize("delay", [0, 1, 5])
def test_the_noise_is_what_was_drawn(tmp_path, delay):
    found, states = responded(tmp_path, delay, repeats=1, n_steps=150)
    noise = sensory_noise(states, delay)
    assert noise.shape == (16, 2, 150, 4)
    assert noise[:, :, 1:].std() == pytest.approx(0.1, rel=0.03)
    np.testing.assert_allclose(noise[:, 0], noise[:, 1], atol=1e-5)  # of both networks
    flat = noise[:, 0, 1:].reshape(-1, 4)
    assert np.abs(np.corrcoef(flat.T) - np.eye(4)).max() < 0.05
    assert np.isfinite(found.position_gain).all() and np.isfinite(found.velocity_gain).all()


def test_blocks_of_trials_add_up():
    rng = np.random.default_rng(0)
    given, command = rng.normal(size=(9, 64, 3)), rng.normal(size=(9, 64, 2))
    once = add_trials(no_spectra(64, 3, 2), given, command)
    parts = no_spectra(64, 3, 2)
    for first in (0, 2, 7):
        last = {0: 2, 2: 7, 7: 9}[first]
        parts = add_trials(parts, given[first:last], command[first:last])
    for one, other in zip(response(once), response(parts), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    assert once.trials == parts.trials == 9


def test_a_known_filter_is_found_in_gain_and_phase():
    """A first-order low pass of white noise, and a delay of three samples."""
    rng = np.random.default_rng(0)
    given = rng.normal(size=(400, 256, 1))
    command = np.zeros_like(given)
    for k in range(1, 256):
        before = given[:, k - 3] if k >= 3 else 0
        command[:, k] = 0.8 * command[:, k - 1] + 0.2 * before
    transfer, coherence = response(add_trials(no_spectra(256, 1, 1), given, command))
    z = np.exp(2j * np.pi * frequencies(256, 1.0))
    expected = 0.2 * z**-3 / (1 - 0.8 / z)
    sure = coherence[:, 0, 0] > 0.95
    assert sure.mean() > 0.5
    ratio = transfer[sure, 0, 0] / expected[sure]
    assert np.abs(np.abs(ratio) - 1).max() < 0.02
    assert np.degrees(np.abs(np.angle(ratio))).max() < 2


def sensed(noise_std):
    return {"skip": 0, "physics": {"feedback": {"delay": 0, "noise_std": noise_std}}}


def test_without_noise_there_is_no_response(tmp_path):
    _, states = responded(tmp_path, repeats=1, n_steps=120)
    few = states.isel(trial=slice(15))
    with pytest.raises(ValueError, match="a condition has 15 trials, and needs 16"):
        frequency_response(few, sensed(0.1))
    with pytest.raises(ValueError, match="there is no sensory noise"):
        frequency_response(states, sensed(0))
