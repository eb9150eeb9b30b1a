"""What training minimises: a sum of weighted terms, each a sum over time and a mean over trials."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from steadyhand import precision  # noqa: F401
from steadyhand.loop import Signals, State

TERMS = ("effector_position", "effector_final_velocity", "nn_output", "nn_hidden")


class LossWeights(eqx.Module):
    """Weights of the terms, and the exponent of the distance's weight over time; scalars."""

    effector_position: Float[Array, ""]
    effector_final_velocity: Float[Array, ""]
    nn_output: Float[Array, ""]
    nn_hidden: Float[Array, ""]
    position_exponent: Float[Array, ""]


def loss_weights_from(spec: dict[str, Any], dtype: str) -> LossWeights:
    """Weights from the group `loss` of resolved hyperparameters."""
    return LossWeights(**{name: jnp.asarray(value, dtype) for name, value in spec.items()})


def trial_losses(
    weights: LossWeights, states: State, signals: Signals, goal: Float[Array, "trial 2"]
) -> Float[Array, "term trial"]:
    """Weighted terms of each trial, in the order of `TERMS`.

    **Arguments:** `states`, `signals`: with leading axes `time trial`, after updates k = 1 … K.

    effector_position is Σ_k (k/K)^exponent·‖p_k − goal‖²; effector_final_velocity ‖v_K‖²;
    nn_output Σ_k ‖u_k‖², u being the command after motor noise; nn_hidden Σ_k ‖h_k‖².
    """
    n_updates = states.position.shape[0]
    dtype = states.position.dtype
    elapsed = jnp.arange(1, n_updates + 1, dtype=dtype) / n_updates
    discount = elapsed**weights.position_exponent
    distance = jnp.sum((states.position - goal[None]) ** 2, axis=-1)
    terms = (
        weights.effector_position * jnp.sum(discount[:, None] * distance, axis=0),
        weights.effector_final_velocity * jnp.sum(states.velocity[-1] ** 2, axis=-1),
        weights.nn_output * jnp.sum(signals.force**2, axis=(0, 2)),
        weights.nn_hidden * jnp.sum(states.hidden**2, axis=(0, 2)),
    )
    return jnp.stack(terms)
