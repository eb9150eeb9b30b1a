"""Which figures a request with context inputs makes: models at one context, or all of a model's."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple


class Shown(NamedTuple):
    """What one figure shows, of all that it could."""

    sources: list[dict[str, Any]]
    options: dict[str, Any]
    conditions: dict[str, list[float]]
    words: str
    """For its title."""


def shown_by(
    color: str | None,
    usual: str,
    sisu: Sequence[float] | None,
    sources: list[dict[str, Any]],
    column: str,
) -> Iterator[Shown]:
    """The figures of some models at the contexts `sisu`, None where there is no such input.

    Colours stand for what is `usual`, in a figure for each context; or for contexts ("sisu"), in a
    figure for each model. `color` says for which; None for both, where there is something to be
    compared. `column` is where the catalogue has the contexts.
    """
    if not sources:
        return
    contexts = list(sisu or ())
    several = len(contexts) > 1
    if not contexts:
        yield Shown(sources, {"color": usual}, {}, "")
    elif color == usual or (color is None and (len(sources) > 1 or not several)):
        for value in contexts:
            options = {"color": usual, "sisu": value}
            yield Shown(sources, options, {column: [value]}, f", SISU {value:g}")
    if several and color != usual:
        for source in sources:
            yield Shown([source], {"color": "sisu"}, {column: contexts}, " by SISU")
