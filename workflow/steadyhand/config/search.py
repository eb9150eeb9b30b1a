"""Fixed-point searches that a study asks for."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from steadyhand.config.base import Integer, Strict, quantity
from steadyhand.config.values import SWEEPS, Contexts, Lengths, Strengths, Sweeps


class SensoryOffset(Strict):
    """A constant offset of what is sensed, in several directions. Each is a place of its own."""

    channel: Literal["position", "velocity"] = Field(
        "velocity", description="Sensed quantity that is offset. [name]"
    )
    amplitude: Lengths = quantity((0.2,), "m or m s-1", "Lengths of the offset.")
    directions: Integer = quantity(1, "1", "Equally spaced directions, from 0 rad.", ge=1, le=360)


class Goals(Strict):
    """The hand rests on its goal; goals are on a square lattice."""

    type: Literal["goals"] = "goals"
    grid: Integer = quantity(5, "1", "Goals per axis.", ge=1, le=50)
    spread: float = quantity(
        1.0,
        "1",
        "Size of the lattice, as a multiple of that inside the workspace of training: goals may "
        "be where the networks were never trained.",
        ge=0.01,
        le=100,
    )
    offset: SensoryOffset | None = Field(None, description="A held offset of what is sensed.")


class ReachStarts(Strict):
    """The goal of every reach of `starts_from`, while the hand is held at its start."""

    type: Literal["reach_starts"]


class Path(Strict):
    """What the network was told at times along every trial of `starts_from`, held.

    Of the first repetition. Each search starts from the states of its own trial.
    """

    type: Literal["path"]
    every: Integer = quantity(10, "steps", "From one time to the next.", ge=1, le=10_000)


def _goals_by_default(value: Any) -> Any:
    return {"type": "goals", **value} if isinstance(value, dict) and "type" not in value else value


At = Annotated[
    Goals | ReachStarts | Path,
    Field(discriminator="type"),
    BeforeValidator(_goals_by_default),
]


class HeldField(Strict):
    """The force field of a closed loop."""

    type: Literal["curl", "constant"] = Field(
        "curl", description="Curl: a·(−v_y, v_x); constant: a force. [name]"
    )
    amplitude: Strengths = quantity((0.0,), "N s m-1 or N", "Amplitudes, each with every goal.")
    direction: float = quantity(
        0.0, "rad", "Of a constant force, counter-clockwise from x.", ge=-7, le=7
    )


class FixedPointSearch(Strict):
    """Fixed points of networks whose hand is held where it is, or of the whole closed loop."""

    sweeps: Sweeps | None = SWEEPS
    at: At = Field(Goals(), description="Where the hand is, and where it is to be.")
    closed_loop: bool = Field(
        False,
        description="Whether the hand moves: then the state is that of network, hand, muscles and "
        "delayed feedback. [1]",
    )
    field: HeldField | None = Field(None, description="A force field; of a closed loop only.")
    sisu: Contexts | None = quantity(
        None,
        "1",
        "Values of the context input, each with every place; needed by networks that have one.",
    )
    starts_from: str = Field(description="Evaluation whose states the search starts from.")
    starts: Integer = quantity(
        64,
        "1",
        "States of each replicate to start from, spread over trials and time.",
        ge=1,
        le=10_000,
    )
    settle: Integer = quantity(
        20, "steps", "Iterations of the map before the search.", ge=0, le=100_000
    )
    tolerance: float = quantity(1e-12, "1", "Largest residual of a fixed point.", ge=1e-15, le=1e-6)
    modes: Integer = quantity(
        8, "1", "Modes whose vectors are stored, those of largest magnitude.", ge=0, le=10_000
    )
