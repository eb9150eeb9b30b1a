"""The controller: a recurrent cell with a linear readout, and its named input channels."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from steadyhand import precision  # noqa: F401
from steadyhand.draws import Key

CHANNELS = {
    "target_position": 2,
    "target_velocity": 2,
    "feedback_position": 2,
    "feedback_velocity": 2,
}
"""Input channels in the order in which the network receives them, with their sizes."""

INPUT_SIZE = sum(CHANNELS.values())
OUTPUT_SIZE = 2


class Controller(eqx.Module):
    """A GRU (Equinox's: h' = n + z⊙(h − n)) and a linear readout of its state."""

    cell: eqx.nn.GRUCell
    readout: eqx.nn.Linear

    def __call__(
        self, channels: dict[str, Float[Array, "2"]], hidden: Float[Array, " hidden"]
    ) -> tuple[Float[Array, " hidden"], Float[Array, "2"]]:
        """The next hidden state and the motor command [N] that is read from it."""
        if channels.keys() != CHANNELS.keys():
            raise ValueError(f"channels are {sorted(CHANNELS)}, not {sorted(channels)}")
        hidden = self.cell(jnp.concatenate([channels[name] for name in CHANNELS]), hidden)
        return hidden, self.readout(hidden)


def init_controller(key: Key, spec: dict[str, Any], dtype: str) -> Controller:
    """A network with Equinox's initial weights, U(±1/√fan), and a readout bias of 0.

    `spec` is the group `network` of resolved hyperparameters.
    """
    size = spec["hidden_size"]
    cell_key, readout_key = jax.random.fold_in(key, 0), jax.random.fold_in(key, 1)
    cell = eqx.nn.GRUCell(INPUT_SIZE, size, dtype=jnp.dtype(dtype), key=cell_key)
    readout = eqx.nn.Linear(size, OUTPUT_SIZE, dtype=jnp.dtype(dtype), key=readout_key)
    readout = eqx.tree_at(lambda it: it.bias, readout, jnp.zeros(OUTPUT_SIZE, dtype))
    return Controller(cell, readout)


def stored_spec(spec: dict[str, Any]) -> dict[str, Any]:
    """What a file of weights says of its network: enough to build it again, and its channels."""
    return {
        "network": {"type": spec["type"], "hidden_size": spec["hidden_size"]},
        "channels": [{"name": name, "size": size} for name, size in CHANNELS.items()],
    }


def to_arrays(controllers: Controller) -> dict[str, np.ndarray]:
    """Named arrays of a controller, or of many with leading axes, in the order of its leaves."""
    leaves = jax.tree_util.tree_leaves_with_path(eqx.filter(controllers, eqx.is_array))
    return {_name(path): np.asarray(leaf) for path, leaf in leaves}


def from_arrays(arrays: dict[str, np.ndarray], spec: dict[str, Any], dtype: str) -> Controller:
    """Controllers from named arrays, cast to `dtype`; leading axes are kept.

    Raises `ValueError` where `spec` asks for other channels, or an array is missing.
    """
    if spec["channels"] != stored_spec(spec["network"])["channels"]:
        raise ValueError(f"these weights are for the channels {spec['channels']}")
    skeleton = eqx.filter_eval_shape(
        lambda: init_controller(jax.random.key(0), spec["network"], dtype)
    )
    paths, structure = jax.tree_util.tree_flatten_with_path(skeleton)
    missing = {_name(path) for path, _ in paths} - arrays.keys()
    if missing:
        raise ValueError(f"these weights lack {sorted(missing)}")
    leaves = [jnp.asarray(arrays[_name(path)], dtype) for path, _ in paths]
    return jax.tree_util.tree_unflatten(structure, leaves)


def _name(path: tuple[Any, ...]) -> str:
    return jax.tree_util.keystr(path, simple=True, separator=".")
