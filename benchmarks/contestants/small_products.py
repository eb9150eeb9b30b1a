"""The matrix products of one batch and nothing else, on every core: what no program can beat.

Recurrent and input weights, forward, back to the state, and by the weights, at the shapes of one
chunk of trials: 3 · 2 · 300 · 108 · 250 · 99 · 5 floating-point operations in all.
"""

import os
import sys
import time
from pathlib import Path

from turns import answer, asked

sys.path[:1] = [str(Path(__file__).parents[2] / "workflow")]

from steadyhand.devices import use_host_devices  # noqa: E402

CORES = len(os.sched_getaffinity(0))
use_host_devices(CORES)

import jax  # noqa: E402
from jax.sharding import AxisType, PartitionSpec  # noqa: E402
from steadyhand.chunks import chunks_of  # noqa: E402

GATES, UNITS, BATCH, REPLICATES, UPDATES = 300, 100, 250, 5, 99
OPERATIONS = 3 * 2 * GATES * (UNITS + 8) * BATCH * UPDATES * REPLICATES
_, TRIALS = chunks_of(BATCH)
mesh = jax.make_mesh((CORES,), ("core",), axis_types=(AxisType.Auto,))
REPEATS = 2000


def products(weight: jax.Array, hidden: jax.Array) -> jax.Array:
    """Each product has what the one before it gave, so that none can be left out."""

    def one(_: int, carried: tuple) -> tuple:
        weight, hidden, transposed_hidden = carried
        gates = hidden @ weight
        back = gates @ transposed
        by_weight = transposed_hidden @ gates
        return (
            weight + 1e-30 * by_weight,
            hidden + 1e-30 * back,
            transposed_hidden + 1e-30 * by_weight[:, :TRIALS],
        )

    transposed = weight.T
    arrays = jax.lax.fori_loop(0, REPEATS, one, (weight, hidden, hidden.T))
    return sum(array[:1, :1] for array in arrays)


run = jax.jit(
    jax.shard_map(
        products,
        mesh=mesh,
        in_specs=(PartitionSpec(), PartitionSpec()),
        out_specs=PartitionSpec("core"),
        check_vma=False,
    )
)
arrays = (
    jax.random.normal(jax.random.key(0), (UNITS, GATES), "float32") / 10,
    jax.random.normal(jax.random.key(1), (TRIALS, UNITS), "float32"),
)
per_call = CORES * REPEATS * 3 * 2 * GATES * UNITS * TRIALS
while True:
    wanted, begin = asked(), time.perf_counter()
    for _ in range(wanted):
        run(*arrays).block_until_ready()
    answer((time.perf_counter() - begin) / wanted * OPERATIONS / per_call)
