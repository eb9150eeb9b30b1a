"""The controller: a recurrent cell with a linear readout, and its named input channels."""

import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from steadyhand import precision  # noqa: F401
from steadyhand.cells import Cell, cell_shapes, make_cell
from steadyhand.cells.cell import Prepared, over_last_axes
from steadyhand.draws import Key

CHANNELS = {
    "target_position": 2,
    "target_velocity": 2,
    "feedback_position": 2,
    "feedback_velocity": 2,
    "sisu": 1,
}
"""Input channels in the order in which a network receives them, with their sizes."""

FEEDBACK = ("feedback_position", "feedback_velocity")
"""The channels of what is sensed, one after the other."""

SISU = "sisu"
"""The channel that only networks with a context have."""

OUTPUT_SIZE = 2


class Readout(eqx.Module):
    """The motor command [N], linear in the activity of the units."""

    weight: Float[Array, "2 unit"]
    bias: Float[Array, "2"]

    def __call__(self, activity: Float[Array, "*batch unit"]) -> Float[Array, "*batch 2"]:
        """The command for an activity."""
        return activity @ self.weight.T + self.bias

    def of_trials(self, activity: Float[Array, "trial unit"]) -> Float[Array, "2 trial"]:
        """The commands for many activities, trials last."""
        return over_last_axes(self.weight, activity) + self.bias[:, None]


class Controller(eqx.Module):
    """A recurrent cell and the readout of its units."""

    cell: Cell
    readout: Readout
    channels: tuple[str, ...] = eqx.field(static=True)

    def __call__(
        self, channels: dict[str, Float[Array, " size"]], hidden: Float[Array, " state"]
    ) -> tuple[Float[Array, " state"], Float[Array, "2"]]:
        """The next hidden state and the motor command [N] that is read from it."""
        following = self.cell(self.input_of(channels), hidden)
        return following, self.readout(self.activity(following))

    def prepared(self, sensed: slice = slice(0)) -> Prepared:
        """The weights of the cell as its updates need them; see `Cell.prepared`."""
        return self.cell.prepared(sensed)

    @property
    def sensed(self) -> slice:
        """Where among the inputs of the cell the sensed position and velocity are."""
        first = sum(CHANNELS[name] for name in self.channels[: self.channels.index(FEEDBACK[0])])
        return slice(first, first + sum(CHANNELS[name] for name in FEEDBACK))

    def input_of(self, channels: dict[str, Float[Array, "size ..."]]) -> Float[Array, "input ..."]:
        """What the cell receives: its channels, in their order."""
        if channels.keys() != CHANNELS.keys():
            raise ValueError(f"channels are {sorted(CHANNELS)}, not {sorted(channels)}")
        return jnp.concatenate([channels[name] for name in self.channels])

    def activity(self, hidden: Float[Array, "*batch state"]) -> Float[Array, "*batch unit"]:
        """The activity of the units, which is what is read out, of a hidden state."""
        return hidden[..., : self.cell.hidden_size]

    def rest(self) -> Float[Array, " state"]:
        """The hidden state at the start of a trial."""
        return jnp.zeros(self.cell.state_size, self.readout.weight.dtype)


WITH_CONTEXT = tuple(CHANNELS)
WITHOUT_CONTEXT = tuple(name for name in CHANNELS if name != SISU)


def channels_of(training: dict[str, Any]) -> tuple[str, ...]:
    """The input channels of networks, from the resolved hyperparameters of their training."""
    return WITHOUT_CONTEXT if training["context"]["method"] == "none" else WITH_CONTEXT


def init_controller(
    key: Key, network: dict[str, Any], channels: tuple[str, ...], dtype: str
) -> Controller:
    """A network with weights and biases from U(±1/√units), as in Equinox; a readout bias of 0.

    `network` is the group of that name of resolved hyperparameters.
    """
    units = network["hidden_size"]
    shapes = cell_shapes(network, sum(CHANNELS[name] for name in channels))
    shapes.append((OUTPUT_SIZE, units))
    ends = np.cumsum([math.prod(shape) for shape in shapes])
    limit = 1 / units**0.5
    # All in one call: each costs the compiler half a second.
    numbers = jax.random.uniform(key, (ends[-1],), jnp.dtype(dtype), minval=-limit, maxval=limit)
    parts = jnp.split(numbers, ends[:-1])
    *of_cell, of_readout = (it.reshape(shape) for it, shape in zip(parts, shapes, strict=True))
    readout = Readout(of_readout, bias=jnp.zeros(OUTPUT_SIZE, dtype))
    return Controller(make_cell(network, of_cell), readout, channels)


def stored_spec(network: dict[str, Any], channels: tuple[str, ...]) -> dict[str, Any]:
    """What a file of weights says of its network: enough to build it again, and its channels.

    `network` is the group of that name of resolved hyperparameters.
    """
    return {
        "network": dict(network),
        "channels": [{"name": name, "size": CHANNELS[name]} for name in channels],
    }


def to_arrays(controllers: Controller) -> dict[str, np.ndarray]:
    """Named arrays of a controller, or of many with leading axes, in the order of its leaves."""
    leaves = jax.tree_util.tree_leaves_with_path(eqx.filter(controllers, eqx.is_array))
    return {_name(path): np.asarray(leaf) for path, leaf in leaves}


def from_arrays(arrays: dict[str, np.ndarray], spec: dict[str, Any], dtype: str) -> Controller:
    """Controllers from named arrays, cast to `dtype`; leading axes are kept.

    Raises `ValueError` where `spec` asks for other channels, or an array is missing.
    """
    names = [channel["name"] for channel in spec["channels"]]
    sizes = all(CHANNELS.get(it["name"]) == it["size"] for it in spec["channels"])
    if tuple(names) not in (WITH_CONTEXT, WITHOUT_CONTEXT) or not sizes:
        raise ValueError(f"these weights are for the channels {spec['channels']}")
    skeleton = eqx.filter_eval_shape(
        lambda: init_controller(jax.random.key(0), spec["network"], tuple(names), dtype)
    )
    paths, structure = jax.tree_util.tree_flatten_with_path(skeleton)
    missing = {_name(path) for path, _ in paths} - arrays.keys()
    if missing:
        raise ValueError(f"these weights lack {sorted(missing)}")
    leaves = [jnp.asarray(arrays[_name(path)], dtype) for path, _ in paths]
    return jax.tree_util.tree_unflatten(structure, leaves)


def _name(path: tuple[Any, ...]) -> str:
    return jax.tree_util.keystr(path, simple=True, separator=".")
