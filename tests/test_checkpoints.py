"""Checkpoints: none that is damaged or of another training is gone on from, and none costs one."""

import errno
import logging
import os
import subprocess
import sys

import numpy as np
import pytest
from steadyhand import checkpoints
from steadyhand.checkpoints import Checkpoints, check_checkpoint, checkpoint_folder
from steadyhand.store.abandoned import remove_abandoned
from steadyhand.store.errors import ArtefactError
from steadyhand.store.weights import encode

IDENTITY = {"stack_id": "0123456789abcdef", "code": "c" * 64, "versions": {"jax": "0.10.1"}}

# Not numbers, by their bits: quiet and signalling, of either sign, with payloads; and zeros.
BITS = np.array(
    [0x7FC00000, 0x7F800001, 0xFFC12345, 0x7FBFFFFF, 0x7F800000, 0xFF800000, 0x80000000, 1],
    np.uint32,
)


def arrays(seed=0):
    rng = np.random.default_rng(seed)
    return {
        "hidden.weight": rng.normal(size=(2, 3)).astype(np.float32),
        "history": BITS.view(np.float32).copy(),
        "key": rng.integers(2**32, size=(2, 2), dtype=np.uint32),
        "count": np.int32(7 + seed),
        "finite": np.array([True, False]),
        "none": np.empty((0, 3), np.float64),
    }


def same(one, other):
    return one.keys() == other.keys() and all(
        one[name].dtype == other[name].dtype
        and one[name].shape == other[name].shape
        and one[name].tobytes() == other[name].tobytes()
        for name in one
    )


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "0123456789abcdef.checkpoints"


@pytest.fixture
def training(folder):
    """The checkpoints as one run of a training sees them; a call is a new run."""

    def start(**changes):
        return Checkpoints(folder, IDENTITY | changes, logging.getLogger("steadyhand"))

    return start


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def warnings(caplog):
    return [it.getMessage() for it in caplog.records if it.levelno >= logging.WARNING]


def test_a_training_goes_on_from_the_newest_with_every_bit(training, folder, caplog):
    first = training()
    assert first.newest() is None
    for batches in (0, 900, 1000):
        assert first.save(batches, arrays(batches))
    found = training().newest()
    assert found.batches_done == 1000 and same(found.arrays, arrays(1000))
    np.testing.assert_array_equal(found.arrays["history"].view(np.uint32), BITS)
    assert warnings(caplog) == []


def test_two_are_kept_and_those_of_the_run_before_count(training, folder):
    first = training()
    for batches in (900, 99_999_999, 100_000_000):  # sorted as numbers: one name is longer
        first.save(batches, arrays())
    assert names(folder) == ["100000000.eqx", "99999999.eqx"]
    second = training()
    assert second.newest().batches_done == 100_000_000
    second.save(100_000_100, arrays())
    assert names(folder) == ["100000000.eqx", "100000100.eqx"]


def test_the_same_batch_saved_again_is_one_checkpoint(training, folder):
    first = training()
    for batches, seed in ((100, 1), (200, 2), (200, 3)):
        first.save(batches, arrays(seed))
    assert names(folder) == ["00000100.eqx", "00000200.eqx"]
    assert same(training().newest().arrays, arrays(3))


def test_any_flipped_byte_sets_aside_and_the_one_before_is_used(training, folder, caplog):
    first = training()
    first.save(100, arrays(1))
    first.save(200, arrays(2))
    newest = folder / "00000200.eqx"
    content = newest.read_bytes()
    for place in range(0, len(content), 7):
        caplog.clear()
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        newest.write_bytes(damaged)
        found = training().newest()
        assert found.batches_done == 100 and same(found.arrays, arrays(1)), f"byte {place}"
        assert not newest.exists()
        assert len(warnings(caplog)) == 1 and f"{newest}: set aside (" in warnings(caplog)[0]
        (folder / "00000200.eqx.damaged").unlink()
    newest.write_bytes(content)
    assert training().newest().batches_done == 200, "and undamaged it is taken"


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:-1],
        lambda content: content[:300],
        lambda content: content + b"\0",
        lambda content: bytes(len(content)),
        lambda content: content.partition(b"\n")[0] + b"\nPK\x03\x04" + bytes(100),
        lambda content: b"[]\n",
    ],
    ids=["empty", "short", "half", "long", "zeros", "zip", "list"],
)
def test_what_else_may_befall_a_file(training, folder, damage):
    first = training()
    first.save(100, arrays(1))
    first.save(200, arrays(2))
    newest = folder / "00000200.eqx"
    newest.write_bytes(damage(newest.read_bytes()))
    with pytest.raises(ArtefactError):
        check_checkpoint(newest)
    assert training().newest().batches_done == 100
    assert names(folder) == ["00000100.eqx", "00000200.eqx.damaged"]


