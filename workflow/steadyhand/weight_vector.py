"""All weights of a network as one vector, for what treats them all alike: optimizers, sums."""

import math
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from steadyhand.network import Controller, init_controller


@dataclass(frozen=True)
class Layout:
    """Where in the vector the arrays of a network are: in the order of its leaves, one by one."""

    structure: Any
    shapes: tuple[tuple[int, ...], ...]
    is_readout: Bool[np.ndarray, " weight"]
    """Which weights belong to the readout; the others are the cell's."""

    def vector(self, controller: Controller) -> Float[Array, "*batch weight"]:
        """The weights of a network, or of several with leading axes."""
        leaves = jax.tree.leaves(controller)
        flat = (
            leaf.reshape(*leaf.shape[: leaf.ndim - len(shape)], -1)
            for leaf, shape in zip(leaves, self.shapes, strict=True)
        )
        return jnp.concatenate(list(flat), axis=-1)

    def network(self, vector: Float[Array, "*batch weight"] | np.ndarray) -> Controller:
        """The network that has these weights; leading axes are kept."""
        ends = np.cumsum([math.prod(shape) for shape in self.shapes])[:-1]
        # Slices, not `split`, which also takes NumPy's arrays to JAX.
        bounds = zip([0, *ends], [*ends, vector.shape[-1]], self.shapes, strict=True)
        leaves = [
            vector[..., first:last].reshape(*vector.shape[:-1], *shape)
            for first, last, shape in bounds
        ]
        return jax.tree.unflatten(self.structure, leaves)


def layout_of(network: dict[str, Any], channels: tuple[str, ...]) -> Layout:
    """The layout of networks of this kind; `network` is that group of resolved hyperparameters."""
    skeleton = eqx.filter_eval_shape(
        lambda: init_controller(jax.random.key(0), network, channels, "float32")
    )
    leaves, structure = jax.tree.flatten(skeleton)
    marks = jax.tree.leaves(
        Controller(
            jax.tree.map(lambda leaf: np.zeros(leaf.size, bool), skeleton.cell),
            jax.tree.map(lambda leaf: np.ones(leaf.size, bool), skeleton.readout),
            channels,
        )
    )
    return Layout(structure, tuple(leaf.shape for leaf in leaves), np.concatenate(marks))
