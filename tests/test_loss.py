"""The loss: each term against its formula, and no number that is none at the edges."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from steadyhand.config import Hyperparameters
from steadyhand.loop_data import Signals, State
from steadyhand.loss import (
    HAND_TERMS,
    TERMS,
    TRIAL_TERMS,
    hand_losses,
    loss_weights_from,
    readout_norm_loss,
    trial_losses,
    update_weights,
)

K, N_TRIALS, UNITS = 99, 5, 4


def weights(**changes):
    group = {
        "effector_position": 1.3,
        "effector_final_velocity": 0.7,
        "nn_output": 1e-2,
        "nn_hidden": 1e-3,
        "position_exponent": 6.0,
        "readout_norm": 0.4,
        "readout_norm_value": 2.0,
    }
    model = Hyperparameters.model_validate({"loss": group | changes})
    return loss_weights_from(model.model_dump(mode="json")["loss"], "float64")


@pytest.fixture
def trials():
    """Invented states and signals, with axes `time trial`, and goals."""
    rng = np.random.default_rng(1)
    position, velocity, force, output = rng.normal(size=(4, K, N_TRIALS, 2))
    hidden = rng.normal(size=(K, N_TRIALS, 2 * UNITS))
    states = State(*map(jnp.asarray, (position, velocity, force, hidden)), jnp.zeros((K, 5, 0, 4)))
    command, field_force = 99 * output, 77 * force
    signals = Signals(None, None, *map(jnp.asarray, (command, output, force, field_force)))
    return states, signals, hidden[..., :UNITS], rng.normal(size=(N_TRIALS, 2))


def test_trial_terms_are_their_formulas(trials):
    states, signals, activity, goal = trials
    got = jax.jit(trial_losses)(weights(), states, signals, activity, goal)
    assert got.shape == (len(TRIAL_TERMS), N_TRIALS)
    position, velocity = np.asarray(states.position), np.asarray(states.velocity)
    output = np.asarray(signals.motor_output)
    for trial in range(N_TRIALS):
        distance = sum(
            (k / K) ** 6 * np.sum((position[k - 1, trial] - goal[trial]) ** 2)
            for k in range(1, K + 1)
        )
        expected = {
            "effector_position": 1.3 * distance,
            "effector_final_velocity": 0.7 * np.sum(velocity[-1, trial] ** 2),
            "nn_output": 1e-2 * np.sum(output[:, trial] ** 2),
            "nn_hidden": 1e-3 * np.sum(activity[:, trial] ** 2),
        }
        assert tuple(expected) == TRIAL_TERMS
        np.testing.assert_allclose(got[:, trial], list(expected.values()), rtol=1e-12)
    assert (*TRIAL_TERMS, "readout_norm") == TERMS


def test_what_updates_add_is_what_trials_lose(trials):
    states, signals, activity, goal = trials
    over_time = update_weights(weights(), K)
    # Trials come last here, as in training.
    last = (jnp.moveaxis(it, 1, -1) for it in (states.position, states.velocity))
    output = jnp.moveaxis(signals.motor_output, 1, -1)
    by_update = jax.jit(jax.vmap(hand_losses, in_axes=(0, 0, 0, 0, None)))(
        over_time, *last, output, goal.T
    )
    got = jax.jit(trial_losses)(weights(), states, signals, activity, goal)
    np.testing.assert_allclose(by_update.sum(axis=0), got[: len(HAND_TERMS)], rtol=1e-12)
    final_velocity = by_update[:, HAND_TERMS.index("effector_final_velocity")]
    assert (final_velocity[:-1] == 0).all() and (final_velocity[-1] > 0).all()


@pytest.mark.parametrize("exponent", [0.0, 1.0, 100.0])
def test_the_end_counts_in_full_and_the_beginning_as_the_exponent_says(exponent):
    over_time = update_weights(weights(effector_position=1.0, position_exponent=exponent), K)
    final_velocity = np.where(np.arange(1, K + 1) == K, 0.7, 0)
    np.testing.assert_array_equal(over_time.effector_final_velocity, final_velocity)
    away = jax.vmap(hand_losses, in_axes=(0, None, None, None, None))(
        over_time,
        *(jnp.asarray(it) for it in ([3.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 4.0])),
    )
    np.testing.assert_allclose(away[:, 0], 25 * (np.arange(1, K + 1) / K) ** exponent, rtol=1e-12)


@pytest.mark.parametrize("value", [2.0, 0.0])
def test_the_readouts_norm_is_drawn_to_its_value(value):
    readout = jnp.asarray(np.random.default_rng(0).normal(size=(2, 7)))

    def term(readout):
        return 0.4 * (jnp.sqrt(jnp.sum(readout**2)) - value) ** 2

    loss, gradient = readout_norm_loss(weights(readout_norm_value=value), readout)
    assert float(loss) == pytest.approx(float(term(readout)), rel=1e-12)
    np.testing.assert_allclose(gradient, jax.grad(term)(readout), rtol=1e-12)


def test_the_readouts_norm_has_a_gradient_of_zero_where_it_is_what_it_should_be():
    readout = jnp.zeros((2, 7)).at[0, 0].set(2.0)
    loss, gradient = readout_norm_loss(weights(), readout)
    assert float(loss) == 0
    np.testing.assert_array_equal(gradient, 0)


@pytest.mark.parametrize("entry", [0.0, 1e-44, 1e-30, 1e-22, 1e-20, 1e-3, 1e18])
def test_the_readouts_norm_is_finite_for_readouts_of_no_or_any_size(entry):
    """In single precision, in which squares of small entries vanish."""
    constants = jax.tree.map(lambda it: it.astype("float32"), weights())
    readout = jnp.full((2, 7), entry, "float32")
    loss, gradient = readout_norm_loss(constants, readout)
    norm = float(readout[0, 0]) * np.sqrt(14)
    assert float(loss) == pytest.approx(0.4 * (norm - 2) ** 2, rel=1e-5)
    assert np.isfinite(gradient).all()
    expected = 0.8 * (norm - 2) / np.sqrt(14)
    if entry > 1e-10:
        np.testing.assert_allclose(gradient, expected, rtol=1e-5)
    else:  # its direction is lost, but it points nowhere else
        assert (gradient <= 0).all() and (gradient >= 1.01 * expected).all()
