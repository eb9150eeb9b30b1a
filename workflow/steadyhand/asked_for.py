"""What a study asks for, as documents: so that others know what its run will need, or has made."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from steadyhand.identity import canonical

if TYPE_CHECKING:
    from steadyhand.figure_requests.request import Index
    from steadyhand.plan import Plan


def asked_for(plan: "Plan", index: "Index") -> dict[str, Any]:
    """By ids, once every model has its weights: the content of `studies/<name>.json`."""
    return canonical(
        {
            "study": plan.study.name,
            "models": sorted(plan.models),
            "sweeps": _sweeps(plan),
            "evaluations": [list(pair) for pair in plan.evaluated(index)],
            "fixed_points": [list(pair) for pair in plan.searched(index)],
            "analyses": [list(pair) for _, *pair in plan.analysed(index)],
            "figures": sorted(plan.figures(index)),
            "report": plan.report(index)["report_id"] if plan.study.findings else None,
            "without_networks": sorted(it for it in plan.models if index[it]["digest"] is None),
            "names": {
                "evaluations": _names(plan.evaluation_ids),
                "fixed_points": _names(plan.search_ids),
                "analyses": _names(plan.analysis_ids),
            },
        }
    )


def begun(plan: "Plan") -> dict[str, Any]:
    """By ids, before anything has run: the content of `studies/begun/<name>.json`.

    A run that is interrupted has written nothing else of its study; what it made is not to be
    taken for what nobody asks for.
    """
    return canonical(
        {
            "study": plan.study.name,
            "models": sorted(plan.models),
            "trainings": sorted(plan.trainings),
            "sweeps": _sweeps(plan),
            "evaluations": sorted(plan.evaluations),
            "fixed_points": sorted(plan.searches),
            "analyses": sorted(plan.analyses),
        }
    )


def _sweeps(plan: "Plan") -> dict[str, Any]:
    return {
        name: {"sweep_id": plan.sweep_ids[name], "models": ids} for name, ids in plan.sweeps.items()
    }


def _names(ids: Mapping[tuple[str, str], str]) -> dict[str, list[str]]:
    names: dict[str, set[str]] = {}
    for (name, _), it in ids.items():
        names.setdefault(it, set()).add(name)
    return {it: sorted(found) for it, found in sorted(names.items())}
