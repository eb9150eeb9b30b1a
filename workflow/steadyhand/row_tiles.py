"""Programs on many rows, in tiles of one constant size.

XLA picks other kernels for other row counts; in tiles of one size, padded, the bits of a row's
results depend neither on its company, nor on how many rows there are.

All of it is for one device: products and decompositions of a tile use all cores anyway, and
jaxlib 0.10 hangs where two host devices solve triangular systems at the same time (each waits for
threads of the pool that both share).
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import numpy as np

from steadyhand import precision  # noqa: F401

Program = Callable[..., Any]
"""Takes what is static, then rows (leading axis `row`), then what they share; gives rows."""


def over_rows(program: Program, static: tuple[Any, ...], rows: Any, shared: Any, tile: int) -> Any:
    """`program(*static, rows, shared)` on every `tile` rows, and its results joined (NumPy).

    `rows` and the results are pytrees of arrays with one leading axis. It is compiled once for the
    same program, `static` and shapes. While a device computes, the host prepares what is next.
    """
    count = len(jax.tree.leaves(rows)[0])
    if not count:
        return _of_no_rows(program, static, rows, shared, tile)

    def some(first: int) -> Any:
        # The last row again, which adds no case that does not occur anyway.
        chosen = np.minimum(np.arange(first, first + tile), count - 1)
        return rows_of(rows, chosen)

    # What rows share may be large: it is brought to the device once.
    shared = jax.device_put(shared)
    results, running = [], None
    for first in range(0, count, tile):
        following = _run(program, static, some(first), shared)
        if running is not None:
            results.append(jax.tree.map(np.asarray, running))
        running = following
    results.append(jax.tree.map(np.asarray, running))
    return jax.tree.map(lambda *parts: np.concatenate(parts)[:count], *results)


def _of_no_rows(
    program: Program, static: tuple[Any, ...], rows: Any, shared: Any, tile: int
) -> Any:
    """Results without rows, in the shapes that they have of some."""
    some = jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct((tile, *np.shape(leaf)[1:]), np.asarray(leaf).dtype), rows
    )
    shapes = jax.eval_shape(lambda rows: program(*static, rows, shared), some)
    return jax.tree.map(lambda it: np.empty((0, *it.shape[1:]), it.dtype), shapes)


def rows_of(tree: Any, rows: np.ndarray) -> Any:
    """Some rows of every array in a pytree (NumPy)."""
    return jax.tree.map(lambda leaf: np.asarray(leaf)[rows], tree)


@partial(jax.jit, static_argnums=(0, 1))
def _run(program: Program, static: tuple[Any, ...], rows: Any, shared: Any) -> Any:
    return program(*static, rows, shared)
