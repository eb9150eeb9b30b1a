"""Training of a stack: many networks of many models in one program.

Nothing that decides a model's bytes is decided here: see `stack_program`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from steadyhand import precision
from steadyhand.batch import condition_from
from steadyhand.draws import Key, What, draw_key, root_key
from steadyhand.network import Controller, init_controller, to_arrays
from steadyhand.optimization import initial_optimizer_state, learning_rate_at, optimizer_from
from steadyhand.stack_program import SEGMENT, Member, Progress, Shapes, run_batches


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
        progress, terms = run_batches(shape, mesh, members, progress, start, stop)
        history.append(np.asarray(terms)[: stop - start])
        if stop in marks:
            snapshots.append(jax.device_get(progress.controller))
        finite = np.asarray(progress.diverged) < 0
        if finite.any():
            report(stop, float(history[-1][-1].sum(axis=-1)[finite].mean()))
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *snapshots)
    return _split(specs, stacked, np.concatenate(history), np.asarray(progress.diverged))


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
