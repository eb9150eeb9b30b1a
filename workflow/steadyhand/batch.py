"""What a training batch is made of: the condition of a network, and the draws of its trials."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from steadyhand import precision  # noqa: F401
from steadyhand.draws import Key, What, draw_key
from steadyhand.loop import Inputs, reach_inputs
from steadyhand.loss import LossWeights, loss_weights_from
from steadyhand.network import OUTPUT_SIZE
from steadyhand.plant import Physics, physics_from
from steadyhand.task import random_points, updates_of
from steadyhand.training_field import (
    FieldDistribution,
    draw_training_field,
    field_distribution_from,
)

CHUNK_SIZE = 125
"""Trials computed together. Part of the definition of a training, like the batch size: sums over
a batch are made chunk by chunk in a fixed order, however many devices share the work."""

SENSED_SIZE = 4


class Condition(eqx.Module):
    """What may differ between networks that share a program: scalars, as data."""

    physics: Physics
    loss: LossWeights
    field: FieldDistribution
    workspace_min: Float[Array, ""]
    workspace_max: Float[Array, ""]


def condition_from(spec: dict[str, Any], dtype: str) -> Condition:
    """The condition of a model, from its resolved hyperparameters."""
    return Condition(
        physics=physics_from(spec, dtype),
        loss=loss_weights_from(spec["loss"], dtype),
        field=field_distribution_from(spec, dtype),
        workspace_min=jnp.asarray(spec["task"]["workspace_min"], dtype),
        workspace_max=jnp.asarray(spec["task"]["workspace_max"], dtype),
    )


def chunks_of(batch_size: int) -> tuple[int, int]:
    """Number and size of the chunks of a batch; the last one may be partly unused."""
    count = -(-batch_size // CHUNK_SIZE)
    return count, -(-batch_size // count)


def draw_noise(
    root: Key, n_updates: int, n_trials: int, dtype: jnp.dtype, *indices: jax.Array | int
) -> tuple[Float[Array, "time trial 4"], Float[Array, "time trial 2 2"]]:
    """Standard normal numbers for the sensory and the motor noise of a chunk."""
    sensory = jax.random.normal(
        draw_key(root, What.SENSORY_NOISE, *indices), (n_updates, n_trials, SENSED_SIZE), dtype
    )
    motor = jax.random.normal(
        draw_key(root, What.MOTOR_NOISE, *indices), (n_updates, n_trials, 2, OUTPUT_SIZE), dtype
    )
    return sensory, motor


def draw_chunk(
    condition: Condition,
    field_scale: Float[Array, ""],
    root: Key,
    indices: tuple[jax.Array | int, ...],
    n_trials: int,
    n_steps: int,
) -> tuple[Float[Array, "trial 2"], Float[Array, "trial 2"], Inputs]:
    """Starts [m], goals [m] and inputs (leading axes `time trial`) of one chunk of a batch.

    `indices` say which one it is: replicate, batch, chunk. The field is multiplied with
    `field_scale`; noise comes as standard normal numbers.
    """
    n_updates, dtype = updates_of(n_steps), condition.workspace_min.dtype
    bounds = (condition.workspace_min, condition.workspace_max)
    start = random_points(draw_key(root, What.START, *indices), n_trials, *bounds)
    goal = random_points(draw_key(root, What.GOAL, *indices), n_trials, *bounds)
    field, sisu = draw_training_field(
        draw_key(root, What.FIELD, *indices), n_trials, condition.field, field_scale
    )
    sensory, motor = draw_noise(root, n_updates, n_trials, dtype, *indices)
    return start, goal, reach_inputs(goal, sisu, field, sensory, motor)
