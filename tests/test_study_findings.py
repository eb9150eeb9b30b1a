"""Findings of a study: which models they compare, and what is said of those that can't be."""

from pathlib import Path

import pytest
from steadyhand.config import load_study
from steadyhand.errors import UserError
from steadyhand.plan import Plan
from steadyhand.report_requests import report_histories

STUDY = """
study: s
sweeps:
  curl:
    schedule: {n_batches: 100}
    grid:
      field.std: [0, 1, 2]
      schedule.trainable: [{0: [hidden, readout]}, {0: [hidden, readout], 50: [hidden]}]
findings:
"""
FROZEN = "{0: [readout, hidden], 50: [hidden]}"
GOOD = f"""{{quantity: {{type: late_loss}}, between: {{field.std: [0, 2.0]}}, expect: higher,
            where: {{schedule.trainable: {FROZEN}}}}}"""


def load(folder, *comparisons, claim="It is so.", sweep="curl"):
    path = folder / "mine.yaml"
    listed = "".join(f"      - {it}\n" for it in comparisons)
    finding = f"  - claim: {claim}\n    sweep: {sweep}\n    compare:\n{listed}"
    path.write_text(STUDY + finding)
    return load_study([path])


def complaint(folder, *comparisons, **changes) -> str:
    with pytest.raises(UserError) as caught:
        load(folder, *comparisons, **changes)
    said = str(caught.value)
    assert said.isprintable()
    return said.replace(f"{folder}/mine.yaml: findings[0].", "")


def planned(folder, *comparisons):
    plan = Plan(load(folder, *comparisons), folder / "results")
    index = {it: {"digest": f"{it}-weights", "history": f"{it}-history"} for it in plan.models}
    return plan, plan.report(index)


def test_each_side_is_one_model_with_its_history(tmp_path):
    plan, request = planned(tmp_path, GOOD)
    (comparison,) = request["findings"][0]["comparisons"]
    tables = [plan.tables[side["model_id"]] for side in comparison["sides"]]
    assert [it["field.std"] for it in tables] == [0, 2]
    assert {it["schedule.trainable"] for it in tables} == {"0: hidden+readout / 50: hidden"}
    assert [it["history"] for it in comparison["sides"]] == [
        f"{it['model_id']}-history" for it in comparison["sides"]
    ]
    assert report_histories(plan) == sorted(
        f"models/{side['model_id']}/history.nc" for side in comparison["sides"]
    )


def test_a_jump_may_be_compared_with_nothing(tmp_path):
    jump = "{quantity: {type: loss_jump, batch: 50}, expect: higher, where: {field.std: 1, "
    _, request = planned(tmp_path, jump + f"schedule.trainable: {FROZEN}" + "}}")
    (comparison,) = request["findings"][0]["comparisons"]
    assert len(comparison["sides"]) == 1
    assert comparison["quantity"]["window"] == 20


def test_the_id_of_a_report_is_of_all_that_it_says(tmp_path):
    ids = set()
    for change in (("", ""), ("late_loss", "validation_loss"), ("2.0", "1"), ("higher", "lower")):
        ids.add(planned(tmp_path, GOOD.replace(*change) if change[0] else GOOD)[1]["report_id"])
    assert len(ids) == 4
    plan, request = planned(tmp_path, GOOD)
    other = {it: {"digest": "d", "history": "another"} for it in plan.models}
    assert plan.report(other)["report_id"] != request["report_id"]


