"""Analyses of evaluated states, and of fixed points, that a study asks for."""

from typing import Annotated, Literal

from pydantic import Field

from steadyhand.config.base import Integer, Strict, quantity
from steadyhand.config.values import SWEEPS, Lengths, Sweeps

_EVALUATION = Field(description="Name of the evaluation whose states are analysed.")


class FrequencyResponse(Strict):
    """Response of the command to the sensory noise, frequency by frequency."""

    type: Literal["frequency_response"]
    sweeps: Sweeps | None = SWEEPS
    evaluation: str = _EVALUATION
    skip: Integer = quantity(
        0, "steps", "Updates at the start of each trial that are left out.", ge=0, le=10_000
    )


class UnitPreferences(Strict):
    """Preferred direction of every unit, while the hand accelerates and while it slows down."""

    type: Literal["unit_preferences"]
    sweeps: Sweeps | None = SWEEPS
    evaluation: str = _EVALUATION
    feature: Literal["command", "goal"] = Field(
        "command",
        description="What activity is regressed on: the command, or the goal from the start. "
        "[name]",
    )


class PrincipalComponents(Strict):
    """Principal components of hidden states, and the dimensions that the states fill."""

    type: Literal["principal_components"]
    sweeps: Sweeps | None = SWEEPS
    evaluation: str = _EVALUATION
    from_step: Integer = quantity(0, "steps", "First state that counts.", ge=0, le=10_000)
    components: Integer = quantity(10, "1", "Components that are stored.", ge=1, le=1000)


class Tangling(Strict):
    """How differently a network goes on from similar states of the same condition."""

    type: Literal["tangling"]
    sweeps: Sweeps | None = SWEEPS
    evaluation: str = _EVALUATION
    components: Integer = quantity(
        10, "1", "Principal components that stand for the states.", ge=1, le=1000
    )


class LinearResponse(Strict):
    """What the linearization of closed loops predicts, beside what the loops do, simulated."""

    type: Literal["linear_response"]
    sweeps: Sweeps | None = SWEEPS
    search: str = Field(description="Name of the search for fixed points of closed loops.")
    channel: Literal["position", "velocity"] = Field(
        "position", description="Sensed quantity that is offset for a while. [name]"
    )
    amplitude: Lengths = quantity(
        (0.001, 0.01, 0.1, 0.6), "m or m s-1", "Lengths of the offset, each for itself."
    )
    directions: Integer = quantity(4, "1", "Equally spaced directions, from 0 rad.", ge=1, le=360)
    duration: Integer = quantity(5, "steps", "Updates with the offset.", ge=1, le=10_000)
    n_steps: Integer = quantity(100, "steps", "States of each response.", ge=1, le=10_000)
    settle_steps: Integer = quantity(
        10_000,
        "steps",
        "Length of the simulation from rest whose end is compared with the fixed point.",
        ge=1,
        le=1_000_000,
    )
    frequencies: Integer = quantity(
        51, "1", "Frequencies of the response of the command, from 0 up.", ge=2, le=10_000
    )


class ModalResponse(Strict):
    """Responses to the sensory impulses of an evaluation, and the modes of loops that make them."""

    type: Literal["modal_response"]
    sweeps: Sweeps | None = SWEEPS
    search: str = Field(description="Name of the search for fixed points of closed loops.")
    evaluation: str = Field(
        description="Name of the evaluation whose trials have impulses, at the goals of the search."
    )
    modes: Integer = quantity(
        6, "1", "Modes that are stored of each response, those that tell most.", ge=1, le=1000
    )


class ModeTracks(Strict):
    """Modes followed from fixed point to fixed point, through places and conditions of a search."""

    type: Literal["mode_tracks"]
    sweeps: Sweeps | None = SWEEPS
    search: str = Field(description="Name of the search whose fixed points they are of.")


class Branches(Strict):
    """Fixed points followed along a parameter, with the places where their stability changes."""

    type: Literal["branches"]
    sweeps: Sweeps | None = SWEEPS
    search: str = Field(description="Name of the search whose fixed points are followed.")
    parameter: Literal["sisu", "field", "goal_x", "goal_y", "delay"] = Field(
        description="What changes: the context input, the strength of the field, a coordinate of "
        "the goal, or the feedback delay (in whole steps). [name]"
    )
    low: float = quantity(..., "of the parameter", "Where branches end.", ge=-1e4, le=1e4)
    high: float = quantity(..., "of the parameter", "Where they end above.", ge=-1e4, le=1e4)
    max_points: Integer = quantity(
        400, "1", "Most points of a branch to either side.", ge=10, le=100_000
    )


Analysis = Annotated[
    FrequencyResponse
    | UnitPreferences
    | PrincipalComponents
    | Tangling
    | LinearResponse
    | ModalResponse
    | ModeTracks
    | Branches,
    Field(discriminator="type"),
]
