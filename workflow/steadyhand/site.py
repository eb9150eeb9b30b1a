"""The start page of `results/`: every figure by type, with a filter that works without a server."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from steadyhand.figures import TYPES
from steadyhand.templates import render

_HEADINGS = {
    "loss_history": "Training: loss histories",
    "loss_over_replicates": "Training: loss over replicates",
    "readout_norm": "Training: norm of the readout",
    "training_schedule": "Training: schedules",
    "aligned_reaches": "Behaviour: aligned reaches",
    "reach_profiles": "Behaviour: reaches over time",
    "impulse_responses": "Behaviour: responses to sensory impulses",
    "measures": "Behaviour: measures",
    "frequency_response": "Closed loop: frequency responses",
    "linear_response": "Closed loop: what the linearization predicts",
    "modal_response": "Closed loop: modes that make responses",
    "unit_preferences": "Networks: preferred directions of units",
    "principal_components": "Networks: dimensions of activity",
    "tangling": "Networks: tangling",
    "fixed_points_pca": "Networks: fixed points",
    "branches": "Networks and loops: branches of fixed points",
    "eigenvalues": "Networks: eigenvalues at the fixed points",
    "mode_tracks": "Networks and loops: modes followed",
    "mode_distributions": "Networks and loops: angles and magnitudes of modes",
}
_RELATIVE = re.compile(r"(?!/|[A-Za-z][A-Za-z0-9+.-]*:)(?!(?:.*/)?\.\.(?:/|$)).+")
"""A path inside `results/`: not absolute, no scheme, no step upwards."""


def build_index(entries: Sequence[Mapping[str, Any]], info: Mapping[str, Any]) -> str:
    """The text of `results/index.html`; equal entries in any order give equal text.

    An entry has `figure_id`, `type`, `title`, `conditions` ({column: values}), `sources`
    (model ids), `studies` (names; none: no current study asks for the figure) and `path`
    (relative to `results/`). `info` may hold `title`, `summary` (a sentence) and `counts`
    ({what: number}), and `reports` (`title`, `path`, `verdicts`, `asked`). Raises `ValueError` if
    a path leads out of `results/`.
    """
    cards = [_card(entry) for entry in sorted(entries, key=_place)]
    current = [card for card in cards if card["studies"]]
    return render(
        "index.html.j2",
        title=info.get("title", "Figures"),
        summary=info.get("summary", ""),
        counts=dict(info.get("counts", {})),
        reports=[_report(report) for report in info.get("reports", ())],
        groups=_grouped(current),
        others=_grouped([card for card in cards if not card["studies"]]),
        total=len(cards),
    )


def _report(report: Mapping[str, Any]) -> dict[str, Any]:
    verdicts = report["verdicts"]
    counts = {verdict: verdicts.count(verdict) for verdict in dict.fromkeys(verdicts)}
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    if not report["asked"]:
        said += "; no current study asks for it as it is"
    return {"title": report["title"], "href": quote(report["path"]), "said": said}


def _place(entry: Mapping[str, Any]) -> tuple[int, str, str, str]:
    kind = entry["type"]
    order = TYPES.index(kind) if kind in TYPES else len(TYPES)
    return order, kind, entry["title"], entry["figure_id"]


def _card(entry: Mapping[str, Any]) -> dict[str, Any]:
    path = entry["path"]
    if not _RELATIVE.fullmatch(path):
        raise ValueError(f"figure {entry['figure_id']}: the path {path!r} leads out of results/")
    conditions = {
        column: [_text(value) for value in values]
        for column, values in sorted(entry["conditions"].items())
    }
    words = [
        entry["title"],
        entry["type"],
        entry["figure_id"],
        *entry["studies"],
        *entry["sources"],
    ]
    words += [f"{column} {' '.join(values)}" for column, values in conditions.items()]
    return {
        "type": entry["type"],
        "title": entry["title"],
        "studies": sorted(entry["studies"]),
        "conditions": conditions,
        "pairs": [f"{column}={value}" for column, values in conditions.items() for value in values],
        "words": " ".join(words).lower(),
        "href": quote(path),
        "models": len(entry["sources"]),
    }


def _text(value: object) -> str:
    """A value as a reader writes it: `1` for 1.0, `yes` for True."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _grouped(cards: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Cards by type, in the order they come."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for card in cards:
        groups.setdefault(card["type"], []).append(card)
    return [{"heading": _HEADINGS[kind], "cards": members} for kind, members in groups.items()]
