"""The figures of a study: which sources each has, how they are called, and its id."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from steadyhand.condition_text import text_of
from steadyhand.config.consistency import applied_sweeps
from steadyhand.config.units import unit_of
from steadyhand.figure_contexts import shown_by
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


def figure_requests(plan: "Plan", index: Index) -> list[FigureRequest]:
    """All figures of a study whose sources exist: a model without networks has only a history."""
    requests = [
        request
        for figure in plan.study.figures
        for sweep in applied_sweeps(plan.study, figure)
        for request in _KINDS[figure.type](plan, index, figure, sweep)
    ]
    return list({request.figure_id: request for request in requests}.values())


def _loss_history(plan: "Plan", index: Index, figure: Any, sweep: str) -> Iterator[FigureRequest]:
    for model_id in plan.sweeps[sweep]:
        history = index[model_id]["history"]
        source = _source(plan, sweep, model_id, {"history": f"models/{model_id}/history.nc"})
        yield _request(plan, sweep, figure, "Loss history", [source], {"history": history}, {})


def _of_training(title: str) -> Callable[..., Iterator[FigureRequest]]:
    """Requests of figures that show the histories of all models of a sweep."""

    def requests(plan: "Plan", index: Index, figure: Any, sweep: str) -> Iterator[FigureRequest]:
        models = plan.sweeps[sweep]
        sources = [
            _source(plan, sweep, it, {"history": f"models/{it}/history.nc"}) for it in models
        ]
        content = {"history": {it: index[it]["history"] for it in models}}
        options = {"units": _units(plan, sweep)}
        yield _request(plan, sweep, figure, title, sources, content, {}, options)

    return requests


def _units(plan: "Plan", sweep: str) -> dict[str, str]:
    """Units of what varies, by column; that of a field's strength depends on its kind."""
    units = {f"train.{path}": unit_of(path) for path in plan.varying(sweep)}
    kinds = {plan.tables[model_id]["field.type"] for model_id in plan.sweeps[sweep]}
    if "train.field.std" in units and len(kinds) == 1:
        units["train.field.std"] = {"curl": "N s m-1", "constant": "N"}[kinds.pop()]
    return {column: unit for column, unit in units.items() if unit}


def _aligned_reaches(
    plan: "Plan", index: Index, figure: Any, sweep: str
) -> Iterator[FigureRequest]:
    evaluation = plan.study.evaluations[figure.evaluation]
    kind, sisu = evaluation.field.type, evaluation.sisu
    sources = _sources(
        plan, index, sweep, {"states": ("states", plan.evaluation_ids, figure.evaluation)}
    )
    for amplitude in evaluation.field.amplitude:
        for shown in shown_by(figure.color, "train", sisu, sources, "eval.sisu"):
            title = f"Aligned reaches{shown.words}, {kind} field {amplitude:g}"
            conditions = {"eval.field.type": [kind], "eval.field.amplitude": [amplitude]}
            conditions |= shown.conditions
            options = {"field_amplitude": amplitude, "max_curves": figure.max_curves}
            options |= shown.options
            yield _request(plan, sweep, figure, title, shown.sources, {}, conditions, options)


def _impulse_responses(
    plan: "Plan", index: Index, figure: Any, sweep: str
) -> Iterator[FigureRequest]:
    evaluation = plan.study.evaluations[figure.evaluation]
    impulse, field = evaluation.sensory_impulse, evaluation.field
    assert impulse  # a study was refused where a figure of responses has none
    sources = _sources(
        plan, index, sweep, {"states": ("states", plan.evaluation_ids, figure.evaluation)}
    )
    unit = "m/s" if impulse.channel == "velocity" else "m"
    for size, amplitude in itertools.product(impulse.amplitude, field.amplitude):
        of_field = f", {field.type} field {amplitude:g}" if len(field.amplitude) > 1 else ""
        what = f"Responses to a sensed {impulse.channel} of {size:g} {unit}{of_field}"
        of_trials = {
            "eval.sensory_impulse.channel": [impulse.channel],
            "eval.sensory_impulse.amplitude": [size],
            "eval.field.type": [field.type],
            "eval.field.amplitude": [amplitude],
        }
        options: dict[str, Any] = {"impulse_amplitude": size, "field_amplitude": amplitude}
        options |= {"channel": impulse.channel, "max_curves": figure.max_curves}
        for shown in shown_by(figure.color, "train", evaluation.sisu, sources, "eval.sisu"):
            title, conditions = f"{what}{shown.words}", of_trials | shown.conditions
            of_figure = options | shown.options
            yield _request(plan, sweep, figure, title, shown.sources, {}, conditions, of_figure)


