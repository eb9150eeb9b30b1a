"""What it takes to linearize closed loops: time and peak of memory, by the number of points.

    make run ARGS="--configfile benchmarks/fixed_points.yaml"
    .venv/bin/python benchmarks/linearization.py results

Networks of 100 units with a delay of 5 steps: states of 126 numbers. Each count is run in a process
of its own, which searches the points, then linearizes them into a file, once to compile and once to
be timed. Peaks are of the whole process, the search included.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import steadyhand
from steadyhand.analysis_layout import write_point_parts
from steadyhand.devices import use_host_devices
from steadyhand.errors import UserError
from steadyhand.steady_modes import linearize_steady_states
from steadyhand.steady_states import find_steady_states
from steadyhand.store.origin import open_artefact
from steadyhand.store.weights import read_weights


def measure(results: Path, count: int) -> None:
    use_host_devices(2)
    table = steadyhand.open(results).evaluations("train.network.hidden_size == 100")
    digest, evaluation = table[table["name"] == "posture"][["digest", "evaluation_id"]].iloc[0]
    weights, spec = read_weights(results / "weights" / f"{digest}.eqx")
    with open_artefact(results / "states" / digest / f"{evaluation}.nc") as states:
        request = json.loads(states.attrs["provenance"])["request"]
        asked = {
            **{key: request[key] for key in ("physics", "workspace")},
            "at": {"type": "goals", "grid": 5, "spread": 1, "offset": None},
            "closed_loop": True,
            "field": None,
            "sisu": [-2, 0],
            "starts": 4,
            "settle": 100,
            "tolerance": 1e-12,
        }
        points = find_steady_states(weights, spec, states, asked)
    again = points.isel(point=np.arange(count) % points.sizes["point"])
    again = again.sortby("point_replicate")
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(2):
            began = time.perf_counter()
            parts = linearize_steady_states(weights, spec, again, asked)
            write_point_parts(Path(folder) / "modes.nc", parts, count, "Benchmark", {})
            took = time.perf_counter() - began
        size = (Path(folder) / "modes.nc").stat().st_size
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{count:6} points of {points.sizes['unit'] + 26} numbers: {took:7.1f} s, "
        f"{1e3 * took / count:5.1f} ms each; peak {peak:.0f} MB; file {size / 1e6:.1f} MB; "
        f"certified {int((points.unique_within > 0).sum())} of {points.sizes['point']}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("results", nargs="?", default="results", type=Path)
    parser.add_argument("--counts", type=int, nargs="+", default=[250, 1000])
    parser.add_argument("--one", action="store_true", help="measure the one count in this process")
    asked = parser.parse_args()
    if asked.one:
        measure(asked.results, asked.counts[0])
        return
    try:
        steadyhand.open(asked.results)
    except UserError as why:
        sys.exit(str(why))
    for count in asked.counts:
        here = [sys.executable, __file__, str(asked.results), "--one", "--counts", str(count)]
        subprocess.run(here, check=True)


if __name__ == "__main__":
    main()
