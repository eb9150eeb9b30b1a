"""What the linearization of a closed loop says it will do, and what the loop does, simulated."""

from collections.abc import Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float

from steadyhand.analysis_layout import about
from steadyhand.context import check_context
from steadyhand.described_conditions import SENSED
from steadyhand.held_loop import INPUTS, Driven, driven, state_of, vector_of
from steadyhand.linearize import jacobians
from steadyhand.loop_data import initial_state
from steadyhand.model_loops import Loops
from steadyhand.one_thread import on_one_thread
from steadyhand.point_kinds import are_roots
from steadyhand.row_tiles import over_rows, rows_of
from steadyhand.search_places import AXES
from steadyhand.steady_layout import (
    KEPT,
    NO_BOUND,
    blocks_of_points,
    bounded,
    held_at_points,
    loop_states,
)
from steadyhand.task import equally_spaced, unit_vectors

TILE = 32
"""Responses that are simulated together."""


def linear_responses(
    weights: dict[str, np.ndarray],
    weights_spec: dict[str, Any],
    points: xr.Dataset,
    request: dict[str, Any],
) -> Iterator[xr.Dataset]:
    """Responses at each fixed point of a closed loop, some points at a time, in order.

    To impulses of the sensed position or velocity: displacement of the hand, by iterating the
    loop's own step, and by iterating its derivative at the fixed point. The end of a simulation of
    `settle_steps` steps from rest on the goal, beside the fixed point. And the response of the
    command to what is added to the sensed state, by frequency, from the derivative.

    There is one for each point of kinds `ROOTS`, with its number in `points`.
    """
    check_context(weights_spec, request)
    loops = Loops(weights, weights_spec, request)
    root = np.flatnonzero(are_roots(points["kind"].values))
    roots = points.isel(point=root).assign(
        point_number=("point", root.astype(np.int32), about("1", "number of the fixed point"))
    )
    for replicate, rows in blocks_of_points(roots):
        yield _of_some(loops, roots.isel(point=rows), replicate)


def count_roots(points: xr.Dataset) -> int:
    """How many points have responses."""
    return int(are_roots(points["kind"].values).sum())


@on_one_thread
def _of_some(loops: Loops, points: xr.Dataset, replicate: int) -> xr.Dataset:
    at, given = loop_states(points), held_at_points(points, loops.request)
    own, shared = loops.own_arguments(*given), (loops.physics, loops.controller(replicate))
    step = driven(loops.step)
    kept = [it for it in (*KEPT, "point_number") if it in points.variables]
    return points[kept].assign(
        {
            **_to_impulses(step, at, own, shared, loops),
            **_at_the_end(step, at, own, shared, loops, given[0]),
            **_by_frequency(step, at, own, shared, loops),
        }
    )


def impulses_of(request: Mapping[str, Any]) -> Float[np.ndarray, "amplitude direction input"]:
    """Deviations of inputs while an impulse lasts."""
    unit = unit_vectors(equally_spaced(request["directions"]))
    first = list(INPUTS).index(f"feedback_{request['channel']}_x")
    found = np.zeros((len(request["amplitude"]), len(unit), len(INPUTS)))
    found[:, :, first : first + 2] = np.array(request["amplitude"])[:, None, None] * unit
    return found


def _to_impulses(step: Driven, at: np.ndarray, own: Any, shared: Any, loops: Loops) -> Any:
    request = loops.request
    impulses = impulses_of(request)
    shape = (len(at), *impulses.shape[:2])
    flat = impulses.reshape(-1, len(INPUTS))
    point = np.repeat(np.arange(len(at)), len(flat))
    rows = (
        at[point],
        rows_of(own, point),
        np.tile(flat, (len(at), 1)),
    )
    assert loops.delay is not None
    static = (step, request["n_steps"], request["duration"], loops.delay)
    simulated, predicted = (
        it.reshape(*shape, request["n_steps"], 2)
        for it in over_rows(_impulse_responses, static, rows, shared, TILE)
    )
    off, size = (np.linalg.norm(it, axis=(-2, -1)) for it in (simulated - predicted, simulated))
    error = np.divide(off, size, out=np.zeros_like(off), where=size > 0)
    dims = ("point", "amplitude", "direction")
    meaning = "displacement of the hand from the fixed point"
    return {
        "simulated": ((*dims, "time", "axis"), simulated, about("m", f"{meaning}, simulated")),
        "predicted": ((*dims, "time", "axis"), predicted, about("m", f"{meaning}, linear")),
        "relative_error": (
            *(dims, bounded(error)),
            about("1", "norm over time of what the prediction lacks, over that of the response"),
        ),
        **_axes_of_impulses(request),
    }


def _axes_of_impulses(request: Mapping[str, Any]) -> dict[str, Any]:
    angle = equally_spaced(request["directions"])
    time = np.arange(1, request["n_steps"] + 1) * request["physics"]["plant"]["time_step"]
    channel = request["channel"]
    length = about(SENSED[channel], f"length of the offset of the sensed {channel}")
    return {
        "amplitude": (("amplitude",), np.array(request["amplitude"], float), length),
        "direction": (("direction",), angle, about("rad", "direction of the offset")),
        "time": (("time",), time, about("s", "time since the offset began")),
    }


