"""Analyses by type, and what those of evaluated states need of them; light, for parsing."""

NEEDED = {
    "frequency_response": (
        *("position", "velocity", "command"),
        *("feedback_position", "feedback_velocity"),
    ),
    "unit_preferences": ("hidden", "velocity", "command"),
    "principal_components": ("hidden",),
    "tangling": ("hidden",),
}
"""Variables of the states. A type is also the name of its rule, and of its folder of results."""

MODAL = "modal_response"
"""That of fixed points beside the trials of an evaluation."""

OF_POINTS = ("linear_response", MODAL, "mode_tracks", "branches")
"""Types of analyses that are of fixed points; the others are of states alone."""

ANALYSES = (*NEEDED, *OF_POINTS)

FEWEST_TRIALS = 16
"""Of a condition, for a frequency response: fewer do not tell four inputs apart."""

FEWEST_SAMPLES = 32
"""Of a trial, for a frequency response: with fewer there are hardly any frequencies."""
