"""What training minimises: a sum of weighted terms, each a sum over time and a mean over trials."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from steadyhand import precision  # noqa: F401
from steadyhand.constants import constant
from steadyhand.loop_data import Signals, State

HAND_TERMS = ("effector_position", "effector_final_velocity", "nn_output")
"""Terms of the hand and what moves it."""

TRIAL_TERMS = (*HAND_TERMS, "nn_hidden")
"""Terms that are sums over the trials of a batch."""

TERMS = (*TRIAL_TERMS, "readout_norm")
"""All terms; the last one is of the network itself."""


class LossWeights(eqx.Module):
    """Weights of the terms, and what else defines them; scalars."""

    effector_position: Float[Array, ""]
    effector_final_velocity: Float[Array, ""]
    nn_output: Float[Array, ""]
    nn_hidden: Float[Array, ""]
    position_exponent: Float[Array, ""]
    readout_norm: Float[Array, ""]
    readout_norm_value: Float[Array, ""]


class UpdateWeights(eqx.Module):
    """What each of `HAND_TERMS` counts for in an update; scalars, or with an axis `time`."""

    effector_position: Float[Array, "*time"]
    effector_final_velocity: Float[Array, "*time"]
    nn_output: Float[Array, "*time"]


def loss_weights_from(spec: dict[str, Any], dtype: str) -> LossWeights:
    """Weights from the group `loss` of resolved hyperparameters."""
    return LossWeights(**{name: constant(value, dtype) for name, value in spec.items()})


def update_weights(weights: LossWeights, n_updates: int) -> UpdateWeights:
    """What the terms count for in all updates k = 1 … K, with a leading axis `time`.

    effector_position counts (k/K)^exponent; effector_final_velocity only in the last update.
    """
    dtype = weights.effector_position.dtype
    update = jnp.arange(1, n_updates + 1)
    discount = (update.astype(dtype) / n_updates) ** weights.position_exponent
    return UpdateWeights(
        weights.effector_position * discount,
        jnp.where(update == n_updates, weights.effector_final_velocity, 0),
        jnp.broadcast_to(weights.nn_output, n_updates),
    )


def hand_losses(
    weights: UpdateWeights,
    position: Float[Array, "2 ..."],
    velocity: Float[Array, "2 ..."],
    motor_output: Float[Array, "2 ..."],
    goal: Float[Array, "2 ..."],
) -> Float[Array, "term ..."]:
    """What one update k of one trial adds to each of `HAND_TERMS`, weighted.

    effector_position is ‖p_k − goal‖²; effector_final_velocity ‖v_k‖²; nn_output ‖u_k‖², u being
    the command after motor noise and before the filter.
    """
    terms = (
        weights.effector_position * jnp.sum((position - goal) ** 2, axis=0),
        weights.effector_final_velocity * jnp.sum(velocity**2, axis=0),
        weights.nn_output * jnp.sum(motor_output**2, axis=0),
    )
    return jnp.stack(terms)


def trial_losses(
    weights: LossWeights,
    states: State,
    signals: Signals,
    activity: Float[Array, "time trial unit"],
    goal: Float[Array, "trial 2"],
) -> Float[Array, "term trial"]:
    """Weighted terms of each trial, in the order of `TRIAL_TERMS`: sums over its updates.

    nn_hidden is Σ_k ‖h_k‖²; for the others see `hand_losses`.

    **Arguments:** `states`, `signals`: with leading axes `time trial`, after updates k = 1 … K;
    `activity`: of the units of the network, in the same updates.
    """
    of_trials = jax.vmap(hand_losses, in_axes=(None, 0, 0, 0, 0), out_axes=1)
    of_updates = jax.vmap(of_trials, in_axes=(0, 0, 0, 0, None))
    terms = of_updates(
        update_weights(weights, len(states.position)),
        states.position,
        states.velocity,
        signals.motor_output,
        goal,
    )
    nn_hidden = weights.nn_hidden * jnp.sum(activity**2, axis=(0, 2))
    return jnp.concatenate([terms.sum(axis=0), nn_hidden[None]])


def readout_norm_loss(
    weights: LossWeights, readout: Float[Array, "2 unit"]
) -> tuple[Float[Array, ""], Float[Array, "2 unit"]]:
    """The weighted term (‖W‖ − value)², ‖·‖ the Frobenius norm, and its gradient by W.

    At W = 0, where the norm has no gradient, the one of least size is taken: 0.
    """
    norm = jnp.linalg.norm(readout)
    excess = norm - weights.readout_norm_value
    direction = readout / jnp.where(norm > 0, norm, 1)
    return weights.readout_norm * excess**2, 2 * weights.readout_norm * excess * direction
