"""Files of states, measures and weights that are damaged, half-written, or not what they say."""

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from steadyhand import store
from steadyhand.measures.of_states import attributes_of, measure_blocks
from steadyhand.store.datasets import open_dataset
from steadyhand.store.origin import open_artefact
from steadyhand.store.tables import read_measures, write_measures
from steadyhand.store.weights import read_weights, write_weights
from test_evaluate_blocks import networks, request, write

DIGEST, ID = "ab" * 32, "cd" * 8
WORKFLOW = str(Path(__file__).parents[1] / "workflow")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Weights, states and measures under the names that results have."""
    folder = tmp_path_factory.mktemp("results")
    arrays, spec = networks()
    name = store.write_weights(folder / "weights.eqx", arrays, spec)
    (folder / "weights.eqx").rename(folder / f"{name}.eqx")
    states = folder / "states" / DIGEST / f"{ID}.nc"
    write(states, 1, request(n_steps=24, repeats=1, sisu=[0]), digest=DIGEST, id=ID)
    measures = folder / "measures.parquet"
    with open_artefact(states) as opened:
        write_measures(measures, measure_blocks(opened), attributes_of(opened))
    return {"weights": folder / f"{name}.eqx", "states": states, "measures": measures}


def read(kind, path):
    """Every number in a file, as a stage reads it."""
    if kind == "weights":
        return read_weights(path)[0]
    if kind == "measures":
        table = read_measures(path)
        return {name: table[name].to_numpy() for name in table}
    with open_artefact(path) as opened:
        return {str(name): it.values for name, it in opened.load().variables.items()}


def equal(one, other):
    return one.keys() == other.keys() and all(
        pd.Series(one[name].ravel()).equals(pd.Series(other[name].ravel())) for name in one
    )


def test_of_500_flipped_bytes_each_is_noticed_or_changes_no_number(files, tmp_path):
    chosen = random.Random(0)
    expected = {kind: read(kind, path) for kind, path in files.items()}
    noticed = 0
    for number in range(500):
        kind = sorted(files)[number % 3]
        original = files[kind]
        folder = tmp_path / original.parent.parent.name / original.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        content = bytearray(original.read_bytes())
        content[chosen.randrange(len(content))] ^= 1 << chosen.randrange(8)
        damaged = folder / original.name
        damaged.write_bytes(content)
        try:
            found = read(kind, damaged)
        except store.ArtefactError as error:
            noticed += str(damaged) in str(error) and "run snakemake to make it" in str(error)
        else:
            assert equal(found, expected[kind]), kind
            noticed += 1
    assert noticed == 500


@pytest.mark.parametrize("kind", ["weights", "states", "measures"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.9999])
def test_a_truncated_file_is_refused(files, kind, share, tmp_path):
    content = files[kind].read_bytes()
    path = tmp_path / files[kind].parent.parent.name / files[kind].parent.name / files[kind].name
    path.parent.mkdir(parents=True)
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(store.ArtefactError, match="delete the file and run snakemake"):
        read(kind, path)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (
            f"states/{'0' * 64}/{ID}.nc",
            f"it has the digest {DIGEST[:16]}, its path says 0000000000",
        ),
        (f"states/{DIGEST}/{'1' * 16}.nc", f"it has the id {ID}, its path says 1111111111111111"),
        (f"fixed_points/{DIGEST}/{ID}.nc", "it has the kind states, its path says fixed_points"),
    ],
)
def test_states_that_are_not_what_their_path_says_are_refused(files, place, said, tmp_path):
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    shutil.copy(files["states"], path)
    with open_dataset(path):
        pass  # sealed, as it was written
    with pytest.raises(store.ArtefactError, match=said) as caught:
        open_artefact(path)
    assert str(path) in str(caught.value)


def test_states_of_another_layout_are_refused(tmp_path):
    path = tmp_path / "states" / DIGEST / f"{ID}.nc"
    asked = request(n_steps=24, repeats=1)
    write(path, 1, asked, digest=DIGEST, id=ID, schema_version=2)
    with pytest.raises(store.ArtefactError, match="its layout has version 2, and 1 is read"):
        open_artefact(path)
    store.write_dataset(path, xr.Dataset({"a": ("x", np.zeros(3))}))
    with pytest.raises(store.ArtefactError, match="does not say where it comes from"):
        open_artefact(path)


SLOWLY = """
import sys
sys.path[:0] = [{workflow!r}, {tests!r}]
import time
import test_evaluate_blocks as it
evaluate = it.evaluate
def slowly(*arguments):
    for block in evaluate(*arguments):
        print("block", flush=True)
        yield block
        time.sleep(0.3)
it.evaluate = slowly
it.write(sys.argv[1], 1)
"""


@pytest.mark.slow
def test_a_writer_that_is_killed_leaves_nothing_under_the_final_name(tmp_path):
    path = tmp_path / "states.nc"
    script = SLOWLY.format(workflow=WORKFLOW, tests=str(Path(__file__).parent))
    command = [sys.executable, "-c", script, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout and writer.stdout.readline() == "block\n"
        assert writer.stdout.readline() == "block\n"  # the first one is written, or nearly so
        time.sleep(0.1)
        writer.send_signal(signal.SIGKILL)
    assert not path.exists()
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".states.nc.") and left.stat().st_size > 0
    with pytest.raises(store.ArtefactError):
        open_dataset(left)
    write(path, 1)
    with open_dataset(path) as opened:
        assert opened.sizes["trial"] == 448


@pytest.fixture
def small_disk(tmp_path):
    """A file system of two megabytes; only the superuser can have one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        assert not os.environ.get("CI"), f"CI has to be able to mount: {done.stderr}"
        pytest.skip(f"mounting is not allowed: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


FULL = """
import sys
sys.path[:0] = [{workflow!r}, {tests!r}]
from pathlib import Path
import test_evaluate_blocks as it
try:
    it.write(sys.argv[1], 1)
except OSError as error:
    print(error.errno, error.filename, list(Path(sys.argv[1]).parent.iterdir()), sep="|")
"""


def test_a_disk_that_fills_up_leaves_no_file(small_disk):
    """In another process: the NetCDF library never lets go of a file that it could not close."""
    path = small_disk / "states.nc"
    script = FULL.format(workflow=WORKFLOW, tests=str(Path(__file__).parent))
    command = [sys.executable, "-c", script, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{errno.ENOSPC}|{path}|[]", done.stderr
    assert list(small_disk.iterdir()) == []
    measures = small_disk / "measures.parquet"
    rows = pd.DataFrame({"value": np.random.default_rng(0).normal(size=10**6)})
    with pytest.raises(OSError, match=r"(?i)no space left"):
        write_measures(measures, [rows], {})
    assert list(small_disk.iterdir()) == []
    write(path, 1, request(n_steps=24, repeats=1, sisu=[0]))
    with open_dataset(path) as opened:
        assert opened.sizes["trial"] == 112


def test_weights_on_a_full_disk_leave_no_file(small_disk):
    arrays, spec = networks()
    (small_disk / "full").write_bytes(bytes(2 * 2**20 - 4096))
    with pytest.raises(OSError, match=r"(?i)no space left"):
        write_weights(small_disk / "weights.eqx", arrays, spec)
    assert [it.name for it in small_disk.iterdir()] == ["full"]
