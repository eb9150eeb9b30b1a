"""Verification: one flipped byte in any kind of file is a problem of that file, with a cure."""

import json
import logging
import os
import random
import shutil

import numpy as np
import pytest
from steadyhand import store
from steadyhand.catalogue import build
from steadyhand.checkpoints import Checkpoints
from steadyhand.errors import UserError
from steadyhand.store.atomic import atomic_path
from steadyhand.store.dataset_writer import write_dataset
from steadyhand.store.datasets import open_dataset
from steadyhand.verify import holds_nothing, verify, verify_file

KINDS = [
    "models/*/hyperparameters.json",
    "models/*/history.nc",
    "models/*/replicates.csv",
    "models/*/selected.eqx",
    "models/*/model.json",
    "weights/*.eqx",
    "index/*.json",
    "stacks/*.json",
    "stacks/*.trained.json",
    "stacks/*.tar",
    "states/*/*.nc",
    "measures/*/*.parquet",
    "fixed_points/*/*.nc",
    "linearizations/*/*.nc",
    "tangling/*/*.nc",
    "figures/*/figure.json",
    "figures/*/figure.html",
    "states/*/*.json",
    "measures/*/*.json",
    "fixed_points/*/*.json",
    "linearizations/*/*.json",
    "tangling/*/*.json",
    "figures/*/receipt.json",
    "assets/plotly.min.js",
    "studies/*.json",
    "catalogue.sqlite",
    "catalogue/models.csv",
    "catalogue/checksums.json",
    "index.html",
]


@pytest.fixture
def results(example, tmp_path):
    """A copy that may be damaged."""
    shutil.copytree(example.results, tmp_path / "copy")
    return tmp_path / "copy"


def problems(results):
    return {problem.file: problem for problem in verify(results)}


def test_results_as_they_were_written_have_no_problem(example):
    assert verify(example.results) == []


def test_every_file_of_the_example_is_of_a_kind_that_is_tested(example):
    tested = {path for pattern in KINDS for path in example.results.glob(pattern)}
    tables = set(example.results.glob("catalogue/*.csv"))
    assert {path for path in example.results.rglob("*") if path.is_file()} == tested | tables


@pytest.fixture(scope="module")
def shared(example, tmp_path_factory):
    """A copy whose files are damaged and mended again."""
    return shutil.copytree(example.results, tmp_path_factory.mktemp("shared") / "results")


@pytest.mark.parametrize("pattern", KINDS)
def test_a_flipped_byte_is_found(shared, pattern):
    path = sorted(shared.glob(pattern))[-1]
    original = path.read_bytes()
    dice = random.Random(pattern)
    # White space between the tokens of a JSON document says nothing.
    places = [place for place in range(len(original)) if not original[place : place + 1].isspace()]
    damaged = bytearray(original)
    place = dice.choice(places)
    damaged[place] ^= 1 << dice.randrange(8)
    path.write_bytes(damaged)
    found = problems(shared)
    path.write_bytes(original)
    name = path.relative_to(shared).as_posix()
    assert name in found, f"byte {place} of {len(original)}"
    assert not found[name].note and "run snakemake" in found[name].cure


def test_two_hundred_flipped_bytes_are_found(shared):
    """Each file alone, so that many are tried in little time; kinds in turn."""
    dice = random.Random(200)
    for number in range(200):
        path = dice.choice(sorted(shared.glob(KINDS[number % (len(KINDS) - 1)])))
        original = path.read_bytes()
        damaged = bytearray(original)
        place = dice.randrange(len(original))
        damaged[place] ^= 1 << dice.randrange(8)
        path.write_bytes(damaged)
        problem = verify_file(shared, path)
        path.write_bytes(original)
        harmless = path.suffix == ".json" and original[place : place + 1].isspace()
        assert problem or harmless, f"{path}: byte {place} of {len(original)}"
    assert verify(shared) == []


@pytest.mark.parametrize("pattern", [*KINDS[:6], *KINDS[11:17]])
def test_a_truncated_file_is_found(results, pattern):
    path = sorted(results.glob(pattern))[0]
    path.write_bytes(path.read_bytes()[:-2])
    assert path.relative_to(results).as_posix() in problems(results)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("states/*/*.nc", "0123456789abcdef.nc"),
        ("measures/*/*.parquet", "0123456789abcdef.parquet"),
        ("weights/*.eqx", f"{'0' * 64}.eqx"),
        ("index/*.json", "0123456789abcdef.json"),
        ("states/*/*.json", "0123456789abcdef.json"),
        ("tangling/*/*.nc", "0123456789abcdef.nc"),
        ("tangling/*/*.json", "0123456789abcdef.json"),
    ],
)
def test_a_sound_file_under_another_name_is_found(results, pattern, name):
    path = sorted(results.glob(pattern))[0].rename(sorted(results.glob(pattern))[0].with_name(name))
    assert path.relative_to(results).as_posix() in problems(results)


