"""One line on the terminal that is drawn over itself, among the lines of others."""

import os
from typing import TextIO

from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

from steadyhand.progress.pace import Every

AT_LEAST = 0.25
"""[s] between two drawings."""

_NO_WIDTH = 80
_ERASE = ((ControlType.CARRIAGE_RETURN,), (ControlType.ERASE_IN_LINE, 2))


class LiveLine:
    """A line at the cursor, on a terminal where somebody may look; elsewhere nothing is written.

    Snakemake writes to the same terminal, from another process. So the cursor is neither hidden
    nor moved to another line, and it stays behind the text: what others write stands after it,
    and the next drawing is on a line of its own again.
    """

    def __init__(self, stream: TextIO | None):
        self._every = Every(AT_LEAST)
        self._stream = stream
        self._console = Console(file=stream, highlight=False) if _is_live(stream) else None

    def show(self, text: str, time: float) -> None:
        """Draw `text` at this time [s], cut off at the terminal's width; not if it just did."""
        if self._console is not None and self._every.due(time):
            self._draw(text)

    def erase(self) -> None:
        """Leave an empty line to whoever writes next."""
        self._draw("")

    def _draw(self, text: str) -> None:
        console = self._console
        if console is None or self._stream is None:
            return
        line = Text(text)
        try:
            width = os.get_terminal_size(self._stream.fileno()).columns or _NO_WIDTH
            line.truncate(width - 1)  # a full line would wrap, and could not be drawn over
            with console:  # both in one write, which nobody can write between
                console.control(Control(*_ERASE))
                console.print(line, end="", soft_wrap=True)
        except (OSError, ValueError):  # the terminal was closed: nobody looks any more
            self._console = None


def _is_live(stream: TextIO | None) -> bool:
    """Whether a person may look at it: a terminal that can erase a line, and no service's."""
    if stream is None or stream.closed or not stream.isatty():
        return False
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        return False
    return Console(file=stream).is_interactive
