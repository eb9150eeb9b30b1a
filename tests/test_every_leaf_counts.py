"""Every hyperparameter of a training changes what is trained: none is read and then forgotten."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from leaf_changes import OTHER, before_and_after, nested
from steadyhand.batch import condition_from, draw_chunk
from steadyhand.chunks import chunks_of
from steadyhand.config import Hyperparameters, leaves
from steadyhand.loop import rollout
from steadyhand.loop_data import initial_state
from steadyhand.loss import trial_losses
from steadyhand.network import init_controller
from steadyhand.pairing import salt_of
from steadyhand.requests import training_of
from steadyhand.stack_members import networks_of
from steadyhand.train import shapes_of, train_stack

BASE = {
    "replicates": 2,
    "network.hidden_size": 4,
    "task.n_steps": 12,
    "schedule.n_batches": 6,
    "schedule.batch_size": 4,
}
TRAINED = [path for path, _ in leaves(Hyperparameters()) if not path.startswith("selection.")]
WITHOUT_EFFECT = {
    "optimizer.type": "adamw without weight decay is adam, and adam with weight decay is refused",
}
COUNTED = {
    "replicates": "there are more networks",
    "schedule.n_batches": "there are more batches",
}


def specs_of(path):
    """Resolved hyperparameters of two trainings that differ in one of them."""
    return [training_of(Hyperparameters.model_validate(it)) for it in before_and_after(path, BASE)]


IN_A_STACK = [
    path
    for path in TRAINED
    if len({shapes_of(spec) for spec in [*specs_of(path), *specs_of("seed")]}) == 1
]
"""All that is data to the program: their trainings share a stack, and one compilation."""


STILL = training_of(
    Hyperparameters.model_validate(
        nested({**BASE, "field.std": 1.0, "optimizer.learning_rate": 1e-9})
    )
)
"""Learns so little that its weights stay as they are in single precision."""


@pytest.fixture(scope="module")
def stack():
    """What training leaves of every model that shares its shapes with the others, by its spec."""
    specs = [STILL, *(spec for path in IN_A_STACK for spec in specs_of(path))]
    trained = train_stack(specs, [salt_of(spec) for spec in specs])
    found = {}
    for spec, outcome in zip(specs, trained, strict=True):
        first = found.setdefault(str(spec), outcome)
        assert same(first, outcome)  # or a difference would mean nothing
    return found


def same(one, other):
    arrays = [{**it.snapshots, "loss": it.loss_terms, "failed": it.diverged} for it in (one, other)]
    return all(np.array_equal(arrays[0][name], arrays[1][name]) for name in arrays[0])


@pytest.mark.parametrize("path", IN_A_STACK)
def test_another_value_trains_another_network(stack, path):
    before, after = (stack[str(spec)] for spec in specs_of(path))
    assert same(before, after) == (path in WITHOUT_EFFECT)


def losses_of(spec, replicate=0, batch=0):
    """Weighted terms of the loss over a batch, of a network that is not trained."""
    networks, weights = networks_of([spec], [salt_of(spec)])
    key = jax.random.fold_in(networks.trials[replicate], batch)
    condition = condition_from(spec, "float32")
    return np.asarray(_losses(shapes_of(spec), condition, weights[replicate], key))


@partial(jax.jit, static_argnums=0)
def _losses(shape, condition, weights, key):
    controller = init_controller(weights, dict(shape.network), shape.channels, "float32")
    (n_chunks, size), key = chunks_of(shape.batch_size), jax.random.fold_in(key, 0)
    assert n_chunks == 1
    start, goal, inputs = draw_chunk(condition, jnp.float32(1), key, size, shape.n_steps)
    first = jax.vmap(initial_state, in_axes=(0, None, None))(start, controller.rest(), shape.delay)
    states, signals = rollout(condition.physics, controller, first, inputs)
    activity = controller.activity(states.hidden)
    losses = trial_losses(condition.loss, states, signals, activity, goal)
    return losses[:, : shape.batch_size].mean(axis=1)


def test_each_batch_and_replicate_is_trained_on_trials_of_its_own(stack):
    """And on those that the tests of draws look at."""
    trained = stack[str(STILL)].loss_terms
    assert len(np.unique(trained[0])) == trained[0].size
    for replicate, batch in ((0, 0), (0, 1), (1, 0), (1, 5)):
        expected = losses_of(STILL, replicate, batch)
        np.testing.assert_allclose(trained[:-1, replicate, batch], expected, rtol=1e-4)


@pytest.mark.parametrize("path", sorted({*TRAINED} - {*IN_A_STACK} - {*COUNTED}))
def test_another_shape_has_another_loss(path):
    before, after = specs_of(path)
    assert (losses_of(before) != losses_of(after)).all()


def test_what_only_adds_to_a_training_is_counted():
    (few, many), (short, long) = specs_of("replicates"), specs_of("schedule.n_batches")
    assert (few["replicates"], many["replicates"]) == (2, 3)
    assert (shapes_of(short).n_batches, shapes_of(long).n_batches) == (6, 9)


def test_no_leaf_is_left_out():
    assert set(OTHER) >= set(TRAINED)
    assert {*IN_A_STACK} >= {*WITHOUT_EFFECT}
    kinds = {path.rpartition(".")[0] for path in IN_A_STACK}
    assert kinds >= {"", "plant", "feedback", "motor", "task", "field", "loss", "optimizer"}
