"""One line on a terminal, among the lines of others, and nothing anywhere else."""

import re
import sys

import pytest
from steadyhand.progress.record import read_record
from steadyhand.progress.terminal import LiveLine

ERASED = "\r\x1b[2K"


def test_a_terminal_shows_one_line_that_is_drawn_over_itself(reporter, terminal, time):
    stream, shown = terminal
    with reporter(stream=stream) as training:
        training.report(10, 0.5, 0)
        assert shown() == f"{ERASED}stack 01234567  batch 10/1000 (1%)  mean loss 0.5"
        time.seconds += 10
        training.report(60, 0.25, 2)
        whole = "stack 01234567  batch 60/1000 (6%)  5 batches/s  3 min 8 s left  mean loss 0.25"
        assert shown() == ERASED + whole[:59], "cut off where it would wrap"
        print("Finished jobid: 3", file=stream, flush=True)  # another process's line
        time.seconds += 10
        training.report(110, 0.25, 2)
        assert re.fullmatch(rf"Finished jobid: 3\r\n{re.escape(ERASED)}stack [^\n\x1b]*", shown())
    assert shown() == ERASED


def test_it_is_drawn_four_times_a_second_at_most(terminal):
    stream, shown = terminal
    line = LiveLine(stream)
    for number in range(64):
        line.show(str(number), number / 16)
    assert [int(it) for it in shown().split(ERASED)[1:]] == list(range(0, 64, 4))


@pytest.mark.parametrize(
    ("name", "value"),
    [("CI", "true"), ("CI", "1"), ("TERM", "dumb"), ("TERM", "unknown"), ("TTY_INTERACTIVE", "0")],
)
def test_no_person_looks_there(reporter, terminal, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    stream, shown = terminal
    with reporter(stream=stream) as training:
        training.report(10, 0.5, 0)
    assert shown() == ""


@pytest.mark.parametrize("forced", [{}, {"FORCE_COLOR": "1"}, {"TTY_COMPATIBLE": "1"}])
def test_a_file_and_a_pipe_get_nothing(reporter, tmp_path, monkeypatch, forced):
    for name, value in forced.items():
        monkeypatch.setenv(name, value)
    with open(tmp_path / "stderr", "w+") as stream:
        with reporter(stream=stream) as training:
            training.report(10, 0.5, 0)
        assert stream.seek(0) == 0 and stream.read() == ""


def test_a_terminal_that_is_closed_ends_nothing(reporter, terminal, path, time):
    stream, _ = terminal
    with reporter(stream=stream) as training:
        training.report(10, 0.5, 0)
        stream.close()
        time.seconds += 10
        training.report(20, 0.5, 0)
        assert read_record(path).batches_done == 20


def test_standard_error_is_the_terminal_unless_there_is_none(reporter, terminal, monkeypatch):
    stream, shown = terminal
    monkeypatch.setattr(sys, "stderr", stream)
    with reporter() as training:
        training.report(10, 0.5, 0)
    assert shown().startswith(ERASED + "stack 01234567")
    monkeypatch.setattr(sys, "stderr", None)
    with reporter() as training:
        training.report(10, 0.5, 0)
