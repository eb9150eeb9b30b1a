"""Values of hyperparameters in the words of figures: "0.5", "none", "50 and 100"."""

from collections.abc import Sequence
from numbers import Real


def text_of(value: object) -> str:
    """A value as a reader wants it, short."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Real):
        return f"{float(value):g}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " and ".join(map(text_of, value)) or "none"
    return str(value)