def _fixed_points_pca(
    plan: "Plan", index: Index, figure: Any, sweep: str
) -> Iterator[FigureRequest]:
    roles = {"fixed_points": ("fixed_points", plan.search_ids, figure.analysis)}
    sisu = plan.study.fixed_points[figure.analysis].sisu
    conditions = {"analysis.sisu": list(sisu)} if sisu else {}
    for source in _sources(plan, index, sweep, roles):
        title = "Fixed points in principal components"
        yield _request(plan, sweep, figure, title, [source], {}, conditions)


def _eigenvalues(plan: "Plan", index: Index, figure: Any, sweep: str) -> Iterator[FigureRequest]:
    roles = {"linearization": ("linearizations", plan.search_ids, figure.analysis)}
    sources = _sources(plan, index, sweep, roles)
    sisu = plan.study.fixed_points[figure.analysis].sisu
    for shown in shown_by(figure.color, "replicate", sisu, sources, "analysis.sisu"):
        steps = {source["condition"]["train.plant.time_step"] for source in shown.sources}
        options = {"time_step": steps.pop()} if len(steps) == 1 else {}
        options |= shown.options
        title = f"Eigenvalues at the fixed points{shown.words}"
        yield _request(plan, sweep, figure, title, shown.sources, {}, shown.conditions, options)


_KINDS: dict[str, Callable[..., Iterator[FigureRequest]]] = {
    "loss_history": _loss_history,
    "loss_over_replicates": _of_training("Loss over replicates"),
    "readout_norm": _of_training("Norm of the readout"),
    "training_schedule": _of_training("Schedule of the training"),
    "aligned_reaches": _aligned_reaches,
    "impulse_responses": _impulse_responses,
    "fixed_points_pca": _fixed_points_pca,
    "eigenvalues": _eigenvalues,
}


def _sources(
    plan: "Plan",
    index: Index,
    sweep: str,
    roles: Mapping[str, tuple[str, Mapping[tuple[str, str], str], str]],
) -> list[dict[str, Any]]:
    """The models of a sweep that have networks, with the path of each role's file."""
    return [
        _source(
            plan,
            sweep,
            model_id,
            {
                role: f"{folder}/{index[model_id]['digest']}/{ids[name, model_id]}.nc"
                for role, (folder, ids, name) in roles.items()
            },
        )
        for model_id in plan.sweeps[sweep]
        if index[model_id]["digest"] is not None
    ]


def _source(plan: "Plan", sweep: str, model_id: str, paths: dict[str, str]) -> dict[str, Any]:
    table = plan.tables[model_id]
    shown = [path for path in plan.varying(sweep) if path not in _NOT_SHOWN] or ["field.std"]
    return {
        "model_id": model_id,
        "label": ", ".join(f"{path} = {text_of(table[path])}" for path in shown),
        "condition": {f"train.{path}": value for path, value in table.items()},
        "paths": paths,
    }


def _request(
    plan: "Plan",
    sweep: str,
    figure: Any,
    title: str,
    sources: list[dict[str, Any]],
    content: dict[str, Any],
    conditions: Mapping[str, Any],
    options: dict[str, Any] | None = None,
) -> FigureRequest:
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
