"""The trials of an evaluation: every task trial, repeated, under every condition."""

import itertools
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from steadyhand import precision
from steadyhand.context import contexts_of
from steadyhand.draws import What, draw_key, root_key
from steadyhand.task import centre_out, grid_points, updates_of

NO_DIRECTION = float(np.float32(9.96921e36))
"""Fill value of a direction that does not exist: a reach of length 0 has none."""


@dataclass(frozen=True)
class Trials:
    """One row per trial; condition varies slowest, then repeat, then the task's own trials."""

    start: np.ndarray
    """(trial, 2) [m]"""
    goal: np.ndarray
    """(trial, 2) [m]"""
    sisu: np.ndarray
    """(trial,): context input; 0 where networks have none."""
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
    impulse_amplitude: np.ndarray
    impulse: np.ndarray
    """(trial, 4): offset of the sensed position and velocity while it lasts."""

    def __len__(self) -> int:
        return len(self.condition)


def make_trials(request: dict[str, Any]) -> Trials:
    """All trials of a resolved request.

    Conditions: field amplitudes × context inputs × impulse amplitudes, the last of which varies
    fastest. Noise and directions of impulses are the same in all of them.
    """
    start, goal, direction = _task_trials(request)
    n_task, repeats = len(start), request["repeats"]
    impulse = request["sensory_impulse"]
    conditions = np.array(
        list(
            itertools.product(
                request["field"]["amplitude"],
                contexts_of(request),
                impulse["amplitude"] if impulse else [0.0],
            )
        ),
        float,
    )
    n = len(conditions) * repeats * n_task
    index = np.arange(n)
    condition, repeat, task_trial = (
        index // (repeats * n_task),
        index // n_task % repeats,
        index % n_task,
    )
    amplitude, sisu, impulse_amplitude = conditions[condition].T
    curl, constant = _fields(request["field"]["type"], amplitude, direction[task_trial])
    return Trials(
        start=start[task_trial],
        goal=goal[task_trial],
        sisu=sisu,
        direction=direction[task_trial],
        condition=condition,
        repeat=repeat,
        task_trial=task_trial,
        field_amplitude=amplitude,
        curl=curl,
        constant=constant,
        impulse_amplitude=impulse_amplitude,
        impulse=_impulses(request, impulse_amplitude, task_trial, repeat),
    )


def impulse_window(request: dict[str, Any]) -> np.ndarray:
    """1 at the updates in which the sensory impulse acts, else 0; shape (update,)."""
    n_updates = updates_of(request["n_steps"])
    window = np.zeros(n_updates)
    if request["sensory_impulse"]:
        onset = request["sensory_impulse"]["onset"]
        window[onset : onset + request["sensory_impulse"]["duration"]] = 1
    return window


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


def _impulses(
    request: dict[str, Any], amplitude: np.ndarray, task_trial: np.ndarray, repeat: np.ndarray
) -> np.ndarray:
    impulse = request["sensory_impulse"]
    offsets = np.zeros((len(amplitude), 4))
    if not impulse:
        return offsets
    if impulse["direction"] == "random":
        root = root_key(request["seed"])

        def draw(task_trial: jax.Array, repeat: jax.Array) -> jax.Array:
            key = draw_key(root, What.IMPULSE_DIRECTION, task_trial, repeat)
            return jax.random.uniform(key, (), precision.ANALYSIS_DTYPE)

        angle = 2 * np.pi * np.asarray(jax.vmap(draw)(jnp.asarray(task_trial), jnp.asarray(repeat)))
    else:
        angle = np.full(len(amplitude), 0.0 if impulse["direction"] == "x" else np.pi / 2)
    unit = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    at = slice(0, 2) if impulse["channel"] == "position" else slice(2, 4)
    offsets[:, at] = amplitude[:, None] * unit
    return offsets
