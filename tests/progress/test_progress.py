"""What a training says of itself: honest rates, a line at the right time, a file that stands."""

import errno
import json
import logging
import os

import pytest
from steadyhand import stacks
from steadyhand.errors import UserError
from steadyhand.progress.pace import Pace
from steadyhand.progress.record import progress_file, read_record
from steadyhand.progress.words import duration, live_line
from steadyhand.store.abandoned import remove_abandoned
from steadyhand.store.atomic import machine_name

STACK = "0123456789abcdef"


def test_rate_and_time_left_leave_out_compiling_and_what_was_done_before(reporter, path, time):
    with reporter(batches_done=400) as training:
        assert read_record(path).batches_done == 400, "there before the first call ends"
        time.seconds += 90  # the first call compiles
        training.report(410, 2.0, 0)
        assert read_record(path).batches_per_second is None
        time.seconds += 10
        training.report(450, 1.5, 1)
        found = read_record(path)
    assert found.batches_per_second == 40 / 10
    assert found.seconds_left == 550 / 4
    assert (found.mean_loss, found.diverged) == (1.5, 1)


def test_the_rate_is_of_the_last_minute():
    pace = Pace()
    assert pace.batches_per_second() is None and pace.seconds_left(10) is None
    for second in range(100):  # ten a second at first
        pace.add(second, 10 * second)
    assert pace.batches_per_second() == 10
    for second in range(1, 61):  # then one a second
        pace.add(99 + second, 990 + second)
    assert pace.batches_per_second() == 1
    assert pace.seconds_left(1070) == 20
    pace.add(1000, 1060)  # a call longer than a minute counts, from the end of the one before
    assert pace.batches_per_second() == pytest.approx(10 / 841)


def test_calls_at_one_instant_have_no_rate():
    pace = Pace()
    pace.add(5.0, 10)
    pace.add(5.0, 20)
    assert pace.batches_per_second() is None
    pace.add(6.0, 20)  # nothing done for a second
    assert pace.batches_per_second() == 10
    stalled = Pace()
    stalled.add(0.0, 10)
    stalled.add(1.0, 10)
    assert stalled.batches_per_second() == 0 and stalled.seconds_left(20) is None


def test_the_log_has_the_first_line_one_a_minute_and_the_last(reporter, time, caplog):
    with reporter(batches=1000) as training:
        for done in range(10, 1010, 10):
            time.seconds += 2.0
            training.report(done, 1 / done, done // 500)
    assert [it.getMessage() for it in caplog.records] == [
        "batch 10 of 1000: mean loss 0.1, 0 of 10 networks diverged",
        "batch 310 of 1000: mean loss 0.003226, 5 batches/s, 2 min 18 s left, "
        "0 of 10 networks diverged",
        "batch 610 of 1000: mean loss 0.001639, 5 batches/s, 1 min 18 s left, "
        "1 of 10 networks diverged",
        "batch 910 of 1000: mean loss 0.001099, 5 batches/s, 18 s left, 1 of 10 networks diverged",
        "batch 1000 of 1000: mean loss 0.001, 5 batches/s, 0 s left, 2 of 10 networks diverged",
    ]


@pytest.mark.parametrize("loss", [None, float("nan"), float("inf")])
def test_a_loss_that_is_no_number_is_none(reporter, path, caplog, loss):
    with reporter() as training:
        training.report(10, loss, 10)
        assert read_record(path).mean_loss is None
    assert "no finite loss, 10 of 10 networks diverged" in caplog.text


def test_the_file_says_all_and_is_gone_after_success(reporter, path, time, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "4711")
    with reporter() as training:
        time.seconds += 60
        training.report(10, 0.5, 3)
        found = json.loads(path.read_text())
        assert stacks.read_plans(path.parent) == [], "it is no plan"
        assert remove_abandoned(path.parent) == [], "and nothing abandoned"
    del found["sha256"]
    assert found == {
        "stack_id": STACK,
        "models": 2,
        "networks": 10,
        "batches_done": 10,
        "batches": 1000,
        "mean_loss": 0.5,
        "batches_per_second": None,
        "seconds_left": None,
        "diverged": 3,
        "started": "2026-01-31T23:59:00Z",
        "updated": "2026-02-01T00:00:00Z",
        "host": machine_name(),
        "pid": os.getpid(),
        "job": "4711",
        "state": "running",
        "reason": None,
    }
    assert list(path.parent.iterdir()) == []


def test_the_file_is_written_every_few_seconds_at_most(reporter, path, time):
    with reporter() as training:
        seen = []
        for done in range(1, 61):
            time.seconds += 0.5
            training.report(done, 1.0, 0)
            seen.append(read_record(path).batches_done)
    assert sorted(set(seen)) == [1, 11, 21, 31, 41, 51]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("a\nb"), "ValueError: a b"),
        (UserError("stopped by a signal"), "stopped by a signal"),
        (KeyboardInterrupt(), "interrupted"),
        (SystemExit(3), "SystemExit: 3"),
        (MemoryError("x" * 500), "MemoryError: " + "x" * 186 + "…"),
    ],
)
def test_after_an_error_the_file_says_why_and_how_far(reporter, path, time, caplog, error, reason):
    with pytest.raises(type(error)), reporter() as training:
        training.report(10, 0.5, 0)
        time.seconds += 1
        training.report(20, 0.25, 0)
        raise error
    found = read_record(path)
    assert (found.state, found.reason, found.batches_done) == ("stopped", reason, 20)
    assert "stopped; batch 20 of 1000: mean loss 0.25" in caplog.text


def test_a_disk_that_is_full_is_one_warning_and_no_end(reporter, path, time, caplog, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    def train(training, first):
        for done in range(first, first + 5):
            time.seconds += 10
            training.report(done, 1.0, 0)

    with reporter() as training:
        with monkeypatch.context() as patched:
            patched.setattr(os, "replace", full)
            train(training, 1)
        train(training, 6)
        assert read_record(path).batches_done == 10
        monkeypatch.setattr("pathlib.Path.unlink", full)
    warnings = [it.getMessage() for it in caplog.records if it.levelno >= logging.WARNING]
    assert warnings == [
        f"{path} could not be written (No space left on device)",
        f"{path} could not be removed (No space left on device)",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 s"),
        (59.9, "59 s"),
        (60, "1 min 0 s"),
        (299, "4 min 59 s"),
        (300, "5 min"),
        (3599, "59 min"),
        (3600, "1 h 0 min"),
        (86399, "23 h 59 min"),
        (90000, "1 d 1 h"),
    ],
)
def test_durations_have_two_units_at_most(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(("pace", "words"), [(0.00123, "0.00123"), (35.25, "35.2"), (1234, "1234")])
def test_rates_are_never_in_powers_of_ten(reporter, path, pace, words):
    with reporter():
        record = read_record(path).model_copy(update={"batches_per_second": pace})
    assert f"{words} batches/s" in live_line(record)


def test_the_file_stands_beside_the_archive():
    assert str(progress_file("results/stacks/ab.tar")) == "results/stacks/ab.progress.json"
