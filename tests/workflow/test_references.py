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


def one_of_each_type(figures, which):
    """Of requests of a type the first or the last: each figure starts a Python of its own."""
    ordered = figures if which == "last" else figures[::-1]
    return list({it["type"]: it for it in ordered}.values())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "which"), [("reference-2024", "first"), ("reference-2025", "last")]
)
def test_a_reference_study_runs_to_its_figures(fresh, name, which):
    study = yaml.safe_load((ROOT / f"config/{name}.yaml").read_text())
    study["figures"] = one_of_each_type(study["figures"], which)
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
