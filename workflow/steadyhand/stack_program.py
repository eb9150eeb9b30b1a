"""The program that trains a stack: batches of all its networks, spread over the devices.

The unit of work is one network on one chunk of its batch. Each unit is computed by the same code
on arrays of the same shapes, and chunks are added in a fixed order, so the weights of a network
depend neither on the stack it is in, nor on its place there, nor on the number of devices.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float, Int

from steadyhand import precision
from steadyhand.batch import Condition, chunks_of, draw_chunk
from steadyhand.draws import Key
from steadyhand.loss import TERMS, readout_norm_loss
from steadyhand.optimization import OptimizerSettings, all_finite, apply_gradient
from steadyhand.plant import with_noise
from steadyhand.schedule import Schedule
from steadyhand.through_time import Chunk, Tape, empty_tape, losses_and_gradient
from steadyhand.weight_vector import Layout, layout_of

SEGMENT = 100
"""Most batches between two looks at the progress; changes no result."""


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


@dataclass(frozen=True)
class Shapes:
    """What has to agree for networks to share a program."""

    network: tuple[tuple[str, Any], ...]
    channels: tuple[str, ...]
    delay: int
    n_steps: int
    batch_size: int
    n_batches: int


@partial(jax.jit, static_argnums=(0, 1), donate_argnums=3)
def run_batches(
    shape: Shapes,
    mesh: Mesh,
    members: Member,
    progress: Progress,
    schedule: Schedule[jax.Array],
    start: Int[Array, ""],
    stop: Int[Array, ""],
) -> tuple[Progress, Float[Array, "batch network term"]]:
    """Batches `start` to `stop`; their loss terms stand in the first rows of the second result.

    `schedule` has the rows of these batches, first of them `start`; axes `batch network`.
    """
    n_chunks, _ = chunks_of(shape.batch_size)
    n_units = members.trials.shape[0] * n_chunks
    padded = -(-n_units // mesh.size) * mesh.size
    units = jnp.where(jnp.arange(padded) < n_units, jnp.arange(padded), 0)
    return jax.shard_map(
        partial(_on_device, shape, n_units),
        mesh=mesh,
        in_specs=(PartitionSpec("unit"), *[PartitionSpec()] * 5),
        out_specs=PartitionSpec(),
        check_vma=False,
    )(units, members, progress, schedule, start, stop)


def _on_device(
    shape: Shapes,
    n_units: int,
    units: Int[Array, " unit"],
    members: Member,
    progress: Progress,
    schedule: Schedule[jax.Array],
    start: Int[Array, ""],
    stop: Int[Array, ""],
) -> tuple[Progress, Float[Array, "batch network term"]]:
    """Batches on one of the devices, which computes its own units and hears of the others'."""
    layout, n_chunks = _layout(shape), chunks_of(shape.batch_size)[0]

    def one_batch(
        batch: Int[Array, ""], carried: tuple[Progress, jax.Array, Tape]
    ) -> tuple[Progress, jax.Array, Tape]:
        progress, history, tape = carried
        now = jax.tree.map(lambda table: table[batch - start], schedule)

        def one_unit(tape: Tape, unit: Int[Array, ""]) -> tuple[Tape, UnitOutcome]:
            chunk = _chunk(shape, members, progress, now, batch, unit)
            outcome, tape = losses_and_gradient(chunk, tape)
            gradient = layout.vector(outcome.gradient)
            return tape, UnitOutcome(outcome.terms, outcome.activity, gradient)

        tape, mine = jax.lax.scan(one_unit, tape, units)
        everyones = jax.lax.all_gather(mine, "unit", tiled=True)
        outcome = jax.tree.map(lambda leaf: _sum_chunks(leaf[:n_units], n_chunks), everyones)
        progress, terms = jax.vmap(partial(_advance, layout), in_axes=(0, 0, 0, 0, None))(
            members, progress, outcome, now, batch
        )
        return progress, history.at[batch - start].set(terms), tape

    history = jnp.zeros((SEGMENT, n_units // n_chunks, len(TERMS)), precision.TRAINING_DTYPE)
    first = jax.tree.map(lambda table: table[0], schedule)
    tape = empty_tape(jax.eval_shape(partial(_chunk, shape), members, progress, first, 0, 0))
    progress, history, _ = jax.lax.fori_loop(start, stop, one_batch, (progress, history, tape))
    return progress, history


def _layout(shape: Shapes) -> Layout:
    return layout_of(dict(shape.network), shape.channels)


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
    member: Member = jax.tree.map(lambda leaf: leaf[network], members)
    now: Schedule[jax.Array] = jax.tree.map(lambda leaf: leaf[network], schedule)
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
        controller=_layout(shape).network(progress.weights[network]),
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


def _advance(
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
