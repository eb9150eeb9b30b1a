"""Every file of `results/` against what its name, its seal and its neighbours say of it."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from steadyhand import checkpoints
from steadyhand.analyses.needs import ANALYSES
from steadyhand.errors import UserError
from steadyhand.store.abandoned import is_being_written, is_temporary
from steadyhand.store.errors import ArtefactError
from steadyhand.verify_checks import (
    Check,
    Promises,
    archive,
    archived,
    beside,
    beside_and_weights,
    catalogue_file,
    checkpoint,
    checksums,
    document_of,
    figure,
    history,
    hyperparameters,
    indexed,
    library,
    measures,
    model_document,
    model_file,
    page,
    passing,
    receipt,
    report_file,
    report_receipt,
    sealed_dataset,
    selected_weights,
    weights,
)

_ID, _DIGEST, _NAME = "[0-9a-f]{16}", "[0-9a-f]{64}", "[A-Za-z0-9_-]+"


class Problem(NamedTuple):
    """A file (relative to `results/`) that is not what it should be, and how to mend that.

    A `note` is about a file that belongs to nothing: nobody is misled by it.
    """

    file: str
    what: str
    cure: str
    note: bool = False


class _Place(NamedTuple):
    """Files of one kind: their names, the rule that makes them, how they are verified.

    Receipts and indices promise other files, which may be absent all the same.
    """

    pattern: re.Pattern[str]
    rule: str
    check: Check
    promises: Promises | None


def _place(pattern: str, rule: str, check: Check, promises: Promises | None = None) -> _Place:
    return _Place(re.compile(pattern), rule, check, promises)


_PLACES = (
    _place(f"models/{_ID}/hyperparameters\\.json", "qualify", hyperparameters),
    _place(f"models/{_ID}/history\\.nc", "qualify", history),
    _place(f"models/{_ID}/replicates\\.csv", "qualify", model_file),
    _place(f"models/{_ID}/selected\\.eqx", "qualify", selected_weights),
    _place(f"models/{_ID}/model\\.json", "qualify", model_document),
    _place(f"weights/{_DIGEST}\\.eqx", "weights", weights),
    _place(f"index/{_ID}\\.json", "index", document_of("sweep_id"), indexed),
    _place(f"stacks/{_ID}\\.json", "train", document_of("stack_id")),
    _place(f"stacks/{_ID}\\.trained\\.json", "train", document_of("stack_id"), archived),
    _place(f"stacks/{_ID}\\.tar", "train", archive),
    _place(f"stacks/{_ID}\\.progress\\.json", "train", passing(document_of("stack_id"))),
    _place(f"stacks/{_ID}\\.checkpoints/{checkpoints.FILE}", "train", passing(checkpoint)),
    _place(f"states/{_DIGEST}/{_ID}\\.nc", "evaluate", sealed_dataset),
    _place(f"measures/{_DIGEST}/{_ID}(\\.summary)?\\.parquet", "measure", measures),
    _place(f"fixed_points/{_DIGEST}/{_ID}\\.nc", "fixed_points", sealed_dataset),
    _place(f"linearizations/{_DIGEST}/{_ID}\\.nc", "linearize", sealed_dataset),
    *(_place(f"{it}/{_DIGEST}/{_ID}\\.nc", it, sealed_dataset) for it in ANALYSES),
    *(_place(f"{it}/{_DIGEST}/{_ID}\\.json", it, receipt, beside_and_weights) for it in ANALYSES),
    _place(f"weights/{_DIGEST}\\.json", "weights", receipt, beside),
    _place(f"states/{_DIGEST}/{_ID}\\.json", "evaluate", receipt, beside_and_weights),
    _place(f"measures/{_DIGEST}/{_ID}\\.json", "measure", receipt, beside_and_weights),
    _place(f"fixed_points/{_DIGEST}/{_ID}\\.json", "fixed_points", receipt, beside_and_weights),
    _place(f"linearizations/{_DIGEST}/{_ID}\\.json", "linearize", receipt, beside_and_weights),
    _place(f"figures/{_ID}/receipt\\.json", "figures", receipt, beside),
    _place(f"figures/{_ID}/figure\\.(json|html)", "figures", figure),
    _place(f"report/{_NAME}\\.json", "report", report_receipt, beside),
    _place(f"report/{_NAME}\\.(html|md)", "report", report_file),
    _place("assets/plotly\\.min\\.js", "assets", library),
    _place(f"studies/(begun/)?{_NAME}\\.json", "catalogue", document_of("study")),
    _place("catalogue/checksums\\.json", "catalogue", checksums),
    _place("catalogue\\.sqlite|catalogue/[a-z_]+\\.csv", "catalogue", catalogue_file),
    _place("index\\.html", "site", page),
)
_FOLDERS = {place.pattern.pattern.partition("/")[0] for place in _PLACES}
_PASSED_OVER = re.compile(r"(logs|benchmarks|cache)/")
"""Logs, timings, compiled programs: no result is read from them."""

_SET_ASIDE = re.compile(f"stacks/{_ID}\\.checkpoints/{checkpoints.DAMAGED}")
_OF_TRAINING = re.compile(
    f"(?P<stack>stacks/{_ID})\\.(progress\\.json|checkpoints/{checkpoints.FILE})"
)
"""What a training removes when it is done."""


def verify(results: Path | str) -> list[Problem]:
    """Verify every file under `results`, in the order of paths; an empty list if all is well.

    Every byte that a number could come from is hashed. What a receipt or an
    index promises and is absent is a note. Raises `UserError` if there is no such folder.
    """
    results = Path(results)
    unreadable: list[Problem] = []
    problems: dict[tuple[str, str], Problem] = {}
    absent: dict[str, Problem] = {}
    for path in _files(results, unreadable):
        problem = verify_file(results, path)
        if problem is not None:
            problems.setdefault(problem[:2], problem)
        absent |= {it.file: it for it in _absent(results, path)}
    found = [*unreadable, *problems.values()]
    wrong = {problem.file for problem in found}
    return sorted([*found, *(note for file, note in absent.items() if file not in wrong)])


def holds_nothing(results: Path | str) -> bool:
    """Whether no file under `results` is one that can be verified."""
    results = Path(results)
    return not any(_place_of(path.relative_to(results).as_posix()) for path in _files(results, []))


def _files(results: Path, unreadable: list[Problem]) -> Iterator[Path]:
    """Every file in every folder, also behind links; `unreadable` gets folders that can't be."""
    if not results.is_dir():
        what = "not a folder" if results.exists() else "no such folder"
        raise UserError(f"{results}: {what}; run snakemake to make results")

    def note(error: OSError) -> None:
        if isinstance(error, FileNotFoundError):  # removed since it was listed
            return
        name = Path(error.filename).relative_to(results).as_posix()
        unreadable.append(_unreadable(name, error))

    seen = {results.resolve()}
    for folder, folders, files in os.walk(results, followlinks=True, onerror=note):
        paths = {name: Path(folder) / name for name in sorted(folders)}
        strange = [name for name, path in paths.items() if _leads_elsewhere(results, path)]
        # In place, which is how `os.walk` is told; a link may lead back to where it has been.
        folders[:] = [
            name
            for name, path in paths.items()
            if name not in strange and path.resolve() not in seen
        ]
        seen |= {paths[name].resolve() for name in folders}
        yield from (Path(folder) / name for name in sorted([*files, *strange]))


