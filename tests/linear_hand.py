"""Optimal linear control of the hand, as networks of the package: known answers for the loop."""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import scipy.linalg
from steadyhand.cells.cell import Cell, product_with_inputs
from steadyhand.network import WITHOUT_CONTEXT, Controller, Readout
from steadyhand.plant import Physics, physics_from

PLANE = np.eye(2)


class Linear(Cell):
    """h' = W x + U h + b."""

    saves = ()

    def forward(self, prepared, x, state, keep):
        return product_with_inputs(x, prepared) + state @ prepared.from_state

    def pullback(self, prepared, x, state, saved, cotangent):
        raise NotImplementedError


class Tanh(Cell):
    """h' = s·tanh((W x + U h + b)/s): `Linear` for small states."""

    saves = ()
    scale: float = eqx.field(static=True)

    def forward(self, prepared, x, state, keep):
        inside = product_with_inputs(x, prepared) + state @ prepared.from_state
        return self.scale * jnp.tanh(inside / self.scale)

    def pullback(self, prepared, x, state, saved, cotangent):
        raise NotImplementedError


class Loop(NamedTuple):
    physics: Physics
    controller: Controller
    eigenvalues: np.ndarray
    """Of the closed loop, but for those that are 0"""


def physics(damping=0.0, tau=0.0, time_step=0.05, mass=1.3, decay=None) -> Physics:
    spec = {
        "plant": {"mass": mass, "damping": damping, "time_step": time_step},
        "feedback": {"noise_std": 0.01},
        "motor": {
            "noise_std": 0.1,
            "additive_ratio": 1.8,
            "rise_time": tau,
            "decay_time": tau if decay is None else decay,
        },
    }
    return physics_from(spec, "float64")


def hand(its: Physics, curl: float) -> tuple[np.ndarray, np.ndarray]:
    """A and B of position and velocity under a force."""
    step, mass, damping = (float(it) for it in (its.time_step, its.mass, its.damping))
    turn = np.array([[0, -1], [1, 0]])
    faster = PLANE + step / mass * (curl * turn - damping * PLANE)
    dynamics = np.block([[PLANE, step * PLANE], [0 * PLANE, faster]])
    return dynamics, np.concatenate([0 * PLANE, step / mass * PLANE])


def gain_of(dynamics: np.ndarray, entry: np.ndarray) -> np.ndarray:
    cost = np.zeros_like(dynamics)
    cost[:4, :4] = np.diag([1.0, 1.0, 0.1, 0.1])
    effort = 1e-2 * PLANE
    value = scipy.linalg.solve_discrete_are(dynamics, entry, cost, effort)
    return np.linalg.solve(effort + entry.T @ value @ entry, entry.T @ value @ dynamics)


def network(kind, from_sensed: np.ndarray, from_state: np.ndarray, **more) -> Controller:
    """Units 0 and 1 are the command; `from_sensed` is by position and velocity less the goal."""
    units = len(from_state)
    weight_ih = np.concatenate([-from_sensed[:, :2], np.zeros((units, 2)), from_sensed], axis=1)
    cell = kind(*(jnp.asarray(it) for it in (weight_ih, from_state, np.zeros(units))), **more)
    readout = Readout(jnp.asarray(np.eye(2, units)), jnp.zeros(2))
    return Controller(cell, readout, WITHOUT_CONTEXT)


def with_delay(delay: int, curl=0.0, kind=Linear, more=None, **plant) -> Loop:
    """The optimum for a sensed state that is `delay` steps old and the commands since then.

    These are the memory of the network: h = (u_{k-1}, …, u_{k-d}).
    """
    its = physics(**plant)
    dynamics, entry = hand(its, curl)
    size = 4 + 2 * delay
    whole, command = np.zeros((size, size)), np.zeros((size, 2))
    whole[:4, :4] = dynamics
    command[-2:] = PLANE
    if delay:
        whole[:4, 4:6] = entry  # the oldest command acts on the oldest state
        whole[4:-2, 6:] = np.eye(2 * (delay - 1))
    else:
        command = entry
    gain = gain_of(whole, command)
    memory = 2 * max(delay, 1)
    from_sensed, from_state = np.zeros((memory, 4)), np.zeros((memory, memory))
    from_sensed[:2] = -gain[:, :4]
    for lag in range(delay):  # the newest first in h, the oldest first in the gain
        at = 4 + 2 * (delay - 1 - lag)
        from_state[:2, 2 * lag : 2 * lag + 2] = -gain[:, at : at + 2]
    from_state[2:, :-2] = np.eye(memory - 2)
    controller = network(kind, from_sensed, from_state, **(more or {}))
    # Predicted, the state is what it would be without a delay, and so is the optimum.
    return Loop(its, controller, np.linalg.eigvals(dynamics - entry @ gain_of(dynamics, entry)))


def with_muscles(tau: float, curl=0.0, **plant) -> Loop:
    """The optimum for position, velocity and force, of which the force is not sensed.

    The network keeps an image of it, h = (u, f̂), whose error shrinks as the force does.
    """
    its = physics(tau=tau, **plant)
    stays = float(its.rise_lag)
    dynamics, entry = hand(its, curl)
    whole = np.block([[dynamics, stays * entry], [np.zeros((2, 4)), stays * PLANE]])
    command = (1 - stays) * np.concatenate([entry, PLANE])
    gain = gain_of(whole, command)
    from_sensed = -np.concatenate([gain[:, :4], (1 - stays) * gain[:, :4]])
    image = -gain[:, 4:]
    from_state = np.block([[0 * PLANE, image], [0 * PLANE, stays * PLANE + (1 - stays) * image]])
    values = np.linalg.eigvals(whole - command @ gain)
    return Loop(its, network(Linear, from_sensed, from_state), np.append(values, [stays, stays]))
