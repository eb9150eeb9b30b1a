"""Estimates of what training costs, against what was measured once, on two cores."""

import csv
from pathlib import Path

import pytest
from steadyhand.config import Hyperparameters
from steadyhand.requests import training_of
from steadyhand.training_cost import batch_seconds, memory_mb, seconds

CORES = 2
TABLE = Path(__file__).parents[1] / "docs" / "training-cost.csv"
ROWS = list(csv.DictReader(TABLE.read_text().splitlines()))


def estimates(row):
    spec = spec_of(int(row["hidden_size"]), int(row["replicates"]))
    networks = int(row["replicates"]) * int(row["conditions"])
    return batch_seconds(spec, networks, CORES), memory_mb(spec, networks, CORES)


def spec_of(hidden_size, replicates, n_batches=100):
    model = {
        "replicates": replicates,
        "network": {"hidden_size": hidden_size},
        "schedule": {"n_batches": n_batches, "batch_size": 250},
    }
    return training_of(Hyperparameters.model_validate(model))


@pytest.mark.parametrize("row", ROWS, ids=lambda it: f"{it['varied']}-{it[it['varied']]}")
def test_estimates_are_those_of_the_table_and_near_what_was_measured(row):
    time, memory = estimates(row)
    assert f"{time:.4f}" == row["estimated_seconds"] and str(memory) == row["estimated_mb"]
    assert 0.5 < time / float(row["seconds_per_batch"]) < 2
    # All snapshots, which a training gathers to its end, are in the estimate.
    assert 0.9 < memory / float(row["memory_mb"]) < 3


def test_the_table_has_all_that_the_figure_shows():
    found = {name: {int(it[name]) for it in ROWS if it["varied"] == name} for name in ROWS[0]}
    assert found["hidden_size"] >= {25, 200}
    assert found["replicates"] >= {1, 40} and found["conditions"] >= {1, 16}


def test_time_grows_with_batches_and_work_and_shrinks_with_cores():
    spec = spec_of(100, 5)
    assert batch_seconds(spec, 10, 2) == pytest.approx(2 * batch_seconds(spec, 5, 2), rel=1e-12)
    assert batch_seconds(spec, 5, 10) == pytest.approx(batch_seconds(spec, 5, 2) / 5, rel=1e-12)
    start = seconds(spec_of(100, 5, 1), 5, 2) - batch_seconds(spec, 5, 2)
    longer = seconds(spec_of(100, 5, 1001), 5, 2)
    assert longer == pytest.approx(start + 1001 * batch_seconds(spec, 5, 2), rel=1e-12)
    assert memory_mb(spec_of(200, 5), 5, 2) > memory_mb(spec, 5, 2)
