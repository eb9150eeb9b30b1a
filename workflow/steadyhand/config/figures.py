"""Figures that a study asks for."""

from typing import Annotated, Any, Literal

from pydantic import Field

from steadyhand.config.base import Integer, Strict, quantity
from steadyhand.config.values import SWEEPS, Sweeps


class LossHistory(Strict):
    """Loss and its terms over training, one figure per model."""

    type: Literal["loss_history"]
    sweeps: Sweeps | None = SWEEPS


class LossOverReplicates(Strict):
    """Validation loss of every replicate's first, chosen and last snapshot, one per sweep."""

    type: Literal["loss_over_replicates"]
    sweeps: Sweeps | None = SWEEPS


class ReadoutNorm(Strict):
    """Norm of the readout's weights against the training condition, one figure per sweep."""

    type: Literal["readout_norm"]
    sweeps: Sweeps | None = SWEEPS


class TrainingSchedule(Strict):
    """Learning rate, field, noise and what is trained over training, one figure per sweep."""

    type: Literal["training_schedule"]
    sweeps: Sweeps | None = SWEEPS


_COLOR: Any = Field(
    None,
    description=(
        "What colours tell apart: training conditions (train), in a figure for each context "
        "input; or contexts (sisu), in a figure for each model. Both, if left out, where "
        "there are several. [name]"
    ),
)


class AlignedReaches(Strict):
    """Reaches rotated to their direction, one figure per amplitude."""

    type: Literal["aligned_reaches"]
    sweeps: Sweeps | None = SWEEPS
    evaluation: str = Field(description="Name of the evaluation that is shown.")
    color: Literal["train", "sisu"] | None = _COLOR
    max_curves: Integer = quantity(20, "1", "Single reaches per condition.", ge=0, le=1000)


class ImpulseResponses(Strict):
    """Paths and profiles after a sensory impulse, one figure per amplitude."""

    type: Literal["impulse_responses"]
    sweeps: Sweeps | None = SWEEPS
    evaluation: str = Field(description="Name of the evaluation that is shown.")
    color: Literal["train", "sisu"] | None = _COLOR
    max_curves: Integer = quantity(20, "1", "Single paths per condition.", ge=0, le=1000)


class FrequencyResponse(Strict):
    """Gain, phase and coherence from sensory noise to the command, one figure per condition."""

    type: Literal["frequency_response"]
    sweeps: Sweeps | None = SWEEPS
    analysis: str = Field(description="Name of the analysis of states that is shown.")


class FixedPointsPca(Strict):
    """Fixed points in the principal components of their network, one figure per model."""

    type: Literal["fixed_points_pca"]
    sweeps: Sweeps | None = SWEEPS
    analysis: str = Field(description="Name of the fixed-point search that is shown.")


class Eigenvalues(Strict):
    """Eigenvalues at the fixed points in the complex plane."""

    type: Literal["eigenvalues"]
    sweeps: Sweeps | None = SWEEPS
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
    | ImpulseResponses
    | FrequencyResponse
    | FixedPointsPca
    | Eigenvalues,
    Field(discriminator="type"),
]
