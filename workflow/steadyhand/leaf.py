"""What a run must leave on disk: where an artefact and its receipt stand."""

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from steadyhand.figure_requests.request import Index
    from steadyhand.plan import Plan


class Leaf(NamedTuple):
    """An artefact that nothing else is made of: paths of it and its receipt, and its stage."""

    path: str
    receipt: str
    stage: str


def receipts_of(paths: Iterable[str]) -> list[str]:
    """The receipts of files of results; a history has none, its hash is in what asks for it."""
    listed = [path for path in paths if not path.startswith("models/")]
    return [PurePosixPath(path).with_suffix(".json").as_posix() for path in listed]


def leaves_of(plan: "Plan", index: "Index") -> list[Leaf]:
    """The leaves of a study, once every model has its weights."""
    measured = [f"measures/{'/'.join(it)}" for it in plan.evaluated(index)]
    linearized = [f"linearizations/{'/'.join(it)}" for it in plan.searched(index)]
    analysed = [("/".join(it), it[0]) for it in plan.analysed(index)]
    figures = {f"figures/{it}": request for it, request in plan.figures(index).items()}
    return [
        *(
            Leaf(f"{it}{suffix}.parquet", f"{it}.json", "measure")
            for it in measured
            for suffix in ("", ".summary")
        ),
        *(Leaf(f"{it}.nc", f"{it}.json", "linearize") for it in linearized),
        *(Leaf(f"{it}.nc", f"{it}.json", kind) for it, kind in analysed),
        *(
            Leaf(f"{it}/figure.html", f"{it}/receipt.json", f"figures.{request.type}")
            for it, request in figures.items()
        ),
    ]
