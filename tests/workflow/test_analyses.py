"""Analyses of states, each a rule of its own, from the study to Python."""

import shutil

import numpy as np
import pytest
import steadyhand
import yaml
from steadyhand.analyses.needs import NEEDED
from steadyhand.analyses.principal_components import principal_components
from steadyhand.store import open_dataset
from steadyhand.verify import verify
from test_conventions import problems

STUDY = "tests/studies/tiny-analyses.yaml"
pytestmark = pytest.mark.slow  # its study takes a minute
NAMES = {
    "response": "frequency_response",
    "preferences": "unit_preferences",
    "components": "principal_components",
    "tangled": "tangling",
}


@pytest.fixture(scope="module")
def analysed(run_once):
    return run_once("analyses", STUDY)


def changed(clone, path, change):
    content = yaml.safe_load((clone.path / STUDY).read_text())
    change(content)
    path.write_text(yaml.safe_dump(content))
    return str(path)


def test_every_analysis_runs_once_for_each_model_and_then_nothing(analysed):
    assert {rule: analysed.first[rule] for rule in NEEDED} == dict.fromkeys(NEEDED, 2)
    assert not analysed.planned(study=STUDY)
    assert verify(analysed.path / "results") == []


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["check", STUDY], "tangling"),
        (["models"], "field.std"),
        (["evaluations"], "noise"),
        (["analyses"], "tangled"),
        (["figures", "--where", "type == tangling"], "Tangling"),
        (["figures", "--where", "figure.measure == max_net_force"], "max_net_force"),
        (["replicates"], "validation_loss"),
        (["fixed-points"], "no fixed points match"),
        (["progress"], "no stack is being trained"),
        (["verify"], "every file that is there is as it was written"),
        (["prune"], "studies ask for all that is there"),
    ],
    ids=lambda it: it[0] if isinstance(it, list) else "",
)
def test_every_command_can_be_given_in_a_shell(analysed, command, shown):
    done = analysed.steadyhand(*command)
    assert done.returncode == 0, done.stderr
    assert shown in done.stdout + done.stderr


@pytest.mark.parametrize(("name", "kind"), NAMES.items())
def test_results_are_numbers_with_names_and_units(analysed, name, kind):
    results = steadyhand.open(analysed.path / "results")
    assert set(results.analyses(f"analysis.type == {kind}").name) == {name}
    found = results.analysis(name)
    assert found.sizes["network"] == 4 and set(found["train.field.std"].values) == {0, 1}
    for variable in found.data_vars.values():
        assert variable.attrs["units"] and variable.attrs["long_name"]
        if variable.dtype.kind == "f":
            assert np.isfinite(variable).all()
            assert float(np.abs(variable).max()) > 0


@pytest.mark.parametrize(("name", "kind"), NAMES.items())
def test_results_tell_what_sets_their_conditions_apart(analysed, name, kind):
    root = analysed.path / "results"
    found = steadyhand.open(root).analysis(name)
    for path in root.glob(f"{kind}/*/*.nc"):
        with open_dataset(path) as written:
            request = yaml.safe_load(written.attrs["provenance"])["request"]
            states = root / "states" / path.parent.name / f"{request['evaluation']}.nc"
            with open_dataset(states) as opened:
                trials = zip(opened.condition.values, opened.field_amplitude.values, strict=True)
                amplitudes = dict(trials)
            conditions = written["condition"].values
            expected = [amplitudes[number] for number in conditions]
            assert written["field_amplitude"].attrs["units"] == "N s m-1"
        np.testing.assert_array_equal(found["field_amplitude"].values, expected)


@pytest.mark.parametrize("kind", NAMES.values())
def test_files_follow_the_conventions_they_name(analysed, tmp_path, kind):
    path = sorted((analysed.path / "results" / kind).glob("*/*.nc"))[0]
    assert problems(path, tmp_path / "report.json") == []


def test_an_analysis_is_that_of_the_states_it_names(analysed):
    root = analysed.path / "results"
    for path in root.glob("principal_components/*/*.nc"):
        with open_dataset(path) as written:
            request = yaml.safe_load(written.attrs["provenance"])["request"]
            states = root / "states" / path.parent.name / f"{request['evaluation']}.nc"
            with open_dataset(states) as opened:
                expected = principal_components(opened, request)
            for name, values in expected.data_vars.items():
                np.testing.assert_array_equal(written[name].values, values)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda study: study["analyses"]["tangled"].update(components=2),
            {"tangling": 2, "figures": 1, "catalogue": 1, "site": 1},
        ),
        (
            lambda study: study["analyses"].pop("tangled") and study["figures"].pop(),
            {"catalogue": 1, "site": 1},
        ),
        (
            lambda study: study["evaluations"]["noise"].update(repeats=5),
            {
                "evaluate": 2,
                "measure": 2,
                "frequency_response": 2,
                "figures": 1,
                "catalogue": 1,
                "site": 1,
            },
        ),
    ],
    ids=["another option", "one less", "other states"],
)
def test_only_what_has_changed_runs_again(analysed, tmp_path, change, expected):
    study = changed(analysed, tmp_path / "mine.yaml", change)
    assert analysed.planned(study=study) == expected


@pytest.mark.slow
def test_states_that_were_deleted_are_made_again_only_for_an_analysis_that_needs_them(
    analysed, tmp_path
):
    clone = type(analysed)(tmp_path / "clone")
    shutil.copytree(analysed.path, clone.path, symlinks=True)
    before = clone.artefacts(*NEEDED)
    for path in (clone.path / "results/states").rglob("*.nc"):
        path.unlink()
    assert not clone.planned(study=STUDY)
    (lost,) = [path for path in before if path.startswith("tangling") and path.endswith(".nc")][:1]
    (clone.path / "results" / lost).unlink()
    finished = clone.run(study=STUDY)
    assert finished["tangling"] == 1 and finished["evaluate"] == 1
    assert clone.artefacts(*NEEDED) == before
    clone.edit("steadyhand/analyses/tangling.py", "SOFTENING = 1e-6", "SOFTENING = 2e-6")
    again = clone.planned(study=STUDY)
    assert again["tangling"] == 2 and not set(again) & (set(NEEDED) - {"tangling"})
    assert again["figures"] == 1


def test_every_type_of_figure_of_states_is_drawn(analysed):
    drawn = steadyhand.open(analysed.path / "results").figures()
    assert drawn["type"].value_counts().to_dict() == {
        "frequency_response": 1,
        "measures": 3,
        "reach_profiles": 2,
        "unit_preferences": 2,
        "principal_components": 1,
        "tangling": 1,
    }
    assert set(drawn["figure.measure"].dropna()) == {
        *("max_net_force", "end_position_error", "largest_lateral_distance")
    }


@pytest.mark.parametrize("kind", ["fixed_points", "linearizations"])
def test_fixed_points_and_their_linearizations_follow_them_too(finished, tmp_path, kind):
    path = sorted((finished.path / "results" / kind).glob("*/*.nc"))[0]
    assert problems(path, tmp_path / "report.json") == []
