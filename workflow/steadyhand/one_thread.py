"""NumPy and SciPy on one thread, whatever the machine offers.

Threads of BLAS decide the last bits of a product, and results must not depend on cores. For
matrices of a hundred rows they mostly wait for each other: where two processes share two cores, ten
times as long as one thread takes.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

from threadpoolctl import ThreadpoolController

P = ParamSpec("P")
T = TypeVar("T")


def on_one_thread(function: Callable[P, T]) -> Callable[P, T]:
    """`function`, in which BLAS has one thread."""

    @wraps(function)
    def alone(*args: P.args, **kwargs: P.kwargs) -> T:
        with _controller().limit(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return alone


@lru_cache(maxsize=1)
def _controller() -> ThreadpoolController:
    """Of the libraries of NumPy and of SciPy, each of which brings its own."""
    import scipy.linalg  # noqa: F401  (what is not loaded is not found)

    return ThreadpoolController()
