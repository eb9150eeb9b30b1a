"""What a training batch is made of: the condition of a network, and the draws of its trials."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from steadyhand import precision  # noqa: F401
from steadyhand.constants import constant
from steadyhand.draws import Key
from steadyhand.loop_data import Inputs, reach_inputs
from steadyhand.loss import LossWeights, loss_weights_from
from steadyhand.plant import Physics, physics_from
from steadyhand.task import updates_of, within
from steadyhand.training_field import FieldDistribution, field_distribution_from, training_field
from steadyhand.trial_draws import TrialDraws, draw_trials


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
        workspace_min=constant(spec["task"]["workspace_min"], dtype),
        workspace_max=constant(spec["task"]["workspace_max"], dtype),
    )


def trial_inputs(
    condition: Condition,
    draws: TrialDraws,
    goal: Float[Array, "trial 2"],
    field_scale: Float[Array, ""] | float = 1.0,
) -> Inputs:
    """Inputs (leading axes `time trial`) of trials with these goals [m], as in training.

    The field is multiplied with `field_scale`; noise comes as standard normal numbers.
    """
    field, sisu = training_field(condition.field, draws, jnp.asarray(field_scale, goal.dtype))
    return reach_inputs(goal, sisu, field, draws.sensory_noise, draws.motor_noise)


def draw_chunk(
    condition: Condition,
    field_scale: Float[Array, ""],
    key: Key,
    n_trials: int,
    n_steps: int,
) -> tuple[Float[Array, "trial 2"], Float[Array, "trial 2"], Inputs]:
    """Starts [m], goals [m] and inputs of one chunk of a batch; see `trial_inputs`."""
    dtype = condition.workspace_min.dtype
    draws = draw_trials(key, n_trials, updates_of(n_steps), dtype)
    start, goal = within(draws.ends, condition.workspace_min, condition.workspace_max)
    return start, goal, trial_inputs(condition, draws, goal, field_scale)
