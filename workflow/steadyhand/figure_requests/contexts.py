"""Which figures requests with conditions make: models under one condition, or all of a model's."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

_WORDS = {"sisu": "SISU", "field_amplitude": "field", "place": "goal"}
"""What conditions are called in titles."""


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
    axes: Mapping[str, Sequence[float]],
    sources: list[dict[str, Any]],
    columns: Mapping[str, str],
) -> Iterator[Shown]:
    """The figures of some models under conditions along some axes.

    Colours stand for what is `usual`, in a figure for each condition; or for one axis, in a figure
    for each model and each condition along the others; or for goals, which are no axis. `color`
    says for which; None for all axes by which there is something to be compared. `columns` are
    where the catalogue has the axes.
    """
    if not sources:
        return
    several = [name for name, values in axes.items() if len(values) > 1]
    wanted = [color] if color else [usual, *several]
    if color is None and several and len(sources) == 1:
        wanted.remove(usual)
    for kind in wanted:
        groups = [sources] if kind == usual else [[source] for source in sources]
        others = {name: values for name, values in axes.items() if name != kind}
        for values in product(*others.values()):
            at = dict(zip(others, values, strict=True))
            words = "".join(f", {_WORDS[name]} {value:g}" for name, value in at.items())
            shown = {columns[name]: [value] for name, value in at.items()}
            if kind != usual:
                words = f" by {_WORDS[kind]}{words}"
            if kind in axes:
                shown[columns[kind]] = list(axes[kind])
            for group in groups:
                yield Shown(group, {"color": kind, **at}, shown, words)
