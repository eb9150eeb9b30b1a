"""Where JAX keeps the programs that it has compiled, so that the next job need not do it again."""

import hashlib
import os
import platform
from pathlib import Path

_FOLDER = "JAX_COMPILATION_CACHE_DIR"
_SETTINGS = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.05",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}
_OURS = "steadyhand-jax-"


def keep_compiled_programs() -> None:
    """Let this process and those that it starts keep compiled programs in the user's cache.

    Call it before JAX is imported. Machine code is kept by kind of processor: the jobs of a
    cluster share a home, but not always a processor. A folder that the user has chosen by
    JAX_COMPILATION_CACHE_DIR stays.
    """
    chosen = os.environ.get(_FOLDER)
    if chosen and not Path(chosen).name.startswith(_OURS):  # ours may come from another machine
        return
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if not os.path.isabs(home):  # nobody's home: a container's user, for instance
        return
    os.environ[_FOLDER] = str(Path(home) / f"{_OURS}{_processor()}")
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)


def _processor() -> str:
    """What sets one kind of processor apart from others, as far as machine code is concerned."""
    told = [platform.machine(), platform.processor()]
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        lines = listing.read_text(encoding="utf-8", errors="replace").splitlines()
        told += sorted({line for line in lines if line.startswith(("model name", "flags"))})
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:12]
