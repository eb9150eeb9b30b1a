"""The trials of an evaluation: every task trial, repeated, under every condition."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Protocol, Self

import jax
import jax.numpy as jnp
import numpy as np

from steadyhand import precision
from steadyhand.conditions import NO_UNIT, conditions_of
from steadyhand.draws import What, draw_key, root_key
from steadyhand.task import centre_out, grid_points, unit_vectors
from steadyhand.tiles import padded_tiles

NO_DIRECTION = float(np.float32(9.96921e36))
"""Fill value of a direction that does not exist: a reach of length 0 has none."""


@dataclass(frozen=True)
class Trials:
    """Some trials, one row each. What does not happen in an evaluation has amplitude 0."""

    number: np.ndarray
    """Place in the evaluation."""
    start: np.ndarray
    """(trial, 2) [m]"""
    goal: np.ndarray
    """(trial, 2) [m]"""
    direction: np.ndarray
    """(trial,) [rad]; `NO_DIRECTION` where start and goal coincide."""
    condition: np.ndarray
    repeat: np.ndarray
    task_trial: np.ndarray
    """Number within the task: with `repeat`, what its noise is keyed by, in every condition."""
    field_amplitude: np.ndarray
    curl: np.ndarray
    """(trial,) [N s/m]"""
    constant: np.ndarray
    """(trial, 2) [N]"""
    sisu: np.ndarray
    """(trial,): context input; 0 where networks have none."""
    sisu_after: np.ndarray
    sisu_onset: np.ndarray
    """First update with `sisu_after` instead."""
    impulse_amplitude: np.ndarray
    impulse_direction: np.ndarray
    """[rad]"""
    impulse_onset: np.ndarray
    impulse_duration: np.ndarray
    impulse: np.ndarray
    """(trial, 4): offset of the sensed position and velocity while it lasts."""
    stimulated_unit: np.ndarray
    stimulation_amplitude: np.ndarray
    stimulation_onset: np.ndarray
    stimulation_duration: np.ndarray

    def __len__(self) -> int:
        return len(self.number)

    def rows(self, first: int, stop: int) -> Self:
        """Those from `first` up to `stop`."""
        return self[slice(first, stop)]

    def __getitem__(self, chosen: Any) -> Self:
        return type(self)(**{it.name: getattr(self, it.name)[chosen] for it in fields(self)})


class Listed(Protocol):
    """Trials that can be had in parts."""

    def __len__(self) -> int: ...

    def rows(self, first: int, stop: int) -> Trials:
        """Those from `first` up to `stop`."""
        ...


class TrialList:
    """All trials of a resolved request, made when they are asked for.

    Conditions are as in `conditions_of`; the condition varies slowest, then the repetition, then
    the trials of the task. Noise and random directions are the same in all conditions.
    """

    def __init__(self, request: dict[str, Any]):
        self._request = request
        self._conditions = conditions_of(request)
        self._task = _task_trials(request)
        self._repeats = request["repeats"]
        self._per_condition = self._repeats * len(self._task[0])
        self._n_conditions = len(self._conditions["field_amplitude"])

    def __len__(self) -> int:
        return self._n_conditions * self._per_condition

    def rows(self, first: int, stop: int) -> Trials:
        """Those from `first` up to `stop`."""
        number = np.arange(first, min(stop, len(self)))
        start, goal, direction = self._task
        condition = number // self._per_condition
        repeat = number // len(start) % self._repeats
        task_trial = number % len(start)

        def told(name: str, otherwise: float | np.ndarray) -> np.ndarray:
            found = self._conditions.get(name)
            return np.full(len(number), otherwise) if found is None else found[condition]

        amplitude, unit = told("field_amplitude", 0.0), told("stimulated_unit", NO_UNIT)
        turned = direction[task_trial]
        curl, constant = _fields(self._request["field"]["type"], amplitude, turned)
        size, angle = told("impulse_amplitude", 0.0), told("impulse_direction", 0.0)
        angle = self._drawn(angle, task_trial, repeat)
        sisu = told("sisu", 0.0)
        return Trials(
            number=number,
            start=start[task_trial],
            goal=goal[task_trial],
            direction=turned,
            condition=condition,
            repeat=repeat,
            task_trial=task_trial,
            field_amplitude=amplitude,
            curl=curl,
            constant=constant,
            sisu=sisu,
            sisu_after=told("sisu_after", sisu),
            sisu_onset=told("sisu_onset", 0),
            impulse_amplitude=size,
            impulse_direction=angle,
            impulse_onset=told("impulse_onset", 0),
            impulse_duration=told("impulse_duration", 0),
            impulse=_impulses(self._request["sensory_impulse"], size, angle),
            stimulated_unit=unit,
            stimulation_amplitude=told("stimulation_amplitude", 0.0),
            stimulation_onset=told("stimulation_onset", 0),
            stimulation_duration=told("stimulation_duration", 0),
        )

    def _drawn(self, angle: np.ndarray, task_trial: np.ndarray, repeat: np.ndarray) -> np.ndarray:
        """Angles, with a draw for each trial where there is none."""
        if not np.isnan(angle).any():
            return angle
        draws = _draws(self._request["seed"], task_trial, repeat)
        return np.where(np.isnan(angle), 2 * np.pi * draws, angle)


def make_trials(request: dict[str, Any]) -> Trials:
    """All trials of a resolved request at once."""
    trials = TrialList(request)
    return trials.rows(0, len(trials))


def in_blocks(trials: Listed, size: int) -> Iterator[Trials]:
    """Consecutive trials, at most `size` at a time."""
    for first in range(0, len(trials), size):
        yield trials.rows(first, min(first + size, len(trials)))


def _task_trials(request: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    task, workspace = request["task"], request["workspace"]
    if task["type"] == "steady":
        points = grid_points(task["grid"], *workspace)
        return points, points, np.full(len(points), NO_DIRECTION)
    return centre_out(task["grid"], task["directions"], task["reach_length"], *workspace)


def _fields(
    kind: str, amplitude: np.ndarray, direction: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    if kind == "curl":
        return amplitude, np.zeros((len(amplitude), 2))
    if (direction == NO_DIRECTION).any():
        raise ValueError("a constant field points to the left of a reach; here is none")
    left = np.stack([-np.sin(direction), np.cos(direction)], axis=-1)
    return np.zeros(len(amplitude)), amplitude[:, None] * left


def _draws(seed: int, task_trial: np.ndarray, repeat: np.ndarray) -> np.ndarray:
    """A number from [0, 1) for each trial, the same in all conditions; shape (trial,)."""
    tiles = [padded_tiles(it.astype(np.int32))[0] for it in (task_trial, repeat)]
    root = root_key(seed)
    drawn = [
        np.asarray(_draw_tile(root, *map(jnp.asarray, one))) for one in zip(*tiles, strict=True)
    ]
    return np.concatenate(drawn)[: len(task_trial)]


@jax.jit
def _draw_tile(root: jax.Array, task_trial: jax.Array, repeat: jax.Array) -> jax.Array:
    def draw(task_trial: jax.Array, repeat: jax.Array) -> jax.Array:
        key = draw_key(root, What.IMPULSE_DIRECTION, task_trial, repeat)
        return jax.random.uniform(key, (), precision.ANALYSIS_DTYPE)

    return jax.vmap(draw)(task_trial, repeat)


def _impulses(
    impulse: dict[str, Any] | None, amplitude: np.ndarray, angle: np.ndarray
) -> np.ndarray:
    offsets = np.zeros((len(amplitude), 4))
    if impulse:
        at = slice(0, 2) if impulse["channel"] == "position" else slice(2, 4)
        offsets[:, at] = amplitude[:, None] * unit_vectors(angle)
    return offsets
