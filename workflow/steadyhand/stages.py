"""The stages of the chain and what their code means, by the scripts of their rules."""

from pathlib import Path

from steadyhand.code import Stage
from steadyhand.identity import canonical_json, sha256_text

UPSTREAM = {
    "train": [],
    "qualify": [],
    "index": [],
    "weights": [],
    "evaluate": [],
    "measure": ["evaluate"],
    "fixed_points": ["evaluate"],
    "linearize": ["evaluate", "fixed_points"],
    "linear_response": ["evaluate", "fixed_points"],
    "modal_response": ["evaluate", "fixed_points"],
    "mode_tracks": ["evaluate", "fixed_points"],
    "branches": ["evaluate", "fixed_points"],
    "frequency_response": ["evaluate"],
    "unit_preferences": ["evaluate"],
    "principal_components": ["evaluate"],
    "tangling": ["evaluate"],
    "assets": [],
    "report": [],
    "catalogue": [],
    "site": [],
    "figures.loss_history": [],
    "figures.loss_over_replicates": [],
    "figures.readout_norm": [],
    "figures.training_schedule": [],
    "figures.aligned_reaches": ["evaluate"],
    "figures.reach_profiles": ["evaluate"],
    "figures.impulse_responses": ["evaluate"],
    "figures.measures": ["evaluate", "measure"],
    "figures.frequency_response": [
        *("evaluate", "fixed_points", "frequency_response", "linear_response"),
    ],
    "figures.unit_preferences": ["evaluate", "unit_preferences"],
    "figures.principal_components": ["evaluate", "principal_components"],
    "figures.tangling": ["evaluate", "tangling"],
    "figures.fixed_points_pca": ["evaluate", "fixed_points"],
    "figures.linear_response": ["evaluate", "fixed_points", "linear_response"],
    "figures.modal_response": ["evaluate", "fixed_points", "modal_response"],
    "figures.mode_tracks": ["evaluate", "fixed_points", "mode_tracks"],
    "figures.branches": ["evaluate", "fixed_points", "branches"],
    "figures.eigenvalues": ["evaluate", "fixed_points", "linearize"],
    "figures.mode_distributions": ["evaluate", "fixed_points", "linearize"],
}
"""The stages whose code decides an artefact, beside its own, and is not in its path: weights and
histories are known by their content, so what comes after them does not depend on training code."""


def stages(scripts: Path) -> dict[str, Stage]:
    """The code of every stage by name; `scripts` is the folder of the rules' scripts."""
    return {name: _stage(scripts, *name.split(".")) for name in UPSTREAM}


def code_hashes(scripts: Path) -> dict[str, str]:
    """For every stage, the hash of what its code means, with that of the stages it rests on."""
    own = {name: stage.sha256 for name, stage in stages(scripts).items()}
    return {
        name: sha256_text(canonical_json([own[it] for it in [*rests_on, name]]))
        for name, rests_on in UPSTREAM.items()
    }


def _stage(scripts: Path, rule: str, kind: str | None = None) -> Stage:
    """A type of figure is a stage of its own: a change of its code redraws only that type."""
    extra = [f"steadyhand.figures.{kind}"] if kind else []
    return Stage(scripts / f"{rule}.py", extra_modules=extra)
