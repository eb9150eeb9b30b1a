"""Numbers and conditions of a report as a reader wants them."""

import math
import re
from collections.abc import Mapping
from typing import Any

from steadyhand.condition_text import text_of
from steadyhand.measures.every import EVERY_MEASURE
from steadyhand.mode_statistics import DEFINITIONS
from steadyhand.report.comparing import Effect
from steadyhand.report.point_sets import OF_SETS, OF_SHIFTS
from steadyhand.report.responses import OF_RESPONSES
from steadyhand.report.tracks import OF_TRACKS

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
    if quantity["type"] == "measure":
        return _measure_text(quantity)
    if quantity["type"] == "modes":
        return f"{DEFINITIONS[quantity['statistic']]}, in {quantity['search']}"
    if quantity["type"] == "points":
        return f"{OF_SETS[quantity['statistic']]}, in {quantity['search']}"
    if quantity["type"] == "responses":
        said = OF_RESPONSES[quantity["statistic"]].format(modes=quantity["modes"])
        return f"{said}, in {quantity['analysis']}"
    if quantity["type"] in ("shift", "tracks"):
        of_shift = quantity["type"] == "shift"
        said = (OF_SHIFTS if of_shift else OF_TRACKS)[quantity["statistic"]]
        (name, (one, other)) = next(iter(quantity["of"].items()))
        change = f"from {name} = {text_of(one)} to {text_of(other)}"
        return f"{said}, in {quantity['search' if of_shift else 'analysis']} {change}"
    content = {**quantity, "term": _TERMS.get(quantity.get("term", ""), "")}
    content["share"] = 100 * quantity.get("share", 0)
    return _QUANTITIES[quantity["type"]].format_map(content)


def _measure_text(quantity: Mapping[str, Any]) -> str:
    name, magnitude = quantity["measure"], "magnitude of " if quantity["absolute"] else ""
    definition = EVERY_MEASURE[name].definition
    return f"{magnitude}{name}, in {quantity['evaluation']}: {definition}"


def condition_text(condition: Mapping[str, Any]) -> str:
    """A condition as `field.std = 1, feedback.delay = 4`; "" for none."""
    return ", ".join(f"{path} = {text_of(value)}" for path, value in condition.items())


def against_text(against: float | None, unit: str) -> str:
    """The number that a quantity is compared with, or ""."""
    return "" if against is None else _with_unit(f"{against:g}", unit)


def effect_text(effect: Effect, unit: str = "") -> str:
    """The effect with its interval, as `1.42 (1.10 to 1.83)`; differences have a sign and unit."""
    if effect.size is None:
        return "none"
    spelled = _number if effect.kind == "ratio" else _signed
    if effect.low is None or effect.high is None:
        text = f"{spelled(effect.size)} (no interval)"
    else:
        text = f"{spelled(effect.size)} ({spelled(effect.low)} to {spelled(effect.high)})"
    return text if effect.kind == "ratio" or unit in ("", "1") else f"{text} {unit}"


def level_text(values: Mapping[int, float], unit: str) -> str:
    """Mean over replicates of one side, with its unit; a dash where there is none."""
    there = [it for it in values.values() if not math.isnan(it)]
    if not there:
        return "–"
    return _with_unit(_number(sum(there) / len(there)), unit)


def margin_text(margin: float, effect: Effect, unit: str) -> str:
    """Up to where nothing has changed."""
    if effect.kind == "ratio":
        return f"± {100 * margin:g} %"
    return f"± {_with_unit(f'{margin:g}', unit)}"


def signed_text(value: float, unit: str) -> str:
    """A number with its sign and unit."""
    return _with_unit(f"{value:+.2g}".replace("-", "−"), unit)


def standardized_text(effect: Effect) -> str:
    """The standardized effect, or a dash."""
    return "–" if effect.standardized is None else f"{effect.standardized:.1f}"


def missing_text(effect: Effect, *, alone: bool = False) -> str:
    """How many replicates could not be compared, or ""; `alone`: with a number."""
    first, second = effect.missing
    if not first and not second:
        return ""
    if alone:
        return f"without a number: {second}"
    return f"without a number: {first} in the first, {second} in the second condition"


def in_markdown(text: str) -> str:
    """Text in which no sign means anything to Markdown."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", text)


def _with_unit(text: str, unit: str) -> str:
    return text if unit in ("", "1") else f"{text} {unit}"


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'}{_number(abs(value))}"


def _number(value: float) -> str:
    return f"{value:.3g}" if 1e-3 <= value < 1e4 or value == 0 else f"{value:.1e}"
