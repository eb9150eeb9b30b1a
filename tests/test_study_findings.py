"""Findings of a study: which models they compare, and what is said of those that can't be."""

import re
from pathlib import Path

import pytest
from steadyhand.config import load_study
from steadyhand.errors import UserError
from steadyhand.plan import Plan
from steadyhand.report_requests import report_sources

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


def index_of(plan):
    return {it: {"digest": f"{it}-weights", "history": f"{it}-history"} for it in plan.models}


def planned(folder, *comparisons):
    plan = Plan(load(folder, *comparisons), folder / "results")
    return plan, plan.report(index_of(plan))


def test_each_side_is_one_model_with_its_history(tmp_path):
    plan, request = planned(tmp_path, GOOD)
    (comparison,) = request["findings"][0]["comparisons"]
    tables = [plan.tables[side["model_id"]] for side in comparison["sides"]]
    assert [it["field.std"] for it in tables] == [0, 2]
    assert {it["schedule.trainable"] for it in tables} == {"0: hidden+readout / 50: hidden"}
    assert [it["history"] for it in comparison["sides"]] == [
        f"{it['model_id']}-history" for it in comparison["sides"]
    ]
    assert report_sources(plan.report(index_of(plan))) == sorted(
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
    assert not plan.study.findings and report_sources(plan.report(index_of(plan))) == []


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
            "compare[0].between = {}: late_loss needs two conditions to compare, or a number "
            "(against); only loss_jump is "
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
        (LATE + "margin: 0}", "compare[0].margin = 0: must be greater than or equal to 0.000001"),
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
    assert {f"models/{it}/history.nc" for it in plan.models} >= set(
        report_sources(plan.report(index_of(plan)))
    )


PUSHED = """
study: s
sweeps:
  curl:
    schedule: {n_batches: 100}
    grid: {field.std: [0, 1]}
  other: {field: {std: 2}}
evaluations:
  pushed:
    sweeps: curl
    task: {type: steady, grid: 2}
    field: {amplitude: [0, 1]}
    sensory_impulse: {amplitude: [0.1, 0.2], direction: [x, y]}
    keep: [position, velocity, force]
findings:
"""
MEASURE = "{type: measure, evaluation: pushed, measure: response_loopiness}"
WHERE = "{impulse_amplitude: 0.1, field_amplitude: 0}"


def of_trials(folder, comparison, sweep="curl"):
    path = folder / "mine.yaml"
    finding = f"  - claim: So.\n    sweep: {sweep}\n    compare:\n      - {comparison}\n"
    path.write_text(PUSHED + finding)
    return load_study([path])


def compared(quantity=MEASURE, between="{field.std: [0, 1]}", where=WHERE, more=""):
    return f"{{quantity: {quantity}, between: {between}, where: {where}, expect: higher{more}}}"


def test_a_side_of_trials_is_the_measures_of_a_model_in_a_condition(tmp_path):
    plan = Plan(of_trials(tmp_path, compared()), tmp_path / "results")
    index = index_of(plan)
    (comparison,) = plan.report(index)["findings"][0]["comparisons"]
    assert comparison["where"] == {"field_amplitude": 0, "impulse_amplitude": 0.1}
    for side, std in zip(comparison["sides"], (0, 1), strict=True):
        model_id = side["model_id"]
        assert plan.tables[model_id]["field.std"] == std == side["condition"]["field.std"]
        path = f"measures/{model_id}-weights/{plan.evaluation_ids['pushed', model_id]}.parquet"
        assert side["source"] == path
        assert side["trials"] == {"field_amplitude": 0, "impulse_amplitude": 0.1}
    assert report_sources(plan.report(index)) == sorted(it["source"] for it in comparison["sides"])
    index[comparison["sides"][0]["model_id"]]["digest"] = None
    assert len(report_sources(plan.report(index))) == 1


def test_a_model_can_be_compared_with_itself_in_another_condition(tmp_path):
    where = "{field.std: 1, field_amplitude: 0}"
    study = of_trials(tmp_path, compared(between="{impulse_amplitude: [0.1, 0.2]}", where=where))
    plan = Plan(study, tmp_path / "results")
    (comparison,) = plan.report(index_of(plan))["findings"][0]["comparisons"]
    assert len({side["source"] for side in comparison["sides"]}) == 1
    assert [it["condition"] for it in comparison["sides"]] == [
        {"impulse_amplitude": 0.1},
        {"impulse_amplitude": 0.2},
    ]


@pytest.mark.parametrize(
    ("comparison", "expected"),
    [
        (
            compared("{type: measure, evaluation: reach, measure: m}"),
            "quantity.evaluation = 'reach",
        ),
        (
            compared("{type: measure, evaluation: pushed, measure: response_lopiness}"),
            "quantity.measure = 'response_lopiness': no such measure; did you mean 'response_loop",
        ),
        (
            compared("{type: measure, evaluation: pushed, measure: end_position_error}"),
            "quantity.measure = 'end_position_error': is missing in all trials of 'pushed': the r",
        ),
        (
            compared("{type: measure, evaluation: pushed, measure: output_correlation}"),
            "quantity.measure = 'output_correlation': is missing in all trials of 'pushed': hidde",
        ),
        (
            compared(where="{impulse_amplitude: 0.1}"),
            "must say which field_amplitude: trials of 'pushed' have 0, 1",
        ),
        (
            compared(where="{impulse_amplitude: 0.3, field_amplitude: 0}"),
            "where.impulse_amplitude = 0.3: trials of 'pushed' have no such value; there are 0.1,",
        ),
        (  # as large as what rounding leaves, and not there
            compared(where="{impulse_amplitude: 0.1, field_amplitude: 1.0e-9}"),
            "where.field_amplitude = 1e-09: trials of 'pushed' have no such value; there are 0, 1",
        ),
        (
            compared(where="{impulse_amplitude: big, field_amplitude: 0}"),
            "where.impulse_amplitude = 'big': trials of 'pushed' have no such value",
        ),
        (compared(where="{sisu: 1}"), "where.sisu = 'sisu': trials of 'pushed' have no such val"),
        (
            compared(between="{impulse_amplitude: [0.1, 0.2]}", where="{field_amplitude: 0}"),
            "2 models of the sweep",
        ),
        (
            compared("{type: late_loss}", where="{impulse_amplitude: 0.1}"),
            "sets trials apart, and late_loss is of trainings",
        ),
        (
            compared("{type: late_loss}", where="{}", more=", effect: difference"),
            "effect = 'difference': late_loss is above 0; allowed: 'ratio'",
        ),
    ],
)
def test_trials_that_cannot_be_compared_are_refused(tmp_path, comparison, expected):
    with pytest.raises(UserError, match=re.escape(expected)) as caught:
        of_trials(tmp_path, comparison)
    assert str(caught.value).isprintable() and "findings[0].compare[0]" in str(caught.value)


def test_an_evaluation_of_another_sweep_is_refused(tmp_path):
    with pytest.raises(UserError, match="does not apply to the sweep of the finding, 'other'"):
        of_trials(tmp_path, compared(between="{impulse_amplitude: [0.1, 0.2]}"), sweep="other")


def test_the_study_of_perturbations_measures_what_it_evaluates():
    path = Path(__file__).parents[1] / "config" / "sensory-perturbations.yaml"
    plan = Plan(load_study([path]), Path("results"))
    assert all(finding.limits for finding in plan.study.findings)
    sources = report_sources(plan.report(index_of(plan)))
    assert sources and all(it.startswith("measures/") for it in sources)
