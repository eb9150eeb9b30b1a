"""Evaluated states against a rollout that is written anew in NumPy, in float64, trial by trial."""

import jax
import numpy as np
import pytest
from steadyhand.config import Hyperparameters
from steadyhand.config.evaluation import Evaluation
from steadyhand.evaluate import evaluate
from steadyhand.network import (
    WITH_CONTEXT,
    WITHOUT_CONTEXT,
    init_controller,
    stored_spec,
    to_arrays,
)
from steadyhand.requests import evaluation_request
from steadyhand.trials import make_trials

UNITS = 12
N_STEPS = 60


def model(delay=0, filtered=False, context="none"):
    return Hyperparameters.model_validate(
        {
            "network": {"hidden_size": UNITS},
            "task": {"n_steps": N_STEPS},
            "feedback": {"delay": delay},
            "plant": {"damping": 0.7, "mass": 1.3, "time_step": 0.02},
            "motor": {"rise_time": 0.05, "decay_time": 0.08} if filtered else {},
            "context": {"method": context},
        }
    )


def networks(of, scale=3.0):
    """Two untrained networks, with larger weights than usual so that they do something."""
    channels = WITHOUT_CONTEXT if of.context.method == "none" else WITH_CONTEXT
    network = of.network.model_dump()
    made = jax.vmap(lambda key: init_controller(key, network, channels, "float32"))(
        jax.random.split(jax.random.key(3), 2)
    )
    arrays = {name: scale * values for name, values in to_arrays(made).items()}
    return {**arrays, "replicate": np.arange(2, dtype=np.int32)}, stored_spec(network, channels)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru(weights, x, h):
    """One update of a gated recurrent unit, gates in the order reset, update, candidate."""
    from_x = weights["cell.weight_ih"] @ x + weights["cell.bias"]
    from_h = weights["cell.weight_hh"] @ h
    r = sigmoid(from_x[:UNITS] + from_h[:UNITS])
    z = sigmoid(from_x[UNITS : 2 * UNITS] + from_h[UNITS : 2 * UNITS])
    n = np.tanh(from_x[2 * UNITS :] + r * (from_h[2 * UNITS :] + weights["cell.bias_n"]))
    return (1 - z) * n + z * h


def trial_by_hand(of, weights, start, goal, curl=0.0, offset=None, sisu=None, stimulus=None):
    """States of a noise-free trial; `offset(k)`, `sisu(k)` and `stimulus(k)` are for update k."""
    dt, mass, drag = of.plant.time_step, of.plant.mass, of.plant.damping
    rise, decay = of.motor.rise_time, of.motor.decay_time
    p, v, f, h = start.copy(), np.zeros(2), np.zeros(2), np.zeros(UNITS)
    past = [np.concatenate([p, v])] * (of.feedback.delay + 1)
    found = {"position": [p], "velocity": [v], "hidden": [h], "force": [f]}
    found["feedback_position"] = [p]
    for k in range(N_STEPS - 1):
        past = [*past[1:], np.concatenate([p, v])]
        sensed = past[0] + (offset(k) if offset else 0)
        x = np.concatenate([goal, np.zeros(2), sensed, [] if sisu is None else [sisu(k)]])
        h = gru(weights, x, h + (stimulus(k) if stimulus else 0))
        u = weights["readout.weight"] @ h + weights["readout.bias"]
        if rise:
            tau = rise if np.linalg.norm(u) > np.linalg.norm(f) else decay
            f = f + dt / tau * (u - f)
        else:
            f = u
        push = curl * np.array([-v[1], v[0]])
        p, v = p + dt * v, v + dt / mass * (f + push - drag * v)
        for name, value in (("position", p), ("velocity", v), ("hidden", h), ("force", f)):
            found[name].append(value)
        found["feedback_position"].append(sensed[:2])
    return {name: np.array(values) for name, values in found.items()}


def compare(of, asked, by_hand, tolerance=1e-6):
    """Every trial of every replicate, relative to the largest value of each variable."""
    arrays, spec = networks(of)
    request = evaluation_request(Evaluation.model_validate(asked), of)
    trials = make_trials(request)
    blocks = list(evaluate(arrays, spec, request, trials))
    got = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    worst = {}
    for replicate in range(2):
        weights = {name: values[replicate].astype(float) for name, values in arrays.items()}
        for row in range(len(trials)):
            expected = by_hand(weights, trials[np.array([row])])
            for name, values in expected.items():
                error = np.abs(got[name][row, replicate] - values).max()
                scale = np.abs(values).max()
                worst[name] = max(worst.get(name, 0), error / scale if scale else error)
    assert max(worst.values()) <= tolerance, worst
    return got, trials


@pytest.fixture
def in_float64(monkeypatch):
    """The comparison is about the equations: in single precision rounding grows over a trial."""
    from steadyhand import precision

    monkeypatch.setattr(precision, "TRAINING_DTYPE", "float64")


QUIET = {"feedback_noise_std": 0, "motor_noise_std": 0}
REACH = {"task": {"type": "center_out", "directions": 3, "reach_length": 0.4}, **QUIET}


