"""How a batch is cut into chunks of trials that are computed together; light, without JAX."""

CHUNK_SIZE = 128
"""Most trials computed together. Part of the definition of a training, like the batch size: sums
over a batch are made chunk by chunk in a fixed order, however many devices share the work. As many
as let a chunk's activity stay in a core's cache, so that what is done once per update costs
little."""


def chunks_of(batch_size: int) -> tuple[int, int]:
    """Number and size of the chunks of a batch; what the last one has too much is not used."""
    count = -(-batch_size // CHUNK_SIZE)
    return count, -(-batch_size // count)
