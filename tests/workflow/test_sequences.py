"""Two changes one after the other, and what neither dates nor counts of jobs would show."""

import os
import shutil

import pytest
from chain import CATALOGUE
from steadyhand.catalogue import Catalogue
from steadyhand.store import read_json

LEVENBERG = ("steadyhand/fixed_points/levenberg.py", "2 * search.growth", "2.0 * search.growth")
LINEARIZE = ("steadyhand/spectrum.py", "np.abs(values[first])", "np.abs(1 * values[first])")


def codes(clone, table: str) -> set[str]:
    with Catalogue(clone.path / "results") as catalogue:
        return {row["code"] for row in catalogue.select(table)}


@pytest.mark.slow
def test_dates_of_large_files_say_nothing(clone):
    """Of small files Snakemake compares the content, up to a megabyte if not told otherwise."""
    files = sorted((clone.path / "results").rglob("*"))
    for ordered in (files, files[::-1]):  # either way
        for place, path in enumerate(ordered):
            os.utime(path, (1.5e9 + place, 1.5e9 + place))
        assert not clone.planned("--max-checksum-file-size", "8000")


@pytest.mark.parametrize(
    ("module", "old", "new", "runs"),
    [
        (*LINEARIZE, {"linearize": 2, "figures": 1, **CATALOGUE}),
        ("steadyhand/model_folder.py", "np.shape(values)", "(*np.shape(values),)", {"qualify": 2}),
        (*LEVENBERG, {"fixed_points": 2}),
        ("steadyhand/site.py", "sorted(entries, ", "sorted([*entries], ", {"site": 1}),
    ],
)
def test_the_meaning_of_a_stage_runs_that_stage(clone, module, old, new, runs):
    clone.edit(module, old, new)
    planned = clone.planned()
    assert {rule: planned[rule] for rule in runs} == runs


@pytest.mark.slow
def test_another_parameter_of_an_evaluation_leaves_the_old_states_as_they_are(clone):
    before = clone.artefacts("states", "measures")

    def change(study):
        study["evaluations"]["reach"]["repeats"] = 2

    clone.run(study=clone.study(change))
    after = clone.artefacts("states", "measures")
    assert {path: after[path] for path in before} == before
    assert len(after) == len(before) + 2 * (2 + 3)  # with receipts, of two models


@pytest.mark.slow
def test_deleted_inputs_of_what_has_new_code_are_made_again(clone):
    for path in (clone.path / "results").glob("states/*/*.nc"):
        path.unlink()
    clone.edit("steadyhand/measures/of_trials.py", "100 * length", "100.0 * length + 0")
    assert clone.run() == {"evaluate": 4, "measure": 4, **CATALOGUE}
    assert not clone.planned()


@pytest.mark.slow
def test_models_that_were_trained_anew_are_indexed_whatever_the_dates(clone):
    """A run that is killed before `index`, and a copy whose dates make the index the newest."""
    clone.edit(
        "steadyhand/optimization.py",
        "        now.learning_rate,",
        "        2.0 * now.learning_rate,",
    )
    clone.run("--until", "qualify")
    results = clone.path / "results"
    last = [*results.glob("index/*.json"), results / "index.html"]
    files = [*set(results.rglob("*")) - set(last), *last]
    for place, path in enumerate(files):
        os.utime(path, (1.5e9 + place, 1.5e9 + place))
    assert clone.planned()["index"] == 1
    assert clone.run()["evaluate"] == 4
    assert not clone.planned()


@pytest.mark.slow
@pytest.mark.parametrize("missing", ["models/*/model.json", "linearizations/*/*.nc"])
def test_the_catalogue_follows_also_where_something_was_deleted(clone, missing):
    old = codes(clone, "linearizations")
    next((clone.path / "results").glob(missing)).unlink()
    clone.edit(*LINEARIZE)
    assert clone.run() == {"linearize": 2, "figures": 1, **CATALOGUE}
    assert not codes(clone, "linearizations") & old
    assert not clone.planned()


@pytest.mark.parametrize(
    "file",
    [
        "catalogue.sqlite",
        *(
            pytest.param(it, marks=pytest.mark.slow)
            for it in ("catalogue/models.csv", "catalogue/checksums.json", "studies/tiny.json")
        ),
    ],
)
def test_a_deleted_catalogue_is_made_again(clone, file):
    path = clone.path / "results" / file
    content = path.read_bytes()
    path.unlink()
    assert clone.run() in ({"catalogue": 1}, CATALOGUE)
    assert path.read_bytes() == content
    assert not clone.planned()


@pytest.mark.slow
def test_studies_that_name_other_conditions_have_figures_of_their_own(clone):
    """In one study field.std varies, in the other the seed: each figure names what its own has."""
    before = clone.artefacts("figures")

    def change(study):
        study["study"] = "seeds"
        del study["sweeps"]["curl"]["grid"]
        study["sweeps"]["curl"]["conditions"] = [{"field.std": 1}, {"field.std": 1, "seed": 2}]

    seeds = clone.study(change)
    clone.run(study=seeds)
    after = clone.artefacts("figures")
    assert {path: after[path] for path in before} == before
    assert "figures" not in clone.planned()
    clone.run()
    assert "figures" not in clone.planned(study=seeds)


@pytest.mark.slow
def test_a_stack_that_was_trained_is_remembered_without_its_models(clone):
    """A value added after a run that was killed before `qualify`: what is trained stays so."""
    for folder in ("models", "index"):
        shutil.rmtree(clone.path / "results" / folder)

    def change(study):
        study["sweeps"]["curl"]["grid"]["field.std"] = [0, 0.5, 1]

    archives = set((clone.path / "results").glob("stacks/*.tar"))
    clone.run("--until", "qualify", study=clone.study(change))
    (added,) = set((clone.path / "results").glob("stacks/*.tar")) - archives
    assert len(read_json(added.with_suffix(".json"))["members"]) == 1
