"""Where a network holds still while the hand rests on a goal, and how it moves around there."""

from dataclasses import dataclass
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float

from steadyhand import precision
from steadyhand.analysis_layout import about
from steadyhand.context import check_context, contexts_of
from steadyhand.fixed_points import FixedPoints, find_fixed_points_of_each
from steadyhand.loop import step
from steadyhand.loop_data import Inputs, initial_state
from steadyhand.network import Controller, from_arrays
from steadyhand.perturbation import Field
from steadyhand.plant import Physics, physics_from
from steadyhand.task import grid_points

NO_BOUND = 1e300
"""Stands for infinity, which no file of results holds: nothing bounds the error of the point."""


@dataclass(frozen=True)
class Found:
    """The fixed points of one replicate for one goal and context input."""

    replicate: int
    goal: int
    sisu: float
    points: FixedPoints


def clamped_step(
    hidden: Float[Array, " hidden"],
    physics: Physics,
    controller: Controller,
    goal: Float[Array, "2"],
    sisu: Float[Array, ""],
) -> Float[Array, " hidden"]:
    """The network's map of its hidden state while its input is that of a hand at rest on `goal`.

    It is the closed loop's own step, without noise or perturbation, from a hand that is at the
    goal and was sensed there; what the hand would do next is left out. `sisu` is the context
    input; networks that have none do not see it.
    """
    nothing = jnp.zeros_like(goal)
    inputs = Inputs(
        target_position=goal,
        target_velocity=nothing,
        sisu=sisu,
        field=Field(curl=jnp.zeros((), goal.dtype), constant=nothing),
        feedback_offset=jnp.zeros(4, goal.dtype),
        sensory_noise=jnp.zeros(4, goal.dtype),
        motor_noise=jnp.zeros((2, 2), goal.dtype),
    )
    # A hand that was always here is sensed here, whatever the delay.
    following, _ = step(physics, controller, initial_state(goal, hidden, 0), inputs)
    return following.hidden


def find_steady_states(
    weights: dict[str, np.ndarray],
    weights_spec: dict[str, Any],
    states: xr.Dataset,
    request: dict[str, Any],
) -> xr.Dataset:
    """Fixed points of every network in `weights`, for every goal and context of a request.

    Searches of a replicate start from its own hidden states in `states`, of the trials with the
    same context input. All points that were found are there, each with its kind; see
    `fixed_points.find_fixed_points`.
    """
    check_context(weights_spec, request)
    dtype = precision.ANALYSIS_DTYPE
    physics = physics_from(request["physics"], dtype)
    controllers = from_arrays(weights, weights_spec, dtype)
    goals = grid_points(request["at"]["grid"], *request["workspace"])
    alike = {
        sisu: states.isel(trial=_trials_at(states, request, sisu)) for sisu in contexts_of(request)
    }
    where = list(product(alike, range(len(goals))))
    found = []
    for index, replicate in enumerate(weights["replicate"].astype(int)):
        starts = {sisu: starts_of(it, replicate, request["starts"]) for sisu, it in alike.items()}
        counts = [len(starts[sisu]) for sisu, _ in where]
        points = find_fixed_points_of_each(
            clamped_step,
            np.concatenate([starts[sisu] for sisu, _ in where]),
            np.repeat(np.arange(len(where)), counts),
            (goals[[goal for _, goal in where]], np.array([sisu for sisu, _ in where], dtype)),
            groups=len(where),
            args=(physics, jax.tree.map(lambda leaf, index=index: leaf[index], controllers)),
            tolerance=request["tolerance"],
            settle=request["settle"],
        )
        found += [
            Found(int(replicate), goal, sisu, its)
            for (sisu, goal), its in zip(where, points, strict=True)
        ]
    return _as_dataset(found, goals, weights["replicate"], request)


def _trials_at(states: xr.Dataset, request: dict[str, Any], sisu: float) -> np.ndarray:
    """Indices of the trials with a context input; of all, where networks have none."""
    if request["sisu"] is None:
        return np.arange(states.sizes["trial"])
    chosen = np.flatnonzero(states.sisu.values == sisu)
    if not len(chosen):
        there = np.unique(states.sisu.values).tolist()
        raise ValueError(f"the states to start from have no trial with sisu {sisu}, only {there}")
    return chosen


