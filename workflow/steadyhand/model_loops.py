"""The networks of a model, each in its loop, with what a request holds."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from steadyhand import precision
from steadyhand.held_loop import Held, clamped_step, closed_step
from steadyhand.network import Controller, from_arrays
from steadyhand.perturbation import Field
from steadyhand.plant import Physics, physics_from
from steadyhand.task import unit_vectors


class Loops:
    """The networks of a model in their loops, and what a request holds."""

    def __init__(
        self,
        weights: dict[str, np.ndarray],
        weights_spec: dict[str, Any],
        request: Mapping[str, Any],
    ):
        dtype = precision.ANALYSIS_DTYPE
        self.request = request
        self.physics: Physics = physics_from(request["physics"], dtype)
        self.delay: int | None = None
        """Of the feedback [steps], where it is part of the state."""
        if request["closed_loop"]:
            self.delay = request["physics"]["feedback"]["delay"]
        self._controllers = from_arrays(weights, weights_spec, dtype)
        self._numbers = weights["replicate"].astype(int).tolist()

    @property
    def step(self) -> Any:
        """The map: `clamped_step` or a `closed_step`."""
        return clamped_step if self.delay is None else closed_step(self.delay)

    def controller(self, replicate: int) -> Controller:
        """The network with this number."""
        index = self._numbers.index(replicate)
        return jax.tree.map(lambda leaf: leaf[index], self._controllers)

    def own_arguments(
        self,
        goal: Float[np.ndarray, "row 2"],
        offset: Float[np.ndarray, "row 4"],
        sisu: Float[np.ndarray, " row"],
        amplitude: Float[np.ndarray, " row"],
        sensed: Float[np.ndarray, "row 4"],
    ) -> tuple[Any, ...]:
        """The arguments of the map after physics and controller, with a row for each."""
        held = _held(self.request["field"], goal, offset, sisu, amplitude)
        return (held, jnp.asarray(sensed)) if self.delay is None else (held,)


def _held(
    field: Mapping[str, Any] | None,
    goal: np.ndarray,
    offset: np.ndarray,
    sisu: np.ndarray,
    amplitude: np.ndarray,
) -> Held:
    curl, constant = np.zeros(len(goal)), np.zeros((len(goal), 2))
    if field and field["type"] == "curl":
        curl = amplitude
    elif field:
        constant = amplitude[:, None] * unit_vectors(field["direction"])
    of_field = Field(jnp.asarray(curl), jnp.asarray(constant))
    return Held(jnp.asarray(goal), jnp.asarray(sisu), of_field, jnp.asarray(offset))
