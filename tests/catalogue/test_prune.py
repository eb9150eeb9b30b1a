"""Pruning: what no study leads to is found, and nothing else is ever touched."""

import json

import pytest
from steadyhand import store
from steadyhand.catalogue import Catalogue, build
from steadyhand.errors import UserError
from steadyhand.identity import identify
from steadyhand.prune import find_unreachable, prune
from steadyhand.verify import verify

REACH = {"task": {"type": "center_out"}, "field": {"amplitude": [0.0]}}
OTHER = {"task": {"type": "steady"}, "field": {"amplitude": [0.0]}}
GOALS = {"at": {"grid": 5}}
TANGLED = {"type": "tangling", "components": 3}


def training_id(made, model_id):
    path = made.results / "models" / model_id / "hyperparameters.json"
    settings = store.read_json(path)["hyperparameters"]
    return identify("training", {k: v for k, v in settings.items() if k != "selection"})


@pytest.fixture
def made(fabricated):
    """Two models with everything; a study asks for the first one and one of its evaluations."""
    kept, left = (fabricated.model(field={"type": "curl", "std": std}) for std in (0.0, 1.5))
    pairs = {}
    for model_id in (kept, left):
        digest = fabricated.digests[model_id]
        pairs[model_id] = [
            [digest, fabricated.evaluation(model_id, REACH)],
            [digest, fabricated.evaluation(model_id, OTHER)],
            [digest, fabricated.fixed_points(model_id, GOALS)],
            [digest, fabricated.analysis(model_id, TANGLED)],
        ]
    shown = [fabricated.figure([it], {"train.field.std": [0]}, it) for it in (kept, left)]
    asked = {"evaluations": pairs[kept][:1], "fixed_points": pairs[kept][2:3]}
    asked["analyses"] = pairs[kept][3:]
    fabricated.study("mine", [kept], asked, shown[:1])
    everything = {"evaluations": [*pairs[kept][:2], *pairs[left][:2]]}
    everything["fixed_points"] = [pairs[kept][2], pairs[left][2]]
    everything["analyses"] = [pairs[kept][3], pairs[left][3]]
    fabricated.study("both", [kept, left], everything, shown)
    for model_id in (kept, left):
        fabricated.stack({training_id(fabricated, model_id): {}})
    fabricated.kept, fabricated.left, fabricated.shown = kept, left, shown
    fabricated.pairs = pairs
    build(fabricated.results)
    return fabricated


def forgotten(made, name="both"):
    (made.results / "studies" / f"{name}.json").unlink()
    return find_unreachable(made.results)


def files(results):
    return {
        path.relative_to(results).as_posix(): path.read_bytes()
        for path in results.rglob("*")
        if path.is_file()
    }


def test_where_studies_ask_for_everything_nothing_is_found(made):
    assert find_unreachable(made.results) == []


def test_what_no_study_asks_for_is_found(made):
    found = {it.what for it in forgotten(made)}
    digest, (kept, left) = made.digests, (made.kept, made.left)
    reach, other, goals, tangled = (pair[1] for pair in made.pairs[left])
    (stack,) = [it for it in found if it.startswith("stacks/")]
    assert found == {
        f"models/{left}",
        f"weights/{digest[left]}",
        *(f"{it}/{digest[left]}/{reach}" for it in ("states", "measures")),
        *(f"{it}/{digest[left]}/{other}" for it in ("states", "measures")),
        *(f"{it}/{digest[kept]}/{other}" for it in ("states", "measures")),
        *(f"{it}/{digest[left]}/{goals}" for it in ("fixed_points", "linearizations")),
        f"tangling/{digest[left]}/{tangled}",
        f"figures/{made.shown[1]}",
        f"index/{identify('sweep', sorted([kept, left]))}",
        stack,
    }


def test_what_is_found_is_deleted_and_all_else_stays_as_it_was(made):
    strange = made.results / "states" / "notes.txt"
    strange.write_text("mine")
    odd = made.results / "models" / "backup" / "model.json"
    odd.parent.mkdir()
    odd.write_text("{}")
    log = made.results / "logs" / "evaluate" / "x.log"
    log.parent.mkdir(parents=True)
    log.write_text("words")
    found = forgotten(made)
    before = files(made.results)
    prune(made.results, found)
    after = files(made.results)
    gone = {path.as_posix() for group in found for path in group.files}
    assert before.keys() - after.keys() == gone
    changed = {path for path in after if after[path] != before[path]}
    assert all(path.startswith("catalogue") for path in changed)
    assert not (made.results / "models" / made.left).exists()
    assert not (made.results / "states" / made.digests[made.left]).exists()
    assert find_unreachable(made.results) == []
    with Catalogue(made.results) as catalogue:
        assert [row["model_id"] for row in catalogue.select("models")] == [made.kept]
    wrong = [it for it in verify(made.results) if not it.note]
    assert [it.file for it in wrong] == ["models/backup/model.json"] or wrong == []


