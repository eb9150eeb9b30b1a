"""What the report of a study is made of: its findings, with the models that each compares."""

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from steadyhand.conditions import CONDITION_NAMES
from steadyhand.config.findings import Comparison, Finding, matching, of_trials
from steadyhand.config.quantities import OF_ANALYSES, Modes, Points, Responses, Shift, Tracks
from steadyhand.figure_requests.request import FigureRequest, Index
from steadyhand.identity import canonical, identify

if TYPE_CHECKING:
    from steadyhand.plan import Plan

OF_POINTS = {"modes": "linearizations", "points": "fixed_points", "shift": "fixed_points"}
"""Quantities of the points of a search, with the folder of the files that have them."""

Drawn = Mapping[str, tuple[FigureRequest, set[str]]]
"""The figures of a study by id, each with the files that it is drawn from."""


def report_request(plan: "Plan", index: Index) -> dict[str, Any]:
    """The report of a study, as plain data in canonical form, with its `report_id`."""
    figures = plan.figures(index) if plan.study.findings else {}
    drawn = {it: (figure, set(figure.paths())) for it, figure in figures.items()}
    findings = [_finding(plan, index, drawn, it) for it in plan.study.findings]
    content = canonical({"study": plan.study.name, "findings": findings})
    return {"report_id": identify("report", content), **content}


def report_sources(request: Mapping[str, Any]) -> list[str]:
    """The files that a report is made of, relative to the folder of results."""
    sources = {side["source"] for finding in request["findings"] for side in _sides(finding)}
    return sorted(sources - {None})


def report_figures(request: Mapping[str, Any]) -> list[str]:
    """The receipts of figures that a report shows, relative to the folder of results."""
    ids = {figure["figure_id"] for finding in request["findings"] for figure in finding["figures"]}
    return [f"figures/{it}/receipt.json" for it in sorted(ids)]


def _finding(plan: "Plan", index: Index, drawn: Drawn, finding: Finding) -> dict[str, Any]:
    comparisons = [_comparison(plan, index, finding.sweep, it) for it in finding.compare]
    content = {
        "claim": finding.claim,
        "sweep": finding.sweep,
        "limits": finding.limits,
        "comparisons": comparisons,
    }
    return {**content, "figures": _figures(drawn, content)}


def _figures(drawn: Drawn, finding: Mapping[str, Any]) -> list[dict[str, str]]:
    """Figures of what is compared: of the same histories, states or measures, at the same trials.

    Of every comparison and type, those that show both sides, or one of them, where none shows both.
    """
    shown: set[str] = set()
    for comparison in finding["comparisons"]:
        sides = [it for it in comparison["sides"] if it["source"]]
        counts: dict[str, dict[str, int]] = defaultdict(dict)
        for it, (figure, paths) in drawn.items():
            found = [_shows(paths, figure.options, side, comparison) for side in sides]
            counts[figure.type][it] = sum(found)
        for of_type in counts.values():
            most = max(of_type.values())
            shown |= {it for it, count in of_type.items() if count == most > 0}
    return [
        {"figure_id": it, "title": figure.title} for it, (figure, _) in drawn.items() if it in shown
    ]


def _shows(
    paths: set[str],
    options: Mapping[str, Any],
    side: Mapping[str, Any],
    comparison: Mapping[str, Any],
) -> bool:
    """Whether a figure shows a side of a comparison: its file, trials, and measure."""
    wanted = {**side["trials"], **_measure(comparison["quantity"])}
    drawn = {side["source"], _drawn_from(side["source"])}
    return not drawn.isdisjoint(paths) and all(
        options.get(name, value) == value for name, value in wanted.items()
    )


def _measure(quantity: Mapping[str, Any]) -> dict[str, Any]:
    """What figures of a measure that is compared have as options."""
    return {name: quantity[name] for name in ("measure", "absolute") if name in quantity}


def _drawn_from(source: str) -> str:
    """The file that figures of the same show: of measured trials, their states."""
    if source.startswith("measures/"):
        return f"states/{source.removeprefix('measures/').removesuffix('.parquet')}.nc"
    return source


def _sides(finding: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [side for comparison in finding["comparisons"] for side in comparison["sides"]]


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
        "against": comparison.against,
        "expect": comparison.expect,
        "effect": comparison.effect,
        "margin": comparison.margin,
    }


def _source(
    plan: "Plan", index: Index, model_id: str, comparison: Comparison
) -> dict[str, str | None]:
    """The file that has the quantity of a model; None where it has no networks to be measured."""
    quantity, entry = comparison.quantity, index[model_id]
    if isinstance(quantity, Modes | Points | Shift):
        if entry["digest"] is None:
            return {"source": None}
        search_id = plan.search_ids[quantity.search, model_id]
        return {"source": f"{OF_POINTS[quantity.type]}/{entry['digest']}/{search_id}.nc"}
    if isinstance(quantity, Responses | Tracks):
        if entry["digest"] is None:
            return {"source": None}
        analysis_id = plan.analysis_ids[quantity.analysis, model_id]
        kind = OF_ANALYSES[quantity.type]
        return {"source": f"{kind}/{entry['digest']}/{analysis_id}.nc"}
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
