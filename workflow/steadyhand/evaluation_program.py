"""The program of an evaluation: networks on tiles of trials, spread over the devices.

Every tile is computed by the same code on arrays of the same shapes, so what a trial gives depends
neither on the trials that are computed with it, nor on how many tiles there are, nor on devices.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Bool, Float, Int

from steadyhand import precision  # noqa: F401
from steadyhand.draws import Key, What, draw_key
from steadyhand.loop import channels, step_together
from steadyhand.loop_data import (
    Inputs,
    Signals,
    Stimulation,
    Together,
    initial_state,
    reach_inputs,
    together,
)
from steadyhand.network import Controller
from steadyhand.perturbation import Field
from steadyhand.plant import Physics
from steadyhand.states_size import stored_times
from steadyhand.task import repeat_over_time, updates_of

Recorded = dict[str, Float[Array, "tile trial replicate time size"]]
"""What is recorded, by name."""


@dataclass(frozen=True)
class Shape:
    """What a program is compiled for, apart from the shapes of its arrays."""

    delay: int
    n_steps: int
    keep: tuple[str, ...]
    hidden_every: int
    stimulates: bool

    def times(self, name: str) -> int:
        """Stored times of a variable."""
        return stored_times(self.n_steps, self.every(name))

    def every(self, name: str) -> int:
        """Steps from one stored time to the next."""
        return self.hidden_every if name == "hidden" else 1


class Tile(eqx.Module):
    """What sets the trials of a tile apart; leading axis `trial`."""

    start: Float[Array, "trial 2"]
    goal: Float[Array, "trial 2"]
    sisu: Float[Array, " trial"]
    sisu_after: Float[Array, " trial"]
    sisu_onset: Int[Array, " trial"]
    field: Field
    impulse: Float[Array, "trial 4"]
    impulse_onset: Int[Array, " trial"]
    impulse_end: Int[Array, " trial"]
    stimulated_unit: Int[Array, " trial"]
    stimulation: Float[Array, " trial"]
    stimulation_onset: Int[Array, " trial"]
    stimulation_end: Int[Array, " trial"]
    task_trial: Int[Array, " trial"]
    repeat: Int[Array, " trial"]


@partial(jax.jit, static_argnums=(0, 1))
def room_for(shape: Shape, mesh: Mesh, controllers: Controller, tiles: Tile) -> Recorded:
    """Where `run_tiles` may write, on the devices of `mesh`."""
    blank = _blank(shape, controllers, tiles)
    return jax.lax.with_sharding_constraint(blank, NamedSharding(mesh, PartitionSpec("tile")))


@partial(jax.jit, static_argnums=(0, 1), donate_argnums=(2,))
def run_tiles(
    shape: Shape,
    mesh: Mesh,
    room: Recorded,
    physics: Physics,
    controllers: Controller,
    root: Key,
    tiles: Tile,
) -> Recorded:
    """What is recorded of every network (leading axis `replicate`) on every trial of some tiles.

    There are as many tiles for each device of `mesh`, whose axis is `tile`. State k is that after
    k updates, and signals at k > 0 are those of the update that led to it. Where only every n-th
    hidden state is stored, one more follows that has no meaning.

    It is written into `room`, which `room_for` or an earlier run gave, and is of no use afterwards:
    to allocate and clear it anew would cost a tenth of the time. (JAX writes elsewhere if what an
    earlier run gave is still looked at.)
    """
    everywhere, shared = PartitionSpec(), PartitionSpec("tile")
    return jax.shard_map(
        partial(_on_device, shape),
        mesh=mesh,
        in_specs=(shared, everywhere, everywhere, everywhere, shared),
        out_specs=shared,
        check_vma=False,
    )(room, physics, controllers, root, tiles)


def _on_device(
    shape: Shape,
    room: Recorded,
    physics: Physics,
    controllers: Controller,
    root: Key,
    tiles: Tile,
) -> Recorded:
    """The tiles of one device, one after the other, and on each one network after the other.

    What is recorded is written where it belongs at once: to rearrange it later would take half as
    long as to compute it.
    """
    updates = jnp.arange(updates_of(shape.n_steps))

    def one_tile(number: Int[Array, ""], recorded: Recorded) -> Recorded:
        tile = jax.tree.map(lambda leaf: leaf[number], tiles)
        inputs = _inputs(root, tile, shape)

        def one_network(network: Int[Array, ""], recorded: Recorded) -> Recorded:
            controller = jax.tree.map(lambda leaf: leaf[network], controllers)
            write = partial(_write, shape, number, network)
            prepared = controller.prepared()

            def advance(carry: tuple[Together, Recorded], now: Any) -> Any:
                (state, recorded), (update, given) = carry, now
                state, signals = step_together(physics, controller, prepared, state, given)
                return (state, write(recorded, update + 1, _recorded(state, signals))), None

            rest = jax.vmap(initial_state, in_axes=(0, None, None))
            first = together(rest(tile.start, controller.rest(), shape.delay))
            given = jax.tree.map(lambda leaf: leaf[0], inputs)
            recorded = write(recorded, 0, _recorded(first, _at_rest(controller, first, given)))
            (_, recorded), _ = jax.lax.scan(advance, (first, recorded), (updates, inputs))
            return recorded

        return jax.lax.fori_loop(0, controllers.readout.bias.shape[0], one_network, recorded)

    return jax.lax.fori_loop(0, len(tiles.start), one_tile, room)


def _blank(shape: Shape, controllers: Controller, tiles: Tile) -> Recorded:
    (n_tiles, n_trials, n_axes), cell = tiles.start.shape, controllers.cell
    sizes = {"hidden": cell.state_size, "network_input": cell.weight_ih.shape[-1]}
    return {
        name: jnp.zeros(
            (
                *(n_tiles, n_trials, controllers.readout.bias.shape[0]),
                shape.times(name) + (shape.every(name) > 1),
                sizes.get(name, n_axes),
            ),
            tiles.start.dtype,
        )
        for name in shape.keep
    }


def _write(
    shape: Shape,
    tile: Int[Array, ""],
    network: Int[Array, ""],
    recorded: Recorded,
    k: Int[Array, ""] | int,
    found: dict[str, Float[Array, "trial size"]],
) -> Recorded:
    """State k and its signals in their places.

    Where every n-th state is stored, those after one of them are written to the place of the next
    one, which overwrites them.
    """
    return {
        name: jax.lax.dynamic_update_slice(
            values,
            found[name][None, :, None, None],
            (tile, 0, network, -(-k // shape.every(name)), 0),
        )
        for name, values in recorded.items()
    }


def _recorded(state: Together, signals: Signals) -> dict[str, Float[Array, "trial size"]]:
    """All that can be stored of a state, and of the update that led to it."""
    return {
        "position": state.hand.position.T,
        "velocity": state.hand.velocity.T,
        "hidden": state.hidden,
        "network_input": signals.received.T,
        "command": signals.command.T,
        "force": signals.force.T,
        "field_force": signals.field_force.T,
        "feedback_position": signals.feedback[:2].T,
        "feedback_velocity": signals.feedback[2:].T,
    }


def _at_rest(controller: Controller, state: Together, inputs: Inputs) -> Signals:
    """What stands for the signals before the first update: nothing was commanded or pushed."""
    nothing = jnp.zeros_like(state.hand.position)
    sensed = jnp.concatenate([state.hand.position, nothing])
    received = controller.input_of(channels(inputs, sensed))
    return Signals(sensed, received, nothing, nothing, nothing, nothing)


def _inputs(root: Key, tile: Tile, shape: Shape) -> Inputs:
    """What comes into each update, with a leading axis `time` and a last axis `trial`."""
    n_updates = updates_of(shape.n_steps)
    update = jnp.arange(n_updates)[:, None]

    def noise(what: What, *size: int) -> jax.Array:
        def one(task_trial: jax.Array, repeat: jax.Array) -> jax.Array:
            key = draw_key(root, what, task_trial, repeat)
            return jax.random.normal(key, (n_updates, *size), tile.start.dtype)

        return jax.vmap(one, out_axes=1)(tile.task_trial, tile.repeat)

    def during(onset: jax.Array, end: jax.Array) -> Bool[Array, "time trial"]:
        return (update >= onset[None]) & (update < end[None])

    pushed = during(tile.impulse_onset, tile.impulse_end)
    inputs = reach_inputs(
        tile.goal,
        tile.sisu,
        tile.field,
        noise(What.SENSORY_NOISE, 4),
        noise(What.MOTOR_NOISE, 2, 2),
        jnp.where(pushed[..., None], tile.impulse[None], 0),
    )
    sisu = jnp.where(update >= tile.sisu_onset[None], tile.sisu_after[None], tile.sisu[None])
    inputs = replace(inputs, sisu=sisu)
    if shape.stimulates:
        amount = jnp.where(
            during(tile.stimulation_onset, tile.stimulation_end), tile.stimulation[None], 0
        )
        unit = repeat_over_time(tile.stimulated_unit, n_updates)
        inputs = replace(inputs, stimulation=Stimulation(unit, amount))
    return jax.tree.map(lambda leaf: jnp.moveaxis(leaf, 1, -1), inputs)
