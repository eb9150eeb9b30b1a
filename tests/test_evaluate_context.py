"""Context inputs of evaluations: conditions of their own, and what a network receives of them."""

import jax
import numpy as np
import pytest
from steadyhand.config import Hyperparameters
from steadyhand.config.evaluation import Evaluation
from steadyhand.evaluate import evaluate
from steadyhand.measures.of_states import measure
from steadyhand.network import (
    WITH_CONTEXT,
    WITHOUT_CONTEXT,
    init_controller,
    stored_spec,
    to_arrays,
)
from steadyhand.provenance import provenance
from steadyhand.requests import evaluation_id_of, evaluation_request
from steadyhand.states import write_states
from steadyhand.store import open_dataset
from steadyhand.trials import make_trials

SISU = [-2, 0, 0.5]


def model(kind="vanilla"):
    return Hyperparameters.model_validate(
        {
            "network": {"type": kind, "hidden_size": 3},
            "task": {"n_steps": 12},
            "context": {"method": "pai-asf"},
        }
    )


def request(kind="vanilla", **asked):
    reach = {"task": {"type": "center_out", "directions": 4}, "sisu": SISU, **asked}
    return evaluation_request(Evaluation.model_validate(reach), model(kind))


def networks(kind="vanilla", channels=WITH_CONTEXT, count=2):
    """Weights of `count` replicates, and their spec."""
    network = model(kind).network.model_dump()
    keys = jax.random.split(jax.random.key(0), count)
    made = jax.vmap(lambda key: init_controller(key, network, channels, "float32"))(keys)
    arrays = {**to_arrays(made), "replicate": np.arange(count, dtype=np.int32)}
    return arrays, stored_spec(network, channels)


def that_tell_their_context():
    """Networks whose command along x is the context that they receive, and 0 along y."""
    small = 1e-3  # where tanh is the identity
    arrays, spec = networks()
    arrays = {name: np.zeros_like(values) for name, values in arrays.items()}
    arrays["replicate"] = np.arange(2, dtype=np.int32)
    arrays["cell.weight_ih"][:, 0, -1] = small  # unit 0 sees the last channel, `sisu`, alone
    arrays["readout.weight"][:, 0, 0] = 1 / small
    return arrays, spec


def written(folder, asked, arrays, spec):
    trials = make_trials(asked)
    origin = provenance("states", "0" * 16, "code", asked, digest="0" * 64)
    blocks = evaluate(arrays, spec, asked, trials)
    path = folder / "states.nc"
    write_states(path, blocks, trials, arrays, asked, origin)
    return open_dataset(path)


def test_contexts_are_crossed_with_amplitudes_of_fields_and_impulses():
    asked = request(
        field={"amplitude": [0, 1]},
        sensory_impulse={"amplitude": [0.1, 0.2], "onset": 4, "duration": 2},
        repeats=2,
    )
    trials = make_trials(asked)
    conditions = list(
        dict.fromkeys(
            zip(
                trials.condition.tolist(),
                trials.field_amplitude.tolist(),
                trials.sisu.tolist(),
                trials.impulse_amplitude.tolist(),
                strict=True,
            )
        )
    )
    expected = [(a, s, i) for a in (0, 1) for s in SISU for i in (0.1, 0.2)]
    assert conditions == [(number, *it) for number, it in enumerate(expected)]
    assert len(trials) == len(expected) * 2 * 4
    # Each condition has the same trials, in the same order, with the same impulses.
    for name in ("start", "goal", "direction", "repeat", "task_trial"):
        values = getattr(trials, name).reshape(len(expected), 8, -1)
        assert (values == values[0]).all(), name
    turned = trials.impulse / trials.impulse_amplitude[:, None]
    np.testing.assert_allclose(turned.reshape(12, -1), np.tile(turned[:8].ravel(), (12, 1)))


def test_one_context_is_one_condition_and_its_order_no_other_evaluation():
    assert set(make_trials(request(sisu=1.5)).condition) == {0}
    ids = {evaluation_id_of(request(sisu=it)) for it in ([0, 1], [1, 0], [1.0, 0])}
    assert len(ids) == 1
    assert ids != {evaluation_id_of(request(sisu=[0]))}


def test_a_network_receives_the_context_of_its_trial(tmp_path):
    with written(tmp_path, request(field={"amplitude": [0, 1]}), *that_tell_their_context()) as it:
        told = it.command.sel(axis="x").isel(time=slice(1, None)).transpose("trial", ...)
        expected = np.broadcast_to(it.sisu.values[:, None, None], told.shape)
        np.testing.assert_allclose(told, expected, rtol=1e-5, atol=1e-7)
        assert set(it.sisu.values.tolist()) == set(SISU)
        assert it.sisu.dims == ("trial",)
        assert it.sisu.attrs["units"] == "1" and "SISU" in it.sisu.attrs["long_name"]


def test_all_contexts_see_the_same_noise():
    asked = request()
    (block,) = evaluate(*networks(), asked, make_trials(asked))
    noise = block["feedback_position"][:, :, 1:] - block["position"][:, :, :-1]
    by_condition = noise.reshape(len(SISU), 4, *noise.shape[1:])
    assert noise.std() > 0.005
    np.testing.assert_allclose(by_condition[1:], by_condition[:1].repeat(2, axis=0), atol=1e-6)
    hidden = block["hidden"].reshape(len(SISU), 4, *block["hidden"].shape[1:])
    assert np.abs(hidden[1] - hidden[0]).max() > 0.01  # and they do differ in what they do


def test_a_context_changes_nothing_in_the_trials_of_another():
    alone, both = request(sisu=[0.5]), request(sisu=[-2, 0.5])
    (one,) = evaluate(*networks(), alone, make_trials(alone))
    (two,) = evaluate(*networks(), both, make_trials(both))
    for name, values in one.items():
        np.testing.assert_array_equal(values, two[name][4:])


def test_measures_say_of_each_trial_which_context_it_had(tmp_path):
    with written(tmp_path, request(), *networks()) as states:
        table = measure(states)
        expected = dict(zip(states.trial.values, states.sisu.values, strict=True))
    assert table["sisu"].tolist() == table["trial"].map(expected).tolist()
    assert len(table) == len(SISU) * 4 * 2


def test_networks_without_a_context_have_no_such_variable(tmp_path):
    with written(tmp_path, request(sisu=None), *networks(channels=WITHOUT_CONTEXT)) as states:
        assert "sisu" not in states.variables
        assert "sisu" not in measure(states)


@pytest.mark.parametrize(
    ("sisu", "channels", "message"),
    [
        (None, WITH_CONTEXT, "these networks have a context input, and the request has sisu None"),
        ([1], WITHOUT_CONTEXT, r"these networks have no context input, and .* sisu \[1"),
    ],
)
def test_a_context_that_no_network_receives_is_no_condition(sisu, channels, message):
    asked = request(sisu=sisu)
    with pytest.raises(ValueError, match=message):
        list(evaluate(*networks(channels=channels), asked, make_trials(asked)))


@pytest.mark.parametrize(("kind", "size"), [("gru", 3), ("vanilla", 3), ("lstm", 6)])
def test_the_whole_state_of_every_cell_is_recorded(tmp_path, kind, size):
    with written(tmp_path, request(kind), *networks(kind)) as states:
        assert states.sizes["unit"] == size
        assert (states.hidden.isel(time=-1).std("trial") > 0).all()
