"""What re-runs, and what does not: the table of the documentation, a test a row."""

import os
import random
import shutil
import subprocess

import pytest
from chain import CATALOGUE, NEW_MODEL


def values(*stds):
    def change(study):
        study["sweeps"]["curl"]["grid"]["field.std"] = list(stds)

    return change


def test_the_first_run_makes_everything_once(finished):
    assert finished.first == {
        "train": 1,
        "qualify": 2,
        "index": 1,
        "weights": 2,
        "evaluate": 4,
        "measure": 4,
        "fixed_points": 2,
        "linearize": 2,
        "figures": 7,
        "assets": 1,
        "catalogue": 1,
        "site": 1,
    }


def test_nothing_changed_runs_nothing(clone):
    assert not clone.planned()


def test_touching_everything_runs_nothing(clone):
    files = [
        path
        for part in ("results", "config", "workflow")
        for path in (clone.path / part).rglob("*")
    ]
    random.Random(0).shuffle(files)
    now = max(path.stat().st_mtime for path in files) + 10
    for place, path in enumerate(files):
        os.utime(path, (now + place, now + place))
    assert not clone.planned()


@pytest.mark.slow
def test_moving_or_copying_the_clone_runs_nothing(clone, tmp_path):
    moved = tmp_path / "elsewhere" / "moved"
    moved.parent.mkdir()
    clone.path = clone.path.rename(moved)
    assert not clone.planned()
    copied = tmp_path / "copied"
    subprocess.run(["cp", "-r", str(moved), str(copied)], check=True)  # new dates, any order
    shutil.rmtree(moved)
    clone.path = copied
    assert not clone.planned()


def test_comments_docstrings_and_formatting_run_nothing(clone):
    for path in [
        *(clone.path / "workflow/steadyhand").rglob("*.py"),
        *(clone.path / "workflow/scripts").glob("*.py"),
    ]:
        text = path.read_text()
        path.write_text("# A comment.\n\n" + text.replace('"""', '"""Differently said. ', 1))
    clone.edit("steadyhand/loop.py", "outside = field_force(", "outside = field_force(  # why\n")
    assert not clone.planned()


def test_the_meaning_of_measures_runs_measure_and_what_draws_from_it(clone):
    clone.edit("steadyhand/measures/of_trials.py", "100 * length", "100.0 * length + 0")
    assert clone.planned() == {"measure": 4, **CATALOGUE}


@pytest.mark.slow
def test_the_meaning_of_the_loop_runs_everything_from_train_on(clone):
    before = clone.artefacts("weights", "states", "measures")
    clone.edit("steadyhand/loop.py", "outside = field_force(", "outside = 1.0 * field_force(")
    ran = clone.run()
    expected = {"train": 1, "qualify": 2, "index": 1, "evaluate": 4, "measure": 4}
    expected |= {"fixed_points": 2, "linearize": 2, **CATALOGUE}
    assert {rule: ran[rule] for rule in expected} == expected
    assert not clone.planned()
    assert clone.artefacts("weights") == {
        path: content for path, content in before.items() if path.startswith("weights")
    }


@pytest.mark.slow
def test_forced_training_with_equal_weights_runs_nothing_downstream(clone):
    before = clone.artefacts()
    assert clone.run("-R", "train") == {"train": 1, "qualify": 2, "index": 1}
    assert clone.artefacts() == before
    assert not clone.planned()


@pytest.mark.slow
def test_another_seed_runs_the_chain_of_what_changed(clone):
    before = clone.artefacts("models", "weights", "states", "measures", "fixed_points")

    def change(study):
        del study["sweeps"]["curl"]["grid"]
        study["sweeps"]["curl"]["conditions"] = [{"field.std": 0}, {"field.std": 1, "seed": 2}]

    ran = clone.run(study=clone.study(change))
    assert ran == {**NEW_MODEL, "figures": ran["figures"]}
    after = clone.artefacts("models", "weights", "states", "measures", "fixed_points")
    assert {path: after[path] for path in before} == before


@pytest.mark.slow
def test_a_value_added_trains_only_the_new_model(clone):
    before = clone.artefacts("models", "weights", "states", "measures", "fixed_points")
    ran = clone.run(study=clone.study(values(0, 0.5, 1)))
    assert ran == {**NEW_MODEL, "figures": 1 + 2 + 1 + 1}
    after = clone.artefacts("models", "weights", "states", "measures", "fixed_points")
    assert {path: after[path] for path in before} == before


