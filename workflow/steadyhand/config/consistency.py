"""What no single key can know: whether the parts of a study fit together."""

from typing import TYPE_CHECKING, Any

from steadyhand.config.explain import error_at, nearest
from steadyhand.config.reading import Document, Location
from steadyhand.config.requests import Evaluation

if TYPE_CHECKING:
    from steadyhand.config.loading import Study


def check_consistency(study: "Study", document: Document) -> None:
    """Raise `UserError` where a name is unknown or two settings contradict each other."""
    for name, evaluation in study.evaluations.items():
        at: Location = ("evaluations", name)
        _check_sweeps(study, document, at, evaluation.sweeps)
        _check_evaluation(study, document, at, evaluation)
    for name, search in study.fixed_points.items():
        at = ("fixed_points", name)
        _check_sweeps(study, document, at, search.sweeps)
        _check_name(document, (*at, "starts_from"), search.starts_from, study.evaluations)
        source = study.evaluations[search.starts_from]
        _check_covered(study, document, at, search, source, search.starts_from)
    for index, figure in enumerate(study.figures):
        at = ("figures", index)
        _check_sweeps(study, document, at, figure.sweeps)
        for key, known in (("evaluation", study.evaluations), ("analysis", study.fixed_points)):
            named = getattr(figure, key, None)
            if named is not None:
                _check_name(document, (*at, key), named, known)
                _check_covered(study, document, at, figure, known[named], named)


def applied_sweeps(study: "Study", item: Any) -> list[str]:
    """The sweeps that an evaluation, analysis or figure applies to."""
    return list(study.sweeps) if item.sweeps is None else list(item.sweeps)


def _check_sweeps(
    study: "Study", document: Document, at: Location, names: tuple[str, ...] | None
) -> None:
    if names is None:
        return
    if not names:
        raise error_at(document, (*at, "sweeps"), [], "must name at least one sweep")
    for name in names:
        _check_name(document, (*at, "sweeps"), name, study.sweeps)


def _check_name(document: Document, at: Location, name: str, known: Any) -> None:
    if name not in known:
        what = {"starts_from": "evaluation", "sweeps": "sweep"}.get(str(at[-1]), str(at[-1]))
        hint = nearest(name, known) if known else "; the study has none"
        raise error_at(document, at, name, f"no such {what}{hint}")


def _check_covered(
    study: "Study", document: Document, at: Location, item: Any, source: Any, named: str
) -> None:
    missing = [s for s in applied_sweeps(study, item) if s not in applied_sweeps(study, source)]
    if missing:
        raise error_at(
            document,
            (*at, "sweeps"),
            missing[0],
            f"'{named}' does not apply to this sweep; it applies to "
            f"{', '.join(applied_sweeps(study, source))}",
        )


def _check_evaluation(
    study: "Study", document: Document, at: Location, evaluation: Evaluation
) -> None:
    if evaluation.task.type == "steady" and evaluation.field.type == "constant":
        raise error_at(
            document,
            (*at, "field", "type"),
            "constant",
            "a constant field points to the left of the reach, and a steady task has no reach; "
            "allowed: curl",
        )
    impulse = evaluation.sensory_impulse
    for sweep in applied_sweeps(study, evaluation):
        for model in study.sweeps[sweep]:
            n_steps = evaluation.n_steps or model.task.n_steps
            if evaluation.n_steps is not None and model.feedback.delay >= n_steps:
                raise error_at(
                    document,
                    (*at, "n_steps"),
                    n_steps,
                    f"must be more than the feedback delay of sweep '{sweep}', "
                    f"{model.feedback.delay} steps",
                )
            last = n_steps - 1
            if impulse and impulse.onset + impulse.duration > last:
                raise error_at(
                    document,
                    (*at, "sensory_impulse"),
                    f"onset {impulse.onset}, duration {impulse.duration}",
                    f"onset + duration must be at most {last}, the updates of a trial "
                    f"in sweep '{sweep}'",
                )
