"""Every measure that there is, by name."""

from steadyhand.impulse_measures import OF_IMPULSES
from steadyhand.measures import OF_TRIALS, Measure
from steadyhand.stimulation_measures import OF_STIMULATION

EVERY_MEASURE: dict[str, Measure] = {**OF_TRIALS, **OF_IMPULSES, **OF_STIMULATION}
