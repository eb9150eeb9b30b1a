"""One network after a batch: updated, or stopped for good where it failed."""

from enum import IntEnum
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from steadyhand import precision  # noqa: F401
from steadyhand.batch import Condition
from steadyhand.draws import Key
from steadyhand.loss import readout_norm_loss
from steadyhand.optimization import OptimizerSettings, all_finite, apply_gradient
from steadyhand.schedule import Schedule
from steadyhand.weight_vector import Layout


class Failure(IntEnum):
    """Why a network is not trained on. Numbers are part of results: append, never renumber."""

    NONE = 0
    LOSS = 1
    GRADIENT = 2
    SATURATION = 3
    WEIGHTS = 4


class Member(eqx.Module):
    """All that makes a network of a stack the one it is; leading axis `network` in a stack."""

    condition: Condition
    optimizer: OptimizerSettings
    saturation_limit: Float[Array, ""]
    trials: Key
    """The root of the draws of its trials, in all batches."""


class Progress(eqx.Module):
    """Where the networks of a stack are; leading axis `network`."""

    weights: Float[Array, " weight"]
    """See `weight_vector`."""
    optimizer_state: Any
    diverged: Int[Array, ""]
    """Batch in which the network failed, or −1."""
    failure: Int[Array, ""]
    """A `Failure`."""


class UnitOutcome(eqx.Module):
    """As `through_time.Outcome`, with the gradient as a vector."""

    terms: Float[Array, " term"]
    activity: Float[Array, ""]
    gradient: Float[Array, " weight"]


def advance(
    layout: Layout,
    member: Member,
    progress: Progress,
    outcome: UnitOutcome,
    now: Schedule[jax.Array],
    batch: Int[Array, ""],
) -> tuple[Progress, Float[Array, " term"]]:
    """One network after a batch, and all terms of its loss. Where it fails, it stays, for good."""
    controller = layout.network(progress.weights)
    norm_term, by_readout = readout_norm_loss(member.condition.loss, controller.readout.weight)
    terms = jnp.append(outcome.terms, norm_term)
    nothing = jax.tree.map(jnp.zeros_like, controller)
    by_norm = eqx.tree_at(lambda it: it.readout.weight, nothing, by_readout)
    gradient = outcome.gradient + layout.vector(by_norm)
    weights, state = apply_gradient(
        member.optimizer,
        progress.weights,
        progress.optimizer_state,
        gradient,
        now,
        jnp.asarray(layout.is_readout),
    )
    failure = _failure(
        {
            Failure.LOSS: ~all_finite(terms),
            Failure.GRADIENT: ~all_finite(gradient),
            Failure.SATURATION: outcome.activity > member.saturation_limit,
            Failure.WEIGHTS: ~all_finite(weights, *jax.tree.leaves(state)),
        }
    )
    alive = progress.diverged < 0
    allowed = alive & (failure == Failure.NONE)
    broke = alive & (failure != Failure.NONE)
    weights, state = jax.tree.map(
        lambda new, old: jnp.where(allowed, new, old),
        (weights, state),
        (progress.weights, progress.optimizer_state),
    )
    return Progress(
        weights,
        state,
        diverged=jnp.where(broke, batch.astype(jnp.int32), progress.diverged),
        failure=jnp.where(broke, failure, progress.failure),
    ), terms


def _failure(signs: dict[Failure, jax.Array]) -> Int[Array, ""]:
    """The first of the failures of which there is a sign."""
    kinds = [jnp.asarray(kind, jnp.int32) for kind in signs]
    return jnp.select(list(signs.values()), kinds, jnp.asarray(Failure.NONE, jnp.int32))
