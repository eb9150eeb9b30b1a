"""What the page of figures is made of, from the catalogue and the figures themselves."""

from pathlib import Path
from typing import Any

from steadyhand.catalogue.reading import Catalogue
from steadyhand.catalogue.scan import find_figures, find_reports, find_studies

_COUNTED = ("models", "replicates", "evaluations", "fixed_points", "analyses", "figures")


def site_entries(results: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Entries of figures and information about `results`, for `site.build_index`."""
    shown = {figure.figure_id: figure.meta for figure in find_figures(results)}
    asked = {study.get("report") for study in find_studies(results)}
    with Catalogue(results) as catalogue:
        figures = catalogue.select("figures")
        counts = {table: len(catalogue.select(table)) for table in _COUNTED}
    entries = [
        {
            "figure_id": row["figure_id"],
            "type": row["type"],
            "title": row["title"],
            "conditions": shown[row["figure_id"]]["conditions"],
            "sources": row["sources"],
            "studies": [name for name in row["studies"].split(",") if name],
            "path": row["page"],
        }
        for row in figures
    ]
    info = {
        "title": "steadyhand: results",
        "summary": "Figures of trained controllers, and of the fixed points where they hold still.",
        "counts": {name.replace("_", " "): number for name, number in counts.items()},
        "reports": [
            {
                "title": report.contents["title"],
                "path": report.page,
                "verdicts": report.contents["verdicts"],
                "asked": report.report_id in asked,
            }
            for report in find_reports(results)
        ],
    }
    return entries, info
