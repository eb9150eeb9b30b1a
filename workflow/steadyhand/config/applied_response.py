"""Whether analyses of the fixed points of a search can be had."""

from collections.abc import Iterator

from steadyhand.config.analyses import Branches, LinearResponse, ModalResponse, ModeTracks
from steadyhand.config.applied import problems_of_values
from steadyhand.config.problem import Models, Problem, distinct
from steadyhand.config.search import FixedPointSearch, Goals

_NUMBERS = 25 * 10**7


def problem_of_points(
    analysis: LinearResponse | ModalResponse | ModeTracks | Branches,
    source: FixedPointSearch,
    models: Models,
) -> Problem | None:
    """The first reason why an analysis of the points of `source` cannot be meant."""
    if isinstance(analysis, Branches):
        return next(_of_branches(analysis, source), None)
    if isinstance(analysis, ModeTracks):
        return None  # of whatever points there are
    if isinstance(analysis, ModalResponse):
        return next(_of_loops(analysis, source), None)
    return next(_of_response(analysis, source, models), None)


def _of_loops(
    analysis: LinearResponse | ModalResponse, source: FixedPointSearch
) -> Iterator[Problem]:
    if not source.closed_loop:
        yield Problem(
            ("search",),
            analysis.search,
            "its hands are held where they are, and do not respond; allowed: searches with "
            "closed_loop: true",
        )


def _of_branches(analysis: Branches, source: FixedPointSearch) -> Iterator[Problem]:
    name, at = analysis.parameter, ("parameter",)
    if not analysis.low < analysis.high:
        yield Problem(("high",), analysis.high, f"must be above low = {analysis.low:g}")
    if not isinstance(source.at, Goals):
        yield Problem(
            ("search",),
            analysis.search,
            f"its places are at.type = {source.at.type}; allowed: searches at goals",
        )
    if name in ("field", "delay") and not source.closed_loop:
        yield Problem(
            at,
            name,
            "hands that are held where they are have none; allowed: sisu, goal_x, goal_y, or "
            "searches with closed_loop: true",
        )
    if name == "sisu" and source.sisu is None:
        yield Problem(at, name, f"'{analysis.search}' is of networks without a context input")
    ends = f"from {analysis.low:g} to {analysis.high:g}"
    whole = analysis.low.is_integer() and analysis.high.is_integer()
    if name == "delay" and not (whole and analysis.low >= 0 and analysis.high <= 200):
        yield Problem(at, name, f"{ends} are no delays; allowed: whole steps, from 0 to 200")
    known = {
        "sisu": source.sisu,
        "field": source.field.amplitude if source.field else (0.0,),
    }.get(name)
    if known and not any(analysis.low <= it <= analysis.high for it in known):
        there = ", ".join(f"{it:g}" for it in known)
        yield Problem(
            at, name, f"no value of '{analysis.search}' ({there}) is {ends}, where branches begin"
        )


def _of_response(
    analysis: LinearResponse, source: FixedPointSearch, models: Models
) -> Iterator[Problem]:
    yield from _of_loops(analysis, source)
    yield from problems_of_values("amplitude", analysis.amplitude)
    if min(analysis.amplitude) == 0:
        problem = "an offset of 0 is none; allowed: lengths above 0"
        yield Problem(("amplitude",), list(analysis.amplitude), problem)
    if analysis.duration > analysis.n_steps:
        yield Problem(
            ("duration",),
            analysis.duration,
            f"must be at most n_steps = {analysis.n_steps}, the states of a response",
        )
    assert isinstance(source.at, Goals)
    goals = source.at.grid**2
    conditions = len(source.sisu or (None,)) * len(source.field.amplitude if source.field else "1")
    for sweep, members in models.items():
        for model in distinct(members):
            responses = goals * conditions * len(analysis.amplitude) * analysis.directions
            numbers = responses * model.replicates * analysis.n_steps * 4
            if numbers > _NUMBERS:
                yield Problem(
                    (),
                    analysis,
                    f"goals · conditions · replicates · amplitudes · directions · n_steps · 4 = "
                    f"{numbers} numbers in sweep '{sweep}': must be at most {_NUMBERS}",
                )
