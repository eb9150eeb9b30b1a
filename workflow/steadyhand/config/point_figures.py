"""Figures of fixed points, and of what is made of them, that a study asks for."""

from typing import Literal

from pydantic import Field

from steadyhand.config.base import Strict
from steadyhand.config.values import SWEEPS, Sweeps


class BranchesFigure(Strict):
    """Branches of fixed points: stability and place against the parameter, one per model."""

    type: Literal["branches"]
    sweeps: Sweeps | None = SWEEPS
    analysis: str = Field(description="Name of the analysis of fixed points that is shown.")


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
    color: Literal["replicate", "sisu", "field_amplitude", "place"] | None = Field(
        None,
        description=(
            "What colours tell apart: replicates, in a figure with all models for each condition; "
            "or context inputs (sisu), fields, or goals (place), in a figure for each model. If "
            "left out: replicates, and contexts and fields of which there are several. [name]"
        ),
    )


class ModeTracksFigure(Strict):
    """Eigenvalues followed through places and conditions, one figure per model."""

    type: Literal["mode_tracks"]
    sweeps: Sweeps | None = SWEEPS
    analysis: str = Field(description="Name of the analysis of fixed points that is shown.")


class ModeDistributions(Strict):
    """Angles and magnitudes of modes, and what they are like in every replicate."""

    type: Literal["mode_distributions"]
    sweeps: Sweeps | None = SWEEPS
    analysis: str = Field(description="Name of the fixed-point search that is shown.")
    color: Literal["train", "sisu", "field_amplitude"] | None = Field(
        None,
        description=(
            "What colours tell apart: training conditions, in a figure with all models for each "
            "condition; or context inputs (sisu), or fields, in a figure for each model. All, if "
            "left out, of which there are several. [name]"
        ),
    )


class ModalResponseFigure(Strict):
    """Responses of trials to impulses, and the modes that make them, one figure per model."""

    type: Literal["modal_response"]
    sweeps: Sweeps | None = SWEEPS
    analysis: str = Field(description="Name of the analysis of fixed points that is shown.")


class LinearResponseFigure(Strict):
    """What linearizations of closed loops predict, beside what the loops do, by amplitude."""

    type: Literal["linear_response"]
    sweeps: Sweeps | None = SWEEPS
    analysis: str = Field(description="Name of the analysis of fixed points that is shown.")
