"""The store: whole files or none, and no flipped byte that goes unnoticed."""

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path

import equinox as eqx
import jax
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from steadyhand import store
from steadyhand.network import WITHOUT_CONTEXT, init_controller, stored_spec, to_arrays
from steadyhand.store.abandoned import remove_abandoned
from steadyhand.store.archive import read_member, write_archive
from steadyhand.store.dataset_writer import DatasetWriter, Variable
from steadyhand.store.receipts import check_receipt, made_by, write_receipt
from steadyhand.store.weights import decode, encode

SPEC = stored_spec({"type": "gru", "hidden_size": 4}, WITHOUT_CONTEXT)


def arrays():
    return to_arrays(
        init_controller(jax.random.key(0), SPEC["network"], WITHOUT_CONTEXT, "float32")
    )


def dataset():
    rng = np.random.default_rng(0)
    return xr.Dataset(
        {
            "a": (("point", "unit"), rng.normal(size=(50, 8)), {"units": "1"}),
            "kind": ("point", np.array(["fixed", "slow"] * 25, object), {"units": "1"}),
        },
        coords={"unit": np.arange(8)},
        attrs={"title": "é", "n": 3},
    )


def write_one_of_each(folder):
    store.write_json(folder / "document.json", {"b": [1, 2.5, None], "a": {"x": "é"}})
    store.write_dataset(folder / "dataset.nc", dataset())
    store.write_weights(folder / "weights.eqx", arrays(), SPEC)
    table = pd.DataFrame({"trial": np.arange(40), "x": np.linspace(0, 1, 40)})
    store.write_measures(folder / "measures.parquet", [table], {"id": "x"})


KINDS = ("document.json", "dataset.nc", "weights.eqx", "measures.parquet")


