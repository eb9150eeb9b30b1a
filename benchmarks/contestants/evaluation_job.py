"""An evaluation from weights to a file of states, as its job does it; prints what it took, as JSON.

Arguments: the file to write, the number of repeats, and how many blocks to compute (0: all).
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

STARTED = float(os.environ.get("STARTED", time.time()))

# A script's folder comes first, and this script is called as the package is.
sys.path[:1] = [str(Path(__file__).parents[2] / "workflow")]

from steadyhand.compilation_cache import keep_compiled_programs  # noqa: E402

keep_compiled_programs()

from steadyhand.devices import use_host_devices  # noqa: E402
from steadyhand.evaluate import evaluate  # noqa: E402
from steadyhand.provenance import provenance  # noqa: E402
from steadyhand.states import write_states  # noqa: E402
from steadyhand.store.weights import read_weights  # noqa: E402
from steadyhand.trials import TrialList  # noqa: E402

path, repeats, most = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
weights_file, request_file = os.environ["WEIGHTS"], os.environ["REQUEST"]
use_host_devices(len(os.sched_getaffinity(0)))
request = json.loads(Path(request_file).read_text(encoding="utf-8")) | {"repeats": repeats}
weights, network = read_weights(weights_file)
trials = TrialList(request)
blocks = evaluate(weights, network, request, trials)
took = {"trials": len(trials), "networks": len(weights["replicate"])}
first = next(blocks)
took["first_block_s"] = time.time() - STARTED


def all_blocks():
    yield first
    yield from blocks


begin = time.perf_counter()
if path == "-":
    for done, _ in enumerate(blocks, start=2):
        if done == most:
            break
elif not most:
    origin = provenance("states", "0" * 16, "code", request, digest="0" * 64)
    write_states(path, all_blocks(), trials, weights, request, origin)
    took["bytes"] = Path(path).stat().st_size
took["seconds"] = time.perf_counter() - begin
took["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(took))
