"""Training of a stack: many networks of many models in one program.

Nothing that decides a model's bytes is decided here: see `stack_program`.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from steadyhand import precision
from steadyhand.batch import condition_from
from steadyhand.draws import Key, What, draw_key, root_key
from steadyhand.errors import UserError
from steadyhand.network import channels_of, init_controller, to_arrays
from steadyhand.optimization import initial_optimizer_state, optimizer_from
from steadyhand.schedule import Schedule, schedule_of
from steadyhand.stack_program import SEGMENT, Failure, Member, Progress, Shapes, run_batches
from steadyhand.weight_vector import layout_of

Arrays = dict[str, np.ndarray]

_LOOK_EVERY = 2.0
"""Seconds that a call of the program should take: within so long a stack can be stopped."""


@dataclass(frozen=True)
class Trained:
    """What training leaves of one model."""

    snapshots: Arrays
    """Named arrays with leading axes `snapshot replicate`."""
    batches_done: np.ndarray
    """Batches before each snapshot."""
    loss_terms: np.ndarray
    """Weighted terms, (term, replicate, batch)."""
    diverged: np.ndarray
    """(replicate,): the batch in which a network failed, or −1."""
    failure: np.ndarray
    """(replicate,): a `Failure`, 0 for none."""


class Interrupted(UserError):
    """Training was asked to stop; what was done is in a checkpoint."""


@dataclass(frozen=True)
class Attendance:
    """What somebody does while a stack is trained; none of it changes a result."""

    report: Callable[[int, float | None, int], None] = lambda batches, loss, failed: None
    """Called every few seconds with the batches done, the mean loss over the networks that have
    not failed (None if all have), and how many have."""
    save: Callable[[int, Arrays], object] = lambda batches, arrays: None
    """Keeps a checkpoint: the batches done, and all that is needed to go on from there."""
    save_every: int = 1000
    """Batches between two checkpoints."""
    is_stopping: Callable[[], bool] = lambda: False
    """Whether to stop as soon as what is done is safe."""


def shapes_of(spec: dict[str, Any]) -> Shapes:
    """The shapes of a model's training, from its resolved hyperparameters."""
    return Shapes(
        network=tuple(sorted(spec["network"].items())),
        channels=channels_of(spec),
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
    specs: Sequence[dict[str, Any]],
    salts: Sequence[int],
    attendance: Attendance | None = None,
    resumed: tuple[int, Mapping[str, np.ndarray]] | None = None,
) -> list[Trained]:
    """Train all replicates of all models of a stack.

    **Arguments:** `specs`: resolved hyperparameters of each model, of equal shapes; `salts`:
    what sets a model's draws apart (0: paired with all others); `resumed`: a checkpoint, as
    `attendance.save` was given it, of this very stack: going on from it gives the same bytes.

    **Returns:** what training leaves of each model, in order.

    Raises `Interrupted` once it has saved a checkpoint because it was asked to stop.
    """
    shapes = {shapes_of(spec) for spec in specs}
    if len(shapes) != 1:
        raise ValueError(f"the models of a stack must agree in shape, not be {shapes}")
    (shape,) = shapes
    attendance = attendance or Attendance()
    mesh = jax.make_mesh((jax.device_count(),), ("unit",), axis_types=(AxisType.Auto,))
    members, keys = _networks(specs, salts)
    schedules = [schedule_of(spec, precision.TRAINING_DTYPE) for spec in specs]
    course = Course.begin(shape, keys)
    if resumed is not None:
        course.restore(*resumed)
    replicates = [spec["replicates"] for spec in specs]
    _train(shape, mesh, members, schedules, replicates, course, attendance)
    return _split(shape, replicates, course)


