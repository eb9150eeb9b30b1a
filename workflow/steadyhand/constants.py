"""Numbers that go into compiled programs as data.

They are made by NumPy: to put a number where a program wants it, JAX compiles something for each
shape, and a dozen of them would be half of a job's start.
"""

from typing import Any, cast

import numpy as np
from jaxtyping import Array


def constant(values: Any, dtype: Any = None) -> Array:
    """An array for a compiled program, of NumPy."""
    return cast(Array, np.asarray(values, dtype))
