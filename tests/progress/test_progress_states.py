"""What others make of what a training said: who lives, who died, and who is only silent."""

import errno
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import psutil
import pytest
from steadyhand.errors import UserError
from steadyhand.progress.record import read_record, write_record
from steadyhand.progress.states import SILENT_AFTER, Unreadable, find_standings
from steadyhand.store.documents import read_json, write_json
from steadyhand.store.errors import ArtefactError

STACK = "0123456789abcdef"
GONE = 2**22 + 1
"""More than the largest number that Linux gives to a process."""


@pytest.mark.parametrize("damage", [lambda it: it[:-20], lambda it: b"", lambda it: b"[]"])
def test_a_damaged_file_is_named(reporter, path, damage):
    with reporter():
        path.write_bytes(damage(path.read_bytes()))
        with pytest.raises(ArtefactError):
            read_record(path)
        ((file, problem),) = find_standings(path.parent.parent)[1]
        assert file == path and problem


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"batches": "many"}, "it is no progress of a stack (batches: "),
        ({"stack_id": "f" * 16}, "it is of the stack ffffffffffffffff"),
    ],
)
def test_a_sound_document_of_something_else_is_named(reporter, path, changes, problem):
    with reporter():
        write_json(path, read_json(path) | changes)
        assert find_standings(path.parent.parent)[1][0].problem.startswith(problem)


@pytest.fixture
def standing(reporter, path):
    """The state, and the seconds of silence, of a stack with changed facts seen some time later."""

    def find(seconds_later=0.0, **changes):
        with reporter():
            record = read_record(path)
        started = datetime.fromtimestamp(psutil.Process().create_time() + 1, UTC)
        write_record(path, record.model_copy(update={"started": started} | changes))
        now = path.stat().st_mtime + seconds_later
        ((_, state, silent),), unreadable = find_standings(path.parent.parent, now)
        assert unreadable == []
        return state, round(silent)

    return find


def test_a_living_process_of_this_machine_runs(standing):
    assert standing(10) == ("running", 10)
    assert standing(SILENT_AFTER + 60) == ("silent", 360), "stopped by a signal, perhaps"


def test_a_dead_process_of_this_machine_died(standing):
    assert standing(1, pid=GONE) == ("died", 1)


def test_a_process_that_began_later_is_another_with_its_number(standing):
    began = datetime.fromtimestamp(psutil.Process().create_time() - 3600, UTC)
    assert standing(1, started=began) == ("died", 1)


def test_a_zombie_died(standing):
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it ended, and nobody has asked yet
    assert standing(1, pid=child.pid, started=datetime.now(UTC)) == ("died", 1)
    child.wait()


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (0, ("running", 0)),
        (SILENT_AFTER - 1, ("running", 299)),
        (SILENT_AFTER + 1, ("silent", 301)),
        (-7200, ("running", 0)),  # the file server's clock is two hours ahead of ours
    ],
)
def test_elsewhere_only_the_age_of_the_file_counts(standing, later, expected):
    """The clock of that machine may be hours away: what it wrote of the time is not compared."""
    elsewhere = {"host": "elsewhere", "pid": GONE}
    for hours in (-5, 0, 5):
        updated = datetime.now(UTC) + timedelta(hours=hours)
        assert standing(later, **elsewhere, updated=updated) == expected


def test_what_stopped_stays_stopped(standing):
    assert standing(1e6, pid=GONE, state="stopped", reason="x") == ("stopped", 1e6)


def test_a_killed_process_leaves_the_file_and_died(path):
    program = (
        "import logging, os, sys; from steadyhand.progress.reporter import Reporter\n"
        f"with Reporter(sys.argv[1], {STACK!r}, models=1, networks=1, batches=9, "
        "log=logging.getLogger()) as training:\n    training.report(5, 1.0, 0); os._exit(9)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program, str(path)], env=environment)
    ((record, state, _),), _ = find_standings(path.parent.parent)
    assert (record.batches_done, record.state, state) == (5, "running", "died")


def test_a_stack_whose_receipt_is_no_older_is_done(standing, path):
    assert standing() == ("running", 0)
    receipt = path.with_name(f"{STACK}.trained.json")
    receipt.write_text("{}")
    written = path.stat().st_mtime
    for later, found in ((-1, 1), (0, 0), (1, 0)):  # an older one is of a former training
        os.utime(receipt, (written + later, written + later))
        assert len(find_standings(path.parent.parent)[0]) == found


def test_one_that_ends_while_it_is_looked_at_is_done(standing, path, monkeypatch):
    standing()
    read = read_record

    def read_and_remove(it):
        record = read(it)
        it.unlink()
        return record

    monkeypatch.setattr("steadyhand.progress.states.read_record", read_and_remove)
    assert find_standings(path.parent.parent) == ([], [])


def test_what_may_not_be_read_is_named(standing, path, monkeypatch):
    standing()

    def refuse(_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("steadyhand.progress.states.read_record", refuse)
    problem = Unreadable(path, "it can't be read (Permission denied)")
    assert find_standings(path.parent.parent) == ([], [problem])


def test_no_results_is_an_error_and_no_stacks_are_none(tmp_path):
    assert find_standings(tmp_path) == ([], [])
    with pytest.raises(UserError, match="nowhere: no such folder"):
        find_standings(tmp_path / "nowhere")
