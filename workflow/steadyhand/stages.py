"""The stages of the chain and what their code means, by the scripts of their rules."""

from pathlib import Path
from typing import get_args

from steadyhand.code import Stage
from steadyhand.config.requests import Figure

SCRIPTS = (
    "train",
    "qualify",
    "index",
    "weights",
    "evaluate",
    "measure",
    "fixed_points",
    "linearize",
    "assets",
    "catalogue",
    "site",
)


def figure_types() -> list[str]:
    """The types of figures that a study may ask for."""
    union = get_args(Figure)[0]
    return [get_args(kind.model_fields["type"].annotation)[0] for kind in get_args(union)]


def figure_stage(kind: str) -> str:
    """The stage that draws figures of a type: a change of one type's code redraws only that."""
    return f"figures.{kind}"


def stages(scripts: Path) -> dict[str, Stage]:
    """Every stage by name; `scripts` is the folder of the rules' scripts."""
    found = {name: Stage(scripts / f"{name}.py") for name in SCRIPTS}
    for kind in figure_types():
        module = f"steadyhand.figures.{kind}"
        found[figure_stage(kind)] = Stage(scripts / "figures.py", extra_modules=[module])
    return found
