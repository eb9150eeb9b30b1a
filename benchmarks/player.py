"""A contestant as who measures sees it: the other side of `contestants/turns.py`."""

import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

CONTESTANTS = Path(__file__).parent / "contestants"


class Player:
    """A process that trains when asked, and sleeps otherwise."""

    def __init__(
        self,
        python: str,
        script: str,
        arguments: Sequence[str],
        environment: Mapping[str, str] | None = None,
    ):
        begin = time.time()
        self.command = [python, str(CONTESTANTS / f"{script}.py"), *arguments]
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.memory_mb = 0.0
        """The peak so far."""
        self.start = self._ask(1)["at"] - begin
        """Seconds until the first batch was done."""

    def turn(self, batches: int) -> float:
        """Seconds per batch, over so many."""
        return self._ask(batches)["seconds_per_batch"]

    def _ask(self, batches: int) -> dict[str, float]:
        assert self.process.stdin and self.process.stdout
        print(batches, file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{' '.join(self.command)}: ended with {self.process.wait()}")
        answer = dict(json.loads(line))
        self.memory_mb = answer["memory_mb"]
        return answer

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