def test_nothing_set_aside_is_overwritten(training, folder):
    for number in range(3):
        first = training()
        first.save(100, arrays())
        (folder / "00000100.eqx").write_bytes(b"%d" % number)
        assert training().newest() is None
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    start = "00000100.eqx.damaged"
    assert kept == {start: b"0", f"{start}-2": b"1", f"{start}-3": b"2"}


def test_what_cannot_be_read_is_set_aside_too(training, folder, caplog):
    training().save(100, arrays(1))
    (folder / "00000200.eqx").mkdir()
    assert training().newest().batches_done == 100
    assert "00000200.eqx: set aside (it can't be read (Is a directory))" in caplog.text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"code": "d" * 64}, "code was cccccccccccccccc…, is dddddddddddddddd…"),
        ({"versions": {"jax": "0.10.2"}}, "versions.jax was 0.10.1, is 0.10.2"),
        ({"versions": {}}, "versions.jax was 0.10.1, is absent"),
        ({"device": "gpu"}, "device was absent, is gpu"),
        ({"stack_id": True}, "stack_id was 0123456789abcdef, is True"),
    ],
)
def test_another_training_does_not_go_on_from_it(training, folder, caplog, changes, said):
    training().save(100, arrays(1))
    assert training(**changes).newest() is None
    assert warnings(caplog) == [
        f"{folder / '00000100.eqx'}: not used, for it is of another training: {said}"
    ]
    assert training().newest().batches_done == 100, "whoever comes back finds it"


def test_true_is_not_one(training):
    training(paired=True).save(100, arrays())
    assert training(paired=1).newest() is None


def test_the_first_checkpoint_of_another_training_removes_the_former(training, folder):
    for batches in (8000, 9000):
        training().save(batches, arrays())
    changed = training(code="d" * 64)
    assert changed.newest() is None
    changed.save(100, arrays(1))
    changed.save(200, arrays(2))
    assert names(folder) == ["00000100.eqx", "00000200.eqx"]
    assert training().newest() is None
    assert training(code="d" * 64).newest().batches_done == 200


def test_a_checkpoint_of_a_later_schema_is_not_read(training, folder, caplog, monkeypatch):
    monkeypatch.setattr(checkpoints, "SCHEMA", 2)
    training().save(100, arrays())
    monkeypatch.undo()
    assert training().newest() is None
    assert "schema was 2, is 1" in warnings(caplog)[0]
    check_checkpoint(folder / "00000100.eqx")


def test_a_checkpoint_under_the_name_of_another_is_not_used(training, folder, caplog):
    training().save(100, arrays())
    path = (folder / "00000100.eqx").rename(folder / "00000300.eqx")
    assert training().newest() is None
    assert "batches_done was 100, is 300" in warnings(caplog)[0]
    with pytest.raises(ArtefactError, match="after 100 batches, its name says otherwise"):
        check_checkpoint(path)