def _impulse_responses(
    step: Driven, n_steps: int, duration: int, delay: int, rows: Any, shared: Any
) -> tuple[Array, Array]:
    """Displacements (row, time, axis) by the step, and by its derivative at the fixed point."""

    def one(x: Array, own: Any, impulse: Array) -> tuple[Array, Array]:
        def onward(x: Array, u: Array) -> Array:
            return step(x, u, *shared, *own)

        def advance(carry: tuple[Array, Array], k: Array) -> tuple[Any, tuple[Array, Array]]:
            state, deviation = carry
            u = jnp.where(k < duration, impulse, 0.0)
            still = (x, jnp.zeros_like(u))
            _, linear = jax.jvp(onward, still, (deviation, u))
            state = onward(state, u)
            moved = state_of(state, delay).position - state_of(x, delay).position
            return (state, linear), (moved, state_of(linear, delay).position)

        _, found = jax.lax.scan(advance, (x, jnp.zeros_like(x)), jnp.arange(n_steps))
        return found

    return jax.vmap(one)(*rows)


def _at_the_end(
    step: Driven, at: np.ndarray, own: Any, shared: Any, loops: Loops, goal: np.ndarray
) -> Any:
    request, delay = loops.request, loops.delay
    assert delay is not None
    end = over_rows(_ends, (step, request["settle_steps"], delay), (goal, own), shared, TILE)
    position, reached = (np.asarray(state_of(jnp.asarray(it), delay).position) for it in (at, end))
    distance = np.linalg.norm(end - at, axis=1)

    def column(values: np.ndarray, units: str, meaning: str) -> Any:
        # What has left for infinity may be no number at all.
        return ("point",), np.where(values < NO_BOUND, values, NO_BOUND), about(units, meaning)

    steps = request["settle_steps"]
    return {
        "endpoint_error": column(
            np.linalg.norm(position - goal, axis=1), "m", "distance of the fixed point to the goal"
        ),
        "end_error": column(
            np.linalg.norm(reached - goal, axis=1),
            "m",
            f"distance of the hand to the goal after {steps} steps from rest there, without noise",
        ),
        "end_distance": column(
            distance, "1", "distance of the state of the loop to the fixed point then"
        ),
    }


def _ends(step: Driven, n_steps: int, delay: int, rows: Any, shared: Any) -> Array:
    """Where simulations end that begin as trials do: at rest on the goal."""
    _, controller = shared

    def one(goal: Array, own: Any) -> Array:
        nothing = jnp.zeros(len(INPUTS))
        first = vector_of(initial_state(goal, controller.rest(), delay))
        return jax.lax.fori_loop(0, n_steps, lambda _, x: step(x, nothing, *shared, *own), first)

    return jax.vmap(one)(*rows)


def _by_frequency(step: Driven, at: np.ndarray, own: Any, shared: Any, loops: Loops) -> Any:
    request = loops.request
    dt, count = request["physics"]["plant"]["time_step"], request["frequencies"]
    frequency = np.linspace(0, 0.5 / dt, count)
    slopes = jacobians(step, at, args=shared, own=own, inputs=len(INPUTS))
    weight, turns = np.asarray(shared[1].readout.weight), np.exp(2j * np.pi * frequency * dt)
    variables: dict[str, Any] = {
        "frequency": (("frequency",), frequency, about("Hz", "frequency")),
        "axis": (("axis",), np.array(AXES, object), about("1", "axis of the plane")),
        "noise_axis": (
            ("noise_axis",),
            np.array(AXES, object),
            about("1", "axis of what is added"),
        ),
    }
    dims = ("point", "frequency", "axis", "noise_axis")
    for channel, unit in (("position", "N m-1"), ("velocity", "N s m-1")):
        first = list(INPUTS).index(f"feedback_{channel}_x")
        gains = np.empty((len(at), count, 2, 2), complex)
        for row, (jacobian, by_input) in enumerate(zip(*slopes, strict=True)):
            gains[row] = _transfer(jacobian, by_input[:, first : first + 2], weight, turns)
        meaning = about(unit, f"response of the command to what is added to the sensed {channel}")
        variables[f"{channel}_response_re"] = (dims, gains.real, meaning)
        variables[f"{channel}_response_im"] = (dims, gains.imag, meaning)
    return variables


def _transfer(
    jacobian: np.ndarray, by_input: np.ndarray, weight: np.ndarray, turns: np.ndarray
) -> np.ndarray:
    """W·z·(z − J)⁻¹·B at each z (frequency, axis, input): the command is read from the next state.

    On a resonance that does not decay it is infinite: `NO_BOUND` stands for that.
    """
    eye, units = np.eye(len(jacobian)), weight.shape[1]
    found = np.empty((len(turns), 2, by_input.shape[1]), complex)
    for row, z in enumerate(turns):
        try:
            found[row] = weight @ (z * np.linalg.solve(z * eye - jacobian, by_input))[:units]
        except np.linalg.LinAlgError:  # exactly singular: that is the answer
            found[row] = NO_BOUND
    return found
