"""Requests to stop: the signals that cluster managers send at a time limit, and Ctrl-C."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

Handlers = dict[signal.Signals, Any]

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
"""Slurm's own signal is SIGTERM; `--signal` lets it send SIGUSR1 some time before."""


@contextmanager
def noticing_signals() -> Iterator[Callable[[], bool]]:
    """Within it, a first signal only makes the yielded function True; a second one acts as ever."""
    previous: Handlers = {one: signal.getsignal(one) for one in SIGNALS}
    noticed = False

    def notice(number: int, frame: FrameType | None) -> None:
        nonlocal noticed
        noticed = True
        _restore(previous)

    for one in SIGNALS:
        signal.signal(one, notice)
    try:
        yield lambda: noticed
    finally:
        _restore(previous)


def _restore(handlers: Handlers) -> None:
    for one, handler in handlers.items():
        signal.signal(one, handler)