@pytest.mark.parametrize("name", KINDS)
def test_equal_content_gives_equal_bytes(tmp_path, name):
    (tmp_path / "again").mkdir()
    write_one_of_each(tmp_path)
    write_one_of_each(tmp_path / "again")
    assert (tmp_path / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


@pytest.mark.parametrize("name", KINDS)
def test_flipped_truncated_and_longer_files_are_refused(tmp_path, name):
    write_one_of_each(tmp_path)
    content = (tmp_path / name).read_bytes()
    store.check(tmp_path / name)
    rng = np.random.default_rng(1)
    damaged = [content[:-1], content[: len(content) // 2], b"", content + b"x"]
    for place in rng.integers(len(content), size=60):
        flipped = bytearray(content)
        flipped[place] ^= 1 << rng.integers(8)
        damaged.append(bytes(flipped))
    for number, wrong in enumerate(damaged):
        path = tmp_path / f"{number}-{name}"
        path.write_bytes(wrong)
        if name.endswith(".json"):  # white space and how a number is spelled are free
            with contextlib.suppress(store.ArtefactError):
                assert store.read_json(path) == store.read_json(tmp_path / name)
        else:
            with pytest.raises(store.ArtefactError, match="delete the file and run snakemake"):
                store.check(path)


@pytest.mark.parametrize("name", KINDS)
def test_a_missing_file_is_named(tmp_path, name):
    with pytest.raises(store.ArtefactError, match=f"{name}: no such file"):
        store.check(tmp_path / name)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "x.nc"
    layout = {"a": Variable(("trial",), "f4", {"units": "1"})}

    def write(values):
        with DatasetWriter(path, {"trial": 3}, layout, {}) as writer:
            writer.write("a", np.asarray(values))

    for wrong in ([1.0, np.nan, 2.0], [1.0, 2.0], [[1.0, 2.0, 3.0]]):
        with pytest.raises(ValueError, match="a: "):
            write(wrong)
        assert list(tmp_path.iterdir()) == []
    write([1, 2, 3])
    before = path.read_bytes()
    with pytest.raises(ValueError, match="infinity"):
        write([1, 2, np.inf])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_blocks_make_the_same_file_as_one_write(tmp_path):
    values = np.random.default_rng(0).normal(size=(10, 3)).astype("f4")
    layout = {"a": Variable(("trial", "unit"), "f4", {"units": "1"})}
    for name, cuts in (("one", [10]), ("many", [1, 4, 5])):
        with DatasetWriter(tmp_path / name, {"trial": 10, "unit": 3}, layout, {}) as writer:
            for block in np.split(values, np.cumsum(cuts)[:-1]):
                writer.write("a", block)
    with store.open_dataset(tmp_path / "one") as one, store.open_dataset(tmp_path / "many") as many:
        assert one.identical(many)
        np.testing.assert_array_equal(one.a, values)


def test_weights_are_read_by_equinox_too(tmp_path):
    network = init_controller(jax.random.key(3), SPEC["network"], WITHOUT_CONTEXT, "float32")
    store.write_weights(tmp_path / "w.eqx", to_arrays(network), SPEC)
    with (tmp_path / "w.eqx").open("rb") as file:
        file.readline()
        like = init_controller(jax.random.key(9), SPEC["network"], WITHOUT_CONTEXT, "float32")
        assert eqx.tree_equal(eqx.tree_deserialise_leaves(file, like), network)


def test_a_digest_is_of_content_and_not_of_order(tmp_path):
    original = arrays()
    digest = store.write_weights(tmp_path / "a.eqx", original, SPEC)
    backwards = dict(reversed(original.items()))
    assert store.write_weights(tmp_path / "b.eqx", backwards, SPEC) == digest
    for name in original:
        changed = {**original, name: original[name].copy()}
        changed[name].flat[0] = np.nextafter(changed[name].flat[0], np.float32(9))
        assert store.write_weights(tmp_path / "c.eqx", changed, SPEC) != digest
    renamed = {("other" if k == "readout.bias" else k): v for k, v in original.items()}
    assert store.write_weights(tmp_path / "c.eqx", renamed, SPEC) != digest
    other = {**SPEC, "network": {**SPEC["network"], "hidden_size": 5}}
    assert store.write_weights(tmp_path / "c.eqx", original, other) != digest


def test_weights_must_have_the_digest_of_their_name(tmp_path):
    digest = store.write_weights(tmp_path / "a.eqx", arrays(), SPEC)
    right, wrong = tmp_path / f"{digest}.eqx", tmp_path / f"{'0' * 64}.eqx"
    for path in (right, wrong):
        path.write_bytes((tmp_path / "a.eqx").read_bytes())
    store.read_weights(right)
    with pytest.raises(store.ArtefactError, match="holds the digest"):
        store.read_weights(wrong)


def test_arrays_survive_a_round_trip():
    original = {"a": np.float32([[1, 2], [3, 4]]), "n": np.int32([7]), "empty": np.empty((0, 3))}
    decoded, spec, _ = decode(encode(original, SPEC), "x")
    assert spec == SPEC
    for name, values in original.items():
        assert decoded[name].dtype == values.dtype
        np.testing.assert_array_equal(decoded[name], values)


def test_archives_hold_their_members_and_say_what_they_lack(tmp_path):
    path = tmp_path / "a.tar"
    write_archive(path, {"b": b"2", "a": b"1"})
    first = path.read_bytes()
    write_archive(path, {"a": b"1", "b": b"2"})
    assert path.read_bytes() == first
    assert read_member(path, "b") == b"2"
    with pytest.raises(store.ArtefactError, match="no member 'c'"):
        read_member(path, "c")
    path.write_bytes(first[:700])
    with pytest.raises(store.ArtefactError):
        read_member(path, "b")


def test_a_receipt_knows_its_artefacts_and_their_code(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"content")
    receipt = tmp_path / "a.json"
    write_receipt([tmp_path / "a.bin"], receipt, {"code": "abc"})
    check_receipt(receipt)
    assert made_by(receipt, "abc")
    assert not made_by(receipt, "abd")
    assert not made_by(tmp_path / "none.json", "abc")
    (tmp_path / "a.bin").write_bytes(b"contemt")
    with pytest.raises(store.ArtefactError, match=r"a\.bin: its content does not match"):
        check_receipt(receipt)
    (tmp_path / "a.bin").unlink()
    check_receipt(receipt)


def test_json_is_refused_where_it_could_be_misread(tmp_path):
    with pytest.raises(ValueError, match="no place in an identity"):
        store.write_json(tmp_path / "x.json", {"a": float("nan")})
    assert list(tmp_path.iterdir()) == []
    store.write_json(tmp_path / "x.json", {"a": 1.5})
    text = (tmp_path / "x.json").read_text()
    (tmp_path / "x.json").write_text(text.replace("1.5", "NaN"))
    with pytest.raises(store.ArtefactError):
        store.read_json(tmp_path / "x.json")


@contextlib.contextmanager
def a_writer(folder):
    """A process that has written half a file, and the file."""
    program = (
        "import sys, time; from steadyhand.store.atomic import atomic_path\n"
        "with atomic_path(sys.argv[1]) as path:\n"
        "    path.write_text('half'); print(path, flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", program, str(folder / "states.nc")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as writer:
        try:
            yield Path(writer.stdout.readline().strip()), writer
        finally:
            writer.kill()


def test_what_a_killed_process_left_half_written_is_removed(tmp_path):
    folder = tmp_path / "states" / "d"
    with a_writer(folder) as (left, _):
        pass
    kept = {folder / "states.nc": "whole", folder / ".hidden": "a user's", folder / ".a.tmp": "too"}
    for path, text in kept.items():
        path.write_text(text)
    assert left.exists()
    assert remove_abandoned(tmp_path) == [left]
    assert {path: path.read_text() for path in folder.iterdir()} == kept


def test_what_is_still_being_written_or_was_written_elsewhere_stays(tmp_path):
    with a_writer(tmp_path) as (left, _):
        pass
    machine, _ = re.search(r"\.([\w-]+)\.(\d+)\.tmp$", left.name).groups()
    elsewhere = left.rename(left.with_name(left.name.replace(machine, f"{machine}-2")))
    with a_writer(tmp_path) as (path, writer):
        assert path.name.endswith(f".{machine}.{writer.pid}.tmp")
        assert remove_abandoned(tmp_path) == []
        assert path.exists() and elsewhere.exists()
