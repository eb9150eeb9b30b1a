"""One update of a network: Adam with decoupled weight decay, on the parts that are trained."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float

from steadyhand import precision  # noqa: F401
from steadyhand.network import Controller
from steadyhand.schedule import Schedule


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
    values["clip_norm"] = jnp.inf if group["clip_norm"] is None else group["clip_norm"]
    return OptimizerSettings(**{name: jnp.asarray(value, dtype) for name, value in values.items()})


def initial_optimizer_state(weights: Any) -> Any:
    """The state before the first update, for the weights of one network."""
    return optax.adamw(0.0).init(weights)


def apply_gradient(
    settings: OptimizerSettings,
    weights: Controller,
    state: Any,
    gradient: Controller,
    now: Schedule[jax.Array],
) -> tuple[Controller, Any]:
    """Weights and optimizer state of one network after a batch.

    **Arguments:** `now`: the row of the schedule. Parts that it does not train stay bitwise as
    they are, with the optimizer's moments of them, and count in no norm.
    """
    trained = _by_part(weights, now.trains_hidden, now.trains_readout)
    gradient = jax.tree.map(lambda part, g: jnp.where(part, g, 0), trained, gradient)
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
    changed = optax.apply_updates(weights, updates)
    keep = jax.tree.map(lambda part, new, old: jnp.where(part, new, old), trained, changed, weights)
    return keep, _kept_moments(trained, following, state)


def clipped(gradient: Any, limit: Float[Array, ""]) -> Any:
    """The gradient, shortened to the length `limit` where it is longer.

    Its length is taken relative to its largest entry, whose square may be no finite number.
    """
    largest = jnp.stack([jnp.abs(leaf).max() for leaf in jax.tree.leaves(gradient)]).max()
    unit = jnp.where(largest > 0, largest, 1)
    squares = [jnp.sum((leaf / unit) ** 2) for leaf in jax.tree.leaves(gradient)]
    norm = jnp.sqrt(sum(squares, jnp.zeros((), unit.dtype)))
    factor = jnp.where(unit * norm > limit, limit / unit / jnp.where(norm > 0, norm, 1), 1)
    return jax.tree.map(lambda leaf: leaf * factor, gradient)


def all_finite(tree: Any) -> Bool[Array, ""]:
    """Whether every number in a tree is finite."""
    return jnp.stack([jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(tree)]).all()


def _by_part(weights: Controller, hidden: jax.Array, readout: jax.Array) -> Controller:
    """For every array of a network, whether the part that it belongs to is trained."""
    return Controller(
        jax.tree.map(lambda _: hidden, weights.cell),
        jax.tree.map(lambda _: readout, weights.readout),
        weights.channels,
    )


def _kept_moments(trained: Controller, new: Any, old: Any) -> Any:
    """The optimizer's state, with the moments of what is not trained as they were."""
    is_network = lambda it: isinstance(it, Controller)  # noqa: E731

    def choose(new: Any, old: Any) -> Any:
        if not is_network(new):
            return new
        return jax.tree.map(lambda part, n, o: jnp.where(part, n, o), trained, new, old)

    return jax.tree.map(choose, new, old, is_leaf=is_network)
