"""Training: bytes that depend on the condition alone, phases, failures, interruptions."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from steadyhand.advance import Failure
from steadyhand.chunks import CHUNK_SIZE, chunks_of
from steadyhand.config import Hyperparameters
from steadyhand.course import snapshot_batches
from steadyhand.interruption import noticing_signals
from steadyhand.pairing import salt_of
from steadyhand.requests import training_of
from steadyhand.train import Attendance, Interrupted, train_stack

SMALL = {
    "replicates": 2,
    "network": {"hidden_size": 6},
    "task": {"n_steps": 15},
    "schedule": {"n_batches": 12, "batch_size": 70},  # two chunks, the second one padded
}
CURL = {"type": "curl", "std": 1.0}
NETWORKS = [
    {"type": "gru", "hidden_size": 6},
    {"type": "vanilla", "hidden_size": 6, "leak": 0.5},
    {"type": "lstm", "hidden_size": 6},
]


def spec(**changes):
    schedule = {**SMALL["schedule"], **changes.pop("schedule", {})}
    content = {**SMALL, "field": CURL, **changes, "schedule": schedule}
    return training_of(Hyperparameters.model_validate(content))


def train(*specs, **options):
    return train_stack(specs, [salt_of(it) for it in specs], **options)


def assert_equal(first, second):
    for name in first.snapshots:
        np.testing.assert_array_equal(first.snapshots[name], second.snapshots[name])
    np.testing.assert_array_equal(first.loss_terms, second.loss_terms)
    np.testing.assert_array_equal(first.diverged, second.diverged)


def are_equal(first, second):
    return all(np.array_equal(first.snapshots[k], second.snapshots[k]) for k in first.snapshots)


def in_another_process(folder, devices, *specs, prefix=()):
    """What training gives in a process of its own, with some number of host devices."""
    script = folder / "train.py"
    script.write_text(
        "import sys, numpy as np\n"
        f"sys.path[:0] = [{str(Path(__file__).parent)!r}, *{sys.path!r}]\n"
        "from steadyhand.devices import use_host_devices\n"
        f"use_host_devices({devices})\n"
        "from test_train import train\n"
        f"import jax; assert jax.device_count() == max(2, {devices})\n"
        f"for i, trained in enumerate(train(*{list(specs)!r})):\n"
        "    np.savez(f'{sys.argv[1]}/{i}.npz', losses=trained.loss_terms, **trained.snapshots)\n"
    )
    subprocess.run([*prefix, sys.executable, script, folder], check=True)
    return [dict(np.load(folder / f"{i}.npz")) for i in range(len(specs))]


@pytest.fixture(scope="module", params=NETWORKS, ids=lambda it: it["type"])
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


@pytest.mark.parametrize("company", [1, 2])
def test_nor_on_the_number_of_models_with_it(gru, company):
    stack = train(*(spec(seed=seed) for seed in range(1, 1 + company)), spec())
    assert_equal(stack[-1], gru)


@pytest.mark.parametrize(
    ("devices", "prefix"),
    [(3, ()), (1, ("taskset", "-c", "0"))],
    ids=["three devices", "one core"],
)
def test_nor_on_devices_and_cores(alone, network, devices, prefix, tmp_path):
    (found,) = in_another_process(tmp_path, devices, spec(network=network), prefix=prefix)
    np.testing.assert_array_equal(found.pop("losses"), alone.loss_terms)
    for name, values in found.items():
        np.testing.assert_array_equal(values, alone.snapshots[name])


class Stop:
    """Asks to stop after so many looks, and keeps the checkpoint."""

    def __init__(self, looks):
        self.looks, self.kept = looks, None

    def is_stopping(self):
        self.looks -= 1
        return self.looks < 0

    def save(self, batches_done, arrays):
        self.kept = batches_done, {name: np.array(values) for name, values in arrays.items()}

    def attendance(self, **more):
        return Attendance(is_stopping=self.is_stopping, save=self.save, **more)


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


@pytest.mark.parametrize("context", [None, "pai-asf"])
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


READOUT_FIXED = {
    "n_batches": 40,
    "trainable": {"0": ["hidden", "readout"], "30": ["hidden"]},
    "noise_scale": {"0": 1, "30": 0},
}


def test_a_part_that_is_not_trained_stays_bitwise_as_it_is():
    fixed, free = train(
        spec(schedule=READOUT_FIXED),
        spec(schedule={**READOUT_FIXED, "trainable": {"0": ["hidden", "readout"]}}),
    )
    at = {done: index for index, done in enumerate(fixed.batches_done)}
    for name, values in fixed.snapshots.items():
        moved = not np.array_equal(values[at[30]], values[at[40]])
        assert moved == name.startswith("cell."), name
        np.testing.assert_array_equal(values[at[30]], free.snapshots[name][at[30]])
    assert not np.array_equal(
        fixed.snapshots["readout.weight"][at[20]], fixed.snapshots["readout.weight"][at[30]]
    )


def test_the_optimizer_keeps_its_state_where_the_readout_is_fixed():
    """So the first step after the switch is the one that the cell would have made anyway."""
    schedule = {"n_batches": 31, "trainable": READOUT_FIXED["trainable"]}
    fixed, free, reset = train(
        spec(schedule=schedule),
        spec(schedule={"n_batches": 31}),
        spec(schedule={**schedule, "optimizer_resets": [30]}),
    )
    last = {name: values[-1] for name, values in fixed.snapshots.items()}
    for name in ("cell.weight_hh", "cell.weight_ih", "cell.bias"):
        np.testing.assert_array_equal(last[name], free.snapshots[name][-1])
        assert not np.array_equal(last[name], reset.snapshots[name][-1])
    assert not np.array_equal(last["readout.weight"], free.snapshots["readout.weight"][-1])


def test_fixing_the_readout_makes_no_jump_of_the_loss():
    """The first batch after the switch has the weights, and so the loss, of any other training.

    And where the noise ends with it, the loss can only be what it is without noise.
    """
    until = {"n_batches": 40}
    fixed, free, silent = train(
        spec(schedule={**until, "trainable": READOUT_FIXED["trainable"]}),
        spec(schedule=until),
        spec(schedule=READOUT_FIXED),
    )
    loss, as_ever, without_noise = (
        it.loss_terms.astype(float).sum(axis=0) for it in (fixed, free, silent)
    )
    np.testing.assert_array_equal(loss[:, :31], as_ever[:, :31])
    np.testing.assert_array_equal(without_noise[:, :30], as_ever[:, :30])
    assert not np.array_equal(loss[:, 31:], as_ever[:, 31:])
    np.testing.assert_allclose(loss[:, 31:], as_ever[:, 31:], rtol=0.05)
    np.testing.assert_allclose(without_noise[:, 30:], as_ever[:, 30:], rtol=0.05)


def test_noise_that_is_scaled_to_nothing_is_exactly_zero():
    """From that batch on, training is bitwise that of a loop without noise."""
    loud = {"feedback": {"noise_std": 0.5}, "motor": {"noise_std": 0.5}}
    none = {"feedback": {"noise_std": 0.0}, "motor": {"noise_std": 0.0}}
    scaled, silent, noisy = train(
        spec(**loud, schedule={"noise_scale": {"0": 0}}), spec(**none), spec(**loud)
    )
    assert_equal(scaled, silent)
    assert not are_equal(scaled, noisy)


def test_a_part_that_is_trained_later_begins_where_it_was():
    (trained,) = train(spec(schedule={"trainable": {"0": ["hidden"], "5": ["readout"]}}))
    readout, cell = trained.snapshots["readout.weight"], trained.snapshots["cell.weight_hh"]
    np.testing.assert_array_equal(readout[5], readout[0])
    assert not np.array_equal(readout[6], readout[5])
    np.testing.assert_array_equal(cell[12 - 1], cell[5])
    assert not np.array_equal(cell[5], cell[4])


def test_a_reset_makes_the_next_step_that_of_a_fresh_optimizer():
    """Adam's first step has the size of the learning rate in every weight with a gradient."""
    rate = 0.01
    with_reset, without = train(spec(schedule={"optimizer_resets": [7]}), spec())
    for trained, is_first in ((with_reset, True), (without, False)):
        bias = trained.snapshots["readout.bias"]
        step = np.abs(bias[8] - bias[7])
        assert np.allclose(step, rate, rtol=1e-3) == is_first


