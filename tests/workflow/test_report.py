"""The report of a study: made from histories, and again when it would say something else."""

import re

import pytest
from chain import CATALOGUE

FINDING = {
    "claim": "A curl field makes learning harder | it does.",
    "sweep": "curl",
    "compare": [
        {"quantity": {"type": "late_loss"}, "between": {"field.std": [0, 1]}, "expect": "higher"}
    ],
}


def with_finding(**changes):
    def change(study):
        (comparison,) = FINDING["compare"]
        study["findings"] = [{**FINDING, "compare": [{**comparison, **changes}]}]

    return change


@pytest.mark.slow
def test_a_report_is_made_of_histories_and_again_when_it_would_say_something_else(clone):
    study = clone.study(with_finding())
    assert clone.run(study=study) == {"report": 1, **CATALOGUE}
    folder = clone.path / "results" / "report"
    text, page = (folder / "tiny.md").read_text(), (folder / "tiny.html").read_text()
    assert r"makes learning harder \| it does" in text and "(95 %)" in text
    assert "makes learning harder" in page and "<svg" in page
    assert '<a href="report/tiny.html">' in (clone.path / "results/index.html").read_text()
    assert not clone.planned(study=study)
    assert not clone.steadyhand("verify").returncode

    (folder / "tiny.html").write_text(page.replace("harder", "easier"))
    said = clone.steadyhand("verify")
    assert said.returncode and "report/tiny.html" in said.stdout + said.stderr
    assert clone.run("-R", "report", study=study)["report"] == 1
    assert (folder / "tiny.html").read_text() == page

    changed = clone.study(with_finding(margin=0.5))
    said = clone.steadyhand("check", changed)
    assert re.search(r"report\t1\t1|report +1 +1", said.stdout), said.stdout
    assert clone.run(study=changed) == {"report": 1, **CATALOGUE}
    assert "± 50" in (folder / "tiny.md").read_text()

    assert clone.run() == CATALOGUE  # the study without it
    assert "no current study asks for it" in (clone.path / "results/index.html").read_text()

    (folder / "tiny.md").unlink()
    assert clone.planned(study=changed)["report"] == 1


@pytest.mark.slow
def test_a_deleted_history_is_made_again_only_for_what_is_not_there(clone):
    study = clone.study(with_finding())
    clone.run(study=study)
    for history in clone.path.glob("results/models/*/history.nc"):
        history.unlink()
    assert clone.planned(study=study)["report"] == 0
    assert clone.planned(study=clone.study(with_finding(margin=0.5)))["report"] == 1


def test_a_study_without_findings_has_no_report(finished):
    assert not (finished.path / "results" / "report").exists()


MEASURED = {
    "claim": "Networks trained in a field push harder.",
    "sweep": "curl",
    "limits": "Anything else.",
    "compare": [
        {
            "quantity": {"type": "measure", "evaluation": "reach", "measure": "max_net_force"},
            "between": {"field.std": [0, 1]},
            "where": {"field_amplitude": 1},
            "expect": "higher",
        }
    ],
}


@pytest.mark.slow
def test_a_report_of_measures_is_made_again_when_these_are(clone):
    study = clone.study(lambda study: study.update(findings=[MEASURED]))
    assert clone.run(study=study) == {"report": 1, **CATALOGUE}
    text = (clone.path / "results/report/tiny.md").read_text()
    assert "max_net_force, in reach" in text and "What this does not show: Anything else." in text
    assert not clone.planned(study=study)
    clone.edit(
        "steadyhand/measures/of_trials.py",
        "trial.net_force.max(axis=-1)",
        "2 * trial.net_force.max(axis=-1)",
    )
    finished = clone.run(study=study)
    assert finished["measure"] == 4 and finished["report"] == 1 and not finished["evaluate"]
    again = (clone.path / "results/report/tiny.md").read_text()
    assert again != text  # both sides are twice as large: the levels, not the ratio
    assert not clone.planned(study=study)


@pytest.mark.slow
def test_a_report_is_made_again_also_while_its_figures_are_drawn(clone):
    study = clone.study(lambda study: study.update(findings=[MEASURED]))
    clone.run(study=study)
    page = (clone.path / "results/report/tiny.html").read_text()
    assert "Aligned reaches, curl field 1" in page and "Aligned reaches, curl field 0" not in page
    clone.edit("steadyhand/figures/curve_traces.py", '"width": 0.8}', '"width": 0.7}')

    def stricter(study):
        study["findings"] = [MEASURED | {"limits": "Something else."}]

    finished = clone.run(study=clone.study(stricter))
    assert finished["figures"] == 2 and finished["report"] == 1
    assert "Something else." in (clone.path / "results/report/tiny.md").read_text()