def test_a_sound_file_of_another_kind_or_layout_is_found(results):
    (path,) = results.glob("tangling/*/*.nc")
    other = results / "unit_preferences" / path.parent.name / path.name
    other.parent.mkdir(parents=True)
    shutil.copy(path, other)
    found = problems(results)[other.relative_to(results).as_posix()]
    assert found.what == "it has the kind tangling, its path says unit_preferences"
    with open_dataset(path) as opened:
        data = opened.load()
    origin = json.loads(data.attrs["provenance"]) | {"schema_version": 0}
    write_dataset(path, data.assign_attrs(provenance=json.dumps(origin)))
    found = problems(results)[path.relative_to(results).as_posix()]
    assert found.what.startswith("its layout has version 0, and ")


def test_files_of_models_that_were_exchanged_are_found(results):
    one, other = sorted((results / "models").iterdir())[:2]
    for name in ("hyperparameters.json", "history.nc", "selected.eqx", "replicates.csv"):
        (one / name).rename(results / "kept")
        (other / name).rename(one / name)
        (results / "kept").rename(other / name)
    expected = {
        f"models/{folder.name}/{name}"
        for folder in (one, other)
        for name in ("hyperparameters.json", "history.nc", "selected.eqx", "replicates.csv")
    }
    found = {name for name in problems(results) if name.startswith("models")}
    # Two models without an excluded replicate may have equal tables.
    assert expected - found <= {f"models/{it.name}/replicates.csv" for it in (one, other)}


def test_hyperparameters_that_were_changed_with_a_fresh_seal_are_found(results):
    path = sorted(results.glob("models/*/hyperparameters.json"))[0]
    document = store.read_json(path)
    document["hyperparameters"]["schedule"]["n_batches"] += 1
    store.write_json(path, document)
    found = problems(results)[path.relative_to(results).as_posix()]
    assert "hyperparameters of model" in found.what


def test_a_file_that_its_model_lacks_is_found(results):
    path = sorted(results.glob("models/*/history.nc"))[0]
    path.unlink()
    found = problems(results)[path.relative_to(results).as_posix()]
    assert "missing" in found.what and "rule qualify" in found.cure


def test_a_page_that_is_older_than_the_catalogue_is_found(results):
    shutil.rmtree(sorted((results / "figures").iterdir())[0])
    build(results)
    assert set(problems(results)) == {"index.html"}


def test_what_belongs_to_nothing_is_a_note(results):
    (results / "models" / "notes.txt").write_text("mine")
    (results / "states" / ".a.nc.x.tmp").write_text("half")
    (results / "logs").mkdir()
    (results / "logs" / "train.log").write_text("batch 1")
    found = verify(results)
    assert [(problem.file, problem.note) for problem in found] == [
        ("models/notes.txt", True),
        ("states/.a.nc.x.tmp", True),
    ]


@pytest.fixture
def under_way(results):
    """Results beside which a stack is trained: its checkpoints, and how far it is."""
    stem = results / "stacks" / ("f" * 16)
    training = Checkpoints(f"{stem}.checkpoints", {"code": "c"}, logging.getLogger())
    for batches in (100, 200):
        training.save(batches, {"a": np.arange(50, dtype=np.float32)})
    store.write_json(f"{stem}.progress.json", {"stack_id": stem.name, "batches_done": 200})
    return results


def test_a_training_under_way_is_no_problem(under_way):
    assert verify(under_way) == []
    with atomic_path(under_way / f"stacks/{'f' * 16}.checkpoints/00000300.eqx"):
        assert verify(under_way) == [], "this process is writing it"


@pytest.mark.parametrize("pattern", ["stacks/*.progress.json", "stacks/*.checkpoints/*.eqx"])
def test_flipped_bytes_of_a_training_under_way_are_found(under_way, pattern):
    path = sorted(under_way.glob(pattern))[-1]
    original = path.read_bytes()
    for place in range(0, len(original), 5):
        if not original[place : place + 1].isspace():
            damaged = bytearray(original)
            damaged[place] ^= 1 << place % 8
            path.write_bytes(damaged)
            problem = verify_file(under_way, path)
            assert problem and not problem.note, f"byte {place}"
            assert problem.cure.startswith(f"delete {path.relative_to(under_way).as_posix()} and")


def test_checkpoints_and_progress_under_other_names_are_found(under_way):
    stacks = under_way / "stacks"
    (stacks / f"{'f' * 16}.progress.json").rename(stacks / f"{'e' * 16}.progress.json")
    folder = stacks / f"{'f' * 16}.checkpoints"
    (folder / "00000200.eqx").rename(folder / "00000300.eqx")
    found = problems(under_way)
    assert "after 200 batches" in found[f"stacks/{folder.name}/00000300.eqx"].what
    assert "stack_id" in found[f"stacks/{'e' * 16}.progress.json"].what