@pytest.mark.parametrize("filtered", [False, True], ids=["direct", "muscles"])
@pytest.mark.parametrize("delay", [0, 5])
@pytest.mark.parametrize("precise", [True, False], ids=["float64", "float32"])
def test_reaches_under_curl_with_an_impulse_are_those_of_the_equations(
    delay, filtered, precise, request
):
    if precise:
        request.getfixturevalue("in_float64")
    of = model(delay, filtered)
    asked = {
        **REACH,
        "field": {"type": "curl", "amplitude": [0, 1.5]},
        "sensory_impulse": {"amplitude": [0.3], "direction": "y", "onset": 30, "duration": 4},
    }

    def by_hand(weights, one):
        def offset(k):
            return np.array([0, 0.3, 0, 0]) * (30 <= k < 34)

        return trial_by_hand(of, weights, one.start[0], one.goal[0], one.curl[0], offset)

    got, _ = compare(of, asked, by_hand, 1e-12 if precise else 1e-6)
    assert got["position"].dtype == (np.float64 if precise else np.float32)
    assert np.ptp(got["velocity"]) > 0.05  # they move


def test_an_impulse_in_update_30_is_first_visible_in_state_31():
    of = model(delay=5)
    arrays, spec = networks(of)

    def states(amplitude):
        asked = {**REACH, "sensory_impulse": {"amplitude": [amplitude, 0.5], "onset": 30}}
        request = evaluation_request(Evaluation.model_validate(asked), of)
        (block,) = evaluate(arrays, spec, request, make_trials(request))
        half = len(block["hidden"]) // 2
        return {name: values[half:] - values[:half] for name, values in block.items()}

    differ = states(0)
    for name in ("hidden", "feedback_position", "command", "network_input"):
        changed = np.abs(differ[name]).max(axis=(0, 1, 3)) > 0
        assert changed.argmax() == 31, name
    assert (np.abs(differ["velocity"]).max(axis=(0, 1, 3)) > 0).argmax() == 31
    assert (np.abs(differ["position"]).max(axis=(0, 1, 3)) > 0).argmax() == 32  # explicit Euler


def test_a_step_of_sisu_is_received_from_its_update_on(in_float64):
    of = model(context="pai-asf")
    asked = {**REACH, "sisu": [0, 1], "sisu_step": {"to": [0, 2], "onset": [7, 20]}}

    def by_hand(weights, one):
        def sisu(k):
            return one.sisu_after[0] if k >= one.sisu_onset[0] else one.sisu[0]

        return trial_by_hand(of, weights, one.start[0], one.goal[0], sisu=sisu)

    got, trials = compare(of, asked, by_hand)
    assert len({*zip(trials.sisu, trials.sisu_after, trials.sisu_onset, strict=True)}) == 8
    told = got["network_input"][:, 0, :, -1]
    for row, values in enumerate(told):
        expected = np.full(N_STEPS, trials.sisu[row])
        expected[trials.sisu_onset[row] + 1 :] = trials.sisu_after[row]
        np.testing.assert_array_equal(values, expected)


def test_a_stimulation_is_added_before_the_update_to_one_unit(in_float64):
    of = model(delay=2)
    asked = {
        "task": {"type": "steady", "grid": 1},
        **QUIET,
        "unit_stimulation": {"units": [0, 5], "amplitude": [0, -0.5, 1], "onset": 12},
    }

    def by_hand(weights, one):
        def stimulus(k):
            unit = np.arange(UNITS) == one.stimulated_unit[0]
            return one.stimulation_amplitude[0] * unit * (12 <= k < 22)

        return trial_by_hand(of, weights, one.start[0], one.goal[0], stimulus=stimulus)

    _, trials = compare(of, asked, by_hand)
    pairs = [*zip(trials.stimulated_unit, trials.stimulation_amplitude, strict=True)]
    assert pairs == [(-1, 0), (0, -0.5), (0, 1), (5, -0.5), (5, 1)]


def test_perturbations_combine(in_float64):
    of = model(delay=3, filtered=True, context="dai")
    asked = {
        **REACH,
        "field": {"type": "curl", "amplitude": [1]},
        "sisu": [0.5],
        "sisu_step": {"to": [2], "onset": 15},
        "sensory_impulse": {
            "channel": "velocity",
            "direction": ["random", "-x"],
            "amplitude": [0.2, 0.4],
            "onset": [10, 40],
            "duration": [3, 9],
        },
        "unit_stimulation": {"units": [4], "amplitude": 0.7, "onset": 25, "duration": 5},
    }

    def by_hand(weights, one):
        first, last = one.impulse_onset[0], one.impulse_onset[0] + one.impulse_duration[0]
        angle = one.impulse_direction[0]
        vector = np.array([0, 0, np.cos(angle), np.sin(angle)])
        return trial_by_hand(
            *(of, weights, one.start[0], one.goal[0], 1.0),
            offset=lambda k: one.impulse_amplitude[0] * vector * (first <= k < last),
            sisu=lambda k: 2.0 if k >= 15 else 0.5,
            stimulus=lambda k: 0.7 * (np.arange(UNITS) == 4) * (25 <= k < 30),
        )

    _, trials = compare(of, asked, by_hand)
    assert len(set(trials.condition)) == 2 * 2 * 2 * 2


@pytest.mark.parametrize("every", [1, 3, 7, 59])
def test_of_hidden_states_every_nth_is_kept(every):
    of = model()
    arrays, spec = networks(of)

    def states(**asked):
        request = evaluation_request(Evaluation.model_validate({**REACH, **asked}), of)
        (block,) = evaluate(arrays, spec, request, make_trials(request))
        return block

    everything, some = states(), states(hidden_every=every)
    np.testing.assert_array_equal(some["hidden"], everything["hidden"][:, :, ::every])
    np.testing.assert_array_equal(some["position"], everything["position"])
    fewer = states(keep=["position", "velocity", "force"])
    assert set(fewer) == {"position", "velocity", "force"}
    np.testing.assert_array_equal(fewer["force"], everything["force"])
