"""What sets the conditions of an evaluation apart, in words and units."""

from collections.abc import Mapping
from typing import Any

from steadyhand.conditions import conditions_of

SENSED = {"position": "m", "velocity": "m s-1"}
"""What is sensed of the hand, and the unit of an offset of it."""
FIELD = {"curl": "N s m-1", "constant": "N"}
"""Kinds of fields, and the unit of their amplitude."""


def described_conditions(request: Mapping[str, Any]) -> dict[str, tuple[str, str, str]]:
    """dtype, units and meaning of everything that sets conditions apart."""
    field, impulse = request["field"]["type"], request["sensory_impulse"]
    channel = impulse["channel"] if impulse else "nothing"
    known = {
        "field_amplitude": ("f8", FIELD[field], f"amplitude of the {field} field"),
        "sisu": ("f8", "1", "context input (SISU)"),
        "sisu_after": ("f8", "1", "context input (SISU) after its step"),
        "sisu_onset": ("i4", "1", "first update with the context input after its step"),
        "impulse_amplitude": (
            "f8",
            SENSED.get(channel, "1"),
            f"length of the offset of the sensed {channel}",
        ),
        "impulse_direction": ("f8", "rad", f"direction of the offset of the sensed {channel}"),
        "impulse_onset": ("i4", "1", "first update with the offset"),
        "impulse_duration": ("i4", "1", "number of updates with the offset"),
        "stimulated_unit": ("i4", "1", "number of the stimulated unit; -1: none"),
        "stimulation_amplitude": ("f8", "1", "added to the activity of the unit in each update"),
        "stimulation_onset": ("i4", "1", "first update with the stimulation"),
        "stimulation_duration": ("i4", "1", "number of updates with the stimulation"),
    }
    return {name: known[name] for name in conditions_of(request)}
