"""What the report of a study is made of: its findings, with the models that each compares."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from steadyhand.conditions import CONDITION_NAMES
from steadyhand.config.findings import Comparison, Finding, matching, of_trials
from steadyhand.figure_request import Index
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
                    "limits": finding.limits,
                    "comparisons": comparisons,
                    "figures": _figures(plan, index, comparisons),
                }
                for finding, comparisons in _compared(plan, index)
            ],
        }
    )
    return {"report_id": identify("report", content), **content}


def report_sources(plan: "Plan", index: Index) -> list[str]:
    """The files that the report is made of, relative to the folder of results."""
    return sorted(
        {
            side["source"]
            for finding in report_request(plan, index)["findings"]
            for comparison in finding["comparisons"]
            for side in comparison["sides"]
            if side["source"] is not None
        }
    )


def report_figures(plan: "Plan", index: Index) -> list[str]:
    """The receipts of figures that the report shows, relative to the folder of results."""
    findings = report_request(plan, index)["findings"]
    ids = {figure["figure_id"] for finding in findings for figure in finding["figures"]}
    return [f"figures/{it}/receipt.json" for it in sorted(ids)]


def _compared(plan: "Plan", index: Index) -> Iterator[tuple[Finding, list[dict[str, Any]]]]:
    for finding in plan.study.findings:
        yield finding, [_comparison(plan, index, finding.sweep, it) for it in finding.compare]


def _figures(
    plan: "Plan", index: Index, comparisons: Iterable[Mapping[str, Any]]
) -> list[dict[str, str]]:
    """Figures of the trials that are compared: of the same states, at the same conditions."""
    found = {}
    for figure_id, figure in plan.figures(index).items():
        shown = set(figure.paths())
        for comparison in comparisons:
            for side in comparison["sides"]:
                states = (side["source"] or "").replace("measures/", "states/", 1)
                agree = all(figure.options.get(k, v) == v for k, v in side["trials"].items())
                if states.replace(".parquet", ".nc") in shown and agree:
                    found[figure_id] = figure.title
    return [{"figure_id": it, "title": title} for it, title in found.items()]


def _comparison(plan: "Plan", index: Index, sweep: str, comparison: Comparison) -> dict[str, Any]:
    models = _models(plan, sweep, comparison)
    tables = [plan.tables[it] for it in models]
    names = [it for it in comparison.where if it not in CONDITION_NAMES]
    sides = [
        {
            "model_id": model_id,
            **_source(plan, index, model_id, comparison),
            "condition": {path: table.get(path, wanted[path]) for path in comparison.between},
            "trials": of_trials(wanted),
        }
        for model_id, table, wanted in zip(models, tables, comparison.sides(), strict=True)
    ]
    return {
        "quantity": comparison.quantity.model_dump(mode="json"),
        "where": {path: tables[0][path] for path in names} | of_trials(comparison.where),
        "sides": sides,
        "expect": comparison.expect,
        "effect": comparison.effect,
        "margin": comparison.margin,
    }


def _source(
    plan: "Plan", index: Index, model_id: str, comparison: Comparison
) -> dict[str, str | None]:
    """The file that has the quantity of a model; None where it has no networks to be measured."""
    quantity, entry = comparison.quantity, index[model_id]
    if quantity.type != "measure":
        return {"source": f"models/{model_id}/history.nc", "history": entry["history"]}
    if entry["digest"] is None:
        return {"source": None}
    evaluation_id = plan.evaluation_ids[quantity.evaluation, model_id]
    return {"source": f"measures/{entry['digest']}/{evaluation_id}.parquet"}


def _models(plan: "Plan", sweep: str, comparison: Comparison) -> list[str]:
    """The models that are compared; a study was refused where one side is not one model."""
    ids = plan.sweeps[sweep]
    sides = (matching((plan.models[it] for it in ids), wanted) for wanted in comparison.sides())
    return [ids[found] for (found,) in sides]
