"""What a training costs: estimates of memory and time from its shapes, before anything runs.

Light, for use while parsing. `benchmarks/cost.py` measures what is estimated here.
"""

from collections.abc import Mapping
from typing import Any

from steadyhand.chunks import chunks_of

GATES = {"gru": 3, "vanilla": 1, "lstm": 4}
"""Blocks of recurrent weights per unit, and about the activations kept per unit and update."""

_PROCESS_MB = 620
"""Python, JAX, and the compiler at work; a program from the cache takes 200 MB less."""

# The next three are fitted to docs/training-cost.csv.
_RATE = 8.5e10
"""Floating-point operations per second and core in the products of a network."""

_ELEMENT = 6.4e-9
"""Seconds per unit, gate, trial and update for all that is no product."""

_UPDATE = 5e-5
"""Seconds per update and chunk whatever its size."""

_START = 8.0
"""Seconds until the first batch: start, imports, compilation; 2.5 with a program from the cache."""


def weights_of(spec: Mapping[str, Any]) -> int:
    """Weights and biases of one network."""
    units, gates = spec["network"]["hidden_size"], GATES[spec["network"]["type"]]
    inputs = _inputs(spec)
    cell = gates * units * (inputs + units + 1) + (units if spec["network"]["type"] == "gru" else 0)
    return cell + 2 * units + 2


def memory_mb(spec: Mapping[str, Any], networks: int, devices: int) -> int:
    """Most memory that training so many networks of this kind needs at one time [MB]."""
    units, gates = spec["network"]["hidden_size"], GATES[spec["network"]["type"]]
    updates, n_batches = spec["task"]["n_steps"] - 1, spec["schedule"]["n_batches"]
    chunks, size = chunks_of(spec["schedule"]["batch_size"])
    kept = updates * size * (units * (gates + 2) + 60)
    weights = weights_of(spec) * networks
    on_devices = devices * (kept + weights * (4 + 2 * chunks))
    snapshots = 3 * weights * _snapshots(n_batches)
    history = 3 * 5 * networks * n_batches
    return round(_PROCESS_MB + 4e-6 * (on_devices + snapshots + history))


def seconds(spec: Mapping[str, Any], networks: int, cores: int) -> float:
    """About how long training so many networks of this kind takes on a CPU [s]."""
    return _START + spec["schedule"]["n_batches"] * batch_seconds(spec, networks, cores)


def batch_seconds(spec: Mapping[str, Any], networks: int, cores: int) -> float:
    """The same for one batch of each network."""
    units, gates = spec["network"]["hidden_size"], GATES[spec["network"]["type"]]
    updates = spec["task"]["n_steps"] - 1
    chunks, size = chunks_of(spec["schedule"]["batch_size"])
    products = 3 * 2 * size * gates * units * (units + _inputs(spec))
    unit = updates * (products / _RATE + size * gates * units * _ELEMENT + _UPDATE)
    return -(-networks * chunks // max(cores, 1)) * unit


def _inputs(spec: Mapping[str, Any]) -> int:
    return 8 if spec["context"]["method"] == "none" else 9


def _snapshots(n_batches: int) -> int:
    """About how many snapshots are kept: ten at first, and nine for every power of ten."""
    return 11 + 9 * max(len(str(n_batches)) - 1, 0)
