"""Training of a stack: many networks of many models in one program.

Nothing that decides a model's bytes is decided here: see `stack_program`.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from steadyhand import precision
from steadyhand.advance import Member
from steadyhand.course import Arrays, Course
from steadyhand.errors import UserError
from steadyhand.network import channels_of, to_arrays
from steadyhand.rounds import LEAST_NETWORKS, rounds_of
from steadyhand.schedule import Schedule, schedule_of
from steadyhand.stack_members import networks_of
from steadyhand.stack_program import SEGMENT, Shapes, run_batches

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
    members, keys = networks_of(specs, salts)
    schedules = [schedule_of(spec, precision.TRAINING_DTYPE) for spec in specs]
    course = Course.begin(shape, keys)
    if resumed is not None:
        course.restore(*resumed)
    replicates = [spec["replicates"] for spec in specs]
    _train(shape, mesh, members, schedules, replicates, course, attendance)
    return _split(shape, replicates, course)


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
    rounds = rounds_of(sum(replicates), shape.batch_size, mesh.size)
    length, saved = 1, course.batches_done
    while course.batches_done < shape.n_batches:
        start = course.batches_done
        stop = min(start + length, next(mark for mark in course.marks if mark > start))
        begin = time.monotonic()
        rows = jax.device_put(_rows(schedules, replicates, start, stop), everywhere)
        progress, terms = run_batches(shape, mesh, members, progress, rows, rounds, start, stop)
        terms = np.asarray(terms)[: stop - start]
        course.advance(stop, progress, terms)
        if start > 0:  # the first call also compiles
            fitting = int((stop - start) * _LOOK_EVERY / (time.monotonic() - begin))
            length = max(1, min(fitting, 2 * length, SEGMENT))
        _report(course, terms[-1], sum(replicates), attendance)
        stopping = attendance.is_stopping() and stop < shape.n_batches
        if stopping or (stop - saved >= attendance.save_every and stop < shape.n_batches):
            attendance.save(stop, course.arrays())
            saved = stop
        if stopping:
            raise Interrupted(
                f"training was stopped after batch {stop} of {shape.n_batches}; run again, it "
                "goes on from there"
            )


def _report(course: Course, last: np.ndarray, networks: int, attendance: Attendance) -> None:
    last, fine = last[:networks], np.asarray(course.progress.diverged)[:networks] < 0
    loss = float(last.sum(axis=-1)[fine].mean()) if fine.any() else None
    attendance.report(course.batches_done, loss, int((~fine).sum()))


def _rows(
    schedules: Sequence[Schedule[np.ndarray]], replicates: Sequence[int], start: int, stop: int
) -> Schedule[np.ndarray]:
    """Rows of the schedule of every network, (SEGMENT, network); those after `stop` unused."""

    def table(*columns: np.ndarray) -> np.ndarray:
        n_networks = sum(replicates)
        rows = np.zeros((SEGMENT, max(n_networks, LEAST_NETWORKS)), columns[0].dtype)
        values = [column[start:stop] for column in columns]
        rows[: stop - start, :n_networks] = np.repeat(np.stack(values, axis=1), replicates, axis=1)
        return rows

    return jax.tree.map(table, *schedules)


def _split(shape: Shapes, replicates: Sequence[int], course: Course) -> list[Trained]:
    """The models of a stack, each with its own networks."""
    snapshots = to_arrays(shape.layout.network(course.settled_snapshots()))
    terms = np.concatenate(course.history)
    diverged, failure = np.asarray(course.progress.diverged), np.asarray(course.progress.failure)
    results, first = [], 0
    for count in replicates:
        mine = slice(first, first + count)
        first = mine.stop
        results.append(
            Trained(
                snapshots={name: it[:, mine] for name, it in snapshots.items()},
                batches_done=np.asarray(course.marks, np.int32),
                loss_terms=terms[:, mine].transpose(2, 1, 0),
                diverged=diverged[mine],
                failure=failure[mine],
            )
        )
    return results
