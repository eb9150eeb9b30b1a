"""`steadyhand progress`: every stack that is being trained, for people and for programs."""

import csv
import io
import json
import os
import pty
import select
import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from steadyhand.progress.record import Record, write_record
from steadyhand.store.atomic import machine_name

HERE, THERE, ENDED = "0" * 16, "1" * 16, "2" * 16


@pytest.fixture
def training(tmp_path):
    """Three stacks: one trained by this process, one elsewhere and silent, and one that stopped."""
    folder = tmp_path / "results" / "stacks"
    counts = {"models": 2, "networks": 10, "batches": 5000, "batches_done": 1000, "diverged": 1}
    rates = {"mean_loss": 0.012345, "batches_per_second": 33.333, "seconds_left": 120.0}
    times = {"started": datetime.now(UTC), "updated": datetime.now(UTC)}
    own = {"host": machine_name(), "pid": os.getpid()}
    elsewhere = {"host": "node7", "pid": 1, "job": "4711"}
    stopped = {"state": "stopped", "reason": "ValueError: \x1b[31m"}
    for stack_id, more in ((HERE, own), (THERE, elsewhere), (ENDED, own | stopped)):
        record = Record(stack_id=stack_id, **counts, **rates, **times, **more)
        write_record(folder / f"{stack_id}.progress.json", record)
    written = (folder / f"{THERE}.progress.json").stat().st_mtime - 420
    os.utime(folder / f"{THERE}.progress.json", (written, written))
    return tmp_path / "results"


def test_programs_get_every_fact(run, training):
    code, out, err = run("progress", "--results", training, "--json")
    rows = {row["stack_id"]: row for row in json.loads(out)}
    assert (code, err) == (0, "") and list(rows) == [HERE, THERE, ENDED]
    assert [row["state"] for row in rows.values()] == ["running", "silent", "stopped"]
    assert rows[THERE]["silent_seconds"] == pytest.approx(420, abs=60)
    assert rows[HERE]["seconds_left"] == 120 and rows[HERE]["pid"] == os.getpid()
    assert set(rows[HERE]) == {*Record.model_fields, "silent_seconds"}
    code, out, err = run("progress", "--results", training)
    lines = list(csv.DictReader(io.StringIO(out), delimiter="\t"))
    assert (code, err) == (0, "")
    assert [line["stack_id"] for line in lines] == list(rows)
    assert lines[0]["mean_loss"] == "0.012345"


@pytest.mark.parametrize("width", [70, 100])
def test_people_get_a_table_that_fits(run, training, monkeypatch, width):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    code, out, err = run("progress", "--results", training)
    assert (code, err) == (0, "") and "\x1b[31m" not in out
    for text in ("00000000", "1000/5000", "0.01235", "33.3", "2 min 0 s", "1/10", "running"):
        assert text in out
    assert "silent for 7 min on node7, job 4711" in out
    assert r"22222222 stopped: ValueError: \u001b[31m" in out
    assert out.count("2 min 0 s") == 1, "only what runs will end"


def test_nothing_to_see_is_one_line(run, tmp_path):
    assert run("progress", "--results", tmp_path) == (
        0,
        "",
        f"{tmp_path}: no stack is being trained\n",
    )
    assert run("progress", "--results", tmp_path, "--json") == (0, "[]\n", "")


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_damaged_file_is_one_line_and_hides_no_other(run, training, form):
    path = training / "stacks" / f"{HERE}.progress.json"
    path.write_bytes(path.read_bytes()[:-30])
    code, out, err = run("progress", "--results", training, *form)
    assert code == 1 and THERE in out and ENDED in out and HERE not in out
    assert err.startswith(f"problem: {path}: not readable as JSON") and err.count("\n") == 1


def test_one_cannot_watch_where_nothing_can_be_redrawn(run, training):
    for form, said in (([], "only on a terminal"), (["--json"], "only one of them")):
        code, out, err = run("progress", "--results", training, "--watch", *form)
        assert (code, out) == (1, "") and said in err and err.count("\n") == 1


# Started in the background, a shell's children ignore Ctrl-C, and so would this one.
HEEDING = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("steadyhand", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def watched(training):
    """`steadyhand progress --watch` on a terminal of 80 columns: the process, and its screen."""
    screen, keyboard = pty.openpty()
    paths = os.pathsep.join(path for path in sys.path if path)
    environment = os.environ | {"PYTHONPATH": paths, "TERM": "xterm", "COLUMNS": "80"}
    command = [sys.executable, "-c", HEEDING, "progress", "--watch", "--results", training]
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), keyboard)
    with subprocess.Popen(command, **streams, env=environment) as process:
        os.close(keyboard)
        yield process, screen
        process.kill()
    os.close(screen)


def read_until(screen, word):
    """What is shown until a word is; a word, for lines are broken anywhere else."""
    seen = b""
    while word not in seen:
        assert select.select([screen], [], [], 60)[0], f"{word} is not in {seen}"
        seen += os.read(screen, 100_000)
    return seen.decode()


def read_to_the_end(screen):
    seen = b""
    while True:
        try:
            seen += (more := os.read(screen, 100_000))
        except OSError:  # as Linux says that nobody holds the terminal any more
            return seen.decode()
        if not more:
            return seen.decode()


def test_watching_follows_until_it_is_interrupted(watched, training):
    process, screen = watched
    first = read_until(screen, b"ValueError")
    assert "1000/5000" in first and "node7" in first and "running" in first
    (training / "stacks" / f"{HERE}.progress.json").write_bytes(b"half")
    (training / "stacks" / f"{THERE}.progress.json").unlink()
    read_until(screen, b"problem:")
    for path in (training / "stacks").iterdir():
        path.unlink()
    read_until(screen, b"trained")
    process.send_signal(signal.SIGINT)
    rest = read_to_the_end(screen)
    assert process.wait(timeout=60) == 0 and "Traceback" not in rest
    assert "\x1b[?25h" in rest, "the cursor is seen again"
