"""Vectors in the frame of a reach: along its direction, and to the left of it."""

import numpy as np
from jaxtyping import Float


def align(
    vectors: Float[np.ndarray, "*batch time 2"], direction: Float[np.ndarray, "*batch"]
) -> Float[np.ndarray, "*batch time 2"]:
    """Components parallel and lateral to a direction [rad]; lateral is positive to the left.

    With the unit vector d of the direction: parallel = x·d, lateral = d_x·x_y − d_y·x_x.
    """
    cos, sin = np.cos(direction)[..., None], np.sin(direction)[..., None]
    x, y = vectors[..., 0], vectors[..., 1]
    return np.stack([cos * x + sin * y, cos * y - sin * x], axis=-1)
