"""Values of the context input (SISU) in requests, and the networks that have one."""

from collections.abc import Mapping, Sequence
from typing import Any

from steadyhand.network import SISU

WITHOUT = (0.0,)
"""Stands for the values of a request that has none: networks without the input never see it."""


def contexts_of(request: Mapping[str, Any]) -> Sequence[float]:
    """The values that a request asks for, in order; `WITHOUT` if it is for networks without."""
    return WITHOUT if request["sisu"] is None else request["sisu"]


def check_context(weights_spec: Mapping[str, Any], request: Mapping[str, Any]) -> None:
    """Raise `ValueError` where networks have a context input and a request no values for it.

    Or the other way round: a value that no network receives would be a condition that is none.
    """
    has_input = SISU in [channel["name"] for channel in weights_spec["channels"]]
    if has_input != (request["sisu"] is not None):
        kind = "a context input" if has_input else "no context input"
        raise ValueError(f"these networks have {kind}, and the request has sisu {request['sisu']}")
