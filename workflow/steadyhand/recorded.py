"""Names of what is recorded of the trials of an evaluation; light, for parsing."""

from typing import Literal, get_args

Recorded = Literal[
    "position",
    "velocity",
    "hidden",
    "network_input",
    "command",
    "force",
    "field_force",
    "feedback_position",
    "feedback_velocity",
]
RECORDED: tuple[str, ...] = get_args(Recorded)
"""Names of all variables of evaluated states."""
