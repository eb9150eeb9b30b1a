"""What `show` says of results that were damaged or deleted since the catalogue was built."""

import shutil

import pytest
from steadyhand.catalogue.reading import Catalogue
from steadyhand.command_line import run
from steadyhand.describe import describe
from steadyhand.store.errors import ArtefactError


@pytest.fixture
def results(example, tmp_path):
    return shutil.copytree(example.results, tmp_path / "copy")


@pytest.fixture
def error(results, capsys):
    """What the command line says of an id: one line."""

    def show(full_id):
        def app(**_):
            with Catalogue(results) as catalogue:
                describe(catalogue, full_id)

        with pytest.raises(SystemExit) as ended:
            run(app, "steadyhand")
        captured = capsys.readouterr()
        assert (ended.value.code, captured.out, captured.err.count("\n")) == (1, "", 1)
        return captured.err

    return show


@pytest.mark.parametrize("content", ["", "{", "{}", "[]", '{"layout": {"meta": {}}}'])
def test_a_figure_that_cannot_be_read_is_named_with_a_cure(results, example, error, content):
    path = results / "figures" / example.names["both"] / "figure.json"
    path.write_text(content)
    said = error(example.names["both"])
    assert str(path) in said and "delete the file and run snakemake" in said


@pytest.mark.parametrize(
    ("name", "file"), [("both", "figures/{}/figure.json"), ("still", "models/{}/model.json")]
)
def test_what_is_gone_need_not_be_deleted(results, example, error, name, file):
    path = results / file.format(example.names[name])
    path.unlink()
    said = error(example.names[name])
    assert said == f"error: {path}: no such file; run snakemake to make it again\n"


def test_a_folder_in_place_of_a_file_is_what_the_system_says(results, example, error):
    path = results / "models" / example.names["still"] / "model.json"
    path.unlink()
    path.mkdir()
    assert error(example.names["still"]) == f"error: {path}: Is a directory\n"


@pytest.mark.parametrize(
    ("name", "stage"),
    [("posture", "states"), ("goals", "fixed_points"), ("tangled", "tangling")],
)
def test_receipts_tell_of_what_was_deleted(results, example, error, name, stage):
    full_id = example.names[name]
    with Catalogue(results) as catalogue:
        before = describe(catalogue, full_id)
        (path,) = results.glob(f"{stage}/*/{full_id}.nc")
        path.unlink()
        after = describe(catalogue, full_id)
    left = [row for row in before["files"] if row["file"] != path.relative_to(results).as_posix()]
    assert after == before | {"files": left} and len(left) < len(before["files"])
    path.with_suffix(".json").unlink()
    assert error(full_id).endswith(".json: no such file; run snakemake to make it again\n")


def test_damaged_receipts_are_named(results, example):
    (path,) = results.glob(f"states/*/{example.names['posture']}.json")
    path.write_text("{")
    with Catalogue(results) as catalogue, pytest.raises(ArtefactError) as caught:
        describe(catalogue, example.names["posture"])
    assert caught.value.path == path
