"""The simulated hand: a point mass in the plane with linear drag, under explicit Euler steps."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from steadyhand import precision  # noqa: F401


class Physics(eqx.Module):
    """The constants of the loop, all scalars: data, so that models that differ share a program."""

    mass: Float[Array, ""]
    """[kg]"""
    damping: Float[Array, ""]
    """Drag [N s/m]."""
    time_step: Float[Array, ""]
    """[s]"""
    feedback_noise_std: Float[Array, ""]
    """Of each sensed component [m, m/s]."""
    motor_noise_std: Float[Array, ""]
    """Of the noise proportional to the command [1]."""
    additive_ratio: Float[Array, ""]
    """Additive motor noise over `motor_noise_std` [N]."""


def physics_from(spec: dict[str, Any], dtype: str) -> Physics:
    """Constants from the groups `plant`, `feedback` and `motor` of resolved hyperparameters."""
    values = {
        "mass": spec["plant"]["mass"],
        "damping": spec["plant"]["damping"],
        "time_step": spec["plant"]["time_step"],
        "feedback_noise_std": spec["feedback"]["noise_std"],
        "motor_noise_std": spec["motor"]["noise_std"],
        "additive_ratio": spec["motor"]["additive_ratio"],
    }
    return Physics(**{name: jnp.asarray(value, dtype) for name, value in values.items()})


def euler_step(
    physics: Physics,
    position: Float[Array, "2"],
    velocity: Float[Array, "2"],
    force: Float[Array, "2"],
) -> tuple[Float[Array, "2"], Float[Array, "2"]]:
    """Position [m] and velocity [m/s] one time step later.

    p' = p + dt·v and v' = v + dt·(F − k·v)/m: the position moves with the *old* velocity.
    `force` [N] is the sum of the hand's own force and of the field's.
    """
    acceleration = (force - physics.damping * velocity) / physics.mass
    return (
        position + physics.time_step * velocity,
        velocity + physics.time_step * acceleration,
    )
