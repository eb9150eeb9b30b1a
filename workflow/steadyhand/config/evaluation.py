"""Evaluations that a study asks for: a task, and everything that perturbs it."""

from typing import Annotated, Literal

from pydantic import Field

from steadyhand.config.base import Integer, OneOrMore, Strict, quantity
from steadyhand.config.numbers import InOrder
from steadyhand.config.values import (
    SWEEPS,
    Contexts,
    Durations,
    Lengths,
    NoiseStd,
    Onsets,
    Steps,
    Strengths,
    Sweeps,
    Units,
)
from steadyhand.recorded import Recorded

Direction = Literal["random", "x", "y", "-x", "-y"]
Directions = Annotated[tuple[Direction, ...], Field(min_length=1), *OneOrMore, InOrder]

Kept = Annotated[tuple[Recorded, ...], Field(min_length=1), *OneOrMore, InOrder]


class CentreOut(Strict):
    """Reaches outwards from the points of a grid."""

    type: Literal["center_out"]
    grid: Integer = quantity(1, "1", "Centres per axis of the workspace.", ge=1, le=50)
    directions: Integer = quantity(24, "1", "Equally spaced directions, from 0 rad.", ge=1, le=3600)
    reach_length: float = quantity(0.5, "m", "Distance from start to goal.", ge=1e-3, le=200)


class Steady(Strict):
    """The hand starts on its goal, at rest, and stays there."""

    type: Literal["steady"]
    grid: Integer = quantity(5, "1", "Goals per axis of the workspace.", ge=1, le=50)


class EvaluationField(Strict):
    """The force field of an evaluation, constant over each trial."""

    type: Literal["curl", "constant"] = Field(
        "curl",
        description="Curl: a·(−v_y, v_x); constant: a force to the left of the reach. [name]",
    )
    amplitude: Strengths = quantity((0.0,), "N s m-1 or N", "Amplitudes; each is a condition.")


class SensoryImpulse(Strict):
    """An offset added to what is sensed, for a while. Every combination is a condition."""

    channel: Literal["position", "velocity"] = Field(
        "position", description="Sensed quantity that is offset. [name]"
    )
    amplitude: Lengths = quantity(
        (0.6,), "m or m s-1", "Lengths of the offset; each is a condition."
    )
    onset: Onsets = quantity((30,), "steps", "First updates with the offset.")
    duration: Durations = quantity((5,), "steps", "Numbers of updates with the offset.")
    direction: Directions = Field(
        ("random",),
        description="Directions of the offset; random: drawn for each trial. [name]",
    )


class SisuStep(Strict):
    """The context input takes another value, from an update on until the end of the trial."""

    to: Contexts = quantity(..., "1", "Values afterwards; each is a condition.")
    onset: Onsets = quantity((10,), "steps", "First updates with the other value.")


class UnitStimulation(Strict):
    """Something added to the activity of one unit before an update, for a while."""

    units: Units | None = quantity(None, "1", "Numbers of the units, in turn; all, if left out.")
    amplitude: Strengths = quantity(
        (0.0, 1.0), "1", "What is added in each update; each is a condition, 0 once for all units."
    )
    onset: Onsets = quantity((30,), "steps", "First updates with the stimulation.")
    duration: Durations = quantity((10,), "steps", "Numbers of updates with the stimulation.")


class Evaluation(Strict):
    """A task and its perturbations, applied to the selected networks of every model."""

    sweeps: Sweeps | None = SWEEPS
    task: Annotated[CentreOut | Steady, Field(discriminator="type")] = Field(
        description="What the hand is to do."
    )
    field: EvaluationField = Field(EvaluationField(), description="The force field.")
    sisu: Contexts | None = quantity(
        None,
        "1",
        "Values of the context input, each is a condition; needed by networks that have one.",
    )
    sisu_step: SisuStep | None = Field(None, description="A change of the context input.")
    sensory_impulse: SensoryImpulse | None = Field(None, description="An offset of the feedback.")
    unit_stimulation: UnitStimulation | None = Field(
        None, description="Stimulation of single units."
    )
    repeats: Integer = quantity(
        1, "1", "Repetitions of each trial with other noise.", ge=1, le=10_000
    )
    seed: Integer = quantity(0, "1", "Root of the random draws.", ge=0, lt=2**31)
    n_steps: Steps | None = quantity(
        None, "steps", "Stored states of a trial; as in training, if left out."
    )
    feedback_noise_std: NoiseStd | None = quantity(
        None, "m, m s-1", "Sensory noise; as in training, if left out."
    )
    motor_noise_std: NoiseStd | None = quantity(
        None, "1", "Motor noise; as in training, if left out."
    )
    keep: Kept | None = Field(
        None, description="Variables that are stored; all, if left out. [name]"
    )
    hidden_every: Integer = quantity(
        1, "steps", "Of the hidden states, every so manieth is stored.", ge=1, le=10_000
    )