def test_what_a_training_removes_while_it_is_verified_is_no_problem(under_way, monkeypatch):
    """Both files, and the folder: whatever of them was listed before."""
    folder = under_way / "stacks" / f"{'f' * 16}.checkpoints"
    files = [*folder.iterdir(), under_way / "stacks" / f"{'f' * 16}.progress.json"]
    walk = os.walk

    def remove_then_walk(*arguments, **options):
        for found in walk(*arguments, **options):
            for path in files:
                path.unlink(missing_ok=True)
            yield found
            if found[0] == os.fspath(under_way / "stacks"):
                folder.rmdir()

    monkeypatch.setattr(os, "walk", remove_then_walk)
    assert verify(under_way) == []
    assert all(verify_file(under_way, path) is None for path in files)


def test_what_training_left_behind_is_a_note(under_way, results):
    stem = under_way / "stacks" / ("f" * 16)
    folder = stem.with_suffix(".checkpoints")
    (folder / "00000200.eqx").rename(folder / "00000200.eqx.damaged-2")
    (folder / "notes.txt").write_text("mine")
    (folder / ".00000300.eqx.x.elsewhere.7.tmp").write_text("half")
    place = f"stacks/{folder.name}"
    expected = {
        f"{place}/.00000300.eqx.x.elsewhere.7.tmp": "left behind by a job that was killed",
        f"{place}/00000200.eqx.damaged-2": "a damaged checkpoint, set aside",
        f"{place}/notes.txt": "no file of this project",
    }
    found = problems(under_way)
    assert {name: it.what for name, it in found.items()} == expected
    store.write_text(stem.with_suffix(".tar"), "trained")
    archive = {"sha256": store.sha256_file(stem.with_suffix(".tar"))}
    receipt = {"stack_id": stem.name, "archive": archive}
    store.write_json(stem.with_suffix(".trained.json"), receipt)
    found = problems(under_way)
    done = "left behind by a training that is done"
    expected |= {f"{place}/00000100.eqx": done, f"stacks/{stem.name}.progress.json": done}
    assert {name: it.what for name, it in found.items()} == expected
    assert all(it.note for it in found.values())


@pytest.mark.parametrize(
    ("pattern", "receipts"),
    [
        ("weights/*", "states/*/*.json"),
        ("states/*/*.nc", "states/*/*.json"),
        ("measures/*/*.parquet", "measures/*/*.json"),
        ("linearizations/*/*.nc", "linearizations/*/*.json"),
        ("tangling/*/*.nc", "tangling/*/*.json"),
        ("stacks/*.tar", "stacks/*.trained.json"),
        ("models/*/*", "index/*.json"),
    ],
)
def test_what_was_deleted_is_a_note_where_its_receipt_stands(results, pattern, receipts):
    """Nothing needs it until something does, and then a rule makes it again."""
    assert sorted(results.glob(receipts))
    deleted = {path.relative_to(results).as_posix() for path in results.glob(pattern)}
    for name in deleted:
        (results / name).unlink()
    found = verify(results)
    assert found and all(problem.note and problem.what == "absent" for problem in found)
    files = {problem.file for problem in found}
    if pattern.startswith("models"):  # one is in no index any more
        assert files < deleted and len(files) == 2
    else:
        assert files == deleted


def test_a_page_that_shows_figures_that_are_gone_is_found(results):
    for path in results.glob("figures/*/figure.*"):
        path.unlink()
    found = problems(results)
    assert "shows a figure that is gone" in found.pop("index.html").what
    assert len(found) == 4 and all(problem.note for problem in found.values())


def test_a_missing_file_beside_a_standing_one_has_no_cure_that_deletes_it(results):
    path = sorted(results.glob("figures/*/figure.html"))[0]
    path.unlink()
    found = problems(results)[path.relative_to(results).as_posix()]
    assert not found.note and found.cure == "run snakemake: rule figures makes it again"


def test_a_folder_that_cannot_be_read_is_a_problem(results, monkeypatch):
    walk = os.scandir

    def scandir(path):
        if os.fspath(path).endswith("models"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return walk(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = problems(results)["models"]
    assert not found.note and found.what == "it can't be read (Permission denied)"


def test_results_on_another_disk_are_verified_and_loops_are_not_followed(results, tmp_path):
    (results / "states").rename(tmp_path / "disk")
    (results / "states").symlink_to(tmp_path / "disk")
    (tmp_path / "disk" / "again").symlink_to(results)
    assert verify(results) == []
    path = sorted(results.glob("states/*/*.nc"))[0]
    path.write_bytes(path.read_bytes()[:-2])
    assert path.relative_to(results).as_posix() in problems(results)


def test_a_link_to_elsewhere_is_a_note(results):
    (results / "up").symlink_to(results.parent)
    assert [(it.file, it.note) for it in verify(results)] == [("up", True)]


def test_a_folder_without_results_has_nothing_to_verify(example, tmp_path):
    assert holds_nothing(tmp_path) and not holds_nothing(example.results)
    (tmp_path / "notes.txt").write_text("mine")
    assert holds_nothing(tmp_path)


def test_no_folder_is_an_error(tmp_path):
    with pytest.raises(UserError, match="no such folder"):
        verify(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="not a folder"):
        verify(tmp_path / "file")
