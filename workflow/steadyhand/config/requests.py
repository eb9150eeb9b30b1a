"""Evaluations, fixed-point analyses and figures that a study asks for."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from steadyhand.config.base import Integer, Names, OneOrMore, Strict, quantity
from steadyhand.config.numbers import InOrder, ZeroOrMore

Strength = Annotated[float, Field(ge=-1e3, le=1e3), ZeroOrMore()]
Length = Annotated[float, Field(ge=0, le=100), ZeroOrMore()]
# Bounds of what may be left out stand here: only so does the schema for editors show them.
NoiseStd = Annotated[float, Field(ge=0, le=10), ZeroOrMore()]
Context = Annotated[float, Field(ge=-100, le=100), ZeroOrMore()]
Steps = Annotated[int, Field(ge=11, le=10_000), *get_args(Integer)[1:]]
Strengths = Annotated[tuple[Strength, ...], Field(min_length=1), *OneOrMore, InOrder]
Lengths = Annotated[tuple[Length, ...], Field(min_length=1), *OneOrMore, InOrder]
Contexts = Annotated[tuple[Context, ...], Field(min_length=1), *OneOrMore, InOrder]
Sweeps = Annotated[Names, InOrder]

_SWEEPS = Field(None, description="Names of the sweeps it applies to; all, if left out.")


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
    """An offset added to what is sensed, for a while."""

    channel: Literal["position", "velocity"] = Field(
        "position", description="Sensed quantity that is offset. [name]"
    )
    amplitude: Lengths = quantity(
        (0.6,), "m or m s-1", "Lengths of the offset; each is a condition."
    )
    onset: Integer = quantity(30, "steps", "First update with the offset.", ge=0, le=10_000)
    duration: Integer = quantity(5, "steps", "Number of updates with the offset.", ge=1, le=10_000)
    direction: Literal["random", "x", "y"] = Field(
        "random", description="Direction of the offset; random: drawn for each trial. [name]"
    )


class Evaluation(Strict):
    """A task and its perturbations, applied to the selected networks of every model."""

    sweeps: Sweeps | None = _SWEEPS
    task: Annotated[CentreOut | Steady, Field(discriminator="type")] = Field(
        description="What the hand is to do."
    )
    field: EvaluationField = Field(EvaluationField(), description="The force field.")
    sisu: Contexts | None = quantity(
        None,
        "1",
        "Values of the context input, each is a condition; needed by networks that have one.",
    )
    sensory_impulse: SensoryImpulse | None = Field(None, description="An offset of the feedback.")
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


class Grid(Strict):
    """Goals on a square lattice inside the workspace of training."""

    grid: Integer = quantity(5, "1", "Goals per axis.", ge=1, le=50)


class FixedPointSearch(Strict):
    """Fixed points of the network with its input clamped to a hand at rest on a goal."""

    sweeps: Sweeps | None = _SWEEPS
    at: Grid = Field(Grid(), description="The goals.")
    sisu: Contexts | None = quantity(
        None,
        "1",
        "Values of the context input, each with every goal; needed by networks that have one.",
    )
    starts_from: str = Field(description="Evaluation whose hidden states the search starts from.")
    starts: Integer = quantity(
        64,
        "1",
        "States of each replicate to start from, spread over trials and time.",
        ge=1,
        le=10_000,
    )
    settle: Integer = quantity(
        20, "steps", "Iterations of the network before the search.", ge=0, le=100_000
    )
    tolerance: float = quantity(1e-12, "1", "Largest residual of a fixed point.", ge=1e-15, le=1e-6)


class LossHistory(Strict):
    """Loss and its terms over training, one figure per model."""

    type: Literal["loss_history"]
    sweeps: Sweeps | None = _SWEEPS


class LossOverReplicates(Strict):
    """Validation loss of every replicate's first, chosen and last snapshot, one per sweep."""

    type: Literal["loss_over_replicates"]
    sweeps: Sweeps | None = _SWEEPS


class ReadoutNorm(Strict):
    """Norm of the readout's weights against the training condition, one figure per sweep."""

    type: Literal["readout_norm"]
    sweeps: Sweeps | None = _SWEEPS


class TrainingSchedule(Strict):
    """Learning rate, field, noise and what is trained over training, one figure per sweep."""

    type: Literal["training_schedule"]
    sweeps: Sweeps | None = _SWEEPS


class AlignedReaches(Strict):
    """Reaches rotated to their direction, one figure per amplitude."""

    type: Literal["aligned_reaches"]
    sweeps: Sweeps | None = _SWEEPS
    evaluation: str = Field(description="Name of the evaluation that is shown.")
    color: Literal["train", "sisu"] | None = Field(
        None,
        description=(
            "What colours tell apart: training conditions (train), in a figure for each context "
            "input; or contexts (sisu), in a figure for each model. Both, if left out, where "
            "there are several. [name]"
        ),
    )
    max_curves: Integer = quantity(20, "1", "Single reaches per condition.", ge=0, le=1000)


class FixedPointsPca(Strict):
    """Fixed points in the principal components of their network, one figure per model."""

    type: Literal["fixed_points_pca"]
    sweeps: Sweeps | None = _SWEEPS
    analysis: str = Field(description="Name of the fixed-point search that is shown.")


class Eigenvalues(Strict):
    """Eigenvalues at the fixed points in the complex plane."""

    type: Literal["eigenvalues"]
    sweeps: Sweeps | None = _SWEEPS
    analysis: str = Field(description="Name of the fixed-point search that is shown.")
    color: Literal["replicate", "sisu"] | None = Field(
        None,
        description=(
            "What colours tell apart: replicates, in a figure with all models for each context "
            "input; or contexts (sisu), in a figure for each model. Both, if left out, where "
            "there are several. [name]"
        ),
    )


Figure = Annotated[
    LossHistory
    | LossOverReplicates
    | ReadoutNorm
    | TrainingSchedule
    | AlignedReaches
    | FixedPointsPca
    | Eigenvalues,
    Field(discriminator="type"),
]
