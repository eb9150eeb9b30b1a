"""Points are the same on another machine with other cores, and in other blocks."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from steadyhand.fixed_points import find_fixed_points, search
from steadyhand.linearize import linearize

FIELDS = ("points", "residual", "sigma_min", "proven_error", "unique_within", "spectral_radius")


def squash(x, weights):
    return jnp.tanh(weights @ x)


def problem():
    """A network with dozens of fixed points, and starts that lead to them."""
    random = np.random.default_rng(4)
    weights = 1.9 * random.normal(size=(40, 40)) / np.sqrt(40)
    return weights, random.normal(size=(300, 40))


def digest() -> str:
    """Of everything that is found, to the bit."""
    weights, starts = problem()
    found = find_fixed_points(squash, starts, args=(weights,), settle=5)
    modes = linearize(squash, found.points, args=(weights,))
    parts = [getattr(found, name).tobytes() for name in FIELDS]
    parts += [found.point_of_start.tobytes(), "".join(found.kind).encode()]
    parts += [getattr(modes, name).tobytes() for name in ("eigenvalues", "right", "left")]
    return hashlib.sha256(b"".join(parts)).hexdigest()


@pytest.mark.slow
def test_the_number_of_devices_and_cores_changes_no_bit():
    code = "import test_machines; print(test_machines.digest())"
    there = sorted(os.sched_getaffinity(0))
    found = set()
    for devices, cores in ((1, there), (2, there), (2, there[:1])):
        here = os.pathsep.join([str(Path(__file__).parent), *sys.path])
        flags = f"--xla_force_host_platform_device_count={devices}"
        environment = {**os.environ, "PYTHONPATH": here, "XLA_FLAGS": flags}
        command = ["taskset", "-c", ",".join(map(str, cores)), sys.executable, "-c", code]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        found.add(run.stdout.strip())
    assert len(found) == 1


@pytest.mark.slow
@pytest.mark.parametrize("tile", [5, 64])
def test_other_blocks_give_the_same_points_in_the_same_order(monkeypatch, tile):
    weights, starts = problem()
    usual = find_fixed_points(squash, starts, args=(weights,), settle=5)
    monkeypatch.setattr(search, "TILE", tile)
    other = find_fixed_points(squash, starts, args=(weights,), settle=5)
    assert usual.kind.tolist() == other.kind.tolist()
    root = usual.of_kind("fixed")
    assert root.sum() >= 10
    np.testing.assert_allclose(other.points[root], usual.points[root], atol=1e-11)
    kept = root[usual.point_of_start]
    assert (other.point_of_start[kept] == usual.point_of_start[kept]).mean() > 0.99
