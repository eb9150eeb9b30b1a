"""Quantities that findings compare, each one number of a replicate."""

from typing import Annotated, Any, Literal

from pydantic import Field

from steadyhand.config.base import Integer, Strict, quantity

Term = Literal[
    "total",
    "effector_position",
    "effector_final_velocity",
    "nn_output",
    "nn_hidden",
    "readout_norm",
]
ModeStatistic = Literal[
    "spectral_radius",
    "highest_frequency",
    "leading_damping",
    "near_zero",
    "oscillating",
    "henrici",
]
PointStatistic = Literal["count", "single", "off_plane", "off_grid", "endpoint_error"]
ShiftStatistic = Literal["size", "uneven", "angle"]
ResponseStatistic = Literal[
    "error",
    "tortuosity",
    "predicted_tortuosity",
    "loopiness",
    "predicted_loopiness",
    "loopiness_error",
    "left_over",
]
TrackStatistic = Literal["change", "by_goal", "real_share"]
Sides = Annotated[list[Any], Field(min_length=2, max_length=2)]
Change = Annotated[dict[str, Sides], Field(min_length=1, max_length=1)]
_CHANGE = "The condition that changes, sisu or field_amplitude, with its two values."

_TERM: Any = Field("total", description="Weighted term of the loss, or all of it. [name]")


class LateLoss(Strict):
    """Geometric mean of the loss over the last batches of training."""

    type: Literal["late_loss"]
    term: Term = _TERM
    share: float = quantity(0.1, "1", "Share of the batches that is late.", ge=1e-4, le=1)


class LossJump(Strict):
    """Loss after a batch over the loss before it: geometric means over as many batches."""

    type: Literal["loss_jump"]
    term: Term = _TERM
    batch: Integer = quantity(..., "1", "The first batch after the jump.", ge=1, le=10**8)
    window: Integer = quantity(20, "1", "Batches before and after it.", ge=1, le=10**8)


class ValidationLoss(Strict):
    """Loss over the validation reaches of the chosen snapshot."""

    type: Literal["validation_loss"]


class ReadoutNorm(Strict):
    """Norm of the readout's weights in the last snapshot [N]."""

    type: Literal["readout_norm"]


class TrialMeasure(Strict):
    """Mean of a measure over the trials of an evaluation."""

    type: Literal["measure"]
    evaluation: str = Field(description="Name of the evaluation whose trials are measured.")
    measure: str = Field(description="Name of the measure.")
    absolute: bool = Field(
        False, description="Whether the mean is of magnitudes, without the signs of trials."
    )


class Modes(Strict):
    """Mean over the fixed points of a search of what their modes are like."""

    type: Literal["modes"]
    search: str = Field(description="Name of the search for fixed points.")
    statistic: ModeStatistic = Field(description="What is averaged over points. [name]")


class Points(Strict):
    """What the fixed points of a search are like together."""

    type: Literal["points"]
    search: str = Field(description="Name of the search for fixed points.")
    statistic: PointStatistic = Field(description="What is computed of them. [name]")


class Shift(Strict):
    """How the fixed points of all goals move from one condition to another."""

    type: Literal["shift"]
    search: str = Field(description="Name of the search for fixed points.")
    of: Change = Field(description=_CHANGE)
    statistic: ShiftStatistic = Field(description="What is computed of the shift. [name]")


class Tracks(Strict):
    """How modes that are followed differ between conditions, and between goals."""

    type: Literal["tracks"]
    analysis: str = Field(description="Name of the analysis, of type mode_tracks.")
    of: Change = Field(description=_CHANGE)
    statistic: TrackStatistic = Field(description="What is computed of them. [name]")


class Responses(Strict):
    """Mean over responses to impulses of what the modes of closed loops say of them."""

    type: Literal["responses"]
    analysis: str = Field(description="Name of the analysis, of type modal_response.")
    statistic: ResponseStatistic = Field(description="What is averaged over responses. [name]")
    modes: Integer = quantity(4, "1", "Modes taken together, for left_over.", ge=1, le=1000)


Quantity = Annotated[
    LateLoss
    | LossJump
    | ValidationLoss
    | ReadoutNorm
    | TrialMeasure
    | Modes
    | Points
    | Shift
    | Tracks
    | Responses,
    Field(discriminator="type"),
]


OF_ANALYSES = {"responses": "modal_response", "tracks": "mode_tracks"}
"""Quantities of an analysis, with its type."""
