"""Training: bytes that depend on the condition alone, also where it was interrupted."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_trainings import Stop, are_equal, assert_equal, spec, train
from steadyhand.chunks import CHUNK_SIZE, chunks_of
from steadyhand.course import snapshot_batches
from steadyhand.interruption import noticing_signals
from steadyhand.train import Attendance, Interrupted

NETWORKS = [
    {"type": "gru", "hidden_size": 6},
    {"type": "vanilla", "hidden_size": 6, "leak": 0.5},
    {"type": "lstm", "hidden_size": 6},
]


def in_another_process(folder, setting, devices, *specs, prefix=()):
    """What training gives in a process of its own, where a setting gives so many host devices."""
    script = folder / "train.py"
    script.write_text(
        "import sys, numpy as np\n"
        f"sys.path[:0] = [{str(Path(__file__).parent)!r}, *{sys.path!r}]\n"
        "import jax\n"
        "from steadyhand.devices import use_host_devices\n"
        f"{setting}\n"
        "from small_trainings import train\n"
        f"assert jax.device_count() == {devices}\n"
        f"for i, trained in enumerate(train(*{list(specs)!r})):\n"
        "    np.savez(f'{sys.argv[1]}/{i}.npz', losses=trained.loss_terms, **trained.snapshots)\n"
    )
    subprocess.run([*prefix, sys.executable, script, folder], check=True)
    return [dict(np.load(folder / f"{i}.npz")) for i in range(len(specs))]


# Their gradients are tested elsewhere, of all types and quickly.
SLOW = {"vanilla": pytest.mark.slow, "lstm": pytest.mark.slow}


@pytest.fixture(
    scope="module",
    params=[pytest.param(it, id=it["type"], marks=SLOW.get(it["type"], ())) for it in NETWORKS],
)
def network(request):
    return request.param


@pytest.fixture(scope="module")
def alone(network):
    (trained,) = train(spec(network=network))
    return trained


@pytest.fixture(scope="module")
def gru():
    (trained,) = train(spec())
    return trained


def test_a_models_bytes_do_not_depend_on_its_stack(alone, network):
    others = [
        spec(network=network, field={"type": "constant", "std": 0.3}, plant={"mass": 2.0}),
        spec(network=network, optimizer={"learning_rate": 0.1}, motor={"noise_std": 0.5}, seed=4),
        spec(
            network=network,
            optimizer={"type": "adam", "clip_norm": 0.1},
            schedule={"trainable": {"0": ["readout"], "3": ["hidden"]}, "optimizer_resets": [2]},
        ),
    ]
    for position in range(4):
        specs = [*others[:position], spec(network=network), *others[position:]]
        stack = train(*specs)
        assert_equal(stack[position], alone)
        assert not are_equal(stack[position - 1], alone)


@pytest.mark.parametrize("company", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_nor_on_the_number_of_models_with_it(gru, company):
    stack = train(*(spec(seed=seed) for seed in range(1, 1 + company)), spec())
    assert_equal(stack[-1], gru)


@pytest.mark.parametrize(
    ("setting", "devices", "prefix"),
    [
        pytest.param(
            *("jax.config.update('jax_num_cpu_devices', 1)", 1, ()), marks=pytest.mark.slow
        ),
        pytest.param("use_host_devices(3)", 3, (), marks=pytest.mark.slow),
        ("use_host_devices(1)", 2, ("taskset", "-c", "0")),
    ],
    ids=["one device", "three devices", "one core"],
)
def test_nor_on_devices_and_cores(alone, network, setting, devices, prefix, tmp_path):
    model = spec(network=network)
    (found,) = in_another_process(tmp_path, setting, devices, model, prefix=prefix)
    np.testing.assert_array_equal(found.pop("losses"), alone.loss_terms)
    for name, values in found.items():
        np.testing.assert_array_equal(values, alone.snapshots[name])


@pytest.mark.parametrize("looks", [0, 4, 9])
def test_nor_on_being_interrupted(alone, network, looks):
    stop, stack = Stop(looks), [spec(network=network), spec(network=network, seed=9)]
    with pytest.raises(Interrupted, match="goes on from there"):
        train(*stack, attendance=stop.attendance())
    batches_done, _ = stop.kept
    assert 0 < batches_done < 12
    again, _ = train(*stack, resumed=stop.kept)
    assert_equal(again, alone)


def test_a_checkpoint_is_kept_every_so_many_batches(gru):
    kept = {}
    attendance = Attendance(save=lambda done, arrays: kept.update({done: arrays}), save_every=4)
    train(spec(), attendance=attendance)
    assert list(kept) == [4, 8]
    for checkpoint in kept.items():
        (again,) = train(spec(), resumed=checkpoint)
        assert_equal(again, gru)


def test_a_checkpoint_of_another_stack_is_refused():
    kept = {}
    attendance = Attendance(save=lambda done, arrays: kept.update({done: arrays}), save_every=4)
    train(spec(), attendance=attendance)
    with pytest.raises(ValueError, match="another stack"):
        train(spec(), spec(seed=1), resumed=(4, kept[4]))


def test_the_first_signal_is_noticed_and_the_second_one_acts():
    # Whoever runs the tests may ignore Ctrl-C, as a shell's background does.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with noticing_signals() as is_stopping:
        assert not is_stopping()
        os.kill(os.getpid(), signal.SIGTERM)
        assert is_stopping()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)


def test_progress_is_reported_with_the_loss_of_what_has_not_failed():
    reports = []
    attendance = Attendance(report=lambda *it: reports.append(it))
    wild = spec(optimizer={"learning_rate": 10}, loss={"effector_position": 3e37}, seed=2)
    fine, broken = train(spec(), wild, attendance=attendance)
    assert [batches for batches, _, _ in reports][-1] == 12
    assert (broken.diverged >= 0).all()
    _, loss, failed = reports[-1]
    assert failed == 2
    assert loss == pytest.approx(fine.loss_terms[:, :, -1].sum(axis=0).mean(), rel=1e-6)


def test_fewer_replicates_are_the_first_of_more(gru):
    (three,) = train(spec(replicates=3))
    for name, values in gru.snapshots.items():
        np.testing.assert_array_equal(three.snapshots[name][:, :2], values)


def test_one_network_alone_is_the_first_of_many(network, alone):
    (one,) = train(spec(network=network, replicates=1))
    assert one.loss_terms.shape[1] == one.diverged.shape[0] == 1
    for name, values in alone.snapshots.items():
        np.testing.assert_array_equal(one.snapshots[name][:, 0], values[:, 0])
    np.testing.assert_array_equal(one.loss_terms[:, 0], alone.loss_terms[:, 0])


@pytest.mark.slow
def test_nor_where_a_batch_is_one_chunk(network):
    """One network, one chunk: every loop has one round."""
    small = {"network": network, "schedule": {"batch_size": 20}}
    one, many = train(spec(**small, replicates=1)), train(spec(**small), spec(**small, seed=3))
    for name, values in many[0].snapshots.items():
        np.testing.assert_array_equal(one[0].snapshots[name][:, 0], values[:, 0])


def test_a_shorter_training_is_the_beginning_of_a_longer_one(gru):
    """Under a constant learning rate, the draws of a batch do not depend on how many follow."""
    (shorter,) = train(spec(schedule={"n_batches": 5}))
    np.testing.assert_array_equal(shorter.loss_terms, gru.loss_terms[:, :, :5])
    for name, values in shorter.snapshots.items():
        np.testing.assert_array_equal(values, gru.snapshots[name][:6])


def test_paired_models_share_their_draws_and_unpaired_ones_do_not(gru):
    same, other, unpaired = train(
        spec(field={"type": "curl", "std": 2.0}), spec(seed=1), spec(paired=False)
    )
    first = {name: values[0] for name, values in gru.snapshots.items()}
    assert all(np.array_equal(same.snapshots[name][0], first[name]) for name in first)
    for different in (other, unpaired):
        name = "cell.weight_hh"
        assert not np.array_equal(different.snapshots[name][0], first[name])


def test_replicates_differ_in_weights_and_trials(gru):
    weights = gru.snapshots["cell.weight_hh"][0]
    assert not np.array_equal(weights[0], weights[1])
    assert gru.loss_terms[0, 0, 0] != gru.loss_terms[0, 1, 0]


@pytest.mark.parametrize("context", [None, pytest.param("pai-asf", marks=pytest.mark.slow)])
def test_training_lowers_the_loss(network, context):
    (trained,) = train(
        spec(
            network={**network, "hidden_size": 12},
            context={"method": context} if context else {},
            schedule={"n_batches": 150, "batch_size": 32},
            task={"n_steps": 30},
            plant={"time_step": 0.1},
        )
    )
    total = trained.loss_terms.sum(axis=0)
    assert (total[:, -10:].mean(axis=1) < 0.4 * total[:, :10].mean(axis=1)).all()


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


@pytest.mark.parametrize("batch_size", [1, 127, 128, 129, 250, 257, 997])
def test_chunks_hold_every_trial_and_waste_few(batch_size):
    count, size = chunks_of(batch_size)
    assert size <= CHUNK_SIZE
    assert batch_size <= count * size < batch_size + count
