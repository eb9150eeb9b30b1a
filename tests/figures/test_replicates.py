import figure_examples as examples
import numpy as np
import pytest
from scipy import stats
from steadyhand.figures import replicates
from steadyhand.intervals import mean_and_margin


def test_a_network_that_failed_ends_with_the_last_snapshot_before():
    history = examples.history((0, 1, 2), failed={0: 40, 1: 41, 2: 0}, snapshots=(0, 10, 40, 50))
    table = replicates.replicate_table([examples.source("history", history)])
    assert table["last_batch"].values.tolist() == [10, 40, 0]
    assert table["diverged_batch"].values.tolist() == [40, 41, 0]


def test_replicates_keep_their_numbers_over_models():
    sources = [
        examples.source("history", examples.history(numbers, excluded=(7,)))
        for numbers in [(0, 7), (3,)]
    ]
    table = replicates.replicate_table(sources)
    assert table["model"].values.tolist() == [0, 0, 1]
    assert table["replicate"].values.tolist() == [0, 7, 3]
    assert table["included"].values.tolist() == [True, False, True]
    assert table["reason"].values.tolist() == ["", "validation_loss beyond the rule 'mad'", ""]


def test_values_come_from_the_snapshot_that_is_asked_for():
    history = examples.history((0, 1, 2))
    history["readout_norm"][2, 1] = np.nan
    source = examples.source("history", history)
    found = replicates.at_snapshots(source, "readout_norm", np.array([40, 0, 10]))
    assert found[:2].tolist() == [1.4, 2.0] and np.isnan(found[2])
    assert np.isnan(replicates.at_snapshots(source, "readout_norm", np.array([-1, 7, 41]))).all()


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [([4], [0]), ([0, 9], [-0.5, 0.5]), ([2, 0, 5, 2], [0, -0.5, 0.5, 0])],
)
def test_replicates_stand_beside_each_other_by_number(numbers, expected):
    assert replicates.offsets(np.array(numbers)).tolist() == expected


def test_symbols_tell_replicates_apart_or_do_not_pretend_to():
    assert len(set(replicates.symbols(np.arange(8)))) == 8
    assert set(replicates.symbols(np.arange(9))) == {"circle"}


def test_exclusions_are_said_by_name():
    def said(*excluded):
        sources = [
            examples.source("history", examples.history((0, 1), excluded=it)) for it in excluded
        ]
        return replicates.who_is_excluded(replicates.replicate_table(sources), ["a = 1", "a = 2"])

    assert said((), ()) == ""
    assert said((0,), ()) == "Grey: 1 of 4 networks, excluded."
    assert said((0, 1), (1,)) == "Grey: 3 of 4 networks, excluded. None is included of: a = 1."
    assert said((0, 1), (0, 1)) == "No replicate of any model is included; all are grey."


def test_the_interval_is_student_s():
    values = np.array([1.0, 2.0, 4.0, 5.0])
    mean, margin = mean_and_margin(values)
    low, high = stats.t.interval(0.95, 3, loc=values.mean(), scale=stats.sem(values))
    assert [mean - margin, mean + margin] == pytest.approx([low, high])


def test_one_value_has_no_interval_and_none_has_no_mean():
    assert mean_and_margin(np.array([2.0]))[0] == 2 and np.isnan(mean_and_margin(np.ones(1))[1])
    assert np.isnan(mean_and_margin(np.empty(0))).all()
    assert mean_and_margin(np.full(5, 3.0)) == (3, 0)
