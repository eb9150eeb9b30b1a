"""Fixed points of any map: found, classified, proven, counted."""

from steadyhand.fixed_points.found import FixedPoints
from steadyhand.fixed_points.search import find_fixed_points, find_fixed_points_of_each

__all__ = [
    "FixedPoints",
    "find_fixed_points",
    "find_fixed_points_of_each",
]
