"""Fixed-point searches that a study asks for."""

from pydantic import Field

from steadyhand.config.base import Integer, Strict, quantity
from steadyhand.config.values import SWEEPS, Contexts, Sweeps


class Grid(Strict):
    """Goals on a square lattice inside the workspace of training."""

    grid: Integer = quantity(5, "1", "Goals per axis.", ge=1, le=50)


class FixedPointSearch(Strict):
    """Fixed points of the network with its input clamped to a hand at rest on a goal."""

    sweeps: Sweeps | None = SWEEPS
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