def test_the_baseline_is_that_of_a_network_without_a_field():
    phased, calm = train(
        spec(schedule={"baseline_batches": 6, "scale_up_batches": 4}), spec(field={"std": 0.0})
    )
    np.testing.assert_array_equal(phased.loss_terms[..., :7], calm.loss_terms[..., :7])
    assert (phased.loss_terms[..., 7:] != calm.loss_terms[..., 7:]).any()


def test_after_the_ramp_the_field_is_whole():
    """The losses of the first batch with the whole field, for weights that never change."""
    still = {"learning_rate": 1e-9}
    ramped, direct = train(
        spec(schedule={"baseline_batches": 2, "scale_up_batches": 4}, optimizer=still),
        spec(optimizer=still),
    )
    difference = np.abs(ramped.loss_terms / np.maximum(direct.loss_terms, 1e-30) - 1)[:4]
    assert difference[:, :, :5].max() > 1e-3
    np.testing.assert_allclose(ramped.loss_terms[:, :, 6:], direct.loss_terms[:, :, 6:], rtol=1e-4)


def test_a_clipped_gradient_moves_plain_weights_less():
    """Adam is blind to the scale of a gradient, unless epsilon is large beside it."""
    blunt = {"epsilon": 1.0}
    free, clipped = train(spec(optimizer=blunt), spec(optimizer={**blunt, "clip_norm": 1e-3}))
    for name, values in free.snapshots.items():
        moved = np.linalg.norm(values[1] - values[0])
        moved_less = np.linalg.norm(clipped.snapshots[name][1] - clipped.snapshots[name][0])
        assert moved_less < 0.5 * moved


