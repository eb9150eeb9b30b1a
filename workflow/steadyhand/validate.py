"""Validation of snapshots on reaches with fixed draws, the same for every network of a model."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from steadyhand import precision
from steadyhand.batch import Condition, condition_from, trial_inputs
from steadyhand.draws import Key, What, draw_key, root_key
from steadyhand.loop import rollout
from steadyhand.loop_data import State, initial_state
from steadyhand.loss import readout_norm_loss, trial_losses
from steadyhand.network import Controller
from steadyhand.task import centre_out, updates_of
from steadyhand.tiles import TILE, padded_tiles
from steadyhand.trial_draws import draw_trials

END_STEPS = 10
"""Stored states at the end of a trial over which the position error is averaged."""


def validate_snapshots(
    spec: dict[str, Any], salt: int, controllers: Controller
) -> tuple[np.ndarray, np.ndarray]:
    """Validation loss and end-position error of every snapshot of every replicate of a model.

    **Arguments:** `spec`: resolved hyperparameters; `controllers`: with leading axes
    `snapshot replicate`.

    **Returns:** total loss, and the mean distance from the goal over the last 10 states of a
    trial in % of the reach length; both (snapshot, replicate). A snapshot whose trials do not
    stay finite has values that are not finite either.
    """
    dtype = precision.TRAINING_DTYPE
    selection, task = spec["selection"], spec["task"]
    start, goal, _ = centre_out(
        selection["grid"],
        selection["directions"],
        selection["reach_length"],
        task["workspace_min"],
        task["workspace_max"],
    )
    starts, count = padded_tiles(start.astype(dtype))
    goals, _ = padded_tiles(goal.astype(dtype))
    totals, errors = _run(
        (spec["feedback"]["delay"], task["n_steps"], count),
        condition_from(spec, dtype),
        root_key(spec["seed"], salt),
        controllers,
        jnp.asarray(starts),
        jnp.asarray(goals),
    )
    length = selection["reach_length"]
    return np.asarray(totals, np.float64), 100 * np.asarray(errors, np.float64) / length


@partial(jax.jit, static_argnums=0)
def _run(
    static: tuple[int, int, int],
    condition: Condition,
    root: Key,
    controllers: Controller,
    starts: Float[Array, "tile trial 2"],
    goals: Float[Array, "tile trial 2"],
) -> tuple[Float[Array, "snapshot replicate"], Float[Array, "snapshot replicate"]]:
    delay, n_steps, count = static
    share = (jnp.arange(starts.shape[0] * TILE) < count).reshape(-1, TILE) / count

    def one_tile(controller: Controller, tile: jax.Array) -> tuple[jax.Array, jax.Array]:
        start, goal = starts[tile], goals[tile]
        key = draw_key(root, What.VALIDATION, tile)
        draws = draw_trials(key, TILE, updates_of(n_steps), goal.dtype)
        inputs = trial_inputs(condition, draws, goal)
        initial: State = jax.vmap(initial_state, in_axes=(0, None, None))(
            start, controller.rest(), delay
        )
        states, signals = rollout(condition.physics, controller, initial, inputs)
        activity = controller.activity(states.hidden)
        losses = trial_losses(condition.loss, states, signals, activity, goal).sum(axis=0)
        distance = jnp.linalg.norm(states.position[-END_STEPS:] - goal[None], axis=-1)
        weight = share[tile].astype(start.dtype)
        return jnp.sum(losses * weight), jnp.sum(distance.mean(axis=0) * weight)

    def one_network(controller: Controller) -> tuple[jax.Array, jax.Array]:
        parts = jax.lax.map(partial(one_tile, controller), jnp.arange(starts.shape[0]))
        loss, error = jax.tree.map(jnp.sum, parts)
        of_readout, _ = readout_norm_loss(condition.loss, controller.readout.weight)
        return loss + of_readout, error

    return jax.lax.map(lambda row: jax.lax.map(one_network, row), controllers)
