"""Training: bytes that depend on the condition alone, and what happens when one diverges."""

import subprocess
import sys
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from steadyhand.batch import CHUNK_SIZE, chunks_of
from steadyhand.config import Hyperparameters
from steadyhand.optimization import learning_rate_at, optimizer_from
from steadyhand.pairing import salt_of
from steadyhand.requests import training_of
from steadyhand.stack_program import SEGMENT
from steadyhand.train import _segments, snapshot_batches, train_stack

SMALL = {
    "replicates": 2,
    "network": {"hidden_size": 6},
    "task": {"n_steps": 15},
    "schedule": {"n_batches": 12, "batch_size": 130},  # two chunks, the second one padded
}


def spec(**changes):
    return training_of(Hyperparameters.model_validate({**SMALL, **changes}))


def train(*specs):
    return train_stack(specs, [salt_of(it) for it in specs], lambda batch, loss: None)


def equal(first, second):
    return all(np.array_equal(first.snapshots[k], second.snapshots[k]) for k in first.snapshots)


CURL = {"type": "curl", "std": 1.0}


@pytest.fixture(scope="module")
def alone():
    (trained,) = train(spec(field=CURL))
    return trained


def test_a_models_bytes_do_not_depend_on_its_stack(alone):
    others = [
        spec(field={"type": "constant", "std": 0.3}, plant={"mass": 2.0, "time_step": 0.01}),
        spec(field=CURL),
        spec(optimizer={"learning_rate": 0.1}, motor={"noise_std": 0.5}, seed=4),
    ]
    stack = train(*others)
    assert equal(stack[1], alone)
    np.testing.assert_array_equal(stack[1].loss_terms, alone.loss_terms)
    assert not equal(stack[0], alone)


def test_a_models_bytes_do_not_depend_on_the_number_of_devices(alone, tmp_path):
    script = tmp_path / "train.py"
    script.write_text(
        "import sys, numpy as np\n"
        f"sys.path[:0] = [{str(Path(__file__).parent)!r}, *{sys.path!r}]\n"
        "from steadyhand.devices import use_host_devices\n"
        "use_host_devices(3)\n"
        "from test_train import CURL, spec, train\n"
        "import jax; assert jax.device_count() == 3\n"
        "np.savez(sys.argv[1], **train(spec(field=CURL))[0].snapshots)\n"
    )
    subprocess.run([sys.executable, script, tmp_path / "out.npz"], check=True)
    with np.load(tmp_path / "out.npz") as found:
        assert all(np.array_equal(found[name], alone.snapshots[name]) for name in alone.snapshots)


def test_fewer_replicates_are_the_first_of_more(alone):
    (three,) = train(spec(field=CURL, replicates=3))
    for name, values in alone.snapshots.items():
        np.testing.assert_array_equal(three.snapshots[name][:, :2], values)


def test_a_shorter_training_is_the_beginning_of_a_longer_one(alone):
    """Under a constant learning rate, the draws of a batch do not depend on how many follow."""
    (shorter,) = train(spec(field=CURL, schedule={"n_batches": 5, "batch_size": 130}))
    np.testing.assert_array_equal(shorter.loss_terms, alone.loss_terms[:, :, :5])
    for name, values in shorter.snapshots.items():
        np.testing.assert_array_equal(values, alone.snapshots[name][:6])


def test_paired_models_share_their_draws_and_unpaired_ones_do_not(alone):
    same, other, unpaired = train(
        spec(field={"type": "curl", "std": 2.0}),
        spec(field=CURL, seed=1),
        spec(field=CURL, paired=False),
    )
    first = {name: values[0] for name, values in alone.snapshots.items()}
    assert all(np.array_equal(same.snapshots[name][0], first[name]) for name in first)
    for different in (other, unpaired):
        name = "cell.weight_hh"
        assert not np.array_equal(different.snapshots[name][0], first[name])


def test_replicates_differ_in_weights_and_trials(alone):
    weights = alone.snapshots["cell.weight_hh"][0]
    assert not np.array_equal(weights[0], weights[1])
    assert alone.loss_terms[0, 0, 0] != alone.loss_terms[0, 1, 0]


def test_training_lowers_the_loss():
    (trained,) = train(
        spec(
            schedule={"n_batches": 150, "batch_size": 32},
            task={"n_steps": 30},
            plant={"time_step": 0.1},
        )
    )
    total = trained.loss_terms.sum(axis=0)
    assert (total[:, -10:].mean(axis=1) < 0.3 * total[:, :10].mean(axis=1)).all()


def test_a_diverged_network_is_frozen_and_harms_no_other(alone):
    """A loss that overflows float32 once the hand is far off, beside a network that trains well."""
    wild = spec(loss={"effector_position": 3e37}, motor={"noise_std": 2.0}, plant={"mass": 0.3})
    broken, fine = train(wild, spec(field=CURL))
    assert equal(fine, alone)
    assert (fine.diverged == -1).all()
    assert (broken.diverged >= 0).all()
    for values in broken.snapshots.values():
        assert np.isfinite(values).all()
    for replicate, batch in enumerate(broken.diverged):
        later = [i for i, done in enumerate(broken.batches_done) if done > batch]
        for values in broken.snapshots.values():
            assert (values[later, replicate] == values[later[0], replicate]).all()


def test_models_of_other_shapes_are_refused_in_one_stack():
    with pytest.raises(ValueError, match="must agree in shape"):
        train(spec(), spec(network={"hidden_size": 7}))


@pytest.mark.parametrize(
    ("n_batches", "expected"),
    [
        (1, [0, 1]),
        (12, [*range(10), 10, 12]),
        (250, [*range(10), *range(10, 100, 10), 100, 200, 250]),
    ],
)
def test_snapshots_are_those_of_the_reference(n_batches, expected):
    assert snapshot_batches(n_batches) == expected


def test_segments_cover_all_batches_once():
    marks = snapshot_batches(2345)
    segments = list(_segments(marks))
    assert [b for start, stop in segments for b in range(start, stop)] == list(range(2345))
    assert set(marks) - {0} <= {stop for _, stop in segments}
    assert max(stop - start for start, stop in segments) <= SEGMENT


@pytest.mark.parametrize("batch_size", [1, 124, 125, 126, 250, 251, 997])
def test_chunks_hold_every_trial_and_waste_few(batch_size):
    count, size = chunks_of(batch_size)
    assert size <= CHUNK_SIZE
    assert batch_size <= count * size < batch_size + count


def test_learning_rate_is_constant_and_then_half_a_cosine():
    settings = optimizer_from(
        spec(
            optimizer={"learning_rate": 0.02},
            schedule={
                "n_batches": 110,
                "constant_batches": 10,
                "final_fraction": 0.1,
                "batch_size": 1,
            },
        ),
        "float64",
    )
    rate = [float(learning_rate_at(settings, jnp.asarray(batch))) for batch in (0, 9, 10, 60, 110)]
    np.testing.assert_allclose(rate, [0.02, 0.02, 0.02, 0.02 * 0.55, 0.002], rtol=1e-12)
