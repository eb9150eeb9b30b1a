"""What sets trials apart, as figures say it and as tables list it."""

COLUMNS = {
    "field_amplitude": "eval.field.amplitude",
    "sisu": "eval.sisu",
    "sisu_after": "eval.sisu_step.to",
    "sisu_onset": "eval.sisu_step.onset",
    "impulse_amplitude": "eval.sensory_impulse.amplitude",
    "impulse_onset": "eval.sensory_impulse.onset",
    "impulse_duration": "eval.sensory_impulse.duration",
    "stimulation_amplitude": "eval.unit_stimulation.amplitude",
    "stimulation_onset": "eval.unit_stimulation.onset",
    "stimulation_duration": "eval.unit_stimulation.duration",
}
"""Where the catalogue has what sets trials apart."""


def words_of(name: str) -> str:
    """The words for what sets trials apart, as in a title."""
    return "SISU" if name == "sisu" else name.replace("_", " ").replace("sisu", "SISU")
