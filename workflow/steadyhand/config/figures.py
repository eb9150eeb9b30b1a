"""Figures that a study asks for."""

from typing import Annotated, Any, Literal

from pydantic import Field

from steadyhand.config.base import Integer, Names, Strict, quantity
from steadyhand.config.point_figures import (
    BranchesFigure,
    Eigenvalues,
    FixedPointsPca,
    LinearResponseFigure,
    ModalResponseFigure,
    ModeDistributions,
    ModeTracksFigure,
)
from steadyhand.config.values import SWEEPS, Sweeps

ALONG = Literal[
    "field_amplitude",
    "sisu",
    "sisu_after",
    "sisu_onset",
    "impulse_amplitude",
    "impulse_onset",
    "impulse_duration",
    "stimulation_amplitude",
    "stimulation_onset",
    "stimulation_duration",
]
"""All that sets the conditions of trials apart and is not averaged over."""


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


class ReachProfiles(Strict):
    """Position, velocity and force along and across reaches over time, one figure per amplitude."""

    type: Literal["reach_profiles"]
    sweeps: Sweeps | None = SWEEPS
    evaluation: str = Field(description="Name of the evaluation that is shown.")
    color: Literal["train", "sisu"] | None = _COLOR


class ImpulseResponses(Strict):
    """Paths and profiles after a sensory impulse, one figure per amplitude."""

    type: Literal["impulse_responses"]
    sweeps: Sweeps | None = SWEEPS
    evaluation: str = Field(description="Name of the evaluation that is shown.")
    color: Literal["train", "sisu"] | None = _COLOR
    max_curves: Integer = quantity(20, "1", "Single paths per condition.", ge=0, le=1000)


_BY: Any = Field(
    None,
    description=(
        "What sets trials apart and is shown beside the training condition, such as "
        "field_amplitude; the first that has several values, if left out. There is a figure for "
        "each value of the others; directions of impulses and stimulated units are pooled. [name]"
    ),
)
_COLOR_OF_TRIALS: Any = Field(
    "trials",
    description=(
        "What colours tell apart: trials, along the training conditions; or training conditions "
        "(train), along what sets trials apart. [name]"
    ),
)


class Measures(Strict):
    """Measures of trials by training condition, one figure per measure."""

    type: Literal["measures"]
    sweeps: Sweeps | None = SWEEPS
    evaluation: str = Field(description="Name of the evaluation whose trials are measured.")
    measures: Names = Field(min_length=1, description="Names of the measures.")
    absolute: bool = Field(False, description="Whether magnitudes are shown, without signs.")
    by: ALONG | None = _BY
    color: Literal["trials", "train"] = _COLOR_OF_TRIALS


class UnitPreferences(Strict):
    """Directions that units prefer, one figure per condition."""

    type: Literal["unit_preferences"]
    sweeps: Sweeps | None = SWEEPS
    analysis: str = Field(description="Name of the analysis of states that is shown.")


class PrincipalComponents(Strict):
    """Explained variance and participation ratios of hidden states by training condition."""

    type: Literal["principal_components"]
    sweeps: Sweeps | None = SWEEPS
    analysis: str = Field(description="Name of the analysis of states that is shown.")
    by: ALONG | None = _BY


class Tangling(Strict):
    """Tangling of trajectories of hidden states by training condition."""

    type: Literal["tangling"]
    sweeps: Sweeps | None = SWEEPS
    analysis: str = Field(description="Name of the analysis of states that is shown.")
    by: ALONG | None = _BY
    color: Literal["trials", "train"] = _COLOR_OF_TRIALS


class FrequencyResponse(Strict):
    """Gain, phase and coherence from sensory noise to the command, one figure per condition."""

    type: Literal["frequency_response"]
    sweeps: Sweeps | None = SWEEPS
    analysis: str = Field(description="Name of the analysis of states that is shown.")
    prediction: str | None = Field(
        None,
        description="Name of a linear_response that is shown beside it: what the linearization "
        "at fixed points says.",
    )


Figure = Annotated[
    LossHistory
    | LossOverReplicates
    | ReadoutNorm
    | TrainingSchedule
    | AlignedReaches
    | ReachProfiles
    | ImpulseResponses
    | Measures
    | FrequencyResponse
    | LinearResponseFigure
    | ModalResponseFigure
    | UnitPreferences
    | PrincipalComponents
    | Tangling
    | FixedPointsPca
    | BranchesFigure
    | Eigenvalues
    | ModeTracksFigure
    | ModeDistributions,
    Field(discriminator="type"),
]
