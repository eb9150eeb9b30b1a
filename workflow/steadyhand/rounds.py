"""How the work of a batch is spread over devices: by data, never by the shape of a program."""

import equinox as eqx
import numpy as np
from jaxtyping import Array, Int

from steadyhand.chunks import chunks_of
from steadyhand.constants import constant


class Rounds(eqx.Module):
    """Which device computes what. As data, so that no loop's length is known when compiling.

    XLA would unroll a loop of one round, fuse across it, and give other bytes to a network that
    is alone.
    """

    units: Int[Array, " unit"]
    """Network · chunks + chunk; the devices have equally many, one after another."""
    per_device: Int[Array, ""]
    rows: Int[Array, " row"]
    """Where among the units the chunks of each network are, in their order."""
    networks: Int[Array, ""]


LEAST_NETWORKS = 2
"""An axis of length 1 would be compiled away, which changes bytes too: a network that is alone
has a neighbour that nobody computes."""


def rounds_of(n_networks: int, batch_size: int, devices: int) -> Rounds:
    """How the chunks of so many networks are spread over so many devices."""
    n_chunks, _ = chunks_of(batch_size)
    n_units = n_networks * n_chunks
    per_device = -(-n_units // devices)
    places = np.arange(per_device * devices)
    rows = np.arange(max(n_networks, LEAST_NETWORKS) * n_chunks)
    return Rounds(
        units=constant(np.where(places < n_units, places, 0)),
        per_device=constant(per_device),
        rows=constant(np.where(rows < n_units, rows, 0)),
        networks=constant(n_networks),
    )
