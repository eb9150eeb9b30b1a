"""Every file of `results/` against what its name, its seal and its neighbours say of it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from steadyhand.errors import UserError
from steadyhand.store.errors import ArtefactError
from steadyhand.verify_checks import (
    Check,
    archive,
    catalogue_file,
    checksums,
    document_of,
    figure,
    history,
    hyperparameters,
    library,
    measures,
    model_document,
    model_file,
    page,
    receipt,
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
    """Files of one kind: how they are named, which rule makes them, how they are verified."""

    pattern: re.Pattern[str]
    rule: str
    check: Check


def _place(pattern: str, rule: str, check: Check) -> _Place:
    return _Place(re.compile(pattern), rule, check)


_PLACES = (
    _place(f"models/{_ID}/hyperparameters\\.json", "qualify", hyperparameters),
    _place(f"models/{_ID}/history\\.nc", "qualify", history),
    _place(f"models/{_ID}/replicates\\.csv", "qualify", model_file),
    _place(f"models/{_ID}/selected\\.eqx", "qualify", selected_weights),
    _place(f"models/{_ID}/model\\.json", "qualify", model_document),
    _place(f"weights/{_DIGEST}\\.eqx", "weights", weights),
    _place(f"index/{_ID}\\.json", "index", document_of("sweep_id")),
    _place(f"stacks/{_ID}(\\.trained)?\\.json", "train", document_of("stack_id")),
    _place(f"stacks/{_ID}\\.tar", "train", archive),
    _place(f"states/{_DIGEST}/{_ID}\\.nc", "evaluate", sealed_dataset),
    _place(f"measures/{_DIGEST}/{_ID}\\.parquet", "measure", measures),
    _place(f"fixed_points/{_DIGEST}/{_ID}\\.nc", "fixed_points", sealed_dataset),
    _place(f"linearizations/{_DIGEST}/{_ID}\\.nc", "linearize", sealed_dataset),
    _place(f"weights/{_DIGEST}\\.json", "weights", receipt),
    _place(f"states/{_DIGEST}/{_ID}\\.json", "evaluate", receipt),
    _place(f"measures/{_DIGEST}/{_ID}\\.json", "measure", receipt),
    _place(f"fixed_points/{_DIGEST}/{_ID}\\.json", "fixed_points", receipt),
    _place(f"linearizations/{_DIGEST}/{_ID}\\.json", "linearize", receipt),
    _place(f"figures/{_ID}/receipt\\.json", "figures", receipt),
    _place(f"figures/{_ID}/figure\\.(json|html)", "figures", figure),
    _place("assets/plotly\\.min\\.js", "assets", library),
    _place(f"studies/{_NAME}\\.json", "catalogue", document_of("study")),
    _place("catalogue/checksums\\.json", "catalogue", checksums),
    _place("catalogue\\.sqlite|catalogue/[a-z_]+\\.csv", "catalogue", catalogue_file),
    _place("index\\.html", "site", page),
)
_PASSED_OVER = re.compile(r"(logs|benchmarks|cache|stacks/[^/]*)/")
"""Logs, timings, compiled programs, training under way: no result is read from them."""


def verify(results: Path | str) -> list[Problem]:
    """Verify every file under `results`, in the order of paths; an empty list if all is well.

    Every byte that a number could come from is hashed. Raises `UserError` if there is no such
    folder.
    """
    results = Path(results)
    if not results.is_dir():
        raise UserError(f"{results}: no such folder; run snakemake to make results")
    problems: dict[tuple[str, str], Problem] = {}
    for path in _files(results):
        problem = verify_file(results, path)
        if problem is not None:
            problems.setdefault(problem[:2], problem)
    return sorted(problems.values())


def _files(results: Path) -> Iterator[Path]:
    for path in sorted(results.rglob("*")):
        if path.is_symlink() or not path.is_dir():
            yield path


def verify_file(results: Path, path: Path) -> Problem | None:
    """What is wrong with one file under `results`; None if it is as it was written."""
    name = path.relative_to(results).as_posix()
    if _PASSED_OVER.match(name) or "/.snakemake" in f"/{name}":
        return None
    if path.name.startswith(".") and path.name.endswith(".tmp"):
        return Problem(name, "left behind by a job that was killed", "it may be deleted", True)
    place = next((place for place in _PLACES if place.pattern.fullmatch(name)), None)
    if place is None:
        return Problem(name, "no file of this project", "nothing reads it", True)
    try:
        place.check(results, path)
    except ArtefactError as error:
        damaged = error.path.relative_to(results).as_posix()
        return Problem(damaged, error.problem, _cure(damaged, place.rule))
    except OSError as error:
        return Problem(name, f"it can't be read ({error.strerror})", "see its permissions")
    except Exception as error:  # parsers of damaged bytes may raise anything
        what = f"it can't be read ({type(error).__name__}: {str(error).partition(chr(10))[0]})"
        return Problem(name, what, _cure(name, place.rule))
    return None


def _cure(name: str, rule: str) -> str:
    return f"delete {name} and run snakemake: rule {rule} makes it again"
