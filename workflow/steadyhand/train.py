"""Training of a stack: many networks of many models in one program.

The unit of work is one network on one chunk of its batch. Units are spread over the devices, and
each is computed by the same code on arrays of the same shapes, so the weights of a network depend
neither on the stack it is in, nor on its position there, nor on the number of devices.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Float, Int

from steadyhand import precision
from steadyhand.batch import Condition, chunks_of, condition_from, draw_chunk, run_trials
from steadyhand.draws import Key, What, draw_key, root_key
from steadyhand.loss import TERMS
from steadyhand.network import Controller, init_controller, to_arrays
from steadyhand.optimization import (
    OptimizerSettings,
    all_finite,
    apply_gradient,
    initial_optimizer_state,
    learning_rate_at,
    optimizer_from,
)

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


@dataclass(frozen=True)
class Trained:
    """What training leaves of one model."""

    snapshots: dict[str, np.ndarray]
    """Named arrays with leading axes `snapshot replicate`."""
    batches_done: np.ndarray
    """Batches before each snapshot."""
    loss_terms: np.ndarray
    """Weighted terms, (term, replicate, batch)."""
    learning_rate: np.ndarray
    """(batch,)"""
    diverged: np.ndarray
    """(replicate,): the batch in which training stopped being finite, or −1."""


def shapes_of(spec: dict[str, Any]) -> Shapes:
    """The shapes of a model's training, from its resolved hyperparameters."""
    return Shapes(
        network=tuple(sorted(spec["network"].items())),
        delay=spec["feedback"]["delay"],
        n_steps=spec["task"]["n_steps"],
        batch_size=spec["schedule"]["batch_size"],
        n_batches=spec["schedule"]["n_batches"],
    )


def snapshot_batches(n_batches: int) -> list[int]:
    """Batches after which weights are kept: 0 … 9, 10 … 90 by 10, 100 … 900 by 100, …, the last."""
    kept, stride = set(range(min(10, n_batches + 1))), 10
    while stride <= n_batches:
        kept.update(range(stride, min(10 * stride, n_batches + 1), stride))
        stride *= 10
    return sorted(kept | {n_batches})


def train_stack(
    specs: Sequence[dict[str, Any]], salts: Sequence[int], report: Callable[[int, float], None]
) -> list[Trained]:
    """Train all replicates of all models of a stack.

    **Arguments:** `specs`: resolved hyperparameters of each model, of equal shapes; `salts`:
    what sets a model's draws apart (0: paired with all others); `report(batches, loss)` is
    called between segments with the mean loss of the networks that are still finite.

    **Returns:** what training leaves of each model, in order.
    """
    shapes = {shapes_of(spec) for spec in specs}
    if len(shapes) != 1:
        raise ValueError(f"the models of a stack must agree in shape, not be {shapes}")
    (shape,) = shapes
    mesh = jax.make_mesh((jax.device_count(),), ("unit",), axis_types=(AxisType.Auto,))
    everywhere = NamedSharding(mesh, PartitionSpec())
    members = _stack([_members(spec, salt) for spec, salt in zip(specs, salts, strict=True)])
    # Where the arrays lie is part of what is compiled for: the same from the first call on.
    members, progress = jax.device_put((members, _initial(shape, members)), everywhere)
    marks = snapshot_batches(shape.n_batches)
    snapshots, history = [jax.device_get(progress.controller)], []
    for start, stop in _segments(marks):
        progress, terms = _run(shape, mesh, members, progress, start, stop)
        history.append(np.asarray(terms)[: stop - start])
        if stop in marks:
            snapshots.append(jax.device_get(progress.controller))
        finite = np.asarray(progress.diverged) < 0
        if finite.any():
            report(stop, float(history[-1][-1].sum(axis=-1)[finite].mean()))
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *snapshots)
    return _split(specs, stacked, np.concatenate(history), np.asarray(progress.diverged))


@partial(jax.jit, static_argnums=(0, 1), donate_argnums=3)
def _run(
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


def _members(spec: dict[str, Any], salt: int) -> Member:
    """The replicates of one model, with a leading axis."""
    dtype, count = precision.TRAINING_DTYPE, spec["replicates"]
    shared = (condition_from(spec, dtype), optimizer_from(spec, dtype))
    condition, optimizer = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (count,)), shared)
    roots = jax.vmap(lambda _: root_key(spec["seed"], salt))(jnp.arange(count))
    return Member(condition, optimizer, roots, jnp.arange(count, dtype=jnp.int32))


def _stack(members: Sequence[Member]) -> Member:
    return jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *members)


def _initial(shape: Shapes, members: Member) -> Progress:
    def one(root: Key, replicate: jax.Array) -> Progress:
        key = draw_key(root, What.WEIGHTS, replicate)
        controller = init_controller(key, dict(shape.network), precision.TRAINING_DTYPE)
        return Progress(controller, initial_optimizer_state(controller), jnp.asarray(-1, jnp.int32))

    return jax.vmap(one)(members.root, members.replicate)


def _segments(marks: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Consecutive ranges of batches that end at every mark and are at most SEGMENT long."""
    for before, after in pairwise(marks):
        for start in range(before, after, SEGMENT):
            yield start, min(start + SEGMENT, after)


def _split(
    specs: Sequence[dict[str, Any]],
    snapshots: Controller,
    terms: np.ndarray,
    diverged: np.ndarray,
) -> list[Trained]:
    """The models of a stack, each with its own networks."""
    results, first = [], 0
    for spec in specs:
        mine = slice(first, first + spec["replicates"])
        first = mine.stop
        controllers = jax.tree.map(lambda leaf, mine=mine: leaf[:, mine], snapshots)
        settings = optimizer_from(spec, precision.TRAINING_DTYPE)
        batches = jnp.arange(spec["schedule"]["n_batches"])
        results.append(
            Trained(
                snapshots=to_arrays(controllers),
                batches_done=np.asarray(snapshot_batches(len(batches)), np.int32),
                loss_terms=terms[:, mine].transpose(2, 1, 0),
                learning_rate=np.asarray(
                    jax.vmap(learning_rate_at, in_axes=(None, 0))(settings, batches)
                ),
                diverged=diverged[mine],
            )
        )
    return results
