"""What no single key can know: whether the parts of a study fit together.

Of an evaluation or analysis and the models it is applied to, see `applied`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from steadyhand.analyses.needs import ANALYSES, MODAL, NEEDED, OF_POINTS
from steadyhand.config.analyses import ModalResponse
from steadyhand.config.applied import problem_of_evaluation
from steadyhand.config.applied_analyses import problem_of_analysis
from steadyhand.config.applied_findings import problem_of_comparison
from steadyhand.config.applied_measures import problems_of_shown
from steadyhand.config.applied_modes import missing_conditions, problem_of_count, problem_of_trials
from steadyhand.config.applied_response import problem_of_points
from steadyhand.config.applied_search import problem_of_search
from steadyhand.config.base import leaves
from steadyhand.config.explain import error_at, nearest
from steadyhand.config.hyperparameters import Hyperparameters
from steadyhand.config.numbers import repeated, single
from steadyhand.config.obstacles import OBSTACLES
from steadyhand.config.problem import Models, Problem
from steadyhand.config.quantities import OF_ANALYSES
from steadyhand.config.reading import Document, Location
from steadyhand.config.search import Goals

if TYPE_CHECKING:
    from steadyhand.config.loading import Study


def check_consistency(study: "Study", document: Document) -> None:
    """Raise `UserError` where a name is unknown or two settings contradict each other."""
    for name, models in study.sweeps.items():
        _check_distinct(document, ("sweeps", name), models)
    for name, evaluation in study.evaluations.items():
        at: Location = ("evaluations", name)
        _check_sweeps(study, document, at, evaluation.sweeps)
        _require_none(document, at, problem_of_evaluation(evaluation, _applied(study, evaluation)))
    check = partial(_check_made_of, study, document)
    for name, search in study.fixed_points.items():
        at = ("fixed_points", name)
        check(at, search, "starts_from", study.evaluations, problem_of_search)
    for name, analysis in study.analyses.items():
        at = ("analyses", name)
        if analysis.type in OF_POINTS:
            check(at, analysis, "search", study.fixed_points, problem_of_points)
            if isinstance(analysis, ModalResponse):
                search = study.fixed_points[analysis.search]
                of_trials = partial(problem_of_trials, search)
                check(at, analysis, "evaluation", study.evaluations, of_trials)
        else:
            check(at, analysis, "evaluation", study.evaluations, problem_of_analysis)
    for index, figure in enumerate(study.figures):
        _check_figure(study, document, ("figures", index), figure)
    for index, finding in enumerate(study.findings):
        at = ("findings", index)
        _check_name(document, (*at, "sweep"), finding.sweep, study.sweeps)
        for number, comparison in enumerate(finding.compare):
            _check_comparison(study, document, (*at, "compare", number), finding.sweep, comparison)


def _check_made_of(
    study: "Study",
    document: Document,
    at: Location,
    item: Any,
    key: str,
    known: Mapping[str, Any],
    problem: Callable[[Any, Any, Models], Problem | None],
) -> None:
    """Check what is made of the one of `known` that `item` names under `key`."""
    named = getattr(item, key)
    _check_sweeps(study, document, at, item.sweeps)
    _check_name(document, (*at, key), named, known)
    source = known[named]
    _check_covered(study, document, at, item, source, named)
    _require_none(document, at, problem(item, source, _applied(study, item)))


def _check_figure(study: "Study", document: Document, at: Location, figure: Any) -> None:
    _check_sweeps(study, document, at, figure.sweeps)
    analyses = study.analyses if figure.type in ANALYSES else study.fixed_points
    for key, known in (("evaluation", study.evaluations), ("analysis", analyses)):
        named = getattr(figure, key, None)
        if named is not None:
            _check_name(document, (*at, key), named, known)
            _check_covered(study, document, at, figure, known[named], named)
            _check_drawable(document, (*at, key), figure.type, named, known)
            _check_color(document, (*at, "color"), figure, known[named], named)
    if named := getattr(figure, "prediction", None):
        _check_prediction(study, document, at, figure, named)
    if hasattr(figure, "by"):
        source = study.analyses[figure.analysis] if figure.type in NEEDED else figure
        evaluation = study.evaluations[source.evaluation]
        models = [it for sweep in _applied(study, figure).values() for it in sweep]
        found = next(problems_of_shown(figure, evaluation, models), None)
        _require_none(document, at, found)


def _check_prediction(
    study: "Study", document: Document, at: Location, figure: Any, named: str
) -> None:
    """What a figure of states shows of fixed points must be there under its conditions."""
    at = (*at, "prediction")
    _check_name(document, at, named, study.analyses)
    _check_drawable(document, at, "linear_response", named, study.analyses)
    analysis = study.analyses[named]
    _check_covered(study, document, at[:-1], figure, analysis, named)
    evaluation = study.evaluations[study.analyses[figure.analysis].evaluation]
    search = study.fixed_points[analysis.search]
    for text in missing_conditions(search, analysis.search, evaluation):
        raise error_at(document, at, named, f"of the trials of '{figure.analysis}', {text}")


def _check_comparison(
    study: "Study", document: Document, at: Location, sweep: str, comparison: Any
) -> None:
    of = {
        "evaluation": study.evaluations,
        "search": study.fixed_points,
        "analysis": study.analyses,
    }
    sources: dict[str, Any] = {}
    for key, known in of.items():
        named = getattr(comparison.quantity, key, None)
        if named is not None:
            place: Location = (*at, "quantity", key)
            _check_name(document, place, named, known)
            sources[key] = known[named]
            _check_applies(study, document, place, named, sources[key], sweep)
    if analysis := sources.pop("analysis", None):
        quantity = comparison.quantity
        kind = OF_ANALYSES[quantity.type]
        where: Location = (*at, "quantity", "analysis")
        _check_drawable(document, where, kind, quantity.analysis, study.analyses)
        if kind == MODAL:
            _require_none(document, at, problem_of_count(quantity, analysis))
            sources["evaluation"] = study.evaluations[analysis.evaluation]
        else:
            sources["search"] = study.fixed_points[analysis.search]
    found = problem_of_comparison(comparison, study.sweeps[sweep], **sources)
    _require_none(document, at, found)


def _check_applies(
    study: "Study", document: Document, at: Location, named: str, item: Any, sweep: str
) -> None:
    if sweep not in applied_sweeps(study, item):
        problem = f"does not apply to the sweep of the finding, '{sweep}'"
        raise error_at(document, at, named, problem)


def _require_none(document: Document, at: Location, found: Problem | None) -> None:
    if found:
        raise error_at(document, (*at, *found.key), found.value, found.text)


def _applied(study: "Study", item: Any) -> dict[str, Sequence[Hyperparameters]]:
    return {sweep: study.sweeps[sweep] for sweep in applied_sweeps(study, item)}


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
    if problem := repeated(names):
        raise error_at(document, (*at, "sweeps"), list(names), problem)
    for name in names:
        _check_name(document, (*at, "sweeps"), name, study.sweeps)


def _check_name(document: Document, at: Location, name: str, known: Any) -> None:
    if name not in known:
        what = {"starts_from": "evaluation", "sweeps": "sweep", "prediction": "analysis"}.get(
            str(at[-1]), str(at[-1])
        )
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


def _check_distinct(document: Document, at: Location, models: Sequence[Hyperparameters]) -> None:
    """Two models that are computed with the same numbers would be one training with two ids."""
    seen: dict[tuple[Any, ...], Hyperparameters] = {}
    for model in models:
        stored = tuple(
            single(value) if isinstance(value, float) else value for _, value in leaves(model)
        )
        if stored in seen:
            pairs = zip(leaves(seen[stored]), leaves(model), strict=True)
            path, one, other = next((p, a, b) for (p, a), (_, b) in pairs if a != b)
            problem = f"{path} = {one} and {other} are the same in single precision"
            raise error_at(document, at, model, problem)
        seen[stored] = model


def _check_drawable(
    document: Document, at: Location, kind: str, named: str, known: Mapping[str, Any]
) -> None:
    """Refuse a figure that could only fail, or show nothing, once all has been computed."""
    obstacle = OBSTACLES.get(kind, lambda _: None)
    if problem := obstacle(known[named]):
        suitable = [name for name, item in known.items() if not obstacle(item)]
        allowed = ", ".join(suitable) or "another one, the study has none that will do"
        raise error_at(document, at, named, f"{problem}; allowed: {allowed}")


def _check_color(document: Document, at: Location, figure: Any, source: Any, named: str) -> None:
    """Colours for contexts, or goals, need several of them."""
    color = getattr(figure, "color", None)
    if color == "place" and not (isinstance(source.at, Goals) and source.at.grid > 1):
        problem = f"'{named}' is not at several goals; allowed: 'replicate', or a search at goals"
        raise error_at(document, at, color, problem)
    if color not in ("sisu", "field_amplitude"):
        return
    values = source.sisu if color == "sisu" else source.field and source.field.amplitude
    what = "sisu" if color == "sisu" else "field.amplitude"
    if len(values or ()) < 2:
        there = f"one value of {what}, {values[0]:g}" if values else f"no values of {what}"
        usual = "replicate" if figure.type == "eigenvalues" else "train"
        problem = f"'{named}' has {there}: there is nothing to compare; allowed: '{usual}'"
        raise error_at(document, at, color, problem)