OVERFLOWS = {
    "loss": {"effector_position": 3e37},
    "motor": {"noise_std": 2.0},
    "plant": {"mass": 0.3},
}


def test_a_network_that_fails_is_frozen_and_harms_no_other(gru):
    """A loss that overflows float32 once the hand is far off, beside a network that trains well."""
    broken, fine = train(spec(**OVERFLOWS), spec())
    assert_equal(fine, gru)
    assert (fine.diverged == -1).all()
    assert (fine.failure == Failure.NONE).all()
    assert (broken.diverged >= 0).all()
    assert np.isin(broken.failure, [Failure.LOSS, Failure.GRADIENT]).all()
    for values in broken.snapshots.values():
        assert np.isfinite(values).all()


def test_one_replicate_that_fails_harms_none_of_its_model(gru):
    """Weights set to infinity at a batch, in a checkpoint that training goes on from."""
    stop = Stop(4)
    with pytest.raises(Interrupted):
        train(spec(), attendance=stop.attendance())
    batches_done, arrays = stop.kept
    arrays["progress.weights"][1, 0] = np.inf
    (poisoned,) = train(spec(), resumed=(batches_done, arrays))
    assert list(poisoned.diverged) == [-1, batches_done]
    for name, values in poisoned.snapshots.items():
        np.testing.assert_array_equal(values[:, 0], gru.snapshots[name][:, 0])
        assert np.isfinite(values).all()
        # Frozen at the last snapshot with which a whole batch went well.
        good = batches_done - 1
        np.testing.assert_array_equal(values[: good + 1, 1], gru.snapshots[name][: good + 1, 1])
        for later in values[good + 1 :, 1]:
            np.testing.assert_array_equal(later, values[good, 1])
    np.testing.assert_array_equal(poisoned.loss_terms[:, 0], gru.loss_terms[:, 0])


def test_a_learning_rate_beyond_reason_ends_in_a_failure_not_in_a_nan(gru):
    wild = spec()
    wild["optimizer"]["learning_rate"] = 1e6  # more than a study may ask for
    broken, fine = train(wild, spec())
    assert_equal(fine, gru)
    assert (broken.failure != Failure.NONE).all()
    assert all(np.isfinite(values).all() for values in broken.snapshots.values())


def test_saturated_units_are_a_failure():
    limit = {"saturation_limit": 1e-3}
    saturated, fine = train(spec(schedule=limit), spec(schedule={"saturation_limit": 1.0}))
    assert (saturated.failure == Failure.SATURATION).all()
    assert (fine.failure == Failure.NONE).all()


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