def test_what_an_interrupted_run_made_is_not_taken_for_nobodys(made):
    """Its study is not complete; what it asks for was noted when it began."""
    begun = {
        "study": "new",
        "models": [made.left],
        "trainings": [training_id(made, made.left)],
        "sweeps": {"main": {"sweep_id": "0" * 16, "models": [made.left]}},
        "evaluations": [made.pairs[made.left][0][1]],
        "fixed_points": [],
        "analyses": [made.pairs[made.left][3][1]],
    }
    store.write_json(made.results / "studies" / "begun" / "new.json", begun)
    found = {it.what for it in forgotten(made)}
    digest = made.digests[made.left]
    reach, other, goals, tangled = (pair[1] for pair in made.pairs[made.left])
    assert f"models/{made.left}" not in found and f"weights/{digest}" not in found
    assert f"states/{digest}/{reach}" not in found and f"states/{digest}/{other}" in found
    assert f"fixed_points/{digest}/{goals}" in found and f"tangling/{digest}/{tangled}" not in found
    assert not [it for it in found if it.startswith(("stacks/", "figures/"))]


def test_a_training_under_way_is_never_touched(made):
    (stack,) = [it for it in forgotten(made) if it.what.startswith("stacks/")]
    (made.results / f"{stack.what}.trained.json").unlink()
    assert not [it for it in find_unreachable(made.results) if it.what.startswith("stacks/")]


def test_while_a_run_is_at_work_nothing_is_deleted(made):
    found, before = forgotten(made), files(made.results)
    locks = made.results.parent / ".snakemake" / "locks"
    locks.mkdir(parents=True)
    (locks / "0.input.lock").write_text("x")
    with pytest.raises(UserError, match="a run is at work here"):
        prune(made.results, found)
    assert files(made.results) == before


def test_the_command_is_dry_and_asks(run, made, monkeypatch):
    (made.results / "studies" / "both.json").unlink()
    before = files(made.results)
    code, out, err = run("prune", "--results", made.results)
    assert code == 0 and "--delete deletes it" in err and f"models/{made.left}" in out
    code, out, err = run("prune", "--results", made.results, "--json")
    assert {row["what"] for row in json.loads(out)} >= {f"models/{made.left}"}
    assert files(made.results) == before
    for answer in ("n", ""):
        monkeypatch.setattr("builtins.input", lambda prompt="", answer=answer: answer)
        code, out, err = run("prune", "--results", made.results, "--delete")
        assert files(made.results) == before
    code, out, err = run("prune", "--results", made.results, "--delete", "--yes")
    assert code == 0 and "deleted" in err
    assert not (made.results / "models" / made.left).exists()
    code, out, err = run("prune", "--results", made.results)
    assert "studies ask for all that is there" in err


def test_a_study_can_be_forgotten(run, made):
    code, out, err = run("prune", "--results", made.results, "--forget", "both", "--json")
    what = {row["what"] for row in json.loads(out)}
    assert {"studies/both", f"models/{made.left}"} <= what
    code, _, err = run("prune", "--results", made.results, "--forget", "bth")
    assert (code, err) == (
        1,
        f"error: study 'bth': was not run in {made.results}; there are both, mine\n",
    )
    run("prune", "--results", made.results, "--forget", "both", "--delete", "--yes")
    assert not (made.results / "studies" / "both.json").exists()
    assert (made.results / "studies" / "mine.json").exists()


def test_where_no_study_was_run_nothing_is_known(run, tmp_path):
    code, _, err = run("prune", "--results", tmp_path / "nowhere")
    assert code == 1 and "no such folder" in err
    (tmp_path / "results" / "states").mkdir(parents=True)
    code, _, err = run("prune", "--results", tmp_path / "results", "--delete", "--yes")
    assert code == 1 and "no study was run here" in err
