"""An evaluation from weights to a file of states, as its job does it; prints what it took, as JSON.

Arguments: a file of weights, the file of states to write, or "-" where the first block is enough,
and the number of repeats. STARTED in the environment is when who measures started it [s].
"""

import json
import os
import resource
import sys
import time
from itertools import chain
from pathlib import Path

STARTED = float(os.environ["STARTED"])

# A script's folder comes first, and the package is beside it.
sys.path[:0] = [str(Path(__file__).parents[2] / "workflow")]

from steadyhand.compilation_cache import keep_compiled_programs  # noqa: E402

keep_compiled_programs()

from steadyhand.devices import use_host_devices  # noqa: E402
from steadyhand.evaluate import evaluate  # noqa: E402
from steadyhand.provenance import provenance  # noqa: E402
from steadyhand.states import write_states  # noqa: E402
from steadyhand.store.weights import read_weights  # noqa: E402
from steadyhand.trials import TrialList  # noqa: E402

weights_file, path, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3])
use_host_devices(len(os.sched_getaffinity(0)))
weights, network = read_weights(weights_file)
request = json.loads(Path(weights_file).with_suffix(".request.json").read_text(encoding="utf-8"))
request |= {"repeats": repeats}
trials = TrialList(request)
begin = time.perf_counter()
blocks = evaluate(weights, network, request, trials)
first = next(blocks)
took = {"first_block_s": time.time() - STARTED}
if path != "-":
    origin = provenance("states", "0" * 16, "code", request, digest="0" * 64)
    write_states(path, chain([first], blocks), trials, weights, request, origin)
    took["seconds"] = time.perf_counter() - begin
    took["bytes"] = Path(path).stat().st_size
    took["trials"], took["networks"] = len(trials), len(weights["replicate"])
took["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(took))
