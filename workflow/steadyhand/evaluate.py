"""Evaluation: the selected networks of a model on every trial of a request, block by block."""

from collections import deque
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType

from steadyhand import precision
from steadyhand.context import check_context
from steadyhand.draws import root_key
from steadyhand.evaluation_program import Recorded, Shape, Tile, room_for, run_tiles
from steadyhand.network import from_arrays
from steadyhand.perturbation import Field
from steadyhand.plant import physics_from
from steadyhand.states_size import BLOCK_TRIALS
from steadyhand.tiles import EVALUATION_TILE, padded_tiles
from steadyhand.trials import Listed, Trials

Block = dict[str, np.ndarray]
"""Recorded variables of consecutive trials, axes `trial replicate time …`."""


def evaluate(
    weights: dict[str, np.ndarray],
    weights_spec: dict[str, Any],
    request: dict[str, Any],
    trials: Listed,
    block_trials: int = BLOCK_TRIALS,
) -> Iterator[Block]:
    """Run the networks in `weights` through `trials`; yields blocks of consecutive ones.

    `block_trials` are computed at a time, rounded up to whole tiles, as many on each device; each
    device's are a block. All replicates and conditions see the same trials and noise. What a trial
    gives depends neither on the trials that are evaluated with it, nor on blocks or devices. Values
    are float32; state k is that after k updates, and signals at k > 0 are those of the update that
    led to it. Of hidden states, every `hidden_every`-th is there. While a block is in use, the next
    one is computed.
    """
    check_context(weights_spec, request)
    dtype = precision.TRAINING_DTYPE
    controllers = from_arrays(weights, weights_spec, dtype)
    physics = physics_from(request["physics"], dtype)
    shape = shape_of(request)
    mesh = jax.make_mesh((jax.device_count(),), ("tile",), axis_types=(AxisType.Auto,))
    root = root_key(request["seed"])
    together = EVALUATION_TILE * mesh.size
    size = together * min(-(-block_trials // together), -(-len(trials) // together))

    # One is computed, one is in use, and a loop over blocks still holds the one before.
    rooms: deque[Recorded] = deque()

    def run(first: int) -> tuple[int, Recorded]:
        block = trials.rows(first, min(first + size, len(trials)))
        tiles = _tiles(block, size, dtype)
        room = rooms.popleft() if len(rooms) > 2 else room_for(shape, mesh, controllers, tiles)
        rooms.append(run_tiles(shape, mesh, room, physics, controllers, root, tiles))
        return len(block), rooms[-1]

    running = run(0)
    for first in range(size, len(trials), size):
        following = run(first)
        yield from _fetch(shape, *running)
        running = following
    yield from _fetch(shape, *running)


def shape_of(request: dict[str, Any]) -> Shape:
    """What the program of a resolved request is compiled for."""
    return Shape(
        delay=request["physics"]["feedback"]["delay"],
        n_steps=request["n_steps"],
        keep=tuple(request["keep"]),
        hidden_every=request["hidden_every"],
        stimulates=request["unit_stimulation"] is not None,
    )


def _fetch(shape: Shape, used: int, recorded: Recorded) -> Iterator[Block]:
    """The trials of each device: to join them would take a copy."""
    first = 0
    for parts in zip(*(_by_device(values) for values in recorded.values()), strict=True):
        if first < used:
            yield {
                name: values[: used - first, :, : shape.times(name)]
                for name, values in zip(recorded, parts, strict=True)
            }
        first += len(parts[0])


def _by_device(values: jax.Array) -> list[np.ndarray]:
    shards = sorted(values.addressable_shards, key=lambda shard: shard.index[0].start or 0)
    parts = [np.asarray(shard.data) for shard in shards]
    return [part.reshape(-1, *part.shape[2:]) for part in parts]


def _tiles(trials: Trials, size: int, dtype: str) -> Tile:
    """Tiles of some trials, filled up to `size`."""

    def padded(values: np.ndarray) -> jax.Array:
        tiles, _ = padded_tiles(values, EVALUATION_TILE)
        missing = size // EVALUATION_TILE - len(tiles)
        return jnp.asarray(np.concatenate([tiles, np.repeat(tiles[-1:], missing, axis=0)]))

    def real(values: np.ndarray) -> jax.Array:
        return padded(values.astype(dtype))

    def whole(values: np.ndarray) -> jax.Array:
        return padded(values.astype(np.int32))

    return Tile(
        start=real(trials.start),
        goal=real(trials.goal),
        sisu=real(trials.sisu),
        sisu_after=real(trials.sisu_after),
        sisu_onset=whole(trials.sisu_onset),
        field=Field(curl=real(trials.curl), constant=real(trials.constant)),
        impulse=real(trials.impulse),
        impulse_onset=whole(trials.impulse_onset),
        impulse_end=whole(trials.impulse_onset + trials.impulse_duration),
        stimulated_unit=whole(trials.stimulated_unit),
        stimulation=real(trials.stimulation_amplitude),
        stimulation_onset=whole(trials.stimulation_onset),
        stimulation_end=whole(trials.stimulation_onset + trials.stimulation_duration),
        task_trial=whole(trials.task_trial),
        repeat=whole(trials.repeat),
    )
