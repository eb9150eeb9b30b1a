"""Phases of a training: what is trained when, noise that ends, fields that grow."""

import numpy as np
from small_trainings import are_equal, assert_equal, spec, train

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
