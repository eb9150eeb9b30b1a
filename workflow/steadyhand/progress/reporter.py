"""What a stack says while it trains: on the terminal, in its job's log, and in a file.

No part of a result, and no reason to stop: what can't be written is a warning.
"""

import logging
import math
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from steadyhand.errors import UserError
from steadyhand.progress.pace import Every, Pace
from steadyhand.progress.record import Record, write_record
from steadyhand.progress.terminal import LiveLine
from steadyhand.progress.words import live_line, log_line
from steadyhand.store.atomic import machine_name

LOGGED_EVERY = 60.0
WRITTEN_EVERY = 5.0
"""[s]"""

_LONGEST_REASON = 200


@dataclass(frozen=True)
class Clock:
    """The clocks that a reporter reads; tests have their own."""

    monotonic: Callable[[], float] = time.monotonic
    """Seconds from anywhere, for rates."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    """The time of day, UTC."""


class Reporter:
    """Says how far the training of one stack is, as a context around it.

    When the context ends well, the file is removed. After an error it stays, as "stopped" and
    with the reason; after a kill, as it was last written.
    """

    def __init__(
        self,
        path: Path | str,
        stack_id: str,
        *,
        models: int,
        networks: int,
        batches: int,
        log: logging.Logger,
        batches_done: int = 0,
        stream: TextIO | None = None,
        clock: Clock | None = None,
    ):
        """`path` is the stack's `progress_file`; `networks` are those of all its models.

        `batches_done` are those that were done before this run; `stream` is standard error.
        """
        self._path, self._log, self._clock = Path(path), log, clock or Clock()
        self._line = LiveLine(sys.stderr if stream is None else stream)
        self._pace = Pace()
        self._log_due, self._write_due = Every(LOGGED_EVERY), Every(WRITTEN_EVERY)
        self._is_written = True
        now = self._clock.now()
        self._record = Record(
            stack_id=stack_id,
            models=models,
            networks=networks,
            batches_done=batches_done,
            batches=batches,
            started=now,
            updated=now,
            host=machine_name(),
            pid=os.getpid(),
            job=os.environ.get("SLURM_JOB_ID"),
        )

    def report(self, batches_done: int, mean_loss: float | None, diverged: int) -> None:
        """Call it after each call of the program, which may be often.

        **Arguments:** `batches_done`: in all; `mean_loss`: of the finite networks in the last
        batch, None if there is none; `diverged`: networks that are finite no more.
        """
        time = self._clock.monotonic()
        self._pace.add(time, batches_done)
        self._update(
            batches_done=int(batches_done),
            mean_loss=None if mean_loss is None else _finite(float(mean_loss)),
            batches_per_second=self._pace.batches_per_second(),
            seconds_left=self._pace.seconds_left(self._record.batches),
            diverged=int(diverged),
        )
        self._line.show(live_line(self._record), time)
        if self._log_due.due(time) or batches_done >= self._record.batches:
            self._log.info("%s", log_line(self._record))
        if self._write_due.due(time):
            self._write()

    def __enter__(self) -> Self:
        """Compiling takes a while: the file is there before."""
        self._write()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._line.erase()
        if error is None:
            try:
                self._path.unlink(missing_ok=True)
            except OSError as problem:
                self._log.warning("%s could not be removed (%s)", self._path, problem.strerror)
            return
        self._update(state="stopped", reason=_reason(error))
        self._log.info("stopped; %s", log_line(self._record))
        self._write()

    def _update(self, **changes: Any) -> None:
        changes["updated"] = self._clock.now()
        self._record = self._record.model_copy(update=changes)

    def _write(self) -> None:
        try:
            write_record(self._path, self._record)
        except OSError as error:
            if self._is_written:  # one warning, not one every few seconds
                reason = error.strerror or error
                self._log.warning("%s could not be written (%s)", self._path, reason)
            self._is_written = False
        else:
            self._is_written = True


def _finite(value: float) -> float | None:
    """JSON has no other."""
    return value if math.isfinite(value) else None


def _reason(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    kind = "" if isinstance(error, UserError) else f"{type(error).__name__}: "
    text = " ".join(f"{kind}{error}".split())
    return text if len(text) <= _LONGEST_REASON else f"{text[: _LONGEST_REASON - 1]}…"
