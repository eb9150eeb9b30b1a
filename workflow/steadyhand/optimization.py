"""One update of a network: AdamW under a schedule, and nothing where it would not be finite."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Int

from steadyhand import precision  # noqa: F401


class OptimizerSettings(eqx.Module):
    """AdamW (Loshchilov & Hutter 2019) and its schedule; scalars, as data."""

    learning_rate: Float[Array, ""]
    beta1: Float[Array, ""]
    beta2: Float[Array, ""]
    epsilon: Float[Array, ""]
    weight_decay: Float[Array, ""]
    constant_batches: Float[Array, ""]
    final_fraction: Float[Array, ""]
    n_batches: Float[Array, ""]


def optimizer_from(spec: dict[str, Any], dtype: str) -> OptimizerSettings:
    """Settings from the groups `optimizer` and `schedule` of resolved hyperparameters."""
    schedule = spec["schedule"]
    values = {
        **spec["optimizer"],
        "constant_batches": schedule["constant_batches"],
        "final_fraction": schedule["final_fraction"],
        "n_batches": schedule["n_batches"],
    }
    return OptimizerSettings(**{name: jnp.asarray(value, dtype) for name, value in values.items()})


def learning_rate_at(settings: OptimizerSettings, batch: Int[Array, ""]) -> Float[Array, ""]:
    """The learning rate of a batch: constant at first, then half a cosine down to the fraction."""
    dtype = settings.learning_rate.dtype
    decaying = settings.n_batches - settings.constant_batches
    elapsed = (batch.astype(dtype) - settings.constant_batches) / jnp.maximum(decaying, 1)
    cosine = 0.5 * (1 + jnp.cos(jnp.pi * jnp.clip(elapsed, 0, 1)))
    fraction = settings.final_fraction + (1 - settings.final_fraction) * cosine
    return settings.learning_rate * fraction


def initial_optimizer_state(weights: Any) -> Any:
    """The state before the first update, for the weights of one network."""
    return optax.adamw(0.0).init(weights)


def apply_gradient(
    settings: OptimizerSettings,
    weights: Any,
    state: Any,
    gradient: Any,
    batch: Int[Array, ""],
    allowed: Bool[Array, ""],
) -> tuple[Any, Any]:
    """Weights and optimizer state of one network after a batch; unchanged where not `allowed`."""
    optimizer = optax.adamw(
        learning_rate_at(settings, batch),
        b1=settings.beta1,
        b2=settings.beta2,
        eps=settings.epsilon,
        weight_decay=settings.weight_decay,
    )
    updates, new_state = optimizer.update(gradient, state, weights)
    new_weights = optax.apply_updates(weights, updates)
    return jax.tree.map(
        lambda new, old: jnp.where(allowed, new, old), (new_weights, new_state), (weights, state)
    )


def all_finite(tree: Any) -> Bool[Array, ""]:
    """Whether every number in a tree is finite."""
    return jnp.stack([jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(tree)]).all()
