"""The reference studies: everything in them runs, to figures of every type, on small networks."""

import sys
from pathlib import Path

import pytest
import steadyhand
import yaml
from steadyhand.verify import verify

sys.path.insert(0, str(Path(__file__).parents[1]))

from scaled_down import scaled_down

ROOT = Path(__file__).parents[2]
OF_A_TYPE = 3
"""Requests for figures of one type, at most: each of their figures starts a Python of its own."""


def some_of_each_type(figures):
    """The first requests of each type."""
    before = [
        sum(it["type"] == one["type"] for it in figures[:at]) for at, one in enumerate(figures)
    ]
    return [one for one, count in zip(figures, before, strict=True) if count < OF_A_TYPE]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["reference-2024", "reference-2025"])
def test_a_reference_study_runs_to_its_figures(fresh, name):
    study = yaml.safe_load((ROOT / f"config/{name}.yaml").read_text())
    study["figures"] = some_of_each_type(study["figures"])
    path = fresh.path / "small.yaml"
    path.write_text(yaml.safe_dump(scaled_down(study)))
    fresh.run(study=str(path))
    assert not fresh.planned(study=str(path))
    results = steadyhand.open(fresh.path / "results")
    asked = {figure["type"] for figure in study["figures"]}
    assert set(results.figures()["type"]) == asked
    assert set(results.evaluations()["name"]) >= set(study["evaluations"])
    assert set(results.analyses()["name"]) == set(study["analyses"])
    assert verify(fresh.path / "results") == []