@dataclass
class Course:
    """How far a training has come, and what it has left so far."""

    batches_done: int
    marks: list[int]
    progress: Progress
    snapshots: list[np.ndarray]
    """Weights of all networks at the marks that were passed, each (network, weight)."""
    history: list[np.ndarray] = field(default_factory=list)
    """Loss terms of consecutive batches, (batch, network, term)."""

    @classmethod
    def begin(cls, shape: Shapes, keys: Key) -> "Course":
        """Before the first batch; `keys` are those of the networks' initial weights."""
        progress = _initial(shape, keys)
        return cls(0, snapshot_batches(shape.n_batches), progress, [np.asarray(progress.weights)])

    def advance(self, batches_done: int, progress: Progress, terms: np.ndarray) -> None:
        """Note what a call of the program gave."""
        self.batches_done, self.progress = batches_done, progress
        self.history.append(terms)
        if batches_done in self.marks:
            self.snapshots.append(np.asarray(progress.weights))

    def arrays(self) -> Arrays:
        """All of it, for a checkpoint."""
        saved = {f"progress{path}": leaf for path, leaf in _named(self.progress)}
        history = np.concatenate(self.history)
        return {**saved, "snapshots": np.stack(self.snapshots), "history": history}

    def restore(self, batches_done: int, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on from what `arrays` gave; raises `ValueError` where it is of another stack."""
        names = [f"progress{path}" for path, _ in _named(self.progress)]
        leaves, structure = jax.tree.flatten(self.progress)
        found = [arrays[name] for name in names]
        if [it.shape for it in found] != [it.shape for it in leaves]:
            raise ValueError("this is a checkpoint of another stack")
        self.progress = jax.tree.unflatten(structure, [jnp.asarray(it) for it in found])
        self.batches_done = batches_done
        self.history = [arrays["history"]]
        self.snapshots = list(arrays["snapshots"])

    def settled_snapshots(self) -> np.ndarray:
        """All snapshots, (snapshot, network, weight); what failed stays where it last was good."""
        snapshots = np.stack(self.snapshots)
        for network, batch in enumerate(np.asarray(self.progress.diverged)):
            if batch >= 0:  # the last snapshot with which a whole batch went well
                last = max(sum(mark < batch for mark in self.marks) - 1, 0)
                snapshots[last + 1 :, network] = snapshots[last, network]
        return snapshots


def _train(
    shape: Shapes,
    mesh: Mesh,
    members: Member,
    schedules: Sequence[Schedule[np.ndarray]],
    replicates: Sequence[int],
    course: Course,
    attendance: Attendance,
) -> None:
    """Train to the end, or until asked to stop."""
    # Where the arrays lie is part of what is compiled for: the same from the first call on.
    everywhere = NamedSharding(mesh, PartitionSpec())
    members, progress = jax.device_put((members, course.progress), everywhere)
    length, saved = 1, course.batches_done
    while course.batches_done < shape.n_batches:
        start = course.batches_done
        stop = min(start + length, next(mark for mark in course.marks if mark > start))
        begin = time.monotonic()
        rows = jax.device_put(_rows(schedules, replicates, start, stop), everywhere)
        progress, terms = run_batches(shape, mesh, members, progress, rows, start, stop)
        terms = np.asarray(terms)[: stop - start]
        course.advance(stop, progress, terms)
        if start > 0:  # the first call also compiles
            fitting = int((stop - start) * _LOOK_EVERY / (time.monotonic() - begin))
            length = max(1, min(fitting, 2 * length, SEGMENT))
        _report(course, terms[-1], attendance)
        stopping = attendance.is_stopping() and stop < shape.n_batches
        if stopping or (stop - saved >= attendance.save_every and stop < shape.n_batches):
            attendance.save(stop, course.arrays())
            saved = stop
        if stopping:
            raise Interrupted(
                f"training was stopped after batch {stop} of {shape.n_batches}; run again, it "
                "goes on from there"
            )


def _report(course: Course, last: np.ndarray, attendance: Attendance) -> None:
    fine = np.asarray(course.progress.diverged) < 0
    loss = float(last.sum(axis=-1)[fine].mean()) if fine.any() else None
    attendance.report(course.batches_done, loss, int((~fine).sum()))


def _rows(
    schedules: Sequence[Schedule[np.ndarray]], replicates: Sequence[int], start: int, stop: int
) -> Schedule[np.ndarray]:
    """Rows of the schedule of every network, (SEGMENT, network); those after `stop` unused."""

    def table(*columns: np.ndarray) -> np.ndarray:
        rows = np.zeros((SEGMENT, sum(replicates)), columns[0].dtype)
        values = [column[start:stop] for column in columns]
        rows[: stop - start] = np.repeat(np.stack(values, axis=1), replicates, axis=1)
        return rows

    return jax.tree.map(table, *schedules)


def _networks(specs: Sequence[dict[str, Any]], salts: Sequence[int]) -> tuple[Member, Key]:
    """The replicates of all models, with a leading axis `network`, and keys of their weights.

    Made by NumPy, so that little has to be compiled.
    """
    dtype = precision.TRAINING_DTYPE

    def repeated(*leaves: Any) -> jax.Array:
        stacked = np.stack([np.asarray(leaf) for leaf in leaves])
        return jnp.asarray(np.repeat(stacked, counts, axis=0))

    counts = [spec["replicates"] for spec in specs]
    limits = [np.asarray(spec["schedule"]["saturation_limit"], dtype) for spec in specs]
    seeds = repeated(*(np.uint32(spec["seed"]) for spec in specs))
    numbers = jnp.asarray(np.concatenate([np.arange(it, dtype=np.uint32) for it in counts]))
    weights, trials = _keys(seeds, repeated(*(np.uint32(salt) for salt in salts)), numbers)
    members = Member(
        condition=jax.tree.map(repeated, *(condition_from(spec, dtype) for spec in specs)),
        optimizer=jax.tree.map(repeated, *(optimizer_from(spec, dtype) for spec in specs)),
        saturation_limit=repeated(*limits),
        trials=trials,
    )
    return members, weights


@jax.jit
def _keys(seeds: jax.Array, salts: jax.Array, replicates: jax.Array) -> tuple[Key, Key]:
    """The roots of the initial weights and of the trials of each network."""

    def one(seed: jax.Array, salt: jax.Array, replicate: jax.Array) -> Key:
        root = root_key(seed, salt)
        purposes = jnp.asarray([What.WEIGHTS, What.TRIALS])
        return jax.vmap(lambda what: draw_key(root, what, replicate))(purposes)

    weights, trials = jax.vmap(one, out_axes=1)(seeds, salts, replicates)
    return weights, trials


@partial(jax.jit, static_argnums=0)
def _initial(shape: Shapes, keys: Key) -> Progress:
    nothing = jnp.asarray(Failure.NONE, jnp.int32)

    def one(key: Key) -> Progress:
        controller = init_controller(
            key, dict(shape.network), shape.channels, precision.TRAINING_DTYPE
        )
        weights = layout_of(dict(shape.network), shape.channels).vector(controller)
        state = initial_optimizer_state(weights)
        return Progress(weights, state, jnp.asarray(-1, jnp.int32), nothing)

    return jax.vmap(one)(keys)


def _named(progress: Progress) -> list[tuple[str, np.ndarray]]:
    leaves = jax.tree_util.tree_leaves_with_path(progress)
    return [(jax.tree_util.keystr(path), np.asarray(leaf)) for path, leaf in leaves]


def _split(shape: Shapes, replicates: Sequence[int], course: Course) -> list[Trained]:
    """The models of a stack, each with its own networks."""
    networks = layout_of(dict(shape.network), shape.channels).network(course.settled_snapshots())
    terms = np.concatenate(course.history)
    diverged, failure = np.asarray(course.progress.diverged), np.asarray(course.progress.failure)
    results, first = [], 0
    for count in replicates:
        mine = slice(first, first + count)
        first = mine.stop
        results.append(
            Trained(
                snapshots={name: it[:, mine] for name, it in to_arrays(networks).items()},
                batches_done=np.asarray(course.marks, np.int32),
                loss_terms=terms[:, mine].transpose(2, 1, 0),
                diverged=diverged[mine],
                failure=failure[mine],
            )
        )
    return results
