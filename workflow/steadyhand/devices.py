"""How many devices a job computes on. Never part of a result."""

import jax

LEAST_DEVICES = 2
"""With one host device on one core, XLA's pool has a single thread, picks other kernels, and
other bytes come out; with two, even on one core, the bytes are those of any number."""


def use_host_devices(cores: int) -> None:
    """Split the host into one device per core, at least two. Call it before anything computes.

    Where an accelerator is found, JAX uses that, and this has no effect.
    """
    jax.config.update("jax_num_cpu_devices", max(LEAST_DEVICES, cores))
