"""Training of a stack: many networks of many models in one program.

Nothing that decides a model's bytes is decided here: see `stack_program`.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
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
    save: Callable[[int, Arrays], None] = lambda batches, arrays: None
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
    members = _stack([_members(spec, salt) for spec, salt in zip(specs, salts, strict=True)])
    schedules = [schedule_of(spec, precision.TRAINING_DTYPE) for spec in specs]
    course = Course.begin(shape, members)
    if resumed is not None:
        course.restore(*resumed)
    replicates = [spec["replicates"] for spec in specs]
    _train(shape, mesh, members, schedules, replicates, course, attendance)
    return _split(replicates, course)


@dataclass
class Course:
    """How far a training has come, and what it has left so far."""

    batches_done: int
    marks: list[int]
    progress: Progress
    snapshots: list[Arrays]
    """Named arrays of all networks, leading axis `network`, at the marks that were passed."""
    history: list[np.ndarray] = field(default_factory=list)
    """Loss terms of consecutive batches, (batch, network, term)."""

    @classmethod
    def begin(cls, shape: Shapes, members: Member) -> "Course":
        """Before the first batch."""
        progress = _initial(shape, members)
        first = to_arrays(progress.controller)
        return cls(0, snapshot_batches(shape.n_batches), progress, [first])

    def advance(self, batches_done: int, progress: Progress, terms: np.ndarray) -> None:
        """Note what a call of the program gave."""
        self.batches_done, self.progress = batches_done, progress
        self.history.append(terms)
        if batches_done in self.marks:
            self.snapshots.append(to_arrays(jax.device_get(progress.controller)))

    def arrays(self) -> Arrays:
        """All of it, for a checkpoint."""
        saved = {f"progress{path}": leaf for path, leaf in _named(self.progress)}
        saved |= {f"snapshots.{name}": values for name, values in self._stacked().items()}
        return {**saved, "history": self._joined()}

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
        passed = sum(mark <= batches_done for mark in self.marks)
        names = list(self.snapshots[0])
        self.snapshots = [
            {name: arrays[f"snapshots.{name}"][index] for name in names} for index in range(passed)
        ]

    def outcome(self) -> tuple[Arrays, np.ndarray, np.ndarray, np.ndarray]:
        """Snapshots (snapshot, network, …), loss terms, and where and why networks failed."""
        diverged = np.asarray(self.progress.diverged)
        snapshots = self._stacked()
        for network, batch in enumerate(diverged):
            if batch >= 0:  # frozen at the last snapshot with which a whole batch went well
                last = max(sum(mark < batch for mark in self.marks) - 1, 0)
                for values in snapshots.values():
                    values[last + 1 :, network] = values[last, network]
        return snapshots, self._joined(), diverged, np.asarray(self.progress.failure)

    def _stacked(self) -> Arrays:
        return {name: np.stack([it[name] for it in self.snapshots]) for name in self.snapshots[0]}

    def _joined(self) -> np.ndarray:
        return np.concatenate(self.history)


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


def _members(spec: dict[str, Any], salt: int) -> Member:
    """The replicates of one model, with a leading axis."""
    dtype, count = precision.TRAINING_DTYPE, spec["replicates"]
    limit = jnp.asarray(spec["schedule"]["saturation_limit"], dtype)
    condition, optimizer, limit = jax.tree.map(
        lambda leaf: jnp.broadcast_to(leaf, (count,)),
        (condition_from(spec, dtype), optimizer_from(spec, dtype), limit),
    )
    roots = jax.vmap(lambda _: root_key(spec["seed"], salt))(jnp.arange(count))
    return Member(condition, optimizer, limit, roots, jnp.arange(count, dtype=jnp.int32))


def _stack(members: Sequence[Member]) -> Member:
    return jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *members)


def _initial(shape: Shapes, members: Member) -> Progress:
    nothing = jnp.asarray(Failure.NONE, jnp.int32)

    def one(root: Key, replicate: jax.Array) -> Progress:
        key = draw_key(root, What.WEIGHTS, replicate)
        controller = init_controller(
            key, dict(shape.network), shape.channels, precision.TRAINING_DTYPE
        )
        state = initial_optimizer_state(controller)
        return Progress(controller, state, jnp.asarray(-1, jnp.int32), nothing)

    return jax.vmap(one)(members.root, members.replicate)


def _named(progress: Progress) -> list[tuple[str, np.ndarray]]:
    leaves = jax.tree_util.tree_leaves_with_path(progress)
    return [(jax.tree_util.keystr(path), np.asarray(leaf)) for path, leaf in leaves]


def _split(replicates: Sequence[int], course: Course) -> list[Trained]:
    """The models of a stack, each with its own networks."""
    snapshots, terms, diverged, failure = course.outcome()
    results, first = [], 0
    for count in replicates:
        mine = slice(first, first + count)
        first = mine.stop
        results.append(
            Trained(
                snapshots={name: values[:, mine] for name, values in snapshots.items()},
                batches_done=np.asarray(course.marks, np.int32),
                loss_terms=terms[:, mine].transpose(2, 1, 0),
                diverged=diverged[mine],
                failure=failure[mine],
            )
        )
    return results
