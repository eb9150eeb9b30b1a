"""What sets trials apart, as figures say it and as tables list it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from steadyhand.conditions import ANGLES, NO_UNIT
from steadyhand.described_conditions import SENSED
from steadyhand.figures import wording

COLUMNS = {
    "field_amplitude": "eval.field.amplitude",
    "sisu": "eval.sisu",
    "sisu_after": "eval.sisu_step.to",
    "sisu_onset": "eval.sisu_step.onset",
    "impulse_amplitude": "eval.sensory_impulse.amplitude",
    "impulse_direction": "eval.sensory_impulse.direction",
    "impulse_onset": "eval.sensory_impulse.onset",
    "impulse_duration": "eval.sensory_impulse.duration",
    "stimulated_unit": "eval.unit_stimulation.units",
    "stimulation_amplitude": "eval.unit_stimulation.amplitude",
    "stimulation_onset": "eval.unit_stimulation.onset",
    "stimulation_duration": "eval.unit_stimulation.duration",
}
"""Where the catalogue has what sets trials apart."""

_SAID = ("field_amplitude", "sisu", "impulse_amplitude", "stimulation_amplitude")
"""What a title says also where it has one value."""


def words_of(name: str) -> str:
    """The words for what sets trials apart, as in a title."""
    return name.replace("_", " ").replace("sisu", "SISU")


def columns_of(request: Mapping[str, Any], trials: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """What the trials of a figure have, by columns of the catalogue; `trials`: values by name.

    Kind of the field and channel of the impulse are there, too, and the names of directions.
    """
    found: dict[str, Any] = {"eval.field.type": [request["field"]["type"]]}
    if request["sensory_impulse"]:
        found["eval.sensory_impulse.channel"] = [request["sensory_impulse"]["channel"]]
    for name, values in trials.items():
        shown = [_direction(it) for it in values] if name == "impulse_direction" else list(values)
        found[COLUMNS[name]] = shown
    return found


def words_of_trials(
    request: Mapping[str, Any], trials: Mapping[str, Sequence[Any]], chosen: Sequence[str]
) -> str:
    """ ", curl field 2, SISU 1": what is `chosen`, and what else has one value and has to be said.

    Of impulses of several amplitudes, the channel is said.
    """
    said = [name for name, it in trials.items() if name in _SAID and len(it) == 1]
    words = [_phrase(request, name, trials[name][0]) for name in trials if name in (*chosen, *said)]
    if len(trials.get("impulse_amplitude", [])) > 1:
        words.append(f"sensed {request['sensory_impulse']['channel']} offset")
    return "".join(f", {it}" for it in words)


def _phrase(request: Mapping[str, Any], name: str, value: Any) -> str:
    if name == "impulse_direction":
        return f"direction {_direction(value)}"
    if name == "stimulated_unit":
        return "no unit stimulated" if value == NO_UNIT else f"unit {value:g}"
    if name == "impulse_amplitude":
        channel = request["sensory_impulse"]["channel"]
        return f"sensed {channel} offset by {value:g} {wording.unit(SENSED[channel])}"
    called = {
        "field_amplitude": f"{request['field']['type']} field",
        "stimulation_amplitude": "stimulation",
    }.get(name, words_of(name))
    return f"{called} {value:g}"


def _direction(angle: float) -> str:
    """The name of a direction in a study."""
    if np.isnan(angle):
        return "random"
    return next(name for name, it in ANGLES.items() if it == angle)