@pytest.mark.slow
def test_a_value_removed_and_put_back_trains_and_evaluates_nothing(clone):
    removed = clone.run(study=clone.study(values(1)))
    assert set(removed) <= {"index", "figures", "catalogue", "site"}
    assert clone.run() == CATALOGUE
    assert not clone.planned()


@pytest.mark.slow
def test_a_parameter_of_an_evaluation_runs_that_evaluation_and_what_uses_it(clone):
    def change(study):
        study["evaluations"]["reach"]["repeats"] = 2

    study = clone.study(change)
    assert clone.run(study=study) == {"evaluate": 2, "measure": 2, "figures": 2, **CATALOGUE}
    assert not clone.planned(study=study)


@pytest.mark.slow
def test_a_figures_option_draws_that_figure(clone):
    def change(study):
        study["figures"][1]["max_curves"] = 3

    study = clone.study(change)
    assert clone.run(study=study) == {"figures": 2, **CATALOGUE}
    assert not clone.planned(study=study)


@pytest.mark.slow
def test_a_deleted_artefact_is_made_again_alone_where_something_needs_it(clone):
    results = clone.path / "results"
    page = next(results.glob("figures/*/figure.html"))
    page.unlink()
    assert clone.planned() == {"figures": 1}
    assert clone.run() == {"figures": 1}
    next(results.glob("linearizations/*/*.nc")).unlink()
    assert clone.planned() == {"linearize": 1}
    assert clone.run() == {"linearize": 1}
    (results / "index.html").unlink()
    assert clone.planned() == {"site": 1}


@pytest.mark.parametrize(
    "pattern",
    [
        "states/*/*.nc",
        "stacks/*.tar",
        "fixed_points/*/*.nc",
        *(
            pytest.param(it, marks=pytest.mark.slow)
            for it in (
                *("states/*/*.json", "weights/*.eqx", "stacks/*.json", "models/*/history.nc"),
                *("models/*/selected.eqx", "logs", "benchmarks"),
            )
        ),
    ],
)
def test_a_deleted_artefact_that_nothing_needs_is_not_made_again(clone, pattern):
    for path in list((clone.path / "results").glob(pattern)):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert not clone.planned()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["[0-9a-f]", ".summary"])
def test_what_is_needed_of_deleted_artefacts_is_made_again_and_no_more(clone, kind):
    """States and weights gone, and one table of measures: its states are made, and nothing else.

    Its summary comes with it, with the same bytes.
    """
    results = clone.path / "results"
    before = clone.artefacts("measures", "states", "weights")
    for path in [*results.glob("states/*/*.nc"), *results.glob("weights/*")]:
        path.unlink()
    table = next(results.glob(f"measures/*/*{kind}.parquet"))
    table.unlink()
    assert clone.run() == {"weights": 1, "evaluate": 1, "measure": 1}
    assert table.exists()
    after = clone.artefacts("measures", "states", "weights")
    assert after == {path: before[path] for path in after}
    assert not clone.planned()


@pytest.mark.slow
def test_code_that_changed_between_two_studies_is_noticed_when_going_back(clone):
    """Study B is run by new code; going back to A runs all of A that the change concerns."""

    def change(study):
        study["study"] = "other"
        study["evaluations"] = {"posture": study["evaluations"]["posture"]}
        study["figures"] = study["figures"][2:]

    other = clone.study(change)
    clone.edit("steadyhand/trials.py", "number // self._per", "(number + 0) // self._per")
    assert clone.run(study=other)["evaluate"] == 2
    back = clone.planned()
    assert (back["evaluate"], back["measure"], back["figures"]) == (2, 2, 2)


@pytest.mark.slow
def test_code_that_every_stage_uses_is_run_again_in_one_go(clone):
    """No stage is passed over because the one before it runs again, too."""
    clone.edit("steadyhand/store/weights.py", "if not same or", "if (not same) or 0 or")
    ran = clone.run()
    expected = {"train": 1, "qualify": 2, "index": 1, "evaluate": 4, "fixed_points": 2}
    assert {rule: ran[rule] for rule in expected} == expected
    assert not clone.planned()
