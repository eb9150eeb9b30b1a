"""How straight or loopy a path is: the hand's response to a push.

Paths have leading axes, then `time` and two components; where `time` begins and ends is told for
each path, since pushes come at different times. What is undefined is NaN.
"""

import numpy as np
from jaxtyping import Bool, Float, Int

Path = Float[np.ndarray, "*batch time 2"]
Value = Float[np.ndarray, "*batch"]
Index = Int[np.ndarray, "*batch"]

SLOW = 0.05
"""Steps shorter than this share of the longest have no direction: at rest there is only noise."""
REVERSAL = np.radians(175)
"""A turn by more than this is a way back, and has no side."""
COMPLETE = 0.9
"""So much of a turn counts as a loop: n samples of a circle make n − 1 of its n turns."""


def path_length(path: Path, first: Index) -> Value:
    """Length of a path from state `first` on, in the unit of the path."""
    return _from(np.linalg.norm(np.diff(path, axis=-2), axis=-1), first).sum(axis=-1)


def farthest(path: Path, first: Index) -> tuple[Value, Index]:
    """The largest distance from state `first`, after it, and when that is."""
    origin = np.take_along_axis(path, first[..., None, None], axis=-2)
    distance = np.linalg.norm(path - origin, axis=-1)
    distance = np.where(np.arange(path.shape[-2]) >= first[..., None], distance, -1.0)
    at = distance.argmax(axis=-1)
    return np.take_along_axis(distance, at[..., None], axis=-1)[..., 0], at


def tortuosity(path: Path, first: Index) -> Value:
    """Length of the way out and back, over that of straight lines; 1 is straight.

    The way out ends at the farthest point from state `first`; from there on the hand goes back.
    Path length over displacement, taken of both ways together: of the whole path it would be
    infinite for a hand that returns. NaN where the hand does not move.
    """
    far, at = farthest(path, first)
    turn = np.take_along_axis(path, at[..., None, None], axis=-2)[..., 0, :]
    back = np.linalg.norm(path[..., -1, :] - turn, axis=-1)
    return _over(path_length(path, first), far + back)


def net_turning(path: Path, first: Index) -> Value:
    """Sum of the signed changes of direction from state `first` on [rad]; left turns are positive.

    Slow steps are passed over, and a reversal has no side. NaN where the hand does not move.
    """
    steps = np.diff(path, axis=-2)
    size = _from(np.linalg.norm(steps, axis=-1), first)
    fast = size > SLOW * size.max(axis=-1, keepdims=True)
    heading = np.arctan2(steps[..., 1], steps[..., 0])
    before = _last_true(fast)
    had = np.take_along_axis(heading, np.maximum(before, 0), axis=-1)
    change = np.remainder(heading - had + np.pi, 2 * np.pi) - np.pi
    counted = fast & (before >= 0) & (np.abs(change) < REVERSAL)
    total = np.where(counted, change, 0).sum(axis=-1)
    return np.where(fast.any(axis=-1), total, np.nan)


def loops(path: Path, first: Index) -> Value:
    """Number of complete turns in one sense; a spiral of 3¼ turns has 3."""
    return np.floor(np.abs(net_turning(path, first)) / (2 * np.pi) + 1 - COMPLETE)


def loopiness(path: Path, first: Index) -> Value:
    """Signed area within a path, closed by a straight line, over that of a circle of this length.

    4π·area/length²: 0 for a way out and back on the same line, +1 for one circle to the left (−1 to
    the right), 1/n for n times the same one. Unlike turning, noise hardly changes it. NaN where the
    hand does not move.
    """
    origin = np.take_along_axis(path, first[..., None, None], axis=-2)
    moved = path - origin
    cross = moved[..., :-1, 0] * moved[..., 1:, 1] - moved[..., 1:, 0] * moved[..., :-1, 1]
    area = _from(cross, first).sum(axis=-1) / 2
    closing = np.linalg.norm(moved[..., -1, :], axis=-1)
    return _over(4 * np.pi * area, (path_length(path, first) + closing) ** 2)


def _from(
    steps: Float[np.ndarray, "*batch step"], first: Index
) -> Float[np.ndarray, "*batch step"]:
    """What belongs to steps between states, with 0 before state `first`."""
    return np.where(np.arange(steps.shape[-1]) >= first[..., None], steps, 0)


def _last_true(flags: Bool[np.ndarray, "*batch step"]) -> Int[np.ndarray, "*batch step"]:
    """Of each step, the last one before it whose flag is set; −1 if there is none."""
    number = np.where(flags, np.arange(flags.shape[-1]), -1)
    latest = np.maximum.accumulate(number, axis=-1)
    first = np.full((*flags.shape[:-1], 1), -1)
    return np.concatenate([first, latest[..., :-1]], axis=-1)


def _over(values: Value, size: Value) -> Value:
    """Quotients; NaN where the divisor is 0."""
    return np.divide(values, size, where=size > 0, out=np.full(np.shape(size), np.nan))
