"""A reporter with clocks that tests move, and a terminal."""

import fcntl
import logging
import os
import pty
import struct
import termios
from datetime import UTC, datetime, timedelta

import pytest
from steadyhand.progress.reporter import Clock, Reporter

STACK = "0123456789abcdef"
START = datetime(2026, 1, 31, 23, 59, tzinfo=UTC)


class Time:
    """Clocks that tests move."""

    def __init__(self):
        self.seconds = 1000.0

    def clock(self) -> Clock:
        return Clock(lambda: self.seconds, lambda: START + timedelta(seconds=self.seconds - 1000))


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "results" / "stacks" / f"{STACK}.progress.json"


@pytest.fixture
def reporter(path, time, caplog):
    """Makes the reporter of a stack of 2 models with 5 networks each."""
    caplog.set_level(logging.INFO)

    def make(batches=1000, **options):
        log = logging.getLogger("steadyhand")
        counts = {"models": 2, "networks": 10, "batches": batches, "log": log}
        return Reporter(path, STACK, **counts, clock=time.clock(), **options)

    return make


@pytest.fixture
def terminal(monkeypatch):
    """A terminal of 60 columns: what is written to, and a function that reads what it shows."""
    for name in ("CI", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    screen, keyboard = pty.openpty()
    fcntl.ioctl(keyboard, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    with open(keyboard, "w") as stream:

        def shown():
            """What was written since, up to a mark: a terminal may be late."""
            print("|", end="", file=stream, flush=True)
            written = b""
            while not written.endswith(b"|"):
                written += os.read(screen, 100_000)
            return written.decode()[:-1]

        yield stream, shown
    os.close(screen)
