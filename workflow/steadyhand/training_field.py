"""The unpredictable fields of training, and what the context input tells of them."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from steadyhand import precision  # noqa: F401
from steadyhand.draws import Key
from steadyhand.perturbation import Field

METHODS = ("none", "bcs", "dai", "pai-asf")


class FieldDistribution(eqx.Module):
    """What fields and contexts are drawn from; scalars, as data."""

    curl_std: Float[Array, ""]
    """[N s/m]"""
    constant_std: Float[Array, ""]
    """[N]"""
    p_active: Float[Array, ""]
    method: Int[Array, ""]
    """Index in `METHODS`."""


def field_distribution_from(spec: dict[str, Any], dtype: str) -> FieldDistribution:
    """The distribution from the groups `field` and `context` of resolved hyperparameters."""
    kind, std = spec["field"]["type"], spec["field"]["std"]
    p_active = spec["context"]["p_active"]
    return FieldDistribution(
        curl_std=jnp.asarray(std if kind == "curl" else 0.0, dtype),
        constant_std=jnp.asarray(std if kind == "constant" else 0.0, dtype),
        p_active=jnp.asarray(1.0 if p_active is None else p_active, dtype),
        method=jnp.asarray(METHODS.index(spec["context"]["method"]), jnp.int32),
    )


def draw_training_field(
    key: Key, n_trials: int, distribution: FieldDistribution, scale: Float[Array, ""]
) -> tuple[Field, Float[Array, " trial"]]:
    """Fields of training trials, multiplied with `scale`, and the SISU that goes with each.

    With a ~ N(0, 1) and σ the standard deviation, a curl field has the amplitude σ·a, and a
    constant force the length σ·a along a direction drawn uniformly over the circle. A trial has a
    field with probability `p_active`. The context tells, by method:

    - bcs: whether there is one, 1 or 0;
    - dai: |a|, or 0 where there is none;
    - pai-asf: s ~ U(0, 1), which the field of the trial is multiplied with too.

    All methods and standard deviations see the same a, directions, activity and s.
    """
    curl_key, length_key, angle_key, active_key, spread_key = (
        jax.random.fold_in(key, part) for part in range(5)
    )
    dtype = distribution.curl_std.dtype
    curl = jax.random.normal(curl_key, (n_trials,), dtype)
    length = jax.random.normal(length_key, (n_trials,), dtype)
    angle = jax.random.uniform(angle_key, (n_trials,), dtype, minval=-jnp.pi, maxval=jnp.pi)
    is_active = jax.random.uniform(active_key, (n_trials,), dtype) < distribution.p_active
    active = is_active.astype(dtype)
    spread = jax.random.uniform(spread_key, (n_trials,), dtype)

    method = distribution.method
    strength = scale * active * jnp.where(method == METHODS.index("pai-asf"), spread, 1)
    unit = jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)
    field = Field(
        curl=strength * distribution.curl_std * curl,
        constant=(strength * distribution.constant_std * length)[:, None] * unit,
    )
    size = active * jnp.abs(jnp.where(distribution.constant_std > 0, length, curl))
    told = {"none": jnp.zeros_like(active), "bcs": active, "dai": size, "pai-asf": spread}
    return field, jnp.select([method == index for index in range(4)], [told[it] for it in METHODS])
