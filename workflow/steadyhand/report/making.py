"""The report of a study: histories opened and verified, compared, written as page and text."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from steadyhand.report import forest, words
from steadyhand.report.comparing import (
    Effect,
    Verdict,
    effect_of,
    only_second_fails,
    together,
    verdict_of,
)
from steadyhand.report.quantities import Sample, sample_of
from steadyhand.store.atomic import write_text
from steadyhand.store.datasets import open_dataset
from steadyhand.templates import render

Numbers = Callable[[str, dict[str, Any]], Sample]
"""A quantity of every replicate of a model, by its id."""


def make_report(
    page: Path, text: Path, results: Path, request: dict[str, Any], provenance: dict[str, Any]
) -> dict[str, Any]:
    """Write the report of a resolved request (see `report_requests`); what tables list of it."""

    def numbers(model_id: str, quantity: dict[str, Any]) -> Sample:
        with open_dataset(results / "models" / model_id / "history.nc") as history:
            return sample_of(history, quantity)

    content = content_of(request, numbers, provenance)
    write_text(text, render("report.md.j2", **content))
    write_text(page, render("report.html.j2", **content))
    return {
        "study": request["study"],
        "title": content["title"],
        "verdicts": [finding["verdict"] for finding in content["findings"]],
    }


def content_of(
    request: dict[str, Any], numbers: Numbers, provenance: dict[str, Any]
) -> dict[str, Any]:
    """What the templates of a report are filled with."""
    findings = [_finding(numbers, it) for it in request["findings"]]
    rows = [row for finding in findings for row in finding["rows"]]
    reach = forest.reach_of([row["effect"] for row in rows])
    for row in rows:
        row["marks"] = forest.marks_of(row["effect"], row["margin"], reach)
    return {
        "title": f"Report: {request['study']}",
        "findings": findings,
        "reach": f"{float(f'{reach:.2g}'):g}",
        "least": f"{1 / reach:.2g}",
        "width": forest.WIDTH,
        "height": forest.HEIGHT,
        "provenance": provenance,
    }


def _finding(numbers: Numbers, finding: dict[str, Any]) -> dict[str, Any]:
    rows = [_row(numbers, it) for it in finding["comparisons"]]
    return {
        "claim": finding["claim"],
        "claim_in_markdown": words.in_markdown(finding["claim"]),
        "sweep": finding["sweep"],
        "rows": rows,
        "verdict": together([row["verdict"] for row in rows]),
    }


def _row(numbers: Numbers, comparison: dict[str, Any]) -> dict[str, Any]:
    sides = [numbers(side["model_id"], comparison["quantity"]) for side in comparison["sides"]]
    effect = effect_of(sides[-1].values, sides[0].values if len(sides) > 1 else None)
    conditions = [words.condition_text(side["condition"]) for side in comparison["sides"]]
    return {
        "quantity": words.quantity_text(comparison["quantity"]),
        "where": words.condition_text(comparison["where"]),
        "from": conditions[0] if len(conditions) > 1 else "",
        "to": conditions[-1],
        "expected": comparison["expect"],
        "margin": comparison["margin"],
        "effect": effect,
        "ratio": words.ratio_text(effect),
        "standardized": words.standardized_text(effect),
        "missing": words.missing_text(effect),
        "verdict": _verdict(comparison, sides, effect),
    }


def _verdict(comparison: dict[str, Any], sides: list[Sample], effect: Effect) -> Verdict:
    """Of a whole loss it can also be said that it is higher where all networks fail."""
    quantity, expect = comparison["quantity"], comparison["expect"]
    is_loss = quantity["type"] == "late_loss" and quantity["term"] == "total"
    if is_loss and len(sides) > 1 and only_second_fails(*sides):
        return "reproduced" if expect == "higher" else "refuted"
    return verdict_of(effect, expect, comparison["margin"])
