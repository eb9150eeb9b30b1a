"""Studies as users give them: replaced, merged, overridden, wrong, and side by side."""

import re
import subprocess
import sys

import pytest
from chain import CATALOGUE, NEW_MODEL
from steadyhand.catalogue import Catalogue
from steadyhand.store import open_dataset, read_json, read_measures, read_weights


def complaint(clone, *arguments, study):
    done = clone.snakemake(*arguments, study=study, succeed=False)
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert not (clone.path / "results").exists()
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    return line


def test_a_wrong_study_is_answered_in_one_line_and_nothing_is_written(fresh):
    def change(study):
        study["sweeps"]["curl"]["network"]["hiden_size"] = 3

    study = fresh.study(change)
    assert complaint(fresh, study=study) == (
        f"error: {study}: sweeps.curl.network.hiden_size = 3: unknown key; "
        "did you mean 'hidden_size'?"
    )


def test_a_wrong_value_from_the_command_line_is_validated_like_the_rest(fresh):
    line = complaint(fresh, "--config", "seed=-1", study="tests/studies/tiny.yaml")
    assert line == "error: --config: seed = -1: must be greater than or equal to 0"


def test_a_duplicate_key_is_found_though_snakemake_would_take_the_last(fresh):
    path = fresh.path / "double.yaml"
    path.write_text((fresh.path / "tests/studies/tiny.yaml").read_text() + "\nseed: 3\n")
    assert "double.yaml: seed: this key stands twice, on lines 3" in complaint(
        fresh, study="double.yaml"
    )


def test_a_study_replaces_the_demo_and_several_are_merged(fresh):
    (fresh.path / "over.yaml").write_text("sweeps: {curl: {grid: {field.std: [0, 1, 2]}}}\n")
    done = fresh.snakemake("over.yaml", "-n", study="tests/studies/tiny.yaml")
    assert re.search(r"qualify +3\n", done.stdout + done.stderr)
    assert fresh.planned()["qualify"] == 2


HEAVY = ("jax", "xarray", "pandas", "netCDF4", "plotly", "equinox")


def heavy_imports(folder, *arguments) -> set[str]:
    """Which heavy libraries a dry run in a folder has imported at its end."""
    code = (
        "import sys\nfrom snakemake.cli import main\n"
        f"try:\n    main(['-n', '--cores', '2', *{list(arguments)!r}])\n"
        "except SystemExit as end:\n    assert not end.code\n"
        f"print('imported', *sorted(set({HEAVY!r}) & set(sys.modules)))\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_planning_imports_nothing_heavy(fresh, tmp_path):
    """No more than Snakemake and its plugins do for an empty Snakefile, in a whole dry run."""
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "Snakefile").write_text("rule all:\n")
    ours = heavy_imports(fresh.path, "--configfile", "tests/studies/tiny.yaml")
    assert ours <= heavy_imports(empty)
    assert not ours & {"jax", "xarray", "netCDF4"}


@pytest.mark.slow
def test_two_studies_share_results_and_the_catalogue_has_both(clone):
    def change(study):
        study["study"] = "second"
        study["sweeps"]["other"] = {**study["sweeps"].pop("curl"), "grid": {"field.std": [1, 2]}}
        del study["figures"]

    second = clone.study(change)
    ran = clone.run(study=second)
    assert ran == NEW_MODEL
    with Catalogue(clone.path / "results") as catalogue:
        models = {row["train.field.std"]: row["studies"] for row in catalogue.select("models")}
    assert models == {0: "tiny", 1: "second,tiny", 2: "second"}
    assert clone.run() == CATALOGUE
    assert not clone.planned()


def test_what_a_study_no_longer_asks_for_stays_and_says_so(clone):
    def change(study):
        study["sweeps"]["curl"]["grid"]["field.std"] = [1]

    clone.run(study=clone.study(change))
    with Catalogue(clone.path / "results") as catalogue:
        (old,) = catalogue.select("models", "train.field.std == 0")
        (kept,) = catalogue.select("models", "train.field.std == 1")
        figures = catalogue.select("figures", "train.field.std == 0")
    assert (old["asked"], old["studies"]) == (False, "")
    assert (kept["asked"], kept["studies"]) == (True, "tiny")
    assert figures


@pytest.mark.slow
def test_an_excluded_replicate_is_absent_and_the_others_keep_their_numbers(fresh):
    def change(study):
        study["sweeps"]["curl"] |= {"replicates": 3, "grid": {"field.std": [1]}}
        study["sweeps"]["curl"]["selection"]["exclude"] = [1]

    def all_three(study):
        change(study)
        study["sweeps"]["curl"]["selection"]["exclude"] = []

    fresh.run(study=fresh.study(change))
    results = fresh.path / "results"
    (states, *_) = results.glob("states/*/*.nc")
    (weights,) = results.glob("weights/*.eqx")
    arrays, _ = read_weights(weights)
    assert arrays["replicate"].tolist() == [0, 2]
    with open_dataset(states) as opened:
        assert opened.replicate.values.tolist() == [0, 2]
    for table in results.glob("measures/*/*[0-9a-f].parquet"):
        assert sorted(set(read_measures(table).replicate)) == [0, 2]
    (points,) = results.glob("fixed_points/*/*.nc")
    with open_dataset(points) as opened:
        assert sorted(set(opened.point_replicate.values.tolist())) == [0, 2]
    (page,) = [
        read
        for read in map(read_figure, results.glob("figures/*"))
        if read["type"] == "eigenvalues"
    ]
    assert page["replicates"] == {0, 2}

    ran = fresh.run(study=fresh.study(all_three, "three.yaml"))
    assert "train" not in ran  # the selection is no part of a training
    (more,) = set(results.glob("weights/*.eqx")) - {weights}
    everyone, _ = read_weights(more)
    assert everyone["replicate"].tolist() == [0, 1, 2]
    for name, values in arrays.items():
        assert (everyone[name][[0, 2]] == values).all(), name


