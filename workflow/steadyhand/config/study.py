"""A study file as written: sweeps, evaluations, analyses, figures."""

from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from steadyhand.config.analyses import Analysis
from steadyhand.config.base import Integer, Strict, quantity
from steadyhand.config.evaluation import Evaluation
from steadyhand.config.figures import Figure
from steadyhand.config.findings import Finding
from steadyhand.config.hyperparameters import Hyperparameters
from steadyhand.config.search import FixedPointSearch

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
Path = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)*$")]
Values = Annotated[list[Any], Field(min_length=1)]


class Sweep(Hyperparameters):
    """A named set of models: hyperparameters that all share, and what varies between them."""

    inherit: Name | None = Field(
        None, description="Sweep whose keys this one starts from; its own keys win. [name]"
    )
    grid: dict[Path, Values] = Field(
        {}, description="Values by dotted path, e.g. `field.std: [0, 1]`; every combination."
    )
    zip: dict[Path, Values] = Field(
        {}, description="Values by dotted path, taken together: first with first, and so on."
    )
    conditions: list[dict[Path, Any]] = Field(
        [], description="An explicit list of conditions, each a mapping of dotted paths to values."
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        """Nothing yet: only with what it inherits and varies does a sweep have its settings."""
        return self


class StudyFile(Strict):
    """The schema of a study file."""

    study: Name = Field(description="Name of the study. [name]")
    seed: Integer = quantity(
        0, "1", "Seed of the sweeps and evaluations that give none.", ge=0, lt=2**31
    )
    sweeps: dict[Name, Sweep] = Field(min_length=1, description="Sets of models to train.")
    evaluations: dict[Name, Evaluation] = Field({}, description="What their networks are to do.")
    fixed_points: dict[Name, FixedPointSearch] = Field(
        {}, description="Where to look for fixed points."
    )
    analyses: dict[Name, Analysis] = Field({}, description="What else to make of their states.")
    figures: list[Figure] = Field([], description="Figures to draw.")
    findings: list[Finding] = Field([], description="Claims to test, for the report.")


def json_schema() -> dict[str, Any]:
    """JSON Schema of study files, for editors."""
    schema = StudyFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
