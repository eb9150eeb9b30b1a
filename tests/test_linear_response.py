"""Responses of closed loops whose answer is known: optimal control by nearly linear units."""

import linear_hand
import numpy as np
import pytest
import xarray as xr
from steadyhand.config import Hyperparameters
from steadyhand.config.analyses import LinearResponse
from steadyhand.config.evaluation import Evaluation
from steadyhand.config.search import FixedPointSearch
from steadyhand.evaluate import evaluate
from steadyhand.linear_response import count_roots, linear_responses
from steadyhand.network import WITHOUT_CONTEXT, stored_spec
from steadyhand.requests import evaluation_request, response_request, search_request
from steadyhand.states import write_states
from steadyhand.steady_states import find_steady_states
from steadyhand.store import open_dataset
from steadyhand.trials import make_trials

STEP, DELAY = 0.05, 2
MODEL = Hyperparameters.model_validate(
    {
        "network": {"type": "vanilla", "hidden_size": 2 * DELAY},
        "plant": {"mass": 1.3, "time_step": STEP},
        "task": {"n_steps": 12},
        "feedback": {"delay": DELAY, "noise_std": 0},
        "motor": {"noise_std": 0},
    }
)
LENGTHS = (1e-3, 1e-2)


def networks(gains=(1.0,), scale=1e-3, bias=0.0):
    """Vanilla networks u = tanh(s·(K x + bias))/s of an optimal K, times gains, with the memory."""
    loop = linear_hand.with_delay(DELAY)
    cell = loop.controller.cell
    from_state = np.asarray(cell.weight_hh)
    stacked = {
        "cell.weight_ih": np.stack([scale * g * np.asarray(cell.weight_ih) for g in gains]),
        "cell.weight_hh": np.stack([from_state for _ in gains]),
        "cell.bias": np.full((len(gains), 2 * DELAY), scale * bias),
        "readout.weight": np.stack([np.eye(2, 2 * DELAY) / scale for _ in gains]),
        "readout.bias": np.zeros((len(gains), 2)),
        "replicate": np.arange(len(gains), dtype=np.int32),
    }
    return stacked, stored_spec(MODEL.network.model_dump(), WITHOUT_CONTEXT)


def searched(folder, gains=(1.0,), scale=1e-3, bias=0.0):
    """Weights, their spec, the fixed points of these loops, and the request of the search."""
    arrays, spec = networks(gains, scale, bias)
    evaluation = evaluation_request(Evaluation.model_validate({"task": {"type": "steady"}}), MODEL)
    trials, path = make_trials(evaluation), folder / "states.nc"
    blocks = evaluate(arrays, spec, evaluation, trials)
    write_states(path, blocks, trials, arrays, evaluation, {})
    search = {"at": {"grid": 1}, "closed_loop": True, "starts_from": "it", "starts": 4}
    made = FixedPointSearch.model_validate(search)
    request = search_request(made, "0" * 16, evaluation, MODEL)
    with open_dataset(path) as states:
        points = find_steady_states(arrays, spec, states, request)
    return arrays, spec, points, request


def responses(folder, gains=(1.0,), scale=1e-3, bias=0.0, roots=True, **asked):
    arrays, spec, points, request = searched(folder, gains, scale, bias)
    if not roots:
        points = points.isel(point=slice(0))
    wanted = {"type": "linear_response", "search": "it", "amplitude": LENGTHS, "n_steps": 40}
    analysis = LinearResponse.model_validate({**wanted, **asked})
    asked_for = response_request(analysis, "1" * 16, request)
    parts = list(linear_responses(arrays, spec, points, asked_for))
    assert sum(it.sizes["point"] for it in parts) == count_roots(points)
    found = xr.concat(parts, "point", data_vars="minimal", coords="minimal", compat="override")
    return found, points


def simulated_by_hand(length: float, duration: int, steps: int) -> np.ndarray:
    """Displacement along x of the optimal loop, by its formulas alone."""
    its = linear_hand.physics()
    dynamics, entry = linear_hand.hand(its, 0.0)
    loop = linear_hand.with_delay(DELAY)
    cell = loop.controller.cell
    gain, memory = np.asarray(cell.weight_ih)[:2, 4:], np.asarray(cell.weight_hh)
    history, hidden = [np.zeros(4)] * (DELAY + 1), np.zeros(2 * DELAY)
    moved = []
    for k in range(steps):
        sensed = history[0] + (np.array([length, 0, 0, 0]) if k < duration else 0)
        before = hidden
        hidden = memory @ before
        hidden[:2] += gain @ sensed
        history = [*history[1:], dynamics @ history[-1] + entry @ hidden[:2]]
        moved.append(history[-1][0])
    return np.array(moved)