def read_figure(folder):
    """A figure's type, and the replicates whose points it shows."""
    from steadyhand.figures.page import read_figure as read

    figure = read(folder)
    kind = figure.layout.meta["type"]
    named = {
        int(trace.legendgroup)
        for trace in figure.data
        if kind == "eigenvalues" and trace.customdata is not None
    }
    return {"type": kind, "replicates": named}


def test_all_sweeps_are_planned_at_once(fresh):
    """A checkpoint that is asked for stops the planning; no sweep may wait for another."""

    def change(study):
        study["sweeps"]["second"] = {"inherit": "curl", "seed": 2}

    planned = fresh.planned(study=fresh.study(change))
    assert (planned["qualify"], planned["index"]) == (4, 2)


@pytest.mark.slow
def test_a_study_of_what_is_there_already_is_recorded_and_catalogued(clone):
    study = clone.study(lambda study: study.update(study="renamed"))
    assert clone.run(study=study) == CATALOGUE
    with Catalogue(clone.path / "results") as catalogue:
        assert {row["studies"] for row in catalogue.select("models")} == {"renamed,tiny"}
    assert not clone.planned(study=study)
    assert clone.planned() == CATALOGUE


@pytest.mark.parametrize("file", ["index/*.json", "studies/tiny.json"])
def test_damage_to_what_jobs_are_planned_by_is_one_line(clone, file):
    (path,) = (clone.path / "results").glob(file)
    path.write_text("{")
    done = clone.snakemake("-n", succeed=False)
    assert done.returncode != 0
    (line,) = done.stderr.strip().splitlines()[-1:]
    assert line.startswith(f"error: results/{path.relative_to(clone.path / 'results')}: ")
    assert "Traceback" not in done.stdout + done.stderr


def test_what_check_says_is_to_run_is_what_snakemake_runs(clone):
    def change(study):
        study["sweeps"]["curl"]["selection"]["threshold"] = 4
        study["sweeps"]["second"] = {"inherit": "curl", "seed": 2}

    study = clone.study(change)
    planned = clone.planned(study=study)
    done = clone.steadyhand("check", study)
    said = dict(re.findall(r"^(train|qualify)\t\d+\t(\d+)$", done.stdout, re.MULTILINE))
    assert said == {"train": "1", "qualify": "4"}
    assert {rule: str(planned[rule]) for rule in said} == said


@pytest.mark.slow
def test_a_model_without_networks_is_a_result_too(fresh):
    """And phases, which have numbers for keys, come from the study to the program."""
    phases = {
        "trainable": {0: ["hidden", "readout"], 6: ["hidden"]},
        "noise_scale": {0: 1, 6: 0},
    }

    def change(study):
        study["sweeps"]["curl"]["grid"] = {"field.std": [1]}
        study["sweeps"]["curl"]["selection"]["exclude"] = [0, 1]
        study["sweeps"]["curl"]["schedule"] |= phases

    ran = fresh.run(study=fresh.study(change))
    assert ran == {
        "train": 1,
        "qualify": 1,
        "index": 1,
        "figures": 1,
        "assets": 1,
        "catalogue": 1,
        "site": 1,
    }
    study = read_json(fresh.path / "results/studies/tiny.json")
    assert study["without_networks"] == study["models"]
    assert study["evaluations"] == []
    with open_dataset(fresh.path / f"results/models/{study['models'][0]}/history.nc") as history:
        for name, second in (("trains_readout", 0), ("trains_hidden", 1), ("noise_scale", 0)):
            assert history[name].values.tolist() == [1] * 6 + [second] * 6
        fixed = history.readout_norm.values[:, history.snapshot.values >= 6]
        assert (fixed == fixed[:, :1]).all()
        assert len({*history.readout_norm.values[0].tolist()}) == 7


@pytest.mark.parametrize(
    "command", [["check", "tests/studies/tiny.yaml"], ["check", "nothing.yaml"]]
)
def test_check_says_what_a_study_expands_to_or_what_is_wrong(fresh, command):
    done = fresh.steadyhand(*command)
    if "nothing.yaml" in command:
        assert done.returncode == 1
        assert done.stderr.startswith("error: nothing.yaml: no such file")
        assert done.stderr.count("\n") == 1
    else:
        assert done.returncode == 0, done.stderr
        assert "curl" in done.stdout
