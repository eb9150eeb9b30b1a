"""Numbers and conditions of a report as a reader wants them."""

import re
from collections.abc import Mapping
from typing import Any

from steadyhand.condition_text import text_of
from steadyhand.report.comparing import Effect

_QUANTITIES = {
    "late_loss": "{term}, last {share:g} % of the batches",
    "loss_jump": "{term}, {window} batches from batch {batch} on against those before",
    "validation_loss": "validation loss of the chosen snapshot",
    "readout_norm": "norm of the readout at the end",
}
_TERMS = {
    "total": "loss",
    "effector_position": "loss of position",
    "effector_final_velocity": "loss of final velocity",
    "nn_output": "loss of force",
    "nn_hidden": "loss of activity",
    "readout_norm": "loss of the readout's norm",
}


def quantity_text(quantity: Mapping[str, Any]) -> str:
    """What is compared, in words."""
    content = {**quantity, "term": _TERMS.get(quantity.get("term", ""), "")}
    content["share"] = 100 * quantity.get("share", 0)
    return _QUANTITIES[quantity["type"]].format_map(content)


def condition_text(condition: Mapping[str, Any]) -> str:
    """A condition as `field.std = 1, feedback.delay = 4`; "" for none."""
    return ", ".join(f"{path} = {text_of(value)}" for path, value in condition.items())


def ratio_text(effect: Effect) -> str:
    """The ratio with its interval, as `1.42 (1.10 to 1.83)`."""
    if effect.ratio is None:
        return "none"
    if effect.low is None or effect.high is None:
        return f"{_number(effect.ratio)} (no interval)"
    return f"{_number(effect.ratio)} ({_number(effect.low)} to {_number(effect.high)})"


def standardized_text(effect: Effect) -> str:
    """The standardized effect, or a dash."""
    return "–" if effect.standardized is None else f"{effect.standardized:.1f}"


def missing_text(effect: Effect) -> str:
    """How many replicates could not be compared, or "" """
    first, second = effect.missing
    if not first and not second:
        return ""
    return f"without a number: {first} in the first, {second} in the second condition"


def in_markdown(text: str) -> str:
    """Text in which no sign means anything to Markdown."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", text)


def _number(value: float) -> str:
    return f"{value:.3g}" if 1e-3 <= value < 1e4 else f"{value:.1e}"
