"""Qualification: the right snapshot, the right replicates, under their own numbers."""

from dataclasses import asdict

import jax
import numpy as np
import pytest
from steadyhand.advance import Failure
from steadyhand.config import Hyperparameters
from steadyhand.identity import canonical
from steadyhand.network import WITHOUT_CONTEXT, init_controller, stored_spec, to_arrays
from steadyhand.qualify import FAILURES, excluded_by_mad, excluded_by_std, qualify

NETWORK = {"type": "gru", "hidden_size": 5, "leak": 1.0}
FINE = (-1, -1, -1)


def spec(**selection):
    content = {
        "replicates": 3,
        "network": NETWORK,
        "task": {"n_steps": 12},
        "selection": {"grid": 1, "directions": 5, "rule": "none", **selection},
    }
    return canonical(Hyperparameters.model_validate(content).model_dump(mode="json"))


def snapshots(scales):
    """Random networks (snapshot, replicate) whose readout is scaled: the larger, the worse."""
    scales = np.asarray(scales)
    keys = jax.random.split(jax.random.key(0), scales.shape)
    networks = jax.vmap(
        jax.vmap(lambda key: init_controller(key, NETWORK, WITHOUT_CONTEXT, "float32"))
    )(keys)
    arrays = {name: values.copy() for name, values in to_arrays(networks).items()}
    arrays["readout.weight"] = arrays["readout.weight"] * scales[:, :, None, None].astype("f4")
    return arrays


def qualified(scales, diverged=FINE, failure=(0, 0, 0), arrays=None, **selection):
    return qualify(
        spec(**selection),
        0,
        stored_spec(NETWORK, WITHOUT_CONTEXT),
        snapshots(scales) if arrays is None else arrays,
        np.arange(len(scales)) * 10,
        np.asarray(diverged),
        np.asarray(failure),
    )


SCALES = [[30, 0.0, 30], [0.0, 30, 30], [30, 30, 0.0]]  # best snapshots: 1, 0, 2


def test_each_replicate_gets_its_own_best_snapshot_and_weights():
    result = qualified(SCALES)
    assert [it.chosen_batch for it in result.replicates] == [10, 0, 20]
    np.testing.assert_array_equal(result.weights["replicate"], [0, 1, 2])
    arrays = snapshots(SCALES)
    for index, snapshot in enumerate((1, 0, 2)):
        for name in arrays:
            np.testing.assert_array_equal(
                result.weights[name][index], arrays[name][snapshot, index]
            )


def test_an_excluded_replicate_leaves_the_others_their_numbers_and_weights():
    result, everyone = qualified(SCALES, exclude=[1]), qualified(SCALES)
    np.testing.assert_array_equal(result.weights["replicate"], [0, 2])
    for name, values in result.weights.items():
        np.testing.assert_array_equal(values, everyone.weights[name][[0, 2]])
    assert [it.included for it in result.replicates] == [True, False, True]
    assert result.replicates[1].reason == "excluded by the study (selection.exclude)"
    assert result.replicates[1].validation_loss == everyone.replicates[1].validation_loss


def test_every_way_to_fail_is_a_reason_in_words():
    assert list(FAILURES) == list(Failure)
    assert [bool(words) for words in FAILURES.values()] == [kind > 0 for kind in Failure]


@pytest.mark.parametrize("failure", list(Failure)[1:])
def test_a_failed_replicate_is_excluded_with_batch_and_reason(failure):
    result = qualified(SCALES, diverged=(-1, -1, 7), failure=(0, 0, failure))
    np.testing.assert_array_equal(result.weights["replicate"], [0, 1])
    assert result.replicates[2].reason == f"{FAILURES[failure]} in batch 7"
    assert (result.replicates[2].diverged_batch, result.replicates[2].failure) == (
        7,
        FAILURES[failure],
    )
    assert [it.failure for it in result.replicates[:2]] == ["", ""]


