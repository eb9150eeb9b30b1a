"""Where an artefact comes from: what is written into each of them."""

import platform
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from steadyhand import __version__
from steadyhand.identity import SCHEMA_VERSION

_LIBRARIES = ("jax", "jaxlib", "equinox", "optax", "numpy", "scipy", "xarray", "netCDF4")


def provenance(
    kind: str,
    id: str,
    code: str,
    request: Any,
    libraries: Iterable[str] = _LIBRARIES,
    **more: Any,
) -> dict[str, Any]:
    """What identifies an artefact: its kind and id, the resolved request, code and versions.

    Nothing in it depends on when or where it is made, so that equal artefacts have equal bytes.
    """
    return {
        "kind": kind,
        "id": id,
        "code": code,
        "request": request,
        "schema_version": SCHEMA_VERSION,
        "versions": versions(libraries),
        **more,
    }


def versions(libraries: Iterable[str] = _LIBRARIES) -> dict[str, str]:
    """Of this package, Python, and the libraries that compute."""
    return {
        "steadyhand": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in sorted(libraries)},
    }
