"""Force fields and sensory impulses."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from steadyhand import precision  # noqa: F401
from steadyhand.draws import Key


class Field(eqx.Module):
    """A force field, constant over a trial."""

    curl: Float[Array, "*batch"]
    """Amplitude a of the force a·(−v_y, v_x) [N s/m]; positive pushes to the left of travel."""
    constant: Float[Array, "*batch 2"]
    """Force that does not depend on the state [N]."""


def field_force(field: Field, velocity: Float[Array, "2"]) -> Float[Array, "2"]:
    """Force of the field on a hand with this velocity [N]. The curl part does no work."""
    leftward = jnp.stack([-velocity[1], velocity[0]])
    return field.curl * leftward + field.constant


def draw_training_field(
    key: Key, n_trials: int, curl_std: Float[Array, ""], constant_std: Float[Array, ""]
) -> Field:
    """Fields of training trials.

    Curl amplitudes are N(0, `curl_std`²). Constant forces have a length drawn from
    N(0, `constant_std`²) along a direction drawn uniformly over the circle.
    """
    curl_key, length_key, angle_key = (jax.random.fold_in(key, part) for part in range(3))
    dtype = curl_std.dtype
    amplitude = curl_std * jax.random.normal(curl_key, (n_trials,), dtype)
    length = constant_std * jax.random.normal(length_key, (n_trials,), dtype)
    angle = jax.random.uniform(angle_key, (n_trials,), dtype, minval=-jnp.pi, maxval=jnp.pi)
    unit = jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)
    return Field(curl=amplitude, constant=length[:, None] * unit)
