"""The forward pass of training, with its draws and losses, on all devices; see evaluation_blocks.

It is the function that trains: of what it gives only the losses are asked for, so XLA leaves out
the way back.
"""

import os
import time

from networks import CHANNELS, MODEL, SPEC
from steadyhand.compilation_cache import keep_compiled_programs
from turns import answer, asked

keep_compiled_programs()

from steadyhand.devices import use_host_devices  # noqa: E402

use_host_devices(len(os.sched_getaffinity(0)))

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from jax.sharding import AxisType, PartitionSpec  # noqa: E402
from steadyhand.batch import condition_from, draw_chunk  # noqa: E402
from steadyhand.chunks import chunks_of  # noqa: E402
from steadyhand.network import init_controller  # noqa: E402
from steadyhand.through_time import Chunk, empty_tape, losses_and_gradient  # noqa: E402

condition = condition_from(SPEC, "float32")
controller = init_controller(jax.random.key(0), MODEL.network.model_dump(), CHANNELS, "float32")
n_chunks, size = chunks_of(MODEL.schedule.batch_size)
units = n_chunks * MODEL.replicates


def chunk_of(key):
    start, goal, inputs = draw_chunk(condition, jnp.float32(1), key, size, MODEL.task.n_steps)
    share = jnp.full(size, 1 / MODEL.schedule.batch_size, "float32")
    physics, weights, delay = condition.physics, condition.loss, MODEL.feedback.delay
    return Chunk(physics, weights, controller, start, goal, inputs, share, delay)


def on_device(keys):
    tape = empty_tape(jax.eval_shape(chunk_of, keys[0]))

    def one(carried, key):
        total, tape = carried
        outcome, tape = losses_and_gradient(chunk_of(key), tape)
        return (total + outcome.terms, tape), None

    nothing = jax.eval_shape(lambda: losses_and_gradient(chunk_of(keys[0]), tape)[0].terms)
    first = (jnp.zeros(nothing.shape, nothing.dtype), tape)
    return jax.lax.scan(one, first, keys)[0][0][None]


mesh = jax.make_mesh((jax.device_count(),), ("unit",), axis_types=(AxisType.Auto,))
program = jax.jit(
    jax.shard_map(
        on_device,
        mesh=mesh,
        in_specs=PartitionSpec("unit"),
        out_specs=PartitionSpec("unit"),
        check_vma=False,
    )
)
updates, batch = MODEL.task.n_steps - 1, 0
assert units % mesh.size == 0, f"{units} units on {mesh.size} devices would not be even"
while True:
    wanted, begin, steps = asked() * 1e6, time.perf_counter(), 0
    while steps < wanted:
        keys = jax.random.split(jax.random.key(batch), units)
        jax.block_until_ready(program(keys))
        steps, batch = steps + units * size * updates, batch + 1
    answer((time.perf_counter() - begin) / steps * 1e6)
