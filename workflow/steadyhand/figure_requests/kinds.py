"""The figures of a study, by their types."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from steadyhand.config.consistency import applied_sweeps
from steadyhand.figure_requests import of_measures, of_points, of_trials
from steadyhand.figure_requests.request import (
    FigureRequest,
    Index,
    request_of,
    source_of,
    units_of_sweep,
)

if TYPE_CHECKING:
    from steadyhand.plan import Plan


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
        source = source_of(plan, sweep, model_id, {"history": f"models/{model_id}/history.nc"})
        yield request_of(plan, sweep, figure, "Loss history", [source], {"history": history}, {})


def _of_training(title: str) -> Callable[..., Iterator[FigureRequest]]:
    """Requests of figures that show the histories of all models of a sweep."""

    def requests(plan: "Plan", index: Index, figure: Any, sweep: str) -> Iterator[FigureRequest]:
        models = plan.sweeps[sweep]
        sources = [
            source_of(plan, sweep, it, {"history": f"models/{it}/history.nc"}) for it in models
        ]
        content = {"history": {it: index[it]["history"] for it in models}}
        options = {"units": units_of_sweep(plan, sweep)}
        yield request_of(plan, sweep, figure, title, sources, content, {}, options)

    return requests


_KINDS: dict[str, Callable[..., Iterator[FigureRequest]]] = {
    "loss_history": _loss_history,
    "loss_over_replicates": _of_training("Loss over replicates"),
    "readout_norm": _of_training("Norm of the readout"),
    "training_schedule": _of_training("Schedule of the training"),
    "aligned_reaches": of_trials.aligned_reaches,
    "reach_profiles": of_trials.reach_profiles,
    "impulse_responses": of_trials.impulse_responses,
    "measures": of_measures.measures,
    "frequency_response": of_trials.frequency_response,
    "unit_preferences": of_trials.unit_preferences,
    "principal_components": of_measures.principal_components,
    "tangling": of_measures.tangling,
    "linear_response": of_points.linear_response,
    "modal_response": of_points.modal_response,
    "fixed_points_pca": of_points.fixed_points_pca,
    "branches": of_points.branches,
    "eigenvalues": of_points.eigenvalues,
    "mode_tracks": of_points.mode_tracks,
    "mode_distributions": of_points.mode_distributions,
}
