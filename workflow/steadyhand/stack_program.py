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
from steadyhand.batch import Condition, chunks_of, draw_chunk, run_trials
from steadyhand.draws import Key
from steadyhand.loss import TERMS
from steadyhand.network import Controller
from steadyhand.optimization import OptimizerSettings, all_finite, apply_gradient

SEGMENT = 100
"""Most batches between two looks at the progress; changes no result."""


class Member(eqx.Module):
    """All that makes a network of a stack the one it is; leading axis `network` in a stack."""

    condition: Condition
    optimizer: OptimizerSettings
    root: Key
    replicate: Int[Array, ""]


class Progress(eqx.Module):
    """Where the networks of a stack are; leading axis `network`."""

    controller: Controller
    optimizer_state: Any
    diverged: Int[Array, ""]
    """Batch in which the loss or the gradient was not finite, or −1."""


@dataclass(frozen=True)
class Shapes:
    """What has to agree for networks to share a program."""

    network: tuple[tuple[str, Any], ...]
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
    start: Int[Array, ""],
    stop: Int[Array, ""],
) -> tuple[Progress, Float[Array, "batch network term"]]:
    """Batches `start` to `stop`; their loss terms stand in the first rows of the second result."""
    n_chunks, _ = chunks_of(shape.batch_size)
    n_units = members.replicate.shape[0] * n_chunks
    padded = -(-n_units // mesh.size) * mesh.size
    units = jnp.where(jnp.arange(padded) < n_units, jnp.arange(padded), 0)

    def on_device(
        units: Int[Array, " unit"], members: Member, progress: Progress
    ) -> tuple[Progress, Float[Array, "batch network term"]]:
        def one_batch(
            batch: Int[Array, ""], carried: tuple[Progress, jax.Array]
        ) -> tuple[Progress, jax.Array]:
            progress, history = carried
            mine = jax.lax.map(partial(_unit_gradient, shape, members, progress, batch), units)
            everyones = jax.lax.all_gather(mine, "unit", tiled=True)
            terms, gradient = jax.tree.map(
                lambda leaf: _sum_chunks(leaf[:n_units], n_chunks), everyones
            )
            progress = jax.vmap(_advance, in_axes=(0, 0, 0, 0, None))(
                members.optimizer, progress, gradient, terms, batch
            )
            return progress, history.at[batch - start].set(terms)

        n_networks = members.replicate.shape[0]
        history = jnp.zeros((SEGMENT, n_networks, len(TERMS)), precision.TRAINING_DTYPE)
        return jax.lax.fori_loop(start, stop, one_batch, (progress, history))

    return jax.shard_map(
        on_device,
        mesh=mesh,
        in_specs=(PartitionSpec("unit"), PartitionSpec(), PartitionSpec()),
        out_specs=PartitionSpec(),
        check_vma=False,
    )(units, members, progress)


def _unit_gradient(
    shape: Shapes, members: Member, progress: Progress, batch: jax.Array, unit: jax.Array
) -> tuple[Float[Array, " term"], Controller]:
    """Loss terms and gradient of one network on one chunk, as parts of the batch's mean."""
    n_chunks, size = chunks_of(shape.batch_size)
    network, chunk = unit // n_chunks, unit % n_chunks
    member: Member = jax.tree.map(lambda leaf: leaf[network], members)
    controller: Controller = jax.tree.map(lambda leaf: leaf[network], progress.controller)
    start, goal, inputs = draw_chunk(
        member.condition, member.root, member.replicate, batch, chunk, size, shape.n_steps
    )
    used = chunk * size + jnp.arange(size) < shape.batch_size
    share = used.astype(start.dtype) / shape.batch_size

    def loss(controller: Controller) -> tuple[jax.Array, jax.Array]:
        terms = run_trials(member.condition, controller, start, goal, inputs, shape.delay)
        means = jnp.sum(terms * share[None], axis=-1)
        return means.sum(), means

    (_, terms), gradient = jax.value_and_grad(loss, has_aux=True)(controller)
    return terms, gradient


def _sum_chunks(units: Float[Array, "unit ..."], n_chunks: int) -> Float[Array, "network ..."]:
    """Add the chunks of each network, always in the same order."""
    chunks = units.reshape(-1, n_chunks, *units.shape[1:])
    total = chunks[:, 0]
    for index in range(1, n_chunks):
        total = total + chunks[:, index]
    return total


def _advance(
    settings: OptimizerSettings,
    progress: Progress,
    gradient: Controller,
    terms: Float[Array, " term"],
    batch: Int[Array, ""],
) -> Progress:
    """One network after a batch. Where it is not finite, it stays as it was, for good."""
    finite = all_finite((gradient, terms))
    alive = progress.diverged < 0
    controller, state = apply_gradient(
        settings, progress.controller, progress.optimizer_state, gradient, batch, finite & alive
    )
    broke = alive & ~finite
    diverged = jnp.where(broke, batch.astype(progress.diverged.dtype), progress.diverged)
    return Progress(controller, state, diverged)
