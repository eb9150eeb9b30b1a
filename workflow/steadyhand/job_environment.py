"""What jobs inherit from the process that plans them."""

import os
from pathlib import Path


def put_package_first() -> None:
    """Let jobs import the package that the Snakefile imported, whatever else is installed."""
    folder = str(Path(__file__).parent.parent)
    before = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    if before[:1] != [folder]:
        os.environ["PYTHONPATH"] = os.pathsep.join([folder, *before])
