"""How a batch is cut into chunks of trials that are computed together; light, without JAX."""

CHUNK_SIZE = 64
"""Trials computed together. Part of the definition of a training, like the batch size: sums over
a batch are made chunk by chunk in a fixed order, however many devices share the work. As many as
fill the fastest kernels of a CPU, and let a chunk's activity stay in its cache."""

LANES = 8
"""Single-precision numbers that a CPU takes at once: the size of a chunk is a multiple of it."""


def chunks_of(batch_size: int) -> tuple[int, int]:
    """Number and size of the chunks of a batch; what the last ones have too much is not used."""
    count = -(-batch_size // CHUNK_SIZE)
    return count, LANES * -(-batch_size // (count * LANES))