def test_a_run_killed_between_writing_and_removal_loses_nothing(training, folder, monkeypatch):
    """Killed for real, by a process that ends where the first older checkpoint would go."""
    program = (
        "import logging, os, sys, pathlib, numpy as np\n"
        "from steadyhand.checkpoints import Checkpoints\n"
        "pathlib.Path.unlink = lambda path, **_: path.suffix == '.tmp' or os._exit(9)\n"
        f"training = Checkpoints(sys.argv[1], {IDENTITY!r}, logging.getLogger())\n"
        "for batches in (100, 200, 300):\n"
        "    training.save(batches, {'a': np.array([batches])})\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program, str(folder)], env=environment)
    assert done.returncode == 9
    assert names(folder) == ["00000100.eqx", "00000200.eqx", "00000300.eqx"]
    again = training()
    assert again.newest().batches_done == 300
    again.save(400, arrays())
    assert names(folder) == ["00000300.eqx", "00000400.eqx"]


def fail_with(number):
    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_is_an_error_in_the_log_each_time(training, folder, caplog, monkeypatch, call):
    first = training()
    first.save(100, arrays(1))
    with monkeypatch.context() as patched:
        patched.setattr(os, call, fail_with(errno.ENOSPC))
        assert not first.save(200, arrays(2))
        assert not first.save(300, arrays(3))
    errors = [it.getMessage() for it in caplog.records if it.levelno == logging.ERROR]
    assert [f"{it:08d}.eqx" in error for it, error in zip((200, 300), errors, strict=True)]
    assert all("No space left" in it and "go on from batch 100" in it for it in errors)
    assert names(folder) == ["00000100.eqx"]
    assert same(training().newest().arrays, arrays(1))
    assert first.save(400, arrays(4)), "and when there is room again"
    assert names(folder) == ["00000100.eqx", "00000400.eqx"]


def test_a_folder_that_cannot_be_made_does_not_end_a_training(training, folder, caplog):
    folder.write_text("a file")
    assert training().newest() is None
    assert not training().save(100, arrays())
    assert "would begin anew" in caplog.text
    training().remove()
    assert folder.read_text() == "a file"


def test_what_can_be_neither_renamed_nor_removed_ends_nothing(
    training, folder, caplog, monkeypatch
):
    training().save(100, arrays(1))
    (folder / "00000200.eqx").write_bytes(b"damaged")
    monkeypatch.setattr("pathlib.Path.rename", fail_with(errno.EROFS))
    monkeypatch.setattr("pathlib.Path.unlink", fail_with(errno.EROFS))
    again = training()
    assert again.newest().batches_done == 100
    again.remove()
    assert names(folder) == ["00000100.eqx", "00000200.eqx"]
    assert "keeps its name (Read-only file system)" in caplog.text
    assert "could not be removed (Read-only file system)" in caplog.text


def test_after_success_what_is_ours_is_gone_and_the_rest_stays(training, folder, caplog):
    first = training()
    first.remove()  # there is none
    first.save(100, arrays())
    first.remove()
    assert not folder.exists() and warnings(caplog) == []
    first.save(100, arrays())
    for name in ("00000200.eqx", ".00000300.eqx.x.elsewhere.17.tmp", "notes.txt", "7.eqx"):
        (folder / name).write_bytes(b"x")
    assert training().newest().batches_done == 100
    first.remove()
    assert names(folder) == ["7.eqx", "notes.txt"]
    assert warnings(caplog)[-1] == f"{folder} stays (Directory not empty)"


def test_arrays_that_would_come_back_otherwise_are_refused(training, folder):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    for wrong in (np.zeros(2, ml_dtypes.bfloat16), np.array(["a"]), np.array([None])):
        with pytest.raises(ValueError, match=r"a: .* can't be kept in a checkpoint"):
            training().save(100, {"a": wrong})
    assert not folder.exists()


@pytest.mark.parametrize("identity", [{"a": float("nan")}, {1: "a"}, {"a": object()}])
def test_an_identity_that_is_no_plain_data_is_refused(folder, identity):
    with pytest.raises((TypeError, ValueError)):
        Checkpoints(folder, identity, logging.getLogger())


def test_a_half_written_checkpoint_of_a_killed_process_is_removed(training, folder):
    training().save(100, arrays())
    program = (
        "import os, sys; from steadyhand.store.atomic import atomic_path\n"
        "with atomic_path(sys.argv[1]) as path:\n    path.write_text('half'); os._exit(9)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", program, str(folder / "00000200.eqx")]
    subprocess.run(command, env=environment)
    (left,) = folder.glob(".*.tmp")
    assert remove_abandoned(folder.parent) == [left]
    assert names(folder) == ["00000100.eqx"]


def test_folders_that_vanish_meanwhile_are_no_error(training, folder, monkeypatch):
    """A job on another machine may end its training while this one starts."""
    training().save(100, arrays())
    scan = os.scandir

    def scandir(path):
        if os.fspath(path) == os.fspath(folder):
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", os.fspath(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert remove_abandoned(folder.parent) == []


def test_the_folder_stands_beside_the_archive():
    assert str(checkpoint_folder("results/stacks/ab.tar")) == "results/stacks/ab.checkpoints"


def test_the_format_is_that_of_stored_weights(training, folder):
    training().save(100, arrays())
    header = {"schema": 1, "batches_done": 100, "identity": IDENTITY}
    assert (folder / "00000100.eqx").read_bytes() == encode(arrays(), header)
