"""Feedbax 0.1.2, a JAX package, the last one that is published; its ensemble of 5 replicates.

Measured is a batch of its `TaskTrainer` after compilation: `SimpleFeedback` with a GRU of 100
units, `SimpleReaches`, 250 trials, 100 states, delay of 5, noise, a curl field as intervention, and
our loss. The published package lacks `feedbax.mechanics`, which its `SimpleFeedback` and
`TaskTrainer` import: a point mass of the same interface that takes an Euler step stands in here.
It needs the JAX of its days and thus an environment of its own. What differs from our job: motor
noise has no part that grows with the command; Adam, since its trainer hands no weights to the
optimizer, without which AdamW fails (at a decay of 0, as in our job, they are the same).
"""

import os
import sys
import tempfile
import time
from collections import OrderedDict
from collections.abc import Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

from turns import answer, asked

# A script's folder comes first, and this script is called as the package is.
del sys.path[0]
# On import, the package opens a log file in the working folder.
os.chdir(tempfile.gettempdir())
# What it logs goes to standard output too, where answers go.
os.environ["FEEDBAX_LOG_LEVEL"] = "WARNING"

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import optax  # noqa: E402
from feedbax import AbstractStagedModel, ModelStage, get_ensemble  # noqa: E402
from feedbax.intervene import (  # noqa: E402
    AbstractIntervenor,
    AddNoise,
    AddNoiseParams,
    CurlField,
    CurlFieldParams,
    add_intervenor,
    schedule_intervenor,
)
from feedbax.loss import (  # noqa: E402
    CompositeLoss,
    EffectorFinalVelocityLoss,
    EffectorPositionLoss,
    NetworkActivityLoss,
    NetworkOutputLoss,
)
from feedbax.state import AbstractState, CartesianState, StateBounds  # noqa: E402

UNITS, BATCH, REPLICATES, STATES, DELAY = 100, 250, 5, 100, 5
NOISE, STEP = 0.01, 0.05


class PlantState(AbstractState):
    skeleton: CartesianState


class MechanicsState(AbstractState):
    plant: PlantState
    effector: CartesianState


class Mechanics(AbstractStagedModel[MechanicsState]):
    """A point mass of 1, moved by forces on it and forces on its effector, by Euler steps."""

    intervenors: dict[str, Sequence[AbstractIntervenor]]

    def __init__(self) -> None:
        self.intervenors = self._get_intervenors_dict(None)

    @property
    def model_spec(self) -> OrderedDict[str, ModelStage]:
        step = ModelStage(lambda self: self.move, lambda force, _: force, lambda state: state)
        return OrderedDict(dynamics_step=step)

    def move(self, force: jax.Array, state: MechanicsState, *, key: jax.Array) -> MechanicsState:
        at, force = state.plant.skeleton, force + state.effector.force
        pos, vel = at.pos + STEP * at.vel, at.vel + STEP * force
        # The force on the effector is that of one step: interventions add to it.
        return MechanicsState(
            PlantState(CartesianState(pos, vel, force)),
            CartesianState(pos, vel, jnp.zeros_like(force)),
        )

    @property
    def plant(self) -> SimpleNamespace:
        return SimpleNamespace(
            skeleton=SimpleNamespace(inverse_kinematics=lambda effector: effector)
        )

    @property
    def bounds(self) -> StateBounds:
        return StateBounds(low=None, high=None)

    def init(self, *, key: jax.Array) -> MechanicsState:
        return MechanicsState(PlantState(CartesianState()), CartesianState())


lacking: Any = ModuleType("feedbax.mechanics")
lacking.Mechanics, lacking.MechanicsState = Mechanics, MechanicsState
sys.modules[lacking.__name__] = lacking

from feedbax.bodies import SimpleFeedback  # noqa: E402
from feedbax.channel import ChannelSpec  # noqa: E402
from feedbax.iterate import Iterator  # noqa: E402
from feedbax.nn import SimpleStagedNetwork  # noqa: E402
from feedbax.task import SimpleReaches  # noqa: E402
from feedbax.train import TaskTrainer  # noqa: E402

loss = CompositeLoss(
    {
        "position": EffectorPositionLoss(),
        "velocity": EffectorFinalVelocityLoss(),
        "output": NetworkOutputLoss(),
        "activity": NetworkActivityLoss(),
    },
    {"position": 1.0, "velocity": 1.0, "output": 1e-5, "activity": 1e-5},
)
plain_task = SimpleReaches(STATES, loss, workspace=((-1.0, -1.0), (1.0, 1.0)))


def with_field(model: Iterator) -> tuple[SimpleReaches, Iterator]:
    amplitude = lambda _, *, key: jax.random.normal(key, ())  # noqa: E731
    field = CurlField(CurlFieldParams(amplitude=amplitude, active=True))
    return schedule_intervenor(
        plain_task, model, field, where=lambda model: model.step.mechanics, default_active=True
    )


def model_of(key: jax.Array) -> Iterator:
    mechanics = Mechanics()
    feedback = ChannelSpec(
        where=lambda state: (state.plant.skeleton.pos, state.plant.skeleton.vel),
        delay=DELAY - 1,  # a channel without any hands on the state before
        noise_std=NOISE,
    )
    inputs = SimpleFeedback.get_nn_input_size(plain_task, mechanics, feedback)
    network = SimpleStagedNetwork(inputs, UNITS, out_size=2, key=key)
    motor_noise = AddNoise(
        AddNoiseParams(scale=1.8 * NOISE),
        in_where=lambda state: state.net.output,
        out_where=lambda state: state.net.output,
    )
    model = Iterator(SimpleFeedback(network, mechanics, feedback), STATES)
    return add_intervenor(model, motor_noise, "mechanics_step")


key = jax.random.PRNGKey(0)
task, _ = with_field(model_of(key))
models = get_ensemble(lambda key: with_field(model_of(key))[1], n_ensemble=REPLICATES, key=key)


class Turns(dict):
    """Callbacks of the trainer: one after each batch, that stands still between turns."""

    def __init__(self) -> None:
        self.wanted, self.done, self.begin = asked(), 0, time.perf_counter()

    def __contains__(self, batch: object) -> bool:
        return True

    def __getitem__(self, batch: int) -> tuple:
        return (self.count,)

    def count(self) -> None:
        self.done += 1
        if self.done < self.wanted:
            return
        jax.block_until_ready(jax.live_arrays())  # the batch may still be under way
        answer((time.perf_counter() - self.begin) / self.done)
        self.wanted, self.done, self.begin = asked(), 0, time.perf_counter()


TaskTrainer(optax.adam(0.01), checkpointing=False)(
    task,
    models,
    n_batches=10_000,
    batch_size=BATCH,
    where_train=lambda model: (model.step.net.hidden, model.step.net.readout),
    ensembled=True,
    disable_tqdm=True,
    batch_callbacks=Turns(),
    key=key,
)
