"""How fast a training is of late, and when something is due again."""

from collections import deque

WINDOW = 60.0
"""[s] Long enough to be steady, short enough to follow a machine that becomes busy or free."""


class Pace:
    """Batches a second over the last minute, or since the first call if that is less.

    It counts from the end of the first call of the program: what was done before a training went
    on, and the time to compile, are no part of it.
    """

    def __init__(self, window: float = WINDOW):
        self._window = window
        self._ends: deque[tuple[float, int]] = deque()
        """Time [s] and batches done at the end of calls; all but the first within the window."""

    def add(self, time: float, batches_done: int) -> None:
        """Note that a call ended at this time [s], after so many batches in all."""
        self._ends.append((time, batches_done))
        while len(self._ends) > 2 and time - self._ends[1][0] >= self._window:
            self._ends.popleft()

    def batches_per_second(self) -> float | None:
        """[1/s]; None until a second call has ended."""
        if not self._ends:
            return None
        (start, before), (end, after) = self._ends[0], self._ends[-1]
        return (after - before) / (end - start) if end > start else None

    def seconds_left(self, batches: int) -> float | None:
        """[s] for the rest of so many batches in all; None if nobody can know."""
        pace = self.batches_per_second()
        return (batches - self._ends[-1][1]) / pace if pace else None


class Every:
    """Says when something is due: at once, and then whenever so many seconds have passed."""

    def __init__(self, seconds: float):
        self._seconds = seconds
        self._last: float | None = None

    def due(self, time: float) -> bool:
        """Whether it is due at this time [s]; if so, it is taken as done."""
        if self._last is not None and time - self._last < self._seconds:
            return False
        self._last = time
        return True
