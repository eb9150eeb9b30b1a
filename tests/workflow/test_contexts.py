"""Networks with a context input, from training to figures and the catalogue."""

import json

import pytest
import yaml
from steadyhand.catalogue import Catalogue
from steadyhand.store import open_dataset, read_measures

pytestmark = pytest.mark.slow  # its study takes half a minute
HYBRID = "tests/studies/tiny-hybrid.yaml"


@pytest.fixture(scope="module")
def hybrid(run_once):
    return run_once("hybrid", HYBRID)


def one(clone, pattern):
    (path,) = (clone.path / "results").glob(pattern)
    return path


def evaluation_named(clone, name):
    with Catalogue(clone.path / "results") as catalogue:
        (row,) = [row for row in catalogue.select("evaluations") if row["name"] == name]
    return row


def test_every_stage_runs_once_and_then_nothing(hybrid):
    chain = {"train": 1, "qualify": 1, "evaluate": 2, "fixed_points": 1, "linearize": 1}
    assert {rule: hybrid.first[rule] for rule in chain} == chain
    assert hybrid.first["figures"] == 3  # one model, compared with itself
    assert not hybrid.planned(study=HYBRID)


def test_states_measures_points_and_modes_say_at_which_context_they_are(hybrid):
    reach, posture = evaluation_named(hybrid, "reach"), evaluation_named(hybrid, "posture")
    for row, values in ((reach, {-2, 0, 2}), (posture, {0, 2})):
        key = f"{row['digest']}/{row['evaluation_id']}"
        with open_dataset(one(hybrid, f"states/{key}.nc")) as states:
            assert set(states.sisu.values.tolist()) == values
        assert set(read_measures(one(hybrid, f"measures/{key}.parquet"))["sisu"]) == values
    for folder in ("fixed_points", "linearizations"):
        with open_dataset(one(hybrid, f"{folder}/*/*.nc")) as points:
            assert set(points.point_sisu.values.tolist()) == {0, 2}


def test_contexts_are_found_in_the_catalogue(hybrid):
    with Catalogue(hybrid.path / "results") as catalogue:
        found = catalogue.select("evaluations", "eval.sisu == -2")
        assert [row["name"] for row in found] == ["reach"]
        assert found[0]["eval.sisu"] == [-2, 0, 2]
        for table in ("fixed_points", "linearizations"):
            (row,) = catalogue.select(
                table, "analysis.sisu == 2 and train.context.method == 'pai-asf'"
            )
            assert row["analysis.sisu"] == [0, 2]
        by_context = catalogue.select("figures", "figure.color == sisu")
        assert {row["type"] for row in by_context} == {"aligned_reaches", "eigenvalues"}
        (reaches,) = catalogue.select("figures", "eval.sisu == -2")
    page = hybrid.path / "results" / "figures" / reaches["figure_id"] / "figure.json"
    assert json.loads(page.read_text())["layout"]["meta"]["conditions"]["eval.sisu"] == [-2, 0, 2]


def test_a_further_context_is_evaluated_and_nothing_is_trained(hybrid):
    study = yaml.safe_load((hybrid.path / HYBRID).read_text())
    study["evaluations"]["reach"]["sisu"].append(1)
    (hybrid.path / "more.yaml").write_text(yaml.safe_dump(study))
    planned = hybrid.planned(study="more.yaml")
    assert (planned["train"], planned["evaluate"], planned["fixed_points"]) == (0, 1, 0)
