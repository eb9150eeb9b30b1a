"""The unpredictable fields of training, and what the context input tells of them."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from steadyhand import precision  # noqa: F401
from steadyhand.constants import constant
from steadyhand.perturbation import Field
from steadyhand.trial_draws import TrialDraws

METHODS = ("none", "bcs", "dai", "pai-asf")


class FieldDistribution(eqx.Module):
    """What fields and contexts are drawn from; scalars, as data."""

    std: Float[Array, ""]
    """[N s/m] of a curl field, [N] of a constant force."""
    is_constant: Bool[Array, ""]
    """Whether fields are constant forces, else curl fields; also where `std` is 0."""
    p_active: Float[Array, ""]
    method: Int[Array, ""]
    """Index in `METHODS`."""


def field_distribution_from(spec: dict[str, Any], dtype: str) -> FieldDistribution:
    """The distribution from the groups `field` and `context` of resolved hyperparameters."""
    p_active = spec["context"]["p_active"]
    return FieldDistribution(
        std=constant(spec["field"]["std"], dtype),
        is_constant=constant(spec["field"]["type"] == "constant"),
        p_active=constant(1.0 if p_active is None else p_active, dtype),
        method=constant(METHODS.index(spec["context"]["method"]), np.int32),
    )


def training_field(
    distribution: FieldDistribution, draws: TrialDraws, scale: Float[Array, ""]
) -> tuple[Field, Float[Array, " trial"]]:
    """Fields of training trials, multiplied with `scale`, and the SISU that goes with each.

    With a ~ N(0, 1) and σ the standard deviation, a curl field has the amplitude σ·a, and a
    constant force the length σ·a along a direction drawn uniformly over the circle. A trial has a
    field with probability `p_active`. The context tells, by method:

    - bcs: whether there is one, 1 or 0;
    - dai: |a|, or 0 where there is none;
    - pai-asf: s ~ U(0, 1), which the field of the trial is multiplied with too.

    All kinds of field, methods and standard deviations see the same a, directions, activity and s.
    """
    amplitude, spread = draws.amplitude, draws.spread
    active = (draws.activity < distribution.p_active).astype(amplitude.dtype)
    angle = 2 * jnp.pi * draws.turn

    is_method = {name: distribution.method == index for index, name in enumerate(METHODS)}
    spreads = jnp.where(is_method["pai-asf"], spread, 1)
    strength = scale * active * spreads * distribution.std * amplitude
    unit = jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)
    field = Field(
        curl=jnp.where(distribution.is_constant, 0, strength),
        constant=jnp.where(distribution.is_constant, strength[:, None] * unit, 0),
    )
    told = {
        "none": jnp.zeros_like(active),
        "bcs": active,
        "dai": active * jnp.abs(amplitude),
        "pai-asf": spread,
    }
    return field, jnp.select(list(is_method.values()), [told[name] for name in METHODS])