@pytest.fixture(scope="module")
def nearly_linear(tmp_path_factory):
    return responses(tmp_path_factory.mktemp("states"), settle_steps=3000)[0]


def test_predictions_are_those_of_the_formulas(nearly_linear):
    for index, length in enumerate(LENGTHS):
        expected = simulated_by_hand(length, 5, 40)
        found = nearly_linear.predicted.isel(point=0, amplitude=index, direction=0, axis=0)
        np.testing.assert_allclose(found, expected, atol=1e-12)
        assert np.abs(expected).max() > 0.1 * length
    across = nearly_linear.predicted.isel(direction=0, axis=1)
    np.testing.assert_allclose(across, 0, atol=1e-12)
    turned = nearly_linear.predicted.isel(direction=1, axis=1)
    np.testing.assert_allclose(
        turned, nearly_linear.predicted.isel(direction=0, axis=0), atol=1e-12
    )


def test_a_loop_that_is_nearly_linear_is_predicted(nearly_linear):
    assert nearly_linear.relative_error.max() < 1e-7
    np.testing.assert_allclose(nearly_linear.simulated, nearly_linear.predicted, atol=1e-10)


def test_a_simulation_ends_at_the_fixed_point(nearly_linear):
    assert nearly_linear.end_distance.max() <= 1e-12
    assert nearly_linear.endpoint_error.max() <= 1e-12
    assert nearly_linear.end_error.max() <= 1e-12


def test_the_error_of_a_cubic_nonlinearity_grows_with_the_square_of_the_offset(tmp_path):
    """tanh(x) = x − x³/3 + …: the response lacks a part that grows with the cube."""
    found, _ = responses(tmp_path, scale=0.05, amplitude=[0.01, 0.02, 0.04], settle_steps=10)
    error = found.relative_error.mean(("point", "direction")).values
    np.testing.assert_allclose(error[1:] / error[:-1], 4, rtol=2e-2)


def test_the_response_by_frequency_is_that_of_the_formulas(nearly_linear):
    """Of the command to a sinusoid that is added to the sensed position: iterated until steady."""
    frequency = nearly_linear.frequency.values
    assert frequency[0] == 0 and frequency[-1] == pytest.approx(0.5 / STEP)
    dynamics, entry = linear_hand.hand(linear_hand.physics(), 0.0)
    cell = linear_hand.with_delay(DELAY).controller.cell
    gain, memory = np.asarray(cell.weight_ih)[:2, 4:], np.asarray(cell.weight_hh)
    for index in (0, 3, 17, 50):
        z = np.exp(2j * np.pi * frequency[index] * STEP)
        history, hidden = [np.zeros(4, complex)] * (DELAY + 1), np.zeros(2 * DELAY, complex)
        for k in range(1500):
            sensed = history[0] + np.array([z**k, 0, 0, 0])
            hidden = memory @ hidden
            hidden[:2] += gain @ sensed
            history = [*history[1:], dynamics @ history[-1] + entry @ hidden[:2]]
        found = nearly_linear.isel(point=0, frequency=index).sel(noise_axis="x")
        expected = hidden[:2] / z**1499
        np.testing.assert_allclose(found.position_response_re, expected.real, atol=1e-6)
        np.testing.assert_allclose(found.position_response_im, expected.imag, atol=1e-6)


def test_an_unstable_loop_is_left(tmp_path):
    """Ten times the optimal gain, with a delay: units saturate, so that it ends in a cycle."""
    gains = {"gains": (1.0, 10.0), "scale": 0.2, "bias": 0.1}
    found, points = responses(tmp_path, **gains, settle_steps=4000)
    assert points.stability.values.tolist() == ["stable", "saddle"]
    steady, left = found.end_distance.values
    assert steady <= 1e-9
    assert left > 1e-3
    # A command of its own moves the fixed point off the goal, to where feedback makes up for it.
    assert (found.endpoint_error > 1e-4).all()
    np.testing.assert_allclose(found.end_error[0], found.endpoint_error[0], atol=1e-9)


def test_where_there_is_no_fixed_point_there_is_no_response(tmp_path):
    found, _ = responses(tmp_path, roots=False, settle_steps=10)
    assert found.sizes["point"] == 0
    assert found.simulated.dims == ("point", "amplitude", "direction", "time", "axis")
    assert found.simulated.shape[1:] == (2, 4, 40, 2)
