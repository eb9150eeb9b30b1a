"""Networks: each cell against NumPy, what weights begin as, and their way into files and back."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from steadyhand.network import (
    CHANNELS,
    WITH_CONTEXT,
    WITHOUT_CONTEXT,
    from_arrays,
    init_controller,
    stored_spec,
    to_arrays,
)

UNITS = 11
GATES = {"gru": 3, "vanilla": 1, "lstm": 4}
GRU = {"type": "gru", "hidden_size": UNITS, "leak": 1.0}
VANILLA = {"type": "vanilla", "hidden_size": UNITS, "leak": 0.3}
LSTM = {"type": "lstm", "hidden_size": UNITS, "leak": 1.0}


def arrays_of(spec, channels, *leading, dtype="float64", scale=1.0):
    """Random weights by name; drawn by NumPy, since JAX compiles anew for every shape."""
    units, gates = spec["hidden_size"], GATES[spec["type"]] * spec["hidden_size"]
    inputs = sum(CHANNELS[name] for name in channels)
    shapes = {"cell.weight_ih": (gates, inputs), "cell.weight_hh": (gates, units)}
    shapes |= {"cell.bias": (gates,), "readout.weight": (2, units), "readout.bias": (2,)}
    if spec["type"] == "gru":
        shapes["cell.bias_n"] = (units,)
    rng = np.random.default_rng(1)
    return {
        name: scale * rng.normal(size=(*leading, *it)).astype(dtype) for name, it in shapes.items()
    }


def network_of(spec, channels, arrays=None):
    arrays = arrays_of(spec, channels) if arrays is None else arrays
    dtype = arrays["readout.bias"].dtype.name
    return from_arrays(arrays, stored_spec(spec, channels), dtype)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def numpy_gru(weights, x, state):
    """Cho et al. 2014 with the reset inside the candidate, as cuDNN and Equinox have it."""
    from_x, from_h = (w.reshape(3, UNITS, -1) for w in (weights["ih"], weights["hh"]))
    bias = weights["bias"].reshape(3, UNITS)
    reset = sigmoid(from_x[0] @ x + bias[0] + from_h[0] @ state)
    update = sigmoid(from_x[1] @ x + bias[1] + from_h[1] @ state)
    candidate = np.tanh(from_x[2] @ x + bias[2] + reset * (from_h[2] @ state + weights["bias_n"]))
    return update * state + (1 - update) * candidate


def numpy_vanilla(weights, x, state):
    """Euler steps of τ dh/dt = −h + tanh(W x + U h + b), with leak = dt/τ."""
    drive = np.tanh(weights["ih"] @ x + weights["hh"] @ state + weights["bias"])
    return state + 0.3 * (drive - state)


def numpy_lstm(weights, x, state):
    """Hochreiter & Schmidhuber 1997 with a forget gate; input, forget, cell, output."""
    activity, memory = state[:UNITS], state[UNITS:]
    inside = weights["ih"] @ x + weights["hh"] @ activity + weights["bias"]
    write, keep, new, show = np.split(inside, 4)
    memory = sigmoid(keep) * memory + sigmoid(write) * np.tanh(new)
    return np.concatenate([sigmoid(show) * np.tanh(memory), memory])


CELLS = [(GRU, numpy_gru), (VANILLA, numpy_vanilla), (LSTM, numpy_lstm)]


@pytest.mark.parametrize(("spec", "independent"), CELLS, ids=["gru", "vanilla", "lstm"])
@pytest.mark.parametrize("channels", [WITHOUT_CONTEXT, WITH_CONTEXT], ids=["part 1", "part 2"])
def test_a_step_equals_an_independent_one(spec, independent, channels):
    network = network_of(spec, channels)
    weights = {
        name.removeprefix("cell.").removeprefix("weight_"): values
        for name, values in to_arrays(network).items()
    }
    step = jax.jit(network.__call__)
    rng = np.random.default_rng(0)
    state = expected = rng.normal(size=network.cell.state_size)
    for _ in range(20):
        given = {name: rng.normal(size=size) for name, size in CHANNELS.items()}
        x = np.concatenate([given[name] for name in channels])
        state, command = step(given, state)
        expected = independent(weights, x, expected)
        np.testing.assert_allclose(state, expected, rtol=1e-12, atol=1e-14)
        readout = weights["readout.weight"] @ expected[:UNITS] + weights["readout.bias"]
        np.testing.assert_allclose(command, readout, rtol=1e-12, atol=1e-14)


def test_without_a_leak_a_vanilla_network_keeps_nothing_of_its_activity():
    arrays = arrays_of(VANILLA, WITHOUT_CONTEXT)
    arrays["cell.weight_hh"] *= 0
    network = network_of(VANILLA | {"leak": 1.0}, WITHOUT_CONTEXT, arrays)
    channels = {name: jnp.ones(size) for name, size in CHANNELS.items()}
    full, _ = network(channels, jnp.full(UNITS, 0.7))
    np.testing.assert_array_equal(full, network(channels, jnp.zeros(UNITS))[0])


def test_channels_are_addressed_by_name_and_not_by_position():
    network = network_of(GRU, WITH_CONTEXT)
    channels = {name: jnp.full(size, 1.0 + len(name)) for name, size in CHANNELS.items()}
    reversed_order = dict(reversed(channels.items()))
    first, second = network(channels, jnp.zeros(UNITS)), network(reversed_order, jnp.zeros(UNITS))
    np.testing.assert_array_equal(first[0], second[0])
    with pytest.raises(ValueError, match="channels are"):
        network({**channels, "vision": jnp.zeros(2)}, jnp.zeros(UNITS))


def test_only_networks_with_a_context_receive_it():
    channels = {name: jnp.ones(size) for name, size in CHANNELS.items()}
    other = channels | {"sisu": jnp.full(1, -2.0)}
    for named, differs in ((WITHOUT_CONTEXT, False), (WITH_CONTEXT, True)):
        network = network_of(GRU, named)
        first, second = (network(it, jnp.zeros(UNITS))[0] for it in (channels, other))
        assert (first != second).any() == differs


@pytest.mark.parametrize("kind", ["gru", "vanilla", "lstm"])
def test_initial_weights_are_uniform_up_to_one_over_the_root_of_the_units(kind):
    spec = {"type": kind, "hidden_size": 64, "leak": 1.0}
    arrays = to_arrays(init_controller(jax.random.key(0), spec, WITH_CONTEXT, "float32"))
    np.testing.assert_array_equal(arrays.pop("readout.bias"), 0)
    gates = GATES[kind]
    sizes = {name: values.shape for name, values in arrays.items()}
    assert sizes.pop("readout.weight") == (2, 64)
    assert sizes == {
        "cell.weight_ih": (64 * gates, 9),
        "cell.weight_hh": (64 * gates, 64),
        "cell.bias": (64 * gates,),
        **({"cell.bias_n": (64,)} if kind == "gru" else {}),
    }
    for name, values in arrays.items():
        assert values.dtype == np.float32
        assert np.abs(values).max() <= 1 / 8, name
        assert stats.kstest(8 * values.ravel(), stats.uniform(-1, 2).cdf).pvalue > 1e-3, name
        assert np.unique(values).size > 0.99 * values.size, name
    everything = np.concatenate([values.ravel() for values in arrays.values()])
    assert everything.std() == pytest.approx(1 / 8 / np.sqrt(3), rel=0.02)
    beginnings = {values.ravel()[0] for values in arrays.values()}
    assert len(beginnings) == len(arrays)  # each part is drawn by its own key


def test_arrays_and_networks_convert_both_ways_with_leading_axes():
    arrays = arrays_of(GRU, WITHOUT_CONTEXT, 3, dtype="float32")
    again = to_arrays(network_of(GRU, WITHOUT_CONTEXT, arrays))
    assert again.keys() == arrays.keys()
    for name, values in arrays.items():
        np.testing.assert_array_equal(again[name], values)
        assert again[name].dtype == np.float32
    with pytest.raises(ValueError, match=r"lack \['readout.bias'\]"):
        fewer = {name: values for name, values in arrays.items() if name != "readout.bias"}
        from_arrays(fewer, stored_spec(GRU, WITHOUT_CONTEXT), "float32")
    other = stored_spec(GRU, WITHOUT_CONTEXT)
    other["channels"] = [{"name": "sisu", "size": 1}, *other["channels"]]
    with pytest.raises(ValueError, match="sisu"):
        from_arrays(arrays, other, "float32")


@pytest.mark.parametrize("spec", [GRU, VANILLA, LSTM], ids=["gru", "vanilla", "lstm"])
@pytest.mark.parametrize("channels", [WITHOUT_CONTEXT, WITH_CONTEXT], ids=["part 1", "part 2"])
def test_a_file_of_weights_says_enough_to_build_its_network_again(spec, channels):
    network = network_of(spec, channels)
    assert eqx.tree_equal(network, network_of(spec, channels, to_arrays(network)))
    assert network.channels == channels
    assert network.cell.hidden_size == UNITS
    assert network.rest().shape == (UNITS * (2 if spec["type"] == "lstm" else 1),)