def test_all_reasons_are_given_and_no_rule_counts_who_failed():
    result = qualified(SCALES, diverged=(-1, 3, -1), failure=(0, 1, 0), exclude=[1], rule="std")
    assert result.replicates[1].reason == (
        "excluded by the study (selection.exclude); loss not finite in batch 3"
    )
    assert result.replicates[1].validation_loss is not None  # of the snapshot before


def test_what_a_failed_replicate_lost_is_no_measure_for_the_others():
    """Beside the first one, which fails, the other two, which are equal, would be far off."""
    arrays = snapshots([[0.0, 30, 30]] * 3)
    for values in arrays.values():
        values[:, 2] = values[:, 1]
    rule = {"arrays": arrays, "rule": "std", "threshold": 1.5}
    assert [it.included for it in qualified(SCALES, **rule).replicates] == [True, False, False]
    failed = qualified(SCALES, diverged=(9, -1, -1), failure=(1, 0, 0), **rule).replicates
    assert [it.included for it in failed] == [False, True, True]


def test_a_model_all_of_whose_replicates_failed_is_a_result_too():
    result = qualified(SCALES, diverged=(1, 2, 3), failure=(1, 2, 3))
    assert not any(it.included for it in result.replicates)
    assert result.weights["replicate"].size == 0
    assert result.weights["cell.weight_hh"].shape == (0, 15, 5)


def with_bias(value, *where):
    """Snapshots of which some have a readout that overflows the loss."""
    arrays = snapshots(SCALES)
    arrays["readout.bias"][where] = value
    return arrays


def test_a_snapshot_that_is_not_finite_is_never_chosen():
    result = qualified(SCALES, arrays=with_bias(1e30, 1, 0))
    assert result.replicates[0].chosen_batch in (0, 20)
    assert not np.isfinite(result.validation_loss[0, 1])


def test_a_replicate_without_a_finite_snapshot_is_excluded_and_says_so():
    result = qualified(SCALES, arrays=with_bias(1e30, slice(None), 1), rule="mad")
    assert result.replicates[1].reason == "no snapshot with a finite validation loss"
    assert result.replicates[1].chosen_batch is None
    np.testing.assert_array_equal(result.weights["replicate"], [0, 2])


def test_nothing_that_a_file_will_hold_is_nan():
    result = qualified(SCALES, arrays=with_bias(np.nan, slice(None), 1), rule="mad")
    for replicate in result.replicates:
        numbers = [it for it in asdict(replicate).values() if isinstance(it, float)]
        assert np.isfinite(numbers).all()
    assert all(np.isfinite(values).all() for values in result.weights.values())


def test_validation_is_the_same_for_equal_networks():
    arrays = snapshots(SCALES)
    for name in arrays:
        arrays[name] = np.broadcast_to(arrays[name][:1, :1], arrays[name].shape)
    result = qualified(SCALES, arrays=arrays)
    assert len(np.unique(result.validation_loss)) == 1


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 1.1, 0.9, 1.05, 9.0], [0, 0, 0, 0, 1]),
        ([1.0, 1.0, 1.0, 1.0, 1.3], [0, 0, 0, 0, 0]),  # within the tolerance
        ([1.0, 2.0, 3.0, 4.0, 5.0], [0, 0, 0, 0, 0]),
        ([1.0], [0]),
        ([1.0, np.inf, 1.1], [0, 1, 0]),
        ([np.inf, np.inf], [1, 1]),
    ],
)
def test_the_robust_rule(values, expected):
    assert excluded_by_mad(np.array(values), 5.0, 0.5) == [bool(it) for it in expected]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 1.1, 0.9, 1.05, 9.0], [0, 0, 0, 0, 1]),  # std 3.2: the limit is 7.3
        ([1.0, 1.0, 1.0], [0, 0, 0]),
        ([1.0], [0]),
        ([1.0, 2.0, np.inf], [0, 1, 1]),  # best + 2·0.5 is not below itself
    ],
)
def test_the_rule_of_the_reference(values, expected):
    assert excluded_by_std(np.array(values), 2.0) == [bool(it) for it in expected]
