"""The studies of the repository: small ones of them load, and no two figures of one are called the
same."""

from collections import Counter
from pathlib import Path

import pytest
import yaml
from scaled_down import scaled_down
from steadyhand.config import load_study
from steadyhand.plan import Plan

STUDIES = sorted((Path(__file__).parents[1] / "config").glob("*.yaml"))


@pytest.mark.parametrize("path", STUDIES, ids=lambda it: it.stem)
def test_a_small_study_has_all_kinds_of_what_the_large_one_has(path, tmp_path):
    content = yaml.safe_load(path.read_text())
    small = tmp_path / "small.yaml"
    small.write_text(yaml.safe_dump(scaled_down(content)))
    large, study = load_study([path]), load_study([small])
    for part in ("sweeps", "evaluations", "fixed_points", "analyses"):
        assert set(getattr(study, part)) == set(getattr(large, part))
    assert [it.type for it in study.figures] == [it.type for it in large.figures]
    models = [model for models in study.sweeps.values() for model in models]
    assert {it.replicates for it in models} == {2} and {it.schedule.n_batches for it in models} == {
        20
    }
    assert max(map(len, study.sweeps.values())) <= 4


@pytest.mark.parametrize("path", STUDIES, ids=lambda it: it.stem)
def test_no_two_figures_of_a_study_are_called_the_same(path, tmp_path):
    plan = Plan(load_study([path]), tmp_path / "results")
    index = {it: {"digest": f"{it}-weights", "history": ""} for it in plan.models}
    called = Counter(
        (
            it.type,
            it.title,
            str(sorted(it.conditions.items())),
            str([s["model_id"] for s in it.sources]),
        )
        for it in plan.figures(index).values()
    )
    assert [it for it, count in called.items() if count > 1] == []