def _leads_elsewhere(results: Path, path: Path) -> bool:
    """Whether a folder is a link and none of those that results may lie in, on another disk."""
    return path.is_symlink() and path.relative_to(results).parts[0] not in _FOLDERS


def _absent(results: Path, path: Path) -> Iterator[Problem]:
    """Notes of what `path` promises and is not there any more."""
    place = _place_of(path.relative_to(results).as_posix())
    if place is None or place.promises is None:
        return
    try:
        absent = [it for it in place.promises(results, path) if not it.exists()]
    # What is damaged, of another shape or unreadable, has a problem of its own.
    except (ArtefactError, OSError, LookupError, TypeError, AttributeError):
        return
    for artefact in absent:
        name = artefact.relative_to(results).as_posix()
        yield Problem(name, "absent", "snakemake makes it when something needs it", True)


def verify_file(results: Path, path: Path) -> Problem | None:
    """What is wrong with one file under `results`; None if it is as it was written."""
    name = path.relative_to(results).as_posix()
    if _PASSED_OVER.match(name) or "/.snakemake" in f"/{name}":
        return None
    if is_temporary(path) and is_being_written(path):
        return None
    if left := _left_behind(results, path, name):
        return Problem(name, left, "it may be deleted", True)
    place = _place_of(name)
    if place is None:
        return Problem(name, "no file of this project", "nothing reads it", True)
    try:
        place.check(results, path)
    except ArtefactError as error:
        damaged = error.path.relative_to(results).as_posix()
        return Problem(damaged, error.problem, _cure(results, damaged, place.rule))
    except OSError as error:
        return _unreadable(name, error)
    except Exception as error:  # parsers of damaged bytes may raise anything
        what = f"it can't be read ({type(error).__name__}: {str(error).partition(chr(10))[0]})"
        return Problem(name, what, _cure(results, name, place.rule))
    return None


def _left_behind(results: Path, path: Path, name: str) -> str | None:
    """Why nobody needs a file of this name any more, if so."""
    if is_temporary(path):
        return "left behind by a job that was killed"
    if _SET_ASIDE.fullmatch(name):
        return "a damaged checkpoint, set aside"
    training = _OF_TRAINING.fullmatch(name)
    if training and (results / f"{training['stack']}.trained.json").is_file():
        return "left behind by a training that is done"
    return None


def _place_of(name: str) -> _Place | None:
    return next((place for place in _PLACES if place.pattern.fullmatch(name)), None)


def _unreadable(name: str, error: OSError) -> Problem:
    reason = error.strerror or type(error).__name__
    return Problem(name, f"it can't be read ({reason})", "see its permissions")


def _cure(results: Path, name: str, rule: str) -> str:
    deleted = f"delete {name} and " if (results / name).exists() else ""
    return f"{deleted}run snakemake: rule {rule} makes it again"
