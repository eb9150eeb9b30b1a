"""A study that was read, validated and expanded: what the rest of the package works with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from steadyhand.config.consistency import check_consistency
from steadyhand.config.evaluation import Evaluation
from steadyhand.config.expand import expand_sweeps
from steadyhand.config.explain import first_error
from steadyhand.config.findings import Finding
from steadyhand.config.hyperparameters import Hyperparameters
from steadyhand.config.reading import OVERRIDES, read_document
from steadyhand.config.search import FixedPointSearch
from steadyhand.config.study import StudyFile
from steadyhand.config.wording import printable
from steadyhand.errors import UserError


@dataclass(frozen=True)
class Study:
    """A study with nothing left open: every model and every request."""

    name: str
    sweeps: Mapping[str, Sequence[Hyperparameters]]
    evaluations: Mapping[str, Evaluation]
    fixed_points: Mapping[str, FixedPointSearch]
    analyses: Mapping[str, Any]
    figures: Sequence[Any]
    findings: Sequence[Finding] = ()


def load_study(
    paths: Sequence[Path | str],
    overrides: Mapping[str, Any] | None = None,
    overrides_from: str = OVERRIDES,
) -> Study:
    """Read study files (merged left to right, `overrides` last) and expand them.

    Raises `UserError` with one line that names file, key, value and what is allowed; for a value
    of `overrides` it has `overrides_from` instead of a file.
    """
    try:
        return _load(paths, dict(overrides or {}), overrides_from)
    except UserError as error:  # it repeats names and texts of whoever wrote the study
        raise UserError(printable(str(error))) from None


def _load(paths: Sequence[Path | str], overrides: dict[str, Any], overrides_from: str) -> Study:
    document = read_document(paths, overrides, overrides_from)
    try:
        parsed = StudyFile.model_validate(document.content)
    except ValidationError as error:
        raise first_error(error, StudyFile, document) from None
    sweeps = expand_sweeps(document)
    evaluations = {
        name: evaluation
        if "seed" in evaluation.model_fields_set
        else evaluation.model_copy(update={"seed": parsed.seed})
        for name, evaluation in parsed.evaluations.items()
    }
    study = Study(
        parsed.study,
        sweeps,
        evaluations,
        parsed.fixed_points,
        parsed.analyses,
        parsed.figures,
        parsed.findings,
    )
    check_consistency(study, document)
    return study
