"""All random numbers of some trials, in one call: each call costs the compiler half a second."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from steadyhand import precision  # noqa: F401
from steadyhand.draws import Key


class TrialDraws(eqx.Module):
    """Numbers that trials are made of; U: uniform over [0, 1), N: standard normal."""

    ends: Float[Array, "2 trial 2"]
    """U: where start and goal are in the workspace."""
    amplitude: Float[Array, " trial"]
    """N: of the field."""
    turn: Float[Array, " trial"]
    """U: direction of a constant field, as part of a full turn."""
    activity: Float[Array, " trial"]
    """U: the field is active where this is below its probability."""
    spread: Float[Array, " trial"]
    """U: scale of the field in `pai-asf`."""
    sensory_noise: Float[Array, "time trial 4"]
    """N"""
    motor_noise: Float[Array, "time trial 2 2"]
    """N"""


_NORMAL = ("amplitude", "sensory_noise", "motor_noise")


def draw_trials(key: Key, n_trials: int, n_updates: int, dtype: jnp.dtype) -> TrialDraws:
    """Draws of `n_trials` trials that belong together."""
    shapes: dict[str, tuple[int, ...]] = {
        "ends": (2, n_trials, 2),
        **dict.fromkeys(("turn", "activity", "spread", "amplitude"), (n_trials,)),
        "sensory_noise": (n_updates, n_trials, 4),
        "motor_noise": (n_updates, n_trials, 2, 2),
    }
    numbers = jax.random.uniform(key, (sum(map(math.prod, shapes.values())),), dtype)
    found, first = {}, 0
    for name, shape in shapes.items():
        last = first + math.prod(shape)
        part = numbers[first:last].reshape(shape)
        found[name] = _normal(part) if name in _NORMAL else part
        first = last
    return TrialDraws(**found)


def _normal(uniform: Array) -> Array:
    """Standard normal numbers from uniform ones, by the inverse of the distribution function."""
    dtype = uniform.dtype
    least = jnp.nextafter(jnp.asarray(-1, dtype), jnp.asarray(0, dtype))  # −1 would be −∞
    return jnp.asarray(math.sqrt(2), dtype) * jax.lax.erf_inv(jnp.maximum(2 * uniform - 1, least))
