"""The network against NumPy, the loss against its formulas, the gradient against differences."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from steadyhand.batch import condition_from, draw_chunk, run_trials
from steadyhand.config import Hyperparameters
from steadyhand.draws import root_key
from steadyhand.loop import Signals, State
from steadyhand.loss import TERMS, LossWeights, trial_losses
from steadyhand.network import (
    CHANNELS,
    INPUT_SIZE,
    from_arrays,
    init_controller,
    stored_spec,
    to_arrays,
)

SPEC = {"type": "gru", "hidden_size": 11}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def numpy_gru(weights, x, h):
    """Cho et al. 2014 with the reset inside the candidate, as cuDNN and Equinox have it."""
    from_input = weights["cell.weight_ih"] @ x + weights["cell.bias"]
    from_hidden = weights["cell.weight_hh"] @ h
    size = len(h)
    reset = sigmoid(from_input[:size] + from_hidden[:size])
    update = sigmoid(from_input[size : 2 * size] + from_hidden[size : 2 * size])
    candidate = np.tanh(
        from_input[2 * size :] + reset * (from_hidden[2 * size :] + weights["cell.bias_n"])
    )
    return candidate + update * (h - candidate)


def test_gru_step_equals_an_independent_one():
    network = init_controller(jax.random.key(2), SPEC, WITHOUT_CONTEXT, "float64")
    weights = to_arrays(network)
    rng = np.random.default_rng(0)
    hidden = expected = rng.normal(size=11)
    for _ in range(20):
        x = rng.normal(size=INPUT_SIZE)
        channels = dict(zip(CHANNELS, jnp.asarray(x).reshape(4, 2), strict=True))
        hidden, command = network(channels, jnp.asarray(hidden))
        expected = numpy_gru(weights, x, expected)
        np.testing.assert_allclose(hidden, expected, rtol=1e-12, atol=1e-14)
    readout = weights["readout.weight"] @ expected + weights["readout.bias"]
    np.testing.assert_allclose(command, readout, rtol=1e-12)


def test_channels_are_addressed_by_name_and_not_by_position():
    network = init_controller(jax.random.key(2), SPEC, WITHOUT_CONTEXT, "float64")
    channels = {name: jnp.full(2, float(i)) for i, name in enumerate(CHANNELS)}
    reversed_order = dict(reversed(channels.items()))
    first, second = network(channels, jnp.zeros(11)), network(reversed_order, jnp.zeros(11))
    np.testing.assert_array_equal(first[0], second[0])
    with pytest.raises(ValueError, match="channels are"):
        network({**channels, "sisu": jnp.zeros(2)}, jnp.zeros(11))


def test_initial_weights_are_equinoxs_and_the_readout_bias_is_zero():
    network = init_controller(
        jax.random.key(0), {"type": "gru", "hidden_size": 50}, WITHOUT_CONTEXT, "float32"
    )
    arrays = to_arrays(network)
    limit = 1 / np.sqrt(50)
    for name, values in arrays.items():
        assert values.dtype == np.float32
        assert np.abs(values).max() <= limit, name
    assert np.abs(arrays["cell.weight_hh"]).max() > 0.95 * limit
    np.testing.assert_array_equal(arrays["readout.bias"], 0)


def test_arrays_and_networks_convert_both_ways_with_leading_axes():
    keys = jax.random.split(jax.random.key(0), 3)
    networks = jax.vmap(lambda key: init_controller(key, SPEC, WITHOUT_CONTEXT, "float32"))(keys)
    again = from_arrays(to_arrays(networks), stored_spec(SPEC, WITHOUT_CONTEXT), "float32")
    assert eqx.tree_equal(networks, again)
    with pytest.raises(ValueError, match=r"lack \['readout.bias'\]"):
        arrays = to_arrays(networks)
        del arrays["readout.bias"]
        from_arrays(arrays, stored_spec(SPEC, WITHOUT_CONTEXT), "float32")
    other = stored_spec(SPEC, WITHOUT_CONTEXT)
    other["channels"] = [*other["channels"], {"name": "sisu", "size": 1}]
    with pytest.raises(ValueError, match="sisu"):
        from_arrays(to_arrays(networks), other, "float32")


def test_loss_terms_are_their_formulas():
    rng = np.random.default_rng(1)
    K, n, size = 99, 5, 4
    position, velocity, force = (rng.normal(size=(K, n, 2)) for _ in range(3))
    hidden, goal = rng.normal(size=(K, n, size)), rng.normal(size=(n, 2))
    weights = LossWeights(*(jnp.asarray(w) for w in (1.3, 0.7, 1e-2, 1e-3, 6.0)))
    states = State(*map(jnp.asarray, (position, velocity, hidden, np.zeros((K, n, 0, 4)))))
    signals = Signals(jnp.zeros((K, n, 4)), jnp.zeros((K, n, 2)), jnp.asarray(force), None)
    got = trial_losses(weights, states, signals, jnp.asarray(goal))
    for trial in range(n):
        distance = sum(
            (k / K) ** 6 * np.sum((position[k - 1, trial] - goal[trial]) ** 2)
            for k in range(1, K + 1)
        )
        expected = [
            1.3 * distance,
            0.7 * np.sum(velocity[-1, trial] ** 2),
            1e-2 * np.sum(force[:, trial] ** 2),
            1e-3 * np.sum(hidden[:, trial] ** 2),
        ]
        np.testing.assert_allclose(got[:, trial], expected, rtol=1e-12)
    assert TERMS == ("effector_position", "effector_final_velocity", "nn_output", "nn_hidden")


@pytest.mark.parametrize("delay", [0, 3])
def test_gradient_of_the_loss_equals_central_differences(delay):
    spec = Hyperparameters.model_validate(
        {
            "network": {"hidden_size": 5},
            "feedback": {"delay": delay},
            "task": {"n_steps": 15},
            "field": {"std": 1.0},
            "plant": {"damping": 0.5},
        }
    ).model_dump(mode="json")
    condition = condition_from(spec, "float64")
    network = init_controller(jax.random.key(4), spec["network"], WITHOUT_CONTEXT, "float64")
    start, goal, inputs = draw_chunk(condition, root_key(1), *map(jnp.int32, (0, 0, 0)), 6, 15)

    def loss(network):
        return run_trials(condition, network, start, goal, inputs, delay).sum()

    gradient = to_arrays(jax.grad(loss)(network))
    weights, compiled = to_arrays(network), jax.jit(loss)
    rng = np.random.default_rng(0)
    for name, values in weights.items():
        direction = rng.normal(size=values.shape)
        step = 1e-6

        def moved(amount, name=name, direction=direction):
            changed = {**weights, name: weights[name] + amount * direction}
            return float(
                compiled(
                    from_arrays(changed, stored_spec(spec["network"], WITHOUT_CONTEXT), "float64")
                )
            )

        difference = (moved(step) - moved(-step)) / (2 * step)
        along = float(np.sum(gradient[name] * direction))
        assert along == pytest.approx(difference, rel=1e-6, abs=1e-9), name
