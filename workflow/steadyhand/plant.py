"""The simulated hand: a point mass in the plane with linear drag, under explicit Euler steps."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from steadyhand import precision  # noqa: F401
from steadyhand.constants import constant


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
    rise_lag: Float[Array, ""]
    """Share of the difference to the command that remains after a step, while a force grows."""
    decay_lag: Float[Array, ""]
    """The same while it falls."""


def physics_from(spec: dict[str, Any], dtype: str) -> Physics:
    """Constants from the groups `plant`, `feedback` and `motor` of resolved hyperparameters."""
    values = {
        "mass": spec["plant"]["mass"],
        "damping": spec["plant"]["damping"],
        "time_step": spec["plant"]["time_step"],
        "feedback_noise_std": spec["feedback"]["noise_std"],
        "motor_noise_std": spec["motor"]["noise_std"],
        "additive_ratio": spec["motor"]["additive_ratio"],
        "rise_lag": _lag(spec["motor"]["rise_time"], spec["plant"]["time_step"]),
        "decay_lag": _lag(spec["motor"]["decay_time"], spec["plant"]["time_step"]),
    }
    return Physics(**{name: constant(value, dtype) for name, value in values.items()})


def with_noise(physics: Physics, scale: Float[Array, ""]) -> Physics:
    """The same constants, with sensory and motor noise multiplied by `scale`."""
    return eqx.tree_at(
        lambda it: (it.feedback_noise_std, it.motor_noise_std),
        physics,
        replace_fn=lambda std: scale * std,
    )


def _lag(time_constant: float, time_step: float) -> float:
    """What an Euler step of a first-order filter leaves of a difference; 0 without a filter."""
    return 1 - time_step / time_constant if time_constant else 0.0


def filtered_force(
    physics: Physics, force: Float[Array, "2 ..."], motor_output: Float[Array, "2 ..."]
) -> Float[Array, "2 ..."]:
    """The force of the hand [N] after a step in which the muscles are driven by `motor_output`.

    A first-order low pass, by an explicit Euler step of df/dt = (u − f)/τ. τ is that of a rise
    while ‖u‖ > ‖f‖, so the filter is the same in every direction.
    """
    grows = jnp.sum(motor_output**2, axis=0) > jnp.sum(force**2, axis=0)
    lag = jnp.where(grows, physics.rise_lag, physics.decay_lag)
    return motor_output - lag * (motor_output - force)


def euler_step(
    physics: Physics,
    position: Float[Array, "2 ..."],
    velocity: Float[Array, "2 ..."],
    force: Float[Array, "2 ..."],
) -> tuple[Float[Array, "2 ..."], Float[Array, "2 ..."]]:
    """Position [m] and velocity [m/s] one time step later.

    p' = p + dt·v and v' = v + dt·(F − k·v)/m: the position moves with the *old* velocity.
    `force` [N] is the sum of the hand's own force and of the field's.
    """
    acceleration = (force - physics.damping * velocity) / physics.mass
    return (
        position + physics.time_step * velocity,
        velocity + physics.time_step * acceleration,
    )
