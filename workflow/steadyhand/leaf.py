"""What a run must leave on disk: where an artefact and its receipt stand."""

from typing import NamedTuple


class Leaf(NamedTuple):
    """An artefact that nothing else is made of: paths of it and its receipt, and its stage."""

    path: str
    receipt: str
    stage: str
