"""One figure of a study: its sources, how it is called, and its id."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from steadyhand.condition_text import text_of
from steadyhand.config.units import unit_of
from steadyhand.described_conditions import FIELD
from steadyhand.identity import canonical, identify
from steadyhand.leaf import receipts_of

if TYPE_CHECKING:
    from steadyhand.plan import Plan

Index = Mapping[str, Mapping[str, Any]]
"""model_id → {"digest", "history"}: what training has brought, by content."""


_NOT_SHOWN = ("seed", "replicates")


@dataclass(frozen=True)
class FigureRequest:
    """One figure: all that it is made of."""

    figure_id: str
    type: str
    title: str
    options: dict[str, Any]
    conditions: dict[str, list[Any]]
    sources: list[dict[str, Any]]
    """{"model_id", "label", "condition", "paths": {role: path relative to results}}"""

    def request(self) -> dict[str, Any]:
        """All of it, as plain data in canonical form."""
        return canonical(asdict(self))

    def receipts(self) -> list[str]:
        """The receipts of these files."""
        return receipts_of(self.paths())

    def paths(self) -> list[str]:
        """Every file that the figure draws from, relative to the folder of results."""
        return sorted({path for source in self.sources for path in source["paths"].values()})


Roles = Mapping[str, tuple[str, Mapping[tuple[str, str], str], str]]
"""By role: the folder of its files, their ids by name and model, and the name."""


def sources_of(
    plan: "Plan",
    index: Index,
    sweep: str,
    roles: Roles,
) -> list[dict[str, Any]]:
    """The models of a sweep that have networks, with the path of each role's file."""
    return [
        source_of(
            plan,
            sweep,
            model_id,
            {
                role: f"{folder}/{index[model_id]['digest']}/{ids[name, model_id]}"
                f"{'.parquet' if folder == 'measures' else '.nc'}"
                for role, (folder, ids, name) in roles.items()
            },
        )
        for model_id in plan.sweeps[sweep]
        if index[model_id]["digest"] is not None
    ]


def source_of(plan: "Plan", sweep: str, model_id: str, paths: dict[str, str]) -> dict[str, Any]:
    """A model as the source of a figure, with the path of each role's file."""
    table = plan.tables[model_id]
    shown = [path for path in plan.varying(sweep) if path not in _NOT_SHOWN] or ["field.std"]
    return {
        "model_id": model_id,
        "label": ", ".join(f"{path} = {text_of(table[path])}" for path in shown),
        "condition": {f"train.{path}": value for path, value in table.items()},
        "paths": paths,
    }


def request_of(
    plan: "Plan",
    sweep: str,
    figure: Any,
    title: str,
    sources: list[dict[str, Any]],
    content: dict[str, Any],
    conditions: Mapping[str, Any],
    options: dict[str, Any] | None = None,
) -> FigureRequest:
    """The request of a figure; `content` is what decides it beside files that paths identify."""
    options = options or {}
    shown = [f"train.{path}" for path in plan.varying(sweep)] or ["train.field.std"]
    trained = {
        path: list({repr(it["condition"][path]): it["condition"][path] for it in sources}.values())
        for path in shown
    }
    conditions = {**trained, **conditions}
    # Which conditions are named depends on the study: two of them may differ in nothing else.
    identity = {
        "type": figure.type,
        "options": options,
        "sources": sources,
        "conditions": conditions,
        "content": content,
    }
    return FigureRequest(
        figure_id=identify("figure", identity),
        type=figure.type,
        title=title,
        options=options,
        conditions=conditions,
        sources=sources,
    )


def units_of_sweep(plan: "Plan", sweep: str) -> dict[str, str]:
    """Units of what varies, by column; that of a field's strength depends on its kind."""
    units = {f"train.{path}": unit_of(path) for path in plan.varying(sweep)}
    kinds = {plan.tables[model_id]["field.type"] for model_id in plan.sweeps[sweep]}
    if "train.field.std" in units and len(kinds) == 1:
        units["train.field.std"] = FIELD[kinds.pop()]
    return {column: unit for column, unit in units.items() if unit}
