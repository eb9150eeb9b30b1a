"""Results that no study asks for any more."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from steadyhand.analyses.needs import ANALYSES
from steadyhand.catalogue.building import build
from steadyhand.catalogue.layout import DATABASE
from steadyhand.catalogue.scan import find_studies
from steadyhand.errors import UserError
from steadyhand.requests import training_id_of
from steadyhand.store.documents import read_json

_ID, _DIGEST = "[0-9a-f]{16}", "[0-9a-f]{64}"
_OF_WEIGHTS = {
    "states": "evaluations",
    "measures": "evaluations",
    "fixed_points": "fixed_points",
    "linearizations": "fixed_points",
    **dict.fromkeys(ANALYSES, "analyses"),
}
"""Folders of `<digest>/<id>` files, and where studies say which of them they ask for."""


class Unreachable(NamedTuple):
    """Files that belong together, and that no study leads to."""

    what: str
    files: list[Path]
    """Relative to the folder of results."""
    bytes: int


class _Reach:
    """All that studies ask for, in their latest complete run or the one that began since."""

    def __init__(self, results: Path, forget: Collection[str]):
        complete = find_studies(results)
        started = sorted((results / "studies" / "begun").glob("*.json"))
        begun = [read_json(path) for path in started if not path.name.startswith(".")]
        every = [*complete, *begun]
        _require_known(results, {study["study"] for study in every}, forget)
        complete, begun, every = (
            [study for study in studies if study["study"] not in forget]
            for studies in (complete, begun, every)
        )
        self.models = {it for study in every for it in study["models"]}
        self.sweeps = {it["sweep_id"] for study in every for it in study["sweeps"].values()}
        self.figures = {it for study in complete for it in study["figures"]}
        self.pairs = {
            kind: {tuple(pair) for study in complete for pair in study.get(kind, ())}
            for kind in set(_OF_WEIGHTS.values())
        }
        self.expected = {
            kind: {it for study in begun for it in study.get(kind, ())}
            for kind in set(_OF_WEIGHTS.values())
        }
        documents = [results / "models" / it / "model.json" for it in self.models]
        self.digests = {read_json(path)["digest"] for path in documents if path.exists()}
        self.digests |= {digest for pairs in self.pairs.values() for digest, _ in pairs}
        self.trainings = {it for study in begun for it in study["trainings"]}
        self.trainings |= {_training_id(results, it) for it in self.models}
        self.unfinished = {study["study"] for study in begun} - {it["study"] for it in complete}

    def has(self, folder: str, digest: str, artefact_id: str) -> bool:
        """Whether what stands under `folder`/`digest`/`artefact_id` is asked for."""
        kind = _OF_WEIGHTS[folder]
        expected = digest in self.digests and artefact_id in self.expected[kind]
        return (digest, artefact_id) in self.pairs[kind] or expected


def find_unreachable(results: Path | str, forget: Collection[str] = ()) -> list[Unreachable]:
    """What no study asks for, in the order of paths; studies in `forget` ask for nothing.

    Models, weights, states, measures, fixed points, linearizations, analyses, figures, indices, and
    stacks whose training is done. Nothing else is looked at: no file that is not named as these
    are, no training that is under way. Raises `UserError` where no study was ever run, or not that
    one.
    """
    results = Path(results)
    if not results.is_dir():
        raise UserError(f"{results}: no such folder; run snakemake to make results")
    reach = _Reach(results, forget)
    groups: dict[str, list[Path]] = {}
    for what, path in [*_named(results, reach), *_documents(results, forget)]:
        groups.setdefault(what, []).append(path)
    return [
        Unreachable(what, sorted(files), sum((results / it).stat().st_size for it in files))
        for what, files in sorted(groups.items())
    ]


def prune(results: Path | str, found: list[Unreachable]) -> None:
    """Delete what was found, and what is empty then; the catalogue is made anew without it.

    Raises `UserError` while a run is at work there: what it makes is not asked for yet.
    """
    results = Path(results)
    locks = results.absolute().parent / ".snakemake" / "locks"
    if locks.is_dir() and any(locks.iterdir()):
        raise UserError(f"{results}: a run is at work here; allowed is to prune when it is done")
    for group in found:
        for path in group.files:
            (results / path).unlink(missing_ok=True)
        for folder in {results / path.parent for path in group.files}:
            if folder != results and folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
    if (results / DATABASE).exists():
        build(results)


def _named(results: Path, reach: _Reach) -> Iterator[tuple[str, Path]]:
    """Every file that nothing leads to, and what it is part of."""
    for folder, known in (("models", reach.models), ("figures", reach.figures)):
        for place in _matching(results / folder, _ID):
            # A figure's id depends on weights: of a run that was interrupted it is not known.
            spared = folder == "figures" and reach.unfinished
            if place.name not in known and place.is_dir() and not spared:
                yield from ((f"{folder}/{place.name}", it) for it in _files(results, place))
    for path in _matching(results / "weights", rf"{_DIGEST}\.(eqx|json)"):
        if path.stem not in reach.digests:
            yield f"weights/{path.stem}", path.relative_to(results)
    for folder in _OF_WEIGHTS:
        for place in _matching(results / folder, _DIGEST):
            for path in _matching(place, rf"{_ID}(\.summary)?\.(nc|parquet|json)"):
                artefact_id = path.name.partition(".")[0]
                if not reach.has(folder, place.name, artefact_id):
                    name = f"{folder}/{place.name}/{artefact_id}"
                    yield name, path.relative_to(results)
    for path in _matching(results / "index", rf"{_ID}\.json"):
        if path.stem not in reach.sweeps:
            yield f"index/{path.stem}", path.relative_to(results)
    yield from _stacks(results, reach)


def _documents(results: Path, forget: Collection[str]) -> Iterator[tuple[str, Path]]:
    """What stands under the name of a study."""
    for name in forget:
        for place in ("studies", "studies/begun", "report"):
            for path in _matching(results / place, rf"{re.escape(name)}\.(json|html|md)"):
                yield f"studies/{name}", path.relative_to(results)


def _stacks(results: Path, reach: _Reach) -> Iterator[tuple[str, Path]]:
    for path in _matching(results / "stacks", rf"{_ID}\.json"):
        done = path.with_suffix(".trained.json")
        if not done.is_file() or reach.trainings & set(read_json(path)["members"]):
            continue
        for it in (path, done, path.with_suffix(".tar")):
            if it.is_file():
                yield f"stacks/{path.stem}", it.relative_to(results)


def _matching(folder: Path, pattern: str) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if re.fullmatch(pattern, path.name))


def _files(results: Path, folder: Path) -> list[Path]:
    return [path.relative_to(results) for path in folder.rglob("*") if path.is_file()]


def _training_id(results: Path, model_id: str) -> str:
    """The training that a model was selected from; its own id, where nothing is there of it."""
    path = results / "models" / model_id / "hyperparameters.json"
    if not path.exists():
        return model_id
    settings: dict[str, Any] = read_json(path)["hyperparameters"]
    return training_id_of({k: v for k, v in settings.items() if k != "selection"})


def _require_known(results: Path, known: Collection[str], forget: Collection[str]) -> None:
    if not known:
        raise UserError(f"{results}: no study was run here, so nothing is known to be asked for")
    strange = sorted(set(forget) - set(known))
    if strange:
        there = ", ".join(sorted(known))
        raise UserError(f"study {strange[0]!r}: was not run in {results}; there are {there}")
