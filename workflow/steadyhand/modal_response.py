"""Responses of hands to sensory impulses, as evaluated, and as the modes of their loops make them.

Around the fixed point at which a closed loop holds still, its linearization says what an impulse
does, as a sum over modes. Each response is compared with that of the trials of an evaluation, and
the modes that tell most of it are named.
"""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from steadyhand.conditions import has_value
from steadyhand.context import check_context
from steadyhand.held_loop import INPUTS, part_sizes, state_of
from steadyhand.impulse_groups import Groups, frame_of, groups_of, mean_responses
from steadyhand.lone_points import lone_points
from steadyhand.modal_layout import OfModes, Response, responses_dataset
from steadyhand.modal_terms import Terms, impulse_response, ranked, terms_of
from steadyhand.mode_measures import participation
from steadyhand.model_loops import Loops
from steadyhand.one_thread import on_one_thread
from steadyhand.spectrum import spectrum_of
from steadyhand.steady_jacobians import jacobians_of
from steadyhand.steady_layout import blocks_of_points

HUGE = 1e100
"""A larger response [m] is no prediction of anything."""
SAME_GOAL = 1e-6
"""Goals that are nearer to each other than this [m] are the same: states are float32."""


def modal_responses(
    weights: dict[str, np.ndarray],
    weights_spec: dict[str, Any],
    points: xr.Dataset,
    states: xr.Dataset,
    request: dict[str, Any],
) -> xr.Dataset:
    """Responses of every replicate, mean over the repetitions of a trial, beside predictions.

    Those at whose goal and conditions a replicate has one fixed point, and no other; how many have
    none, several, or one that is far from stable, is in `left_out`. Both are what the impulse does
    to the position, along it and to its left, in the states after its onset: see `mean_responses`,
    and predicted, around rest.
    """
    check_context(weights_spec, request)
    loops, groups = Loops(weights, weights_spec, request), groups_of(states)
    replicates = states["replicate"].values.astype(int)
    evaluated = mean_responses(states, groups)
    at = _points_of(points, groups, replicates)
    left_out = (at < 0).sum(axis=1)
    found: list[Response] = []
    numbers = np.unique(at[at >= 0])
    chosen = points.isel(point=numbers)
    for replicate, rows in blocks_of_points(chosen):
        own = int(np.flatnonzero(replicates == replicate)[0])
        asked = [np.flatnonzero(at[own] == point) for point in numbers[rows]]
        predicted = _of_points(loops, chosen.isel(point=rows), replicate, groups, asked)
        for point, row, made in zip(numbers[rows], asked, predicted, strict=True):
            left_out[own] += sum(it is None for it in made)
            found += [
                Response(replicate, int(point), int(group), evaluated[own, group], *it)
                for group, it in zip(row, made, strict=True)
                if it is not None
            ]
    return responses_dataset(found, groups, states, left_out, request)


def _points_of(
    points: xr.Dataset, groups: Groups, replicates: np.ndarray
) -> Int[np.ndarray, "replicate group"]:
    """The only point of each replicate at the goal and condition of each group; −1: none."""
    lone = np.zeros(points.sizes["point"], bool)
    lone[lone_points(points)] = True
    goals = points["goal_position"].transpose("place", "axis").values
    goals = goals[points["point_place"].values.astype(int)]
    owner = points["point_replicate"].values
    found = np.full((len(replicates), len(groups)), -1)
    for group, goal in enumerate(groups.goal):
        there = lone & (np.abs(goals - goal).max(axis=1) < SAME_GOAL)
        for name in ("sisu", "field_amplitude"):
            if f"point_{name}" in points and name in groups.told:
                there &= has_value(points[f"point_{name}"].values, groups.told[name][group])
        for own, replicate in enumerate(replicates):
            rows = np.flatnonzero(there & (owner == replicate))
            if len(rows) == 1:
                found[own, group] = rows[0]
    return found


Predicted = tuple[np.ndarray, OfModes] | None
"""The response of a group by the linearization, and the modes that tell most of it; None where a
loop is so unstable that float64 does not hold its response"""


@on_one_thread
def _of_points(
    loops: Loops,
    points: xr.Dataset,
    replicate: int,
    groups: Groups,
    asked: Sequence[Int[np.ndarray, " group"]],
) -> list[list[Predicted]]:
    """What the linearization at each point says of the groups that are `asked` for there."""
    channel = loops.request["impulse"]["channel"]
    first = list(INPUTS).index(f"feedback_{channel}_x")
    slopes, by_inputs = jacobians_of(loops, replicate, points)
    return [
        _predicted(slope, by_input[:, first : first + 2], groups, of, loops)
        for slope, by_input, of in zip(slopes, by_inputs, asked, strict=True)
    ]


def _predicted(
    jacobian: Float[np.ndarray, "dim dim"],
    by_input: Float[np.ndarray, "dim 2"],
    groups: Groups,
    asked: Int[np.ndarray, " group"],
    loops: Loops,
) -> list[Predicted]:
    """Of some groups; what their lengths and directions do not change is computed once."""
    assert loops.delay is not None
    spectrum, sizes = spectrum_of(jacobian), part_sizes(len(jacobian), loops.delay)
    read = np.asarray(state_of(jnp.eye(len(jacobian)), loops.delay).position).T
    shares = participation(spectrum.right[None], spectrum.left[None], sizes)[0]
    known: dict[int, tuple[np.ndarray, Terms]] = {}
    found: list[Predicted] = []
    for group in asked:
        duration = int(groups.told["impulse_duration"][group])
        if duration not in known:
            over = (by_input, read, duration, groups.n_steps)
            with np.errstate(over="ignore", invalid="ignore"):
                known[duration] = (impulse_response(jacobian, *over), terms_of(spectrum, *over))
        response, terms = known[duration]
        frame = (groups.angles[group], groups.told["impulse_amplitude"][group])
        with np.errstate(over="ignore", invalid="ignore"):
            (whole,) = _in_frame(response[None], *frame)
            is_held = np.linalg.norm(whole) < HUGE
        if not is_held:
            found.append(None)
            continue
        parts = _in_frame(terms.response, *frame)
        order, left_over = ranked(parts, whole, loops.request["modes"])
        of_modes = shares[terms.mode[order]]
        found.append((whole, OfModes(terms.eigenvalue[order], parts[order], left_over, of_modes)))
    return found


def _in_frame(
    responses: Float[np.ndarray, "term time 2 2"],
    angles: Float[np.ndarray, " trial"],
    length: float,
) -> Float[np.ndarray, "term time 2"]:
    """Means over trials of responses to impulses of a length and these directions."""
    frames = np.array([frame_of(it) for it in angles])
    turn = np.einsum("tij,tk->ijk", frames, frames[:, 0]) / len(angles)
    return np.asarray(length * np.einsum("ijk,ntjk->nti", turn, responses))
