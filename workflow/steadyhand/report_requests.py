"""What the report of a study is made of: its findings, with the models that each compares."""

from typing import TYPE_CHECKING, Any

from steadyhand.config.findings import Comparison, matching
from steadyhand.figure_requests import Index
from steadyhand.identity import canonical, identify

if TYPE_CHECKING:
    from steadyhand.plan import Plan


def report_request(plan: "Plan", index: Index) -> dict[str, Any]:
    """The report of a study, as plain data in canonical form, with its `report_id`."""
    content = canonical(
        {
            "study": plan.study.name,
            "findings": [
                {
                    "claim": finding.claim,
                    "sweep": finding.sweep,
                    "comparisons": [
                        _comparison(plan, index, finding.sweep, it) for it in finding.compare
                    ],
                }
                for finding in plan.study.findings
            ],
        }
    )
    return {"report_id": identify("report", content), **content}


def report_histories(plan: "Plan") -> list[str]:
    """The histories that the report is made of, relative to the folder of results."""
    models = {
        model_id
        for finding in plan.study.findings
        for comparison in finding.compare
        for model_id in _models(plan, finding.sweep, comparison)
    }
    return [f"models/{it}/history.nc" for it in sorted(models)]


def _comparison(plan: "Plan", index: Index, sweep: str, comparison: Comparison) -> dict[str, Any]:
    models = _models(plan, sweep, comparison)
    tables = [plan.tables[it] for it in models]
    sides = [
        {
            "model_id": model_id,
            "history": index[model_id]["history"],
            "condition": {path: table[path] for path in comparison.between},
        }
        for model_id, table in zip(models, tables, strict=True)
    ]
    return {
        "quantity": comparison.quantity.model_dump(mode="json"),
        "where": {path: tables[0][path] for path in comparison.where},
        "sides": sides,
        "expect": comparison.expect,
        "margin": comparison.margin,
    }


def _models(plan: "Plan", sweep: str, comparison: Comparison) -> list[str]:
    """The models that are compared; a study was refused where one side is not one model."""
    ids = plan.sweeps[sweep]
    sides = (matching((plan.models[it] for it in ids), wanted) for wanted in comparison.sides())
    return [ids[found] for (found,) in sides]
