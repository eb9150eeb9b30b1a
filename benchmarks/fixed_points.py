"""Fixed points: this package's search beside Adam on q, from the same starts, in one run.

    .venv/bin/snakemake --cores 2 --configfile benchmarks/fixed_points.yaml
    .venv/bin/python benchmarks/fixed_points.py [results] [--rounds 5] [--many]

1024 states of a network, from its evaluation with SISU 0, and the goal in the middle. Contestants
take turns, compiled before; seconds are medians and ranges over rounds, for each replicate. The
baseline is `contestants/adam_on_q.py`, with the tolerance and number of iterations of

- the reference study: mean q over all starts at most 1e-7, at most 10 000 iterations;
- FixedPointFinder's defaults: at most 1e-12, at most 5000 iterations;

Residuals are in float64. With `--many`: 25 goals, all SISU values and all replicates, as a job has
them.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path[:0] = [
    str(Path(__file__).parent / "contestants"),
    str(Path(__file__).parents[1] / "workflow"),
]

import adam_on_q  # noqa: E402
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import steadyhand  # noqa: E402
from steadyhand.devices import use_host_devices  # noqa: E402
from steadyhand.errors import UserError  # noqa: E402
from steadyhand.fixed_points import find_fixed_points  # noqa: E402
from steadyhand.held_loop import clamped_step, held_at  # noqa: E402
from steadyhand.network import from_arrays  # noqa: E402
from steadyhand.plant import physics_from  # noqa: E402
from steadyhand.search_starts import starts_of  # noqa: E402
from steadyhand.steady_states import find_steady_states  # noqa: E402
from steadyhand.store.origin import open_artefact  # noqa: E402
from steadyhand.store.weights import read_weights  # noqa: E402

SETTLE = 20
BASELINES = {
    "Adam, reference (1e-7)": (1e-7, 10_000),
    "Adam, FixedPointFinder (1e-12)": (1e-12, 5000),
}


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):8.3f} ({min(values):.3f} – {max(values):.3f})"


def residual_of(points: np.ndarray, args: Any) -> float:
    """Largest ‖F(x) − x‖ of some points, in float64."""
    moved = np.asarray(jax.vmap(lambda h: clamped_step(h, *args))(jnp.asarray(points)))
    return float(np.linalg.norm(moved - points, axis=1).max()) if len(points) else np.nan


def compare(starts: np.ndarray, args: Any, rounds: int) -> None:
    contestants = {
        "steadyhand": lambda: find_fixed_points(clamped_step, starts, args=args, settle=SETTLE),
        **{
            name: lambda limits=limits: adam_on_q.search(clamped_step, starts, args, *limits)
            for name, limits in BASELINES.items()
        },
    }
    found = {name: run() for name, run in contestants.items()}
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            began = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - began)
    for name, took in times.items():
        its = found[name]
        points = its.points[its.of_kind("fixed")] if name == "steadyhand" else its["points"]
        ratio = [a / b for a, b in zip(took, times["steadyhand"], strict=True)]
        steps = "" if name == "steadyhand" else f"{its['iterations']} iterations"
        print(
            f"  {name:32}{spread(took)} s   ratio{spread(ratio)}   points {len(points)}"
            f"   residual {residual_of(points, args):.1e}   {steps}"
        )


def many(weights: Any, spec: Any, states: Any, request: dict[str, Any], goals: int) -> None:
    asked = {
        **{key: request[key] for key in ("physics", "workspace", "sisu")},
        "at": {"type": "goals", "grid": goals, "spread": 1, "offset": None},
        "closed_loop": False,
        "field": None,
        "starts": 64,
        "settle": SETTLE,
        "tolerance": 1e-12,
    }
    for label in ("first", "warm"):
        began = time.perf_counter()
        points = find_steady_states(weights, spec, states, asked)
        took = time.perf_counter() - began
        kinds, counts = np.unique(points.kind.values.astype(str), return_counts=True)
        print(f"  {label}: {took:.1f} s, {dict(zip(kinds.tolist(), counts.tolist(), strict=True))}")
        print(f"  certified {(points.unique_within.values > 0).sum()} of {points.sizes['point']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("results", nargs="?", default="results", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--many", action="store_true")
    asked = parser.parse_args()
    use_host_devices(2)
    results = steadyhand.open(asked.results)
    table = results.evaluations("train.network.hidden_size == 100")
    row = table[table["name"] == "posture"]
    digest, evaluation = row[["digest", "evaluation_id"]].iloc[0]
    weights, spec = read_weights(asked.results / "weights" / f"{digest}.eqx")
    with open_artefact(asked.results / "states" / digest / f"{evaluation}.nc") as states:
        request = json.loads(states.attrs["provenance"])["request"]
        told_nothing = states.isel(trial=np.flatnonzero(states.sisu.values == 0))
        controllers = from_arrays(weights, spec, "float64")
        physics = physics_from(request["physics"], "float64")
        for index, replicate in enumerate(weights["replicate"]):
            starts = starts_of(told_nothing, int(replicate), 1024).states
            controller = jax.tree.map(lambda leaf, index=index: leaf[index], controllers)
            print(f"replicate {replicate}")
            at_rest = (held_at(jnp.zeros(2), jnp.zeros(())), jnp.zeros(4))
            compare(starts, (physics, controller, *at_rest), asked.rounds)
        if asked.many:
            print("25 goals, all SISU values, all replicates")
            many(weights, spec, states, request, 5)


if __name__ == "__main__":
    try:
        main()
    except UserError as why:
        sys.exit(str(why))