def starts_of(states: xr.Dataset, replicate: int, count: int) -> np.ndarray:
    """Hidden states of one replicate, evenly spread over all its trials and times."""
    hidden = states.hidden.sel(replicate=replicate).transpose("trial", ..., "unit").values
    flat = hidden.reshape(-1, hidden.shape[-1]).astype(np.float64)
    chosen = np.linspace(0, len(flat) - 1, min(count, len(flat))).round().astype(int)
    return flat[np.unique(chosen)]


_ABOUT = {
    "residual": "|F(h) - h|",
    "sigma_min": "least singular value of I - J",
    "error_bound": "first-order bound of the distance to the exact point; 1e300: none",
    "proven_error": "certificate: largest distance to the exact point, by unit; 1e300: none",
    "unique_within": "certificate: distance by unit within which no other point is; 0: none",
    "q": "half the squared residual",
    "kind": "kind of point",
    "stability": "whether states near the point come to it",
    "unstable_dimension": "eigenvalues outside the unit circle",
    "dimension": "dimension of the continuum that the point stands for; 0: none",
    "extent": "largest distance of an end of the search on that continuum; 0: none",
    "start_count": "starts that ended here",
    "point_replicate": "number of the replicate",
    "point_goal": "number of the goal",
    "point_sisu": "context input (SISU)",
}


def _as_dataset(
    found: list[Found], goals: np.ndarray, replicates: np.ndarray, request: dict[str, Any]
) -> xr.Dataset:
    hidden = np.concatenate([it.points.points for it in found])
    starts = np.array([len(it.points.point_of_start) for it in found], np.int32)
    unseen = np.array([it.points.coverage.unseen_at_most for it in found])
    dims = ["replicate", *(["sisu"] if request["sisu"] is not None else []), "goal"]
    coords = {
        "replicate": ("replicate", replicates, about("1", _ABOUT["point_replicate"])),
        "axis": ("axis", np.array(["x", "y"], object), about("1", "axis of the plane")),
    }
    if "sisu" in dims:
        values = np.array(request["sisu"], np.float64)
        coords["sisu"] = ("sisu", values, about("1", _ABOUT["point_sisu"]))
    sizes = {"replicate": len(replicates), "sisu": len(contexts_of(request)), "goal": len(goals)}
    return xr.Dataset(
        {
            "hidden": (("point", "unit"), hidden, about("1", "hidden state")),
            "goal_position": (("goal", "axis"), goals, about("m", "position of the goal")),
            "starts": (
                dims,
                starts.reshape([sizes[dim] for dim in dims]),
                about("1", "starts of the search"),
            ),
            "unseen_at_most": (
                dims,
                unseen.reshape([sizes[dim] for dim in dims]),
                about("1", "95 % bound of the probability that one more start ends elsewhere"),
            ),
            **{
                name: ("point", values, about("1", _ABOUT[name]))
                for name, values in _columns(found, with_sisu="sisu" in dims).items()
            },
        },
        coords=coords,
    )


def _columns(found: list[Found], *, with_sisu: bool) -> dict[str, np.ndarray]:
    """What is known of each point, by name."""

    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(it.points, name) for it in found])

    counts = [len(it.points.points) for it in found]
    columns = {
        **{
            name: joined(name) for name in ("residual", "sigma_min", "q", "unique_within", "extent")
        },
        **{name: np.minimum(joined(name), NO_BOUND) for name in ("error_bound", "proven_error")},
        **{name: joined(name).astype(object) for name in ("kind", "stability")},
        **{name: joined(name).astype(np.int32) for name in ("unstable_dimension", "dimension")},
        "start_count": joined("start_count").astype(np.int32),
        "point_replicate": np.repeat([it.replicate for it in found], counts).astype(np.int32),
        "point_goal": np.repeat([it.goal for it in found], counts).astype(np.int32),
    }
    if with_sisu:
        columns["point_sisu"] = np.repeat([it.sisu for it in found], counts).astype(np.float64)
    return columns