def test_a_study_without_findings_compares_nothing(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(STUDY.replace("findings:\n", ""))
    plan = Plan(load_study([path]), tmp_path / "results")
    assert not plan.study.findings and report_histories(plan) == []


LATE = "{quantity: {type: late_loss}, expect: higher, "
JUMP = "{quantity: {type: loss_jump, batch: BATCH}, expect: higher, where: {field.std: 1, "
JUMP += f"schedule.trainable: {FROZEN}" + "}}"


@pytest.mark.parametrize(
    ("comparison", "expected"),
    [
        (
            LATE + "between: {field.sd: [0, 1]}}",
            "compare[0].between.field.sd = 'field.sd': no such hyperparameter; did you mean "
            "'field.std'?",
        ),
        (
            LATE + "between: {field.std: [0, 1]}, where: {field.std: 0}}",
            "compare[0].where.field.std = 'field.std': is under between too, with other values",
        ),
        (
            LATE + "between: {field.std: [0, 1]}}",
            "compare[0].between = {'field.std': [0, 1]}: 2 models of the sweep with field.std = 0;"
            " it must be one",
        ),
        (
            LATE + "between: {field.std: [0, 7]}, where: {schedule.trainable: " + FROZEN + "}}",
            "compare[0].between = {'field.std': [0, 7]}: no model of the sweep with "
            "schedule.trainable = {0: ['readout', 'hidden'], 50: ['hidden']}, field.std = 7; "
            "it must be one",
        ),
        (
            LATE + "where: {field.std: 0}}",
            "compare[0].between = {}: late_loss needs two conditions to compare; only loss_jump is "
            "compared with 1",
        ),
        (
            LATE + "between: {field.std: [1, 1.0]}, where: {schedule.trainable: " + FROZEN + "}}",
            "compare[0].between = {'field.std': [1, 1.0]}: both are the same model; name two that "
            "differ",
        ),
        (
            LATE + "between: {Field.Std: [0, 1]}}",
            "compare[0].between.Field.Std = 'Field.Std': no such hyperparameter; did you mean",
        ),
        (
            "{quantity: {type: loss_jump, batch: 50, window: 60}, expect: higher, where: "
            "{field.std: 1, schedule.trainable: " + FROZEN + "}}",
            "compare[0].quantity.window = 60: must be half of the 100 batches at most, before and "
            "after the jump",
        ),
        (
            "{quantity: {type: loss_jump, batch: 50}, expect: higher}",
            "compare[0].where = {}: 6 models of the sweep; it must be one",
        ),
        (LATE + "between: {field.std: [0]}}", "compare[0].between.field.std = [0]: must have at l"),
        (
            LATE + "between: {field.std: [0, 1, 2]}}",
            "compare[0].between.field.std = [0, 1, 2]: must have at most 2",
        ),
        (LATE + "margin: 0}", "compare[0].margin = 0: must be greater than or equal to 0.001"),
        (LATE + "betwen: {}}", "compare[0].betwen = {}: unknown key; did you mean 'between'?"),
        (
            "{quantity: {type: late}, expect: higher}",
            "compare[0].quantity.type = 'late': must be 'late_loss'",
        ),
        (
            "{quantity: {type: late_loss, term: force}, expect: higher}",
            "compare[0].quantity.term = 'force': must be 'total', 'effector_position'",
        ),
        ("{quantity: {type: late_loss}, expect: more}", "compare[0].expect = 'more': must be 'hig"),
        (
            JUMP.replace("BATCH", "10"),
            "compare[0].quantity.batch = 10: there must be 20 batches (window) before and after "
            "it; allowed: 20 to 80",
        ),
        (JUMP.replace("BATCH", "81"), "compare[0].quantity.batch = 81: there must be 20 batches"),
        (JUMP.replace("BATCH", "0"), "compare[0].quantity.batch = 0: must be greater than or"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path, comparison, expected):
    assert complaint(tmp_path, comparison).startswith(expected)


def test_an_unknown_sweep_an_empty_claim_and_no_comparison(tmp_path):
    said = complaint(tmp_path, GOOD, sweep="curls")
    assert said == "sweep = 'curls': no such sweep; did you mean 'curl'?"
    assert complaint(tmp_path, GOOD, claim="''").startswith("claim = '': must have at least 1 char")
    assert complaint(tmp_path).startswith("compare = null: must be a list")


def test_a_claim_is_one_line(tmp_path):
    study = load(tmp_path, GOOD, claim='"  It is\\n so. "')
    assert study.findings[0].claim == "It is so."
    said = complaint(tmp_path, GOOD, claim='" \\n "')
    assert said.startswith("claim = ") and "must have at least 1 character" in said


def test_the_study_of_training_compares_what_it_trains():
    study = load_study([Path(__file__).parents[1] / "config" / "training.yaml"])
    plan = Plan(study, Path("results"))
    assert len(study.findings) >= 8
    assert {f"models/{it}/history.nc" for it in plan.models} >= set(report_histories(plan))
