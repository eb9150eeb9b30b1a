"""One update of a network: Adam with decoupled weight decay, on the parts that are trained."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float

from steadyhand import precision  # noqa: F401
from steadyhand.constants import constant
from steadyhand.schedule import Schedule

Weights = Float[Array, " weight"]


class OptimizerSettings(eqx.Module):
    """AdamW (Loshchilov & Hutter 2019), and what limits a gradient; scalars, as data."""

    beta1: Float[Array, ""]
    beta2: Float[Array, ""]
    epsilon: Float[Array, ""]
    weight_decay: Float[Array, ""]
    clip_norm: Float[Array, ""]
    """Infinite where nothing is clipped."""


def optimizer_from(spec: dict[str, Any], dtype: str) -> OptimizerSettings:
    """Settings from the group `optimizer` of resolved hyperparameters."""
    group = spec["optimizer"]
    values = {name: group[name] for name in ("beta1", "beta2", "epsilon", "weight_decay")}
    values["clip_norm"] = np.inf if group["clip_norm"] is None else group["clip_norm"]
    return OptimizerSettings(**{name: constant(value, dtype) for name, value in values.items()})


def initial_optimizer_state(weights: Weights) -> Any:
    """The state before the first update, for the weights of one network."""
    return optax.adamw(0.0).init(weights)


def apply_gradient(
    settings: OptimizerSettings,
    weights: Weights,
    state: Any,
    gradient: Weights,
    now: Schedule[jax.Array],
    is_readout: Bool[Array, " weight"],
) -> tuple[Weights, Any]:
    """Weights and optimizer state of one network after a batch.

    **Arguments:** `now`: the row of the schedule. Weights that it does not train stay bitwise as
    they are, with the optimizer's moments of them, and count in no norm.
    """
    trained = jnp.where(is_readout, now.trains_readout, now.trains_hidden)
    gradient = jnp.where(trained, gradient, 0)
    fresh = initial_optimizer_state(weights)
    state = jax.tree.map(lambda new, old: jnp.where(now.resets, new, old), fresh, state)
    optimizer = optax.adamw(
        now.learning_rate,
        b1=settings.beta1,
        b2=settings.beta2,
        eps=settings.epsilon,
        weight_decay=settings.weight_decay,
    )
    updates, following = optimizer.update(clipped(gradient, settings.clip_norm), state, weights)

    def where_trained(new: jax.Array, old: jax.Array) -> jax.Array:
        return jnp.where(trained, new, old) if new.shape == trained.shape else new

    changed = where_trained(optax.apply_updates(weights, updates), weights)
    return changed, jax.tree.map(where_trained, following, state)


def clipped(gradient: Weights, limit: Float[Array, ""]) -> Weights:
    """The gradient, shortened to the length `limit` where it is longer.

    Its length is taken relative to its largest entry, whose square may be no finite number.
    """
    largest = jnp.abs(gradient).max()
    unit = jnp.where(largest > 0, largest, 1)
    norm = jnp.sqrt(jnp.sum((gradient / unit) ** 2))
    factor = jnp.where(unit * norm > limit, limit / unit / jnp.where(norm > 0, norm, 1), 1)
    return gradient * factor


def all_finite(*arrays: Array) -> Bool[Array, ""]:
    """Whether every number is finite."""
    return jnp.stack([jnp.isfinite(array).all() for array in arrays]).all()
