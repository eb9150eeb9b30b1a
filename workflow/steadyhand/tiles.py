"""Trials in tiles of one constant size, the last one padded.

XLA picks other kernels for other row counts, so the last bits of a trial's states depend on how
many trials are computed with it. In tiles of one size they do not.
"""

import numpy as np

TILE = 64
"""Trials computed together. Part of the definition of a result."""


EVALUATION_TILE = 96
"""The same for evaluations, which are fastest so, and whose usual sets of reaches have 96."""


def padded_tiles(values: np.ndarray, size: int = TILE) -> tuple[np.ndarray, int]:
    """Rows in tiles, shape (tile, size, …), and how many rows there were before padding.

    Padding repeats the last row, so padded rows compute nothing strange.
    """
    count = len(values)
    if count == 0:
        raise ValueError("no rows to put into tiles")
    missing = -count % size
    padding = np.repeat(values[-1:], missing, axis=0)
    full = np.concatenate([values, padding])
    return full.reshape(-1, size, *values.shape[1:]), count
