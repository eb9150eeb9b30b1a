"""Whether responses can be had of the fixed points of a search."""

from collections.abc import Iterator

from steadyhand.config.analyses import LinearResponse
from steadyhand.config.applied import problems_of_values
from steadyhand.config.problem import Models, Problem, distinct
from steadyhand.config.search import FixedPointSearch, Goals

_NUMBERS = 25 * 10**7


def problem_of_response(
    analysis: LinearResponse, source: FixedPointSearch, models: Models
) -> Problem | None:
    """The first reason why responses at the points of `source` cannot be meant."""
    return next(_of_response(analysis, source, models), None)


def _of_response(
    analysis: LinearResponse, source: FixedPointSearch, models: Models
) -> Iterator[Problem]:
    if not source.closed_loop:
        yield Problem(
            ("search",),
            analysis.search,
            "its hands are held where they are, and do not respond; allowed: searches with "
            "closed_loop: true",
        )
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
