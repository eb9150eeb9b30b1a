"""Backpropagation through time by hand, against automatic differentiation of the plain loop."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from steadyhand.batch import condition_from, draw_chunk
from steadyhand.config import Hyperparameters
from steadyhand.draws import root_key
from steadyhand.loop import rollout
from steadyhand.loop_data import initial_state
from steadyhand.loss import trial_losses
from steadyhand.network import channels_of, init_controller
from steadyhand.requests import training_of
from steadyhand.through_time import Chunk, empty_tape, losses_and_gradient

PLAIN = {"feedback": {"noise_std": 0.2}, "motor": {"noise_std": 0.3}}
ALL_AT_ONCE = {
    "feedback": {"delay": 3, "noise_std": 0.2},
    "motor": {"noise_std": 0.3, "rise_time": 0.1, "decay_time": 0.3},
    "plant": {"damping": 2.0, "mass": 0.7},
    "context": {"method": "pai-asf"},
}
CASES = [
    pytest.param({"type": "gru"}, PLAIN, marks=pytest.mark.slow),
    ({"type": "gru"}, ALL_AT_ONCE),
    ({"type": "gru"}, {**ALL_AT_ONCE, "field": {"type": "constant", "std": 2.0}}),
    pytest.param({"type": "vanilla"}, PLAIN, marks=pytest.mark.slow),
    ({"type": "vanilla", "leak": 0.3}, ALL_AT_ONCE),
    pytest.param({"type": "lstm"}, PLAIN, marks=pytest.mark.slow),
    ({"type": "lstm"}, ALL_AT_ONCE),
]
N_TRIALS, N_STEPS = 6, 14


def prepared(network, changes):
    """Everything that a gradient needs, in float64."""
    spec = training_of(
        Hyperparameters.model_validate(
            {
                "network": {"hidden_size": 5, **network},
                "field": {"type": "curl", "std": 1.0},
                "loss": {"nn_output": 0.3, "nn_hidden": 0.2},
                **changes,
            }
        )
    )
    condition = condition_from(spec, "float64")
    controller = init_controller(jax.random.key(1), spec["network"], channels_of(spec), "float64")
    controller = eqx.tree_at(lambda it: it.readout.weight, controller, replace_fn=lambda w: 5 * w)
    trials = draw_chunk(condition, jnp.ones(()), root_key(3), N_TRIALS, N_STEPS)
    return spec, condition, controller, trials


def by_autodiff(spec, condition, controller, trials, share):
    start, goal, inputs = trials
    delay = spec["feedback"]["delay"]

    def losses(controller):
        first = jax.vmap(initial_state, in_axes=(0, None, None))(start, controller.rest(), delay)
        states, signals = rollout(condition.physics, controller, first, inputs)
        activity = controller.activity(states.hidden)
        terms = trial_losses(condition.loss, states, signals, activity, goal) @ share
        return terms.sum(), (terms, activity)

    found = jax.jit(jax.value_and_grad(losses, has_aux=True))(controller)
    (_, (terms, activity)), gradient = found
    return terms, activity, gradient


@pytest.mark.parametrize(("network", "changes"), CASES)
def test_gradient_by_hand_is_that_of_automatic_differentiation(network, changes):
    spec, condition, controller, trials = prepared(network, changes)
    share = jnp.asarray([0.5, 0.25, 0.0, 1.0, 0.1, 0.3])
    terms, activity, gradient = by_autodiff(spec, condition, controller, trials, share)
    chunk = Chunk(
        condition.physics,
        condition.loss,
        controller,
        *trials,
        share,
        delay=spec["feedback"]["delay"],
    )
    # What stood on the tape before must not matter.
    used = jax.tree.map(lambda leaf: jnp.full_like(leaf, jnp.nan), empty_tape(chunk))
    found, _ = jax.jit(losses_and_gradient)(chunk, used)
    np.testing.assert_allclose(found.terms, terms, rtol=1e-12)
    mean_square = np.mean(np.square(activity), axis=(0, 2)) @ share
    np.testing.assert_allclose(found.activity, mean_square, rtol=1e-12)
    largest = max(float(jnp.abs(leaf).max()) for leaf in jax.tree.leaves(gradient))
    assert largest > 1e-3
    for mine, expected in zip(
        jax.tree.leaves(found.gradient), jax.tree.leaves(gradient), strict=True
    ):
        assert mine.shape == expected.shape
        np.testing.assert_allclose(mine, expected, rtol=1e-12, atol=1e-12 * largest)
