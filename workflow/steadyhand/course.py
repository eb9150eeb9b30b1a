"""How far the training of a stack has come: what is carried, kept in snapshots, and saved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from steadyhand import precision
from steadyhand.advance import Failure, Progress
from steadyhand.draws import Key
from steadyhand.network import init_controller
from steadyhand.optimization import initial_optimizer_state
from steadyhand.stack_program import Shapes

Arrays = dict[str, np.ndarray]


def snapshot_batches(n_batches: int) -> list[int]:
    """Batches after which weights are kept: 0 … 9, 10 … 90 by 10, 100 … 900 by 100, …, the last."""
    kept, stride = set(range(min(10, n_batches + 1))), 10
    while stride <= n_batches:
        kept.update(range(stride, min(10 * stride, n_batches + 1), stride))
        stride *= 10
    return sorted(kept | {n_batches})


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


@partial(jax.jit, static_argnums=0)
def _initial(shape: Shapes, keys: Key) -> Progress:
    nothing = jnp.asarray(Failure.NONE, jnp.int32)

    def one(key: Key) -> Progress:
        controller = init_controller(
            key, dict(shape.network), shape.channels, precision.TRAINING_DTYPE
        )
        weights = shape.layout.vector(controller)
        state = initial_optimizer_state(weights)
        return Progress(weights, state, jnp.asarray(-1, jnp.int32), nothing)

    return jax.vmap(one)(keys)


def _named(progress: Progress) -> list[tuple[str, np.ndarray]]:
    leaves = jax.tree_util.tree_leaves_with_path(progress)
    return [(jax.tree_util.keystr(path), np.asarray(leaf)) for path, leaf in leaves]
