"""The report of a study: files opened and verified, compared, written as page and text."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import xarray as xr

from steadyhand.report import forest, words
from steadyhand.report.comparing import (
    Effect,
    Verdict,
    effect_of,
    only_second_fails,
    together,
    verdict_of,
)
from steadyhand.report.modes import sample_of_modes
from steadyhand.report.point_sets import sample_of_points, sample_of_shift
from steadyhand.report.quantities import Sample, sample_of, sample_of_trials
from steadyhand.report.responses import sample_of_responses
from steadyhand.report.tracks import sample_of_tracks
from steadyhand.store.atomic import write_text
from steadyhand.store.datasets import open_dataset
from steadyhand.store.origin import open_artefact, read_measured
from steadyhand.templates import render

_OF_FILES: dict[str, Callable[[xr.Dataset, dict[str, Any], dict[str, Any]], Sample]] = {
    "modes": sample_of_modes,
    "points": sample_of_points,
    "shift": sample_of_shift,
    "responses": sample_of_responses,
    "tracks": sample_of_tracks,
}

Numbers = Callable[[dict[str, Any], dict[str, Any]], Sample]
"""A quantity of every replicate of a side of a comparison."""


def make_report(
    page: Path, text: Path, results: Path, request: dict[str, Any], provenance: dict[str, Any]
) -> dict[str, Any]:
    """Write the report of a resolved request (see `report_requests`); what tables list of it."""
    read = cache(read_measured)

    def numbers(side: dict[str, Any], quantity: dict[str, Any]) -> Sample:
        if side["source"] is None:  # no network of this model was selected
            return Sample({})
        path = results / side["source"]
        if quantity["type"] == "measure":
            return sample_of_trials(read(path), quantity, side["trials"])
        if of_file := _OF_FILES.get(quantity["type"]):
            with open_artefact(path) as data:
                return of_file(data, quantity, side["trials"])
        with open_dataset(path) as history:
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
    reach = forest.reach_of(row["effect"] for finding in findings for row in finding["rows"])
    for finding in findings:
        _mark(finding["rows"], reach)
    kinds = sorted({row["effect"].kind for finding in findings for row in finding["rows"]})
    return {
        "title": f"Report: {request['study']}",
        "findings": findings,
        "kinds": kinds,
        "reach": f"{float(f'{reach:.2g}'):g}",
        "least": f"{1 / reach:.2g}",
        "width": forest.WIDTH,
        "height": forest.HEIGHT,
        "provenance": provenance,
    }


def _mark(rows: list[dict[str, Any]], reach: float) -> None:
    """Put marks into the rows of a finding; differences of one quantity share an axis."""
    for row in rows:
        if row["effect"].kind == "difference":
            alike = [it for it in rows if it["quantity"] == row["quantity"]]
            margin = max(it["margin"] for it in alike)
            own = forest.reach_of_differences((it["effect"] for it in alike), margin)
            row["marks"] = forest.marks_of(row["effect"], row["margin"], own)
            row["axis"] = [words.signed_text(end, row["unit"]) for end in (-own, own)]
        else:
            row["marks"], row["axis"] = forest.marks_of(row["effect"], row["margin"], reach), None


def _finding(numbers: Numbers, finding: dict[str, Any]) -> dict[str, Any]:
    rows = [_row(numbers, it) for it in finding["comparisons"]]
    return {
        "claim": finding["claim"],
        "claim_in_markdown": words.in_markdown(finding["claim"]),
        "limits": finding["limits"],
        "limits_in_markdown": words.in_markdown(finding["limits"] or ""),
        "sweep": finding["sweep"],
        "figures": finding["figures"],
        "rows": rows,
        "verdict": together([row["verdict"] for row in rows]),
    }


def _row(numbers: Numbers, comparison: dict[str, Any]) -> dict[str, Any]:
    sides = [numbers(side, comparison["quantity"]) for side in comparison["sides"]]
    against = comparison["against"]
    first = sides[0].values if len(sides) > 1 else 1.0 if against is None else against
    effect = effect_of(sides[-1].values, first, comparison["effect"])
    conditions = [words.condition_text(side["condition"]) for side in comparison["sides"]]
    unit = next((it.unit for it in sides if it.unit), "")
    return {
        "quantity": words.quantity_text(comparison["quantity"]),
        "where": words.condition_text(comparison["where"]),
        "from": conditions[0] if len(conditions) > 1 else words.against_text(against, unit),
        "to": conditions[-1],
        "levels": _levels(sides, unit),
        "expected": comparison["expect"],
        "margin": comparison["margin"],
        "margin_text": words.margin_text(comparison["margin"], effect, unit),
        "unit": unit,
        "effect": effect,
        "size": words.effect_text(effect, unit),
        "standardized": words.standardized_text(effect),
        "missing": words.missing_text(effect, alone=len(sides) == 1),
        "verdict": _verdict(comparison, sides, effect),
    }


def _levels(sides: list[Sample], unit: str) -> list[str]:
    """Means of both conditions; empty without a unit, and of a number in the place of one."""
    levels = [words.level_text(it.values, unit) if unit else "" for it in sides]
    return levels if len(levels) > 1 else ["", *levels]


def _verdict(comparison: dict[str, Any], sides: list[Sample], effect: Effect) -> Verdict:
    """Of a whole loss it can also be said that it is higher where all networks fail."""
    quantity, expect = comparison["quantity"], comparison["expect"]
    is_loss = quantity["type"] == "late_loss" and quantity["term"] == "total"
    if is_loss and len(sides) > 1 and only_second_fails(*sides):
        return "reproduced" if expect == "higher" else "refuted"
    if comparison["against"] is not None and effect.missing[1]:
        return "undecided"  # a number lacks nothing, and would always come off the better
    return verdict_of(effect, expect, comparison["margin"])
