"""Requests with nothing left open: a study's wishes, completed by the model they are applied to.

What an evaluation or analysis depends on beside the weights is all in its request, the physics
of the model included: two models with equal weights but another time step have other requests.
"""

from typing import TYPE_CHECKING, Any

from steadyhand.identity import canonical, identify
from steadyhand.recorded import RECORDED

if TYPE_CHECKING:
    from steadyhand.config.analyses import Analysis
    from steadyhand.config.evaluation import Evaluation
    from steadyhand.config.hyperparameters import Hyperparameters
    from steadyhand.config.search import FixedPointSearch

Request = dict[str, Any]


def training_of(model: "Hyperparameters") -> Request:
    """What the trainer reads: all hyperparameters but those of the selection that follows."""
    return canonical(model.model_dump(mode="json", exclude={"selection"}))


def model_id_of(model: "Hyperparameters") -> str:
    """The id of a model: the hash of all its hyperparameters."""
    return identify("model", model.model_dump(mode="json"))


def training_id_of(training: Request) -> str:
    """The id of a training: models that differ only in their selection share it."""
    return identify("training", training)


def evaluation_request(evaluation: "Evaluation", model: "Hyperparameters") -> Request:
    """The request of an evaluation of a model."""
    asked = evaluation.model_dump(mode="json", exclude={"sweeps"})
    physics = _physics(model)
    sensory, motor = asked.pop("feedback_noise_std"), asked.pop("motor_noise_std")
    if sensory is not None:
        physics["feedback"]["noise_std"] = sensory
    if motor is not None:
        physics["motor"]["noise_std"] = motor
    n_steps = asked.pop("n_steps") or model.task.n_steps
    asked["keep"] = sorted(RECORDED) if asked["keep"] is None else asked["keep"]
    return canonical(
        {**asked, "n_steps": n_steps, "workspace": _workspace(model), "physics": physics}
    )


def evaluation_id_of(request: Request) -> str:
    """The id of an evaluation."""
    return identify("evaluation", request)


def search_request(
    search: "FixedPointSearch", evaluation_id: str, evaluation: Request, model: "Hyperparameters"
) -> Request:
    """The request of a fixed-point search of a model, started from an evaluation's states."""
    asked = search.model_dump(mode="json", exclude={"sweeps", "starts_from"})
    if search.at.type == "path":
        # Trials differ by their field, although a hand that is held does not feel it.
        asked["field"] = {**evaluation["field"], "direction": 0.0}
    return canonical(
        {
            **asked,
            "starts_from": evaluation_id,
            "workspace": _workspace(model),
            "physics": _physics(model),
        }
    )


def search_id_of(request: Request) -> str:
    """The id of a fixed-point analysis."""
    return identify("analysis", request)


def analysis_request(analysis: "Analysis", evaluation_id: str, evaluation: Request) -> Request:
    """The request of an analysis of an evaluation's states, with what it has to know of them."""
    asked = analysis.model_dump(mode="json", exclude={"sweeps", "evaluation"})
    of_states = {key: evaluation[key] for key in ("physics", "hidden_every")}
    return canonical({**asked, "evaluation": evaluation_id, **of_states})


def response_request(analysis: "Analysis", search_id: str, search: Request) -> Request:
    """The request of an analysis of fixed points, with what it has to know of their search."""
    asked = analysis.model_dump(mode="json", exclude={"sweeps", "search"})
    of_points = {key: search[key] for key in ("physics", "closed_loop", "field", "sisu")}
    return canonical({**asked, "fixed_points": search_id, **of_points})


def modal_request(
    analysis: "Analysis", search_id: str, search: Request, evaluation_id: str, evaluation: Request
) -> Request:
    """The request of an analysis of fixed points beside an evaluation's trials with impulses."""
    of_points = response_request(analysis, search_id, search)
    impulse = evaluation["sensory_impulse"]
    return canonical({**of_points, "evaluation": evaluation_id, "impulse": impulse})


def analysis_id_of(request: Request) -> str:
    """The id of an analysis of states or of fixed points; its type is in the request."""
    return identify("analysis", request)


def _physics(model: "Hyperparameters") -> Request:
    return model.model_dump(mode="json", include={"plant", "network", "feedback", "motor"})


def _workspace(model: "Hyperparameters") -> list[float]:
    return [model.task.workspace_min, model.task.workspace_max]
