"""Evaluation of all variables, block by block, without writing; a "batch" is a million steps.

A step is one update of one trial of one network.
"""

import os
import time

from networks import networks, request_of
from steadyhand.compilation_cache import keep_compiled_programs
from turns import answer, asked

keep_compiled_programs()

from steadyhand.devices import use_host_devices  # noqa: E402

use_host_devices(len(os.sched_getaffinity(0)))

from steadyhand.evaluate import evaluate  # noqa: E402
from steadyhand.trials import TrialList  # noqa: E402

request = request_of(repeats=10_000)
weights, spec = networks()
blocks = evaluate(weights, spec, request, TrialList(request))
updates = request["n_steps"] - 1
while True:
    wanted, begin, steps = asked() * 1e6, time.perf_counter(), 0
    while steps < wanted:
        block = next(blocks)  # held until the next one is there, as a loop does
        trials, replicates = block["position"].shape[:2]
        steps += trials * replicates * updates
    answer((time.perf_counter() - begin) / steps * 1e6)
