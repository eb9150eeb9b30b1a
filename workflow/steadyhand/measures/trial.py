"""What measures are made of: trials in float64, in their own frame."""

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from jaxtyping import Bool, Float, Int

Mask = Bool[np.ndarray, "*batch"]


@dataclass(frozen=True)
class Selectable:
    """Arrays with the same leading axes."""

    def where(self, chosen: Mask) -> Self:
        """The trials that are chosen, along one leading axis."""

        def some(value: Any) -> Any:
            if isinstance(value, Selectable):
                return value.where(chosen)
            return value[chosen] if isinstance(value, np.ndarray) else value

        values = {it.name: some(getattr(self, it.name)) for it in fields(self)}
        return type(self)(**values)


@dataclass(frozen=True)
class Impulse(Selectable):
    """An impulse of each trial and what the hand did after it."""

    onset: Int[np.ndarray, "*batch"]
    """The last state before it is visible."""
    end: Int[np.ndarray, "*batch"]
    """The last state of an update with the impulse."""
    response: Float[np.ndarray, "*batch time 2"]
    """Position from that at the onset, along the impulse and to its left [m]."""


@dataclass(frozen=True)
class Stimulation(Selectable):
    """The stimulation of a unit in each trial, and what the hand did after it."""

    onset: Int[np.ndarray, "*batch"]
    end: Int[np.ndarray, "*batch"]
    deviation: Float[np.ndarray, "*batch time 2"]
    """Position from that at the onset [m]."""
    readout: Float[np.ndarray, "*batch 2"]
    """Command per activity of the stimulated unit [N]; 0 where none is."""


@dataclass(frozen=True)
class Activity(Selectable):
    """Activity of the units at the stored times after the start, and the command then."""

    units: Float[np.ndarray, "*batch time unit"]
    command: Float[np.ndarray, "*batch time 2"]
    readout_norm: Float[np.ndarray, "*batch"]
    """Frobenius norm of the weights of the readout [N]."""


@dataclass(frozen=True)
class Trial(Selectable):
    """Trials; aligned vectors have the components (parallel, lateral)."""

    distance: Float[np.ndarray, "*batch time"]
    """From the goal [m]."""
    excursion: Float[np.ndarray, "*batch time"]
    """From the start [m]."""
    speed: Float[np.ndarray, "*batch time"]
    """[m/s]"""
    net_force: Float[np.ndarray, "*batch time"]
    """Magnitude [N]."""
    position: Float[np.ndarray, "*batch time 2"]
    """Aligned, from the start [m]."""
    velocity: Float[np.ndarray, "*batch time 2"]
    """Aligned [m/s]."""
    force: Float[np.ndarray, "*batch time 2"]
    """Aligned [N]."""
    reach_length: Float[np.ndarray, "*batch"]
    """[m]; 0 for a steady trial."""
    time_step: float
    """[s]"""
    impulse: Impulse | None = None
    stimulation: Stimulation | None = None
    activity: Activity | None = None
