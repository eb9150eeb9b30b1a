"""Evaluation: the selected networks of a model on every trial of a request, tile by tile."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from steadyhand import precision
from steadyhand.context import check_context
from steadyhand.draws import Key, What, draw_key, root_key
from steadyhand.loop import Inputs, Signals, State, initial_state, reach_inputs, rollout
from steadyhand.network import Controller, from_arrays
from steadyhand.perturbation import Field
from steadyhand.plant import Physics, physics_from
from steadyhand.task import updates_of
from steadyhand.tiles import TILE, padded_tiles
from steadyhand.trials import Trials, impulse_window

Block = dict[str, np.ndarray]
"""Recorded variables of consecutive trials, axes `trial replicate time …`."""


class Tile(eqx.Module):
    """What sets the trials of a tile apart; leading axis `trial`."""

    start: Float[Array, "trial 2"]
    goal: Float[Array, "trial 2"]
    sisu: Float[Array, " trial"]
    field: Field
    impulse: Float[Array, "trial 4"]
    task_trial: Int[Array, " trial"]
    repeat: Int[Array, " trial"]


def evaluate(
    weights: dict[str, np.ndarray],
    weights_spec: dict[str, Any],
    request: dict[str, Any],
    trials: Trials,
) -> Iterator[Block]:
    """Run the networks in `weights` through `trials`; yields blocks of at most one tile.

    All replicates and conditions see the same trials and noise. What a trial gives does not
    depend on the trials that are evaluated with it. Values are float32; state k is that after k
    updates, and signals at k > 0 are those of the update that led to it.
    """
    check_context(weights_spec, request)
    dtype = precision.TRAINING_DTYPE
    controllers = from_arrays(weights, weights_spec, dtype)
    physics = physics_from(request["physics"], dtype)
    delay, n_steps = request["physics"]["feedback"]["delay"], request["n_steps"]
    window = jnp.asarray(impulse_window(request), dtype)
    root = root_key(request["seed"])
    tiles, count = _tiles(trials, dtype)
    for number in range(-(-count // TILE)):
        tile = jax.tree.map(lambda leaf, number=number: leaf[number], tiles)
        recorded = _run((delay, n_steps), physics, controllers, root, window, tile)
        used = min(TILE, count - number * TILE)
        yield {name: np.asarray(values)[:used] for name, values in recorded.items()}


def _tiles(trials: Trials, dtype: str) -> tuple[Tile, int]:
    def real(values: np.ndarray) -> jax.Array:
        return jnp.asarray(padded_tiles(values.astype(dtype))[0])

    def whole(values: np.ndarray) -> jax.Array:
        return jnp.asarray(padded_tiles(values.astype(np.int32))[0])

    tile = Tile(
        start=real(trials.start),
        goal=real(trials.goal),
        sisu=real(trials.sisu),
        field=Field(curl=real(trials.curl), constant=real(trials.constant)),
        impulse=real(trials.impulse),
        task_trial=whole(trials.task_trial),
        repeat=whole(trials.repeat),
    )
    return tile, len(trials)


@partial(jax.jit, static_argnums=0)
def _run(
    static: tuple[int, int],
    physics: Physics,
    controllers: Controller,
    root: Key,
    window: Float[Array, " update"],
    tile: Tile,
) -> dict[str, jax.Array]:
    delay, n_steps = static
    inputs = _inputs(root, window, tile, updates_of(n_steps))

    def one_network(controller: Controller) -> dict[str, jax.Array]:
        rest = controller.rest()
        initial = jax.vmap(initial_state, in_axes=(0, None, None))(tile.start, rest, delay)
        return _record(initial, *rollout(physics, controller, initial, inputs))

    by_network = jax.lax.map(one_network, controllers)  # replicate time trial …
    return {name: jnp.moveaxis(values, 2, 0) for name, values in by_network.items()}


def _inputs(root: Key, window: Float[Array, " update"], tile: Tile, n_updates: int) -> Inputs:
    def noise(what: What, *shape: int) -> jax.Array:
        def one(task_trial: jax.Array, repeat: jax.Array) -> jax.Array:
            key = draw_key(root, what, task_trial, repeat)
            return jax.random.normal(key, (n_updates, *shape), window.dtype)

        return jax.vmap(one, out_axes=1)(tile.task_trial, tile.repeat)

    return reach_inputs(
        tile.goal,
        tile.sisu,
        tile.field,
        noise(What.SENSORY_NOISE, 4),
        noise(What.MOTOR_NOISE, 2, 2),
        window[:, None, None] * tile.impulse[None],
    )


def _record(initial: State, states: State, signals: Signals) -> dict[str, jax.Array]:
    """Stored variables over time: before the first update nothing was commanded or pushed."""

    def from_start(first: jax.Array, later: jax.Array) -> jax.Array:
        return jnp.concatenate([first[None], later])

    rest = jnp.zeros_like(initial.position)
    return {
        "position": from_start(initial.position, states.position),
        "velocity": from_start(initial.velocity, states.velocity),
        "hidden": from_start(initial.hidden, states.hidden),
        "command": from_start(rest, signals.command),
        "force": from_start(rest, signals.force),
        "field_force": from_start(rest, signals.field_force),
        "feedback_position": from_start(initial.position, signals.feedback[..., :2]),
        "feedback_velocity": from_start(rest, signals.feedback[..., 2:]),
    }
