"""Fabricated results, and the command line run on them."""

import sys

import pytest
from fabricated import Fabricated
from steadyhand import cli, store
from steadyhand.catalogue import build
from steadyhand.site import build_index
from steadyhand.site_entries import site_entries

REACH = {"task": {"type": "center_out", "directions": 24}, "field": {"amplitude": [0.0, 1.0]}}
POSTURE = {"task": {"type": "steady", "directions": None}, "field": {"amplitude": [0.0]}}
TANGLED = {"type": "tangling", "components": 3, "evaluation": "0123456789abcdef"}
GOALS = {"at": {"grid": 5}, "tolerance": 1e-12}


@pytest.fixture
def fabricated(tmp_path):
    """An empty results folder to be filled."""
    return Fabricated(tmp_path / "results")


@pytest.fixture(scope="session")
def example(tmp_path_factory):
    """Three models, of which one is asked for by no study; two studies; a catalogue."""
    made = Fabricated(tmp_path_factory.mktemp("example") / "results")
    still = made.model(field={"type": "curl", "std": 0.0})
    strong = made.model(excluded=(1,), field={"type": "curl", "std": 1.5})
    old = made.model(field={"type": "constant", "std": 3.0}, paired=False)
    reach = made.evaluation(still, REACH)
    made.evaluation(strong, REACH, kept=(0, 2))
    posture = made.evaluation(strong, POSTURE, kept=(0, 2))
    made.evaluation(old, REACH)
    goals = made.fixed_points(strong, GOALS)
    tangled = made.analysis(still, TANGLED)
    both = made.figure(
        [still, strong], {"train.field.std": [0.0, 1.5], "eval.field.amplitude": [1]}
    )
    alone = made.figure([old], {"train.field.std": [3.0], "eval.field.amplitude": [0, 1]}, "Old")
    digests = made.digests
    asked = {"evaluations": [[digests[still], reach], [digests[strong], reach]]}
    asked["analyses"] = [[digests[still], tangled]]
    made.study("first", [still, strong], asked, [both])
    more = {
        "evaluations": [[digests[strong], posture]],
        "fixed_points": [[digests[strong], goals]],
    }
    made.study("second", [strong], more, [])
    made.stack({"0123456789abcdef": {}})
    build(made.results)
    page = build_index(*site_entries(made.results))
    store.write_text(made.results / "index.html", page)
    made.names = {"still": still, "strong": strong, "old": old, "reach": reach}
    made.names |= {
        "posture": posture,
        "goals": goals,
        "tangled": tangled,
        "both": both,
        "alone": alone,
    }
    return made


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs `steadyhand` with arguments; returns exit code, output, errors."""

    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["steadyhand", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return (ended.value.code or 0, *capsys.readouterr())

    return command
