"""The command line: one line for an error, complete ids in a pipe, only what varies by default."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections import namedtuple

import pytest
from steadyhand import describe, listing
from steadyhand.catalogue.layout import KEYS
from steadyhand.config import load_study
from steadyhand.plan import Plan
from steadyhand.store.documents import read_json, write_json

STUDY = """
study: small
sweeps:
  curl:
    replicates: 2
    schedule: {n_batches: 4, batch_size: 3}
    grid: {field.std: [0, 1]}
evaluations:
  reach: {task: {type: center_out, directions: 4}, field: {amplitude: [0, 1]}}
fixed_points:
  goals: {starts_from: reach}
figures:
  - {type: loss_history}
  - {type: aligned_reaches, evaluation: reach}
"""


@pytest.fixture
def ask(run, example):
    """Runs a command on the example; returns its output."""

    def command(*arguments):
        code, out, err = run(*arguments, "--results", example.results)
        assert code == 0, err
        return out

    return command


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    return path


def one_line_error(result):
    code, out, err = result
    assert code == 1 and out == ""
    assert err.startswith("error: ") and err.count("\n") == 1 and err.endswith("\n")
    return err


def table(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def test_models_show_ids_what_varies_and_who_asks(ask, example):
    rows = table(ask("models"))
    assert {row["model_id"] for row in rows} == {
        example.names[it] for it in ("still", "strong", "old")
    }
    varying = {"train.field.std", "train.field.type", "train.paired", "included"}
    assert set(rows[0]) == {"model_id", "studies"} | varying
    studies = {row["model_id"]: row["studies"] for row in rows}
    assert studies[example.names["old"]] == ""


def test_where_filters_and_repeats_are_joined_by_and(ask, example):
    rows = json.loads(
        ask("models", "--where", "train.field.std >= 1", "--where", "asked", "--json")
    )
    assert [row["model_id"] for row in rows] == [example.names["strong"]]
    rows = table(ask("replicates", "--where", "not included"))
    assert [(row["model_id"], row["replicate"]) for row in rows] == [(example.names["strong"], "1")]


@pytest.mark.parametrize("name", ["models", "replicates", "evaluations", "fixed-points", "figures"])
def test_all_columns_of_all_tables_in_all_forms(ask, example, name):
    with open(example.results / "catalogue" / f"{name.replace('-', '_')}.csv") as file:
        header = next(csv.reader(file))
    rows = json.loads(ask(name, "--columns", "all", "--json"))
    assert rows and all(list(row) == header for row in rows)
    lines = list(csv.DictReader(io.StringIO(ask(name, "--columns", "all", "--csv"))))
    assert len(lines) == len(rows) and list(lines[0]) == header
    keys = KEYS[name.replace("-", "_")]
    assert [[str(r[k]) for k in keys] for r in rows] == [[r[k] for k in keys] for r in lines]


def test_columns_by_name_and_pattern(ask, run, example):
    (row, *_) = table(ask("models", "--columns", "train.field.*,digest", "--columns", "studies"))
    assert list(row) == ["model_id", "train.field.std", "train.field.type", "digest", "studies"]
    assert len(row["digest"]) == 64
    wrong = run("models", "--columns", "train.field.sdt", "--results", example.results)
    assert "did you mean train.field.std" in one_line_error(wrong)


def test_an_unknown_column_in_a_filter_suggests_names(run, example):
    result = run("figures", "--where", "train.field.sdt > 1", "--results", example.results)
    assert "did you mean train.field.std" in one_line_error(result)


def test_what_matches_nothing_is_said_on_the_side(run, example):
    code, out, err = run("models", "--where", "train.seed == 99", "--results", example.results)
    assert code == 0 and err == "no models match\n" and out.splitlines() == ["model_id\tstudies"]


def test_a_request_does_not_show_again_what_the_model_says():
    row = dict.fromkeys(KEYS["evaluations"], "x") | {"studies": ""}
    rows = [
        row | {"eval.physics.plant.mass": mass, "train.plant.mass": mass, "eval.seed": mass}
        for mass in (1.0, 2.0)
    ]
    shown = listing.chosen_columns("evaluations", rows[0], rows)
    assert "eval.physics.plant.mass" not in shown
    assert {"train.plant.mass", "eval.seed"} <= set(shown)


@pytest.mark.parametrize("width", [20, 48, 200])
def test_a_terminal_of_any_width_shows_whole_ids(monkeypatch, capsys, width):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    row = {"model_id": "0123456789abcdef", "name": "a long name", "studies": "", "asked": False}
    listing.write_rows([row], ["model_id", "name", "studies"])
    out = capsys.readouterr().out
    assert all(text in out for text in ("0123456789abcdef", "a long name", "none asks"))


def test_show_a_model(ask, example):
    strong = example.names["strong"]
    shown = json.loads(ask("show", strong[:10], "--json"))
    assert shown["about"] == {"kind": "model", "id": strong}
    assert shown["hyperparameters"]["train.field.std"] == 1.5
    assert [row["included"] for row in shown["replicates"]] == [True, False, True]
    files = [row["file"] for row in shown["files"]]
    assert f"models/{strong}/history.nc" in files
    assert f"weights/{example.digests[strong]}.eqx" in files
    assert len(shown["evaluations"]) == 2 and len(shown["fixed points"]) == 1
    assert [row["figure_id"] for row in shown["figures"]] == [example.names["both"]]
    assert shown["provenance"]["code"] == "c" * 64
    assert shown["facts"]["studies"] == "first,second"


def test_show_what_no_study_asks_for(ask, example):
    shown = json.loads(ask("show", example.names["old"], "--json"))
    assert shown["facts"]["studies"] == "no current study asks for it"


@pytest.mark.parametrize(
    ("name", "kind", "section"),
    [
        ("reach", "evaluation", "request"),
        ("goals", "analysis", "request"),
        ("tangled", "analysis", "request"),
        ("both", "figure", "conditions"),
    ],
)
def test_show_other_kinds(ask, example, name, kind, section):
    shown = json.loads(ask("show", example.names[name], "--json"))
    assert shown["about"]["kind"] == kind and shown[section] and shown["provenance"]["code"]
    for row in shown["files"]:
        assert (example.results / row["file"]).stat().st_size == row["bytes"]
    assert f"[{section}]" in ask("show", example.names[name])


def test_show_a_digest_a_sweep_and_a_stack(ask, example):
    strong = example.names["strong"]
    shown = json.loads(ask("show", example.digests[strong][:20], "--json"))
    assert [row["model_id"] for row in shown["models"]] == [strong]
    for folder, section in (("index", "models"), ("stacks", "trainings")):
        for path in (example.results / folder).glob("*.json"):
            if "." not in path.stem:
                assert json.loads(ask("show", path.stem, "--json"))[section]


def test_show_needs_a_prefix_of_one_id(run, example, monkeypatch):
    results = ("--results", example.results)
    for prefix in ("", "model-3", "AB"):
        assert "not one" in one_line_error(run("show", prefix, *results))
    assert "nothing in" in one_line_error(run("show", "0" * 40, *results))
    ids = [("model", "ab" * 8), ("figure", "ac" * 8), ("digest", "bc" * 32)]
    monkeypatch.setattr(describe, "_known", lambda catalogue: ids)
    error = one_line_error(run("show", "a", *results))
    assert "ambiguous" in error and "model abab" in error and "figure acac" in error
    assert "bcbc" not in error


def test_no_catalogue_yet(run, tmp_path):
    error = one_line_error(run("models", "--results", tmp_path))
    assert "no catalogue yet; run snakemake" in error


def test_verify_says_what_is_wrong_and_fails(run, example, tmp_path):
    code, out, _ = run("verify", "--results", example.results)
    assert code == 0 and "every file that is there is as it was written" in out
    code, out, _ = run("verify", "--results", tmp_path)
    assert (code, out) == (0, f"{tmp_path}: there is nothing to verify\n")
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "s.json").write_text("{}")
    (tmp_path / "mi\nne.txt").write_text("")
    code, out, _ = run("verify", "--results", tmp_path)
    note, problem = out.splitlines()
    assert code == 1 and note.startswith(r"note: mi\nne.txt: ")
    assert problem.startswith("problem: studies/s.json: ") and "run snakemake" in problem


def test_check_says_what_a_study_expands_to(run, study, tmp_path):
    code, out, err = run("check", study, "--results", tmp_path / "results", "--json")
    assert code == 0, err
    found = json.loads(out)
    (sweep,) = found["sweeps"]
    assert (sweep["sweep"], sweep["models"], sweep["varies"]) == ("curl", 2, "field.std: 0, 1")
    assert [row["train.field.std"] for row in found["models"]] == [0, 1]
    assert {row["rule"]: (row["jobs"], row["to run"]) for row in found["jobs"]} == {
        "train": (1, 1),
        "qualify": (2, 2),
        "evaluate": (2, 2),
        "measure": (2, 2),
        "fixed_points": (2, 2),
        "linearize": (2, 2),
        "figures": (4, 4),
    }
    assert not (tmp_path / "results").exists(), "nothing is written"


def test_check_counts_what_is_there(run, study, fabricated):
    settings = {"replicates": 2, "schedule": {"n_batches": 4, "batch_size": 3}}
    fabricated.model(**settings, field={"std": 1.0})
    path = next(fabricated.results.glob("models/*/model.json"))
    plan = Plan(load_study([study]), fabricated.results / "none")
    stack = plan.stacks[plan.stack_of(path.parent.name)]
    write_json(path, read_json(path) | {"stack": stack})
    _, out, _ = run("check", study, "--results", fabricated.results, "--json")
    found = json.loads(out)
    assert {row["train.field.std"]: row["there"] for row in found["models"]} == {0: False, 1: True}
    jobs = {row["rule"]: (row["jobs"], row["to run"]) for row in found["jobs"]}
    assert jobs["qualify"] == (2, 1) and jobs["train"] == (1, 1)


def test_check_takes_settings_and_validates_them(run, study, tmp_path):
    grid = "sweeps.curl.grid={field.std: [0, 1, 2]}"
    _, out, _ = run("check", study, "--results", tmp_path / "r", "--json", "--set", grid)
    assert len(json.loads(out)["models"]) == 3
    for setting, said in (
        ("sweeps.curl.replicats=3", "replicates"),
        ("sweeps.curl.replicates=many", "integer"),
        ("sweeps.curl.replicates", "key=value"),
        ("seed=[", "malformed"),
    ):
        error = one_line_error(run("check", study, "--set", setting))
        assert said in error and "error: --set" in error


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such file"),
        ("study: [", "malformed YAML"),
        ("study: a\nstudy: b\n", "study"),
        ("study: a\nsweeps: {a: {feild: {std: 1}}}\n", "field"),
        ("", "holds nothing"),
    ],
)
def test_check_answers_a_wrong_study_with_one_line(run, tmp_path, content, said):
    path = tmp_path / "wrong.yaml"
    if content is not None:
        path.write_text(content)
    error = one_line_error(run("check", path))
    assert said in error and str(path) in error
    assert str(tmp_path) in one_line_error(run("check", tmp_path))


def test_check_says_how_large_states_are_and_whether_the_disk_holds_them(
    run, study, tmp_path, monkeypatch
):
    grow = ("--set", "evaluations.reach.repeats=2000")
    code, out, err = run("check", study, "--results", tmp_path / "results", "--json", *grow)
    assert code == 0, err
    found = json.loads(out)
    sizes = {row["name"]: row["gigabytes"] for row in found["evaluations"]}
    size = found["size of states"]
    assert size["gigabytes to come"] == pytest.approx(sum(sizes.values()), abs=0.002)
    assert size["gigabytes free"] > 0 and "problem" not in size
    free = namedtuple("usage", "free")(int(1e9 * size["gigabytes to come"]) - 10**7)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: free)
    code, out, err = run("check", study, "--results", tmp_path / "results", *grow)
    (line,) = err.splitlines()
    assert code == 1 and line.startswith(f"error: {study}: evaluations.reach: its states are ")
    assert "[size of states]" in out


def test_asking_a_catalogue_imports_nothing_heavy(example):
    code = (
        "import sys; from steadyhand import cli; "
        f"sys.argv = ['steadyhand', 'models', '--results', {str(example.results)!r}]\n"
        "try: cli.main()\n"
        "except SystemExit: pass\n"
        "heavy = {'jax', 'xarray', 'pandas', 'netCDF4', 'plotly', 'pyarrow'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    paths = [path for path in sys.path if path]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 4
