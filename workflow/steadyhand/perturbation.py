"""Force fields and what they do to a moving hand."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from steadyhand import precision  # noqa: F401


class Field(eqx.Module):
    """A force field, constant over a trial."""

    curl: Float[Array, "*batch"]
    """Amplitude a of the force a·(−v_y, v_x) [N s/m]; positive pushes to the left of travel."""
    constant: Float[Array, "*batch 2"]
    """Force that does not depend on the state [N]."""


def field_force(field: Field, velocity: Float[Array, "2 ..."]) -> Float[Array, "2 ..."]:
    """Force of the field on a hand with this velocity [N]. The curl part does no work."""
    leftward = jnp.stack([-velocity[1], velocity[0]])
    return field.curl * leftward + field.constant
