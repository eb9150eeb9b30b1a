"""Whether what is asked of networks names a context, and they have an input for it."""

from collections.abc import Iterator

from steadyhand.config.evaluation import Evaluation
from steadyhand.config.problem import Models, Problem
from steadyhand.config.search import FixedPointSearch

_KEY = ("sisu",)


def problem_of_context(asked: Evaluation | FixedPointSearch, models: Models) -> Iterator[Problem]:
    """Problems of the key `sisu`: it is there for networks with a context input, and only then."""
    methods = {name: {it.context.method for it in members} for name, members in models.items()}
    told = [name for name, found in methods.items() if found != {"none"}]
    untold = [name for name, found in methods.items() if "none" in found]
    value = asked if asked.sisu is None else list(asked.sisu)
    kind = ", ".join(told if asked.sisu else untold)
    if mixed := [name for name in told if name in untold]:
        yield Problem(
            _KEY,
            value,
            f"only some networks of sweep '{mixed[0]}' have a context input (context.method = "
            f"{', '.join(sorted(methods[mixed[0]]))}); allowed: a sweep of its own for either kind",
        )
    elif told and untold:
        yield Problem(
            _KEY,
            value,
            f"networks of sweep '{told[0]}' have a context input, those of sweep '{untold[0]}' "
            f"have none; allowed: one kind, by sweeps: [{kind}]",
        )
    elif told and asked.sisu is None:
        yield Problem(
            _KEY,
            asked,
            f"this key is required and missing: networks of sweep '{told[0]}' have a context input "
            f"(context.method = {', '.join(sorted(methods[told[0]]))}); allowed: its values, from "
            "-100 to 100",
        )
    elif untold and asked.sisu is not None:
        yield Problem(
            _KEY,
            value,
            f"networks of sweep '{untold[0]}' have no context input (context.method = none); "
            "allowed: no sisu here, or sweeps that have one",
        )
