"""The program that trains a stack: batches of all its networks, spread over the devices.

The unit of work is one network on one chunk of its batch. Each unit is computed by the same code
on arrays of the same shapes, and chunks are added in a fixed order, so the weights of a network
depend neither on the stack it is in, nor on its place there, nor on the number of devices.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float, Int

from steadyhand import precision
from steadyhand.advance import Member, Progress, UnitOutcome, advance
from steadyhand.batch import draw_chunk
from steadyhand.chunks import chunks_of
from steadyhand.loss import TERMS, TRIAL_TERMS
from steadyhand.plant import with_noise
from steadyhand.rounds import Rounds
from steadyhand.schedule import Schedule
from steadyhand.through_time import Chunk, empty_tape, losses_and_gradient
from steadyhand.weight_vector import Layout, layout_of

SEGMENT = 100
"""Most batches between two looks at the progress; changes no result."""


@dataclass(frozen=True)
class Shapes:
    """What has to agree for networks to share a program."""

    network: tuple[tuple[str, Any], ...]
    channels: tuple[str, ...]
    delay: int
    n_steps: int
    batch_size: int
    n_batches: int

    @property
    def layout(self) -> Layout:
        """Where the weights of such a network are in their vector."""
        return layout_of(dict(self.network), self.channels)


@partial(jax.jit, static_argnums=(0, 1), donate_argnums=3)
def run_batches(
    shape: Shapes,
    mesh: Mesh,
    members: Member,
    progress: Progress,
    schedule: Schedule[jax.Array],
    rounds: Rounds,
    start: Int[Array, ""],
    stop: Int[Array, ""],
) -> tuple[Progress, Float[Array, "batch network term"]]:
    """Batches `start` to `stop`; their loss terms stand in the first rows of the second result.

    `schedule` has the rows of these batches, first of them `start`; axes `batch network`. There
    are at least `LEAST_NETWORKS`.
    """
    everywhere = PartitionSpec()
    shared = eqx.tree_at(
        lambda it: it.units, jax.tree.map(lambda _: everywhere, rounds), PartitionSpec("unit")
    )
    return jax.shard_map(
        partial(_on_device, shape),
        mesh=mesh,
        in_specs=(everywhere, everywhere, everywhere, shared, everywhere, everywhere),
        out_specs=everywhere,
        check_vma=False,
    )(members, progress, schedule, rounds, start, stop)


def _on_device(
    shape: Shapes,
    members: Member,
    progress: Progress,
    schedule: Schedule[jax.Array],
    rounds: Rounds,
    start: Int[Array, ""],
    stop: Int[Array, ""],
) -> tuple[Progress, Float[Array, "batch network term"]]:
    """Batches on one of the devices, which computes its own units and hears of the others'."""
    layout, n_chunks = shape.layout, chunks_of(shape.batch_size)[0]
    n_networks = progress.weights.shape[0]

    def one_batch(batch: Int[Array, ""], carried: Any) -> Any:
        progress, history, tape = carried
        now = jax.tree.map(lambda table: table[batch - start], schedule)

        def one_unit(place: Int[Array, ""], carried: Any) -> Any:
            mine, tape = carried
            chunk = _chunk(shape, members, progress, now, batch, rounds.units[place])
            outcome, tape = losses_and_gradient(chunk, tape)
            gradient = layout.vector(outcome.gradient)
            found = UnitOutcome(outcome.terms, outcome.activity, gradient)
            return _put(mine, place, found), tape

        def one_network(network: Int[Array, ""], carried: Any) -> Any:
            progress, terms = carried
            member, mine, outcome, row = _at((members, progress, total, now), network)
            mine, its_terms = advance(layout, member, mine, outcome, row, batch)
            return _put(progress, network, mine), terms.at[network].set(its_terms)

        mine, tape = jax.lax.fori_loop(0, rounds.per_device, one_unit, (nothing, tape))
        everyones = jax.lax.all_gather(mine, "unit", tiled=True)
        total = jax.tree.map(lambda leaf: _sum_chunks(leaf[rounds.rows], n_chunks), everyones)
        terms = jnp.zeros((n_networks, len(TERMS)), dtype)
        progress, terms = jax.lax.fori_loop(0, rounds.networks, one_network, (progress, terms))
        return progress, history.at[batch - start].set(terms), tape

    dtype = precision.TRAINING_DTYPE
    first = jax.tree.map(lambda table: table[0], schedule)
    tape = empty_tape(jax.eval_shape(partial(_chunk, shape), members, progress, first, 0, 0))
    n_mine = rounds.units.shape[0]
    nothing = UnitOutcome(
        jnp.zeros((n_mine, len(TRIAL_TERMS)), dtype),
        jnp.zeros(n_mine, dtype),
        jnp.zeros((n_mine, progress.weights.shape[1]), dtype),
    )
    history = jnp.zeros((SEGMENT, n_networks, len(TERMS)), dtype)
    progress, history, _ = jax.lax.fori_loop(start, stop, one_batch, (progress, history, tape))
    return progress, history


def _at(tree: Any, index: Int[Array, ""]) -> Any:
    return jax.tree.map(lambda leaf: leaf[index], tree)


def _put(tree: Any, index: Int[Array, ""], values: Any) -> Any:
    return jax.tree.map(lambda leaf, value: leaf.at[index].set(value), tree, values)


def _chunk(
    shape: Shapes,
    members: Member,
    progress: Progress,
    schedule: Schedule[jax.Array],
    batch: jax.Array,
    unit: jax.Array,
) -> Chunk:
    """One network on one chunk of its batch, whose losses are parts of the batch's mean."""
    n_chunks, size = chunks_of(shape.batch_size)
    network, number = unit // n_chunks, unit % n_chunks
    member, now = _at((members, schedule), network)
    condition = member.condition
    start, goal, inputs = draw_chunk(
        condition,
        now.field_scale,
        jax.random.fold_in(jax.random.fold_in(member.trials, batch), number),
        size,
        shape.n_steps,
    )
    used = number * size + jnp.arange(size) < shape.batch_size
    return Chunk(
        physics=with_noise(condition.physics, now.noise_scale),
        weights=condition.loss,
        controller=shape.layout.network(progress.weights[network]),
        start=start,
        goal=goal,
        inputs=inputs,
        share=used.astype(start.dtype) / shape.batch_size,
        delay=shape.delay,
    )


def _sum_chunks(units: Float[Array, "unit ..."], n_chunks: int) -> Float[Array, "network ..."]:
    """Add the chunks of each network, always in the same order."""
    chunks = units.reshape(-1, n_chunks, *units.shape[1:])
    total = chunks[:, 0]
    for index in range(1, n_chunks):
        total = total + chunks[:, index]
    return total
