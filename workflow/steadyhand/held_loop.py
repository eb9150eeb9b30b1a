"""The loop while nothing that comes from outside changes: maps of a state, for their fixed points.

Both maps are the closed loop's own step, without noise. `clamped_step` is that of the network
alone, which senses a hand that is held where it is; `closed_step` is that of everything: network,
hand, muscles, and what is still to be sensed. Their states are vectors.
"""

from collections.abc import Callable
from functools import lru_cache

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from steadyhand import precision  # noqa: F401
from steadyhand.loop import step
from steadyhand.loop_data import Inputs, State
from steadyhand.network import Controller
from steadyhand.perturbation import Field
from steadyhand.plant import Physics

Vector = Float[Array, " dim"]
Driven = Callable[..., Vector]
"""Takes a state (dim,), deviations of inputs (input,), then the arguments of its map."""


class Held(eqx.Module):
    """What comes into the loop from outside, and stays as it is."""

    goal: Float[Array, "2"]
    """[m]"""
    sisu: Float[Array, ""]
    """Context; only networks that have this channel receive it."""
    field: Field
    offset: Float[Array, "4"]
    """Added to the sensed position [m] and velocity [m/s]."""


def held_at(
    goal: Float[Array, "*place 2"],
    sisu: Float[Array, "*place"],
    field: Field | None = None,
    offset: Float[Array, "*place 4"] | None = None,
) -> Held:
    """What is held at each place; without `field` none, without `offset` nothing is added."""
    if field is None:
        field = Field(curl=jnp.zeros_like(sisu), constant=jnp.zeros_like(goal))
    if offset is None:
        offset = jnp.concatenate([jnp.zeros_like(goal), jnp.zeros_like(goal)], axis=-1)
    return Held(goal, sisu, field, offset)


INPUTS = {
    "goal_x": "m",
    "goal_y": "m",
    "feedback_position_x": "m",
    "feedback_position_y": "m",
    "feedback_velocity_x": "m s-1",
    "feedback_velocity_y": "m s-1",
    "sisu": "1",
    "force_x": "N",
    "force_y": "N",
}
"""Inputs by which maps are differentiated, with their units. Feedback: an offset of what is sensed;
force: on the hand, from outside."""


def clamped_step(
    hidden: Vector,
    physics: Physics,
    controller: Controller,
    held: Held,
    sensed: Float[Array, "4"],
) -> Vector:
    """The next hidden state of a network whose hand is held where it is.

    `sensed` is the position [m] and velocity [m/s] of the hand, whatever the delay: it has been
    there for long. What the hand would do next is left out.
    """
    hand = State(
        sensed[:2], sensed[2:], jnp.zeros_like(held.goal), hidden, jnp.zeros((0, 4), hidden.dtype)
    )
    following, _ = step(physics, controller, hand, _inputs(held))
    return following.hidden


@lru_cache(maxsize=64)
def closed_step(delay: int) -> Callable[..., Vector]:
    """The map of the whole loop with this feedback delay [steps]; one object for each delay.

    Its arguments are a state (see `vector_of`), physics, controller, and what is held.
    """

    def step_of_all(x: Vector, physics: Physics, controller: Controller, held: Held) -> Vector:
        following, _ = step(physics, controller, state_of(x, delay), _inputs(held))
        return vector_of(following)

    return step_of_all


@lru_cache(maxsize=64)
def driven(step: Callable[..., Vector]) -> Driven:
    """A map with deviations from what is held as its second argument, in the order of `INPUTS`."""

    def driven_step(
        x: Vector,
        deviation: Float[Array, " input"],
        physics: Physics,
        controller: Controller,
        held: Held,
        *further: Array,
    ) -> Vector:
        return step(x, physics, controller, _moved(held, deviation), *further)

    return driven_step


def _moved(held: Held, deviation: Float[Array, " input"]) -> Held:
    return Held(
        held.goal + deviation[:2],
        held.sisu + deviation[6],
        Field(held.field.curl, held.field.constant + deviation[7:]),
        held.offset + deviation[2:6],
    )


def _inputs(held: Held) -> Inputs:
    nothing = jnp.zeros_like(held.goal)
    return Inputs(
        target_position=held.goal,
        target_velocity=nothing,
        sisu=held.sisu,
        field=held.field,
        feedback_offset=held.offset,
        sensory_noise=jnp.zeros_like(held.offset),
        motor_noise=jnp.zeros((2, 2), held.goal.dtype),
    )


def vector_of(state: State) -> Float[Array, "*batch dim"]:
    """Hidden state, position, velocity, force, then what is still to be sensed, oldest first."""
    hand = (state.position, state.velocity, state.force)
    *batch, delay, sensed = state.queue.shape
    queue = state.queue.reshape(*batch, delay * sensed)
    return jnp.concatenate([state.hidden, *hand, queue], axis=-1)


def state_of(x: Float[Array, "*batch dim"], delay: int) -> State:
    """The inverse of `vector_of`."""
    size = hidden_size_of(x.shape[-1], delay)
    ends = [size, size + 2, size + 4, size + 6]
    hidden, position, velocity, force, queue = jnp.split(x, ends, axis=-1)
    return State(position, velocity, force, hidden, queue.reshape(*x.shape[:-1], delay, 4))


def hidden_size_of(dim: int, delay: int) -> int:
    """How many of the numbers of a loop's state are the hidden state of its network."""
    return dim - 6 - 4 * delay


PARTS = ("network", "hand", "muscle", "delay")
"""Of the state of a loop: hidden state; position and velocity; force; what is to be sensed."""


def part_sizes(dim: int, delay: int) -> tuple[int, ...]:
    """How many numbers of a loop's state each of `PARTS` has."""
    return (hidden_size_of(dim, delay), 4, 2, 4 * delay)
