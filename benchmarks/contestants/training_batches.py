"""This package as a job runs it.

Arguments: the number of conditions in the stack, and where they are not 100 and 5, hidden size and
number of replicates.
"""

import os
import sys
import time
from pathlib import Path

from turns import answer, asked

# A script's folder comes first, and this script is called as the package is.
sys.path[:1] = [str(Path(__file__).parents[2] / "workflow")]

from steadyhand.compilation_cache import keep_compiled_programs  # noqa: E402

keep_compiled_programs()

from steadyhand.devices import use_host_devices  # noqa: E402

use_host_devices(len(os.sched_getaffinity(0)))

from steadyhand.config import Hyperparameters  # noqa: E402
from steadyhand.requests import training_of  # noqa: E402
from steadyhand.train import Attendance, train_stack  # noqa: E402

conditions, hidden_size, replicates = [*map(int, sys.argv[1:]), *(1, 100, 5)[len(sys.argv) - 1 :]]
specs = [
    training_of(
        Hyperparameters.model_validate(
            {
                "replicates": replicates,
                "network": {"hidden_size": hidden_size},
                "feedback": {"delay": 5},
                "field": {"type": "curl", "std": std},
                "schedule": {"n_batches": 100_000, "batch_size": 250},
            }
        )
    )
    for std in [1.0, 0.5, 1.5, 0.0, *(2 + 0.1 * k for k in range(12))][:conditions]
]


class Turns:
    """Stands still between turns, where training reports."""

    def __init__(self) -> None:
        self.wanted, self.first, self.begin = asked(), 0, time.perf_counter()

    def report(self, batches: int, loss: float | None, failed: int) -> None:
        if batches - self.first < self.wanted:
            return
        answer((time.perf_counter() - self.begin) / (batches - self.first) / conditions)
        self.wanted, self.first, self.begin = asked(), batches, time.perf_counter()


train_stack(specs, [0] * conditions, Attendance(report=Turns().report))
