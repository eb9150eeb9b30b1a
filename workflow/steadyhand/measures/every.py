"""Every measure that there is, by name."""

from steadyhand.measures.of_impulses import OF_IMPULSES
from steadyhand.measures.of_stimulation import OF_STIMULATION
from steadyhand.measures.of_trials import OF_TRIALS, Measure

EVERY_MEASURE: dict[str, Measure] = {**OF_TRIALS, **OF_IMPULSES, **OF_STIMULATION}
