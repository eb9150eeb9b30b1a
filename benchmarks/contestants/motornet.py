"""MotorNet 0.3, a PyTorch package with muscles, trained as its users do: replicate after replicate.

Measured is one batch for each of 5 replicates: its `PolicyGRU` of 100 units moves a point mass with
4 ReLU muscles between random places, 250 trials, 99 updates, back through time, Adam. Sensory delay
of 5 updates, sensory and motor noise and the curl field are as in our job. What differs: 4 muscles
and their geometry instead of 2 forces, 8 inputs from muscles in the place of velocity, updates
of 10 ms, a loss like its tutorial's (L1 of the position, gradients clipped) with small penalties.
"""

import os
import sys
import time

from turns import answer, asked

# A script's folder comes first, and this script is called as the package is.
del sys.path[0]
# Threads that wait by spinning make it 15 times as slow once something else needs a core.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch  # noqa: E402
from motornet.effector import ReluPointMass24  # noqa: E402
from motornet.environment import RandomTargetReach  # noqa: E402
from motornet.policy import PolicyGRU  # noqa: E402

UNITS, BATCH, REPLICATES, UPDATES, DELAY = 100, 250, 5, 99, 5
NOISE, STEP = 0.01, 0.01

torch.set_num_threads(len(os.sched_getaffinity(0)))
torch.manual_seed(0)
# Its delay counts the present state too: one step is none.
delay = (DELAY + 1) * STEP
env = RandomTargetReach(
    effector=ReluPointMass24(timestep=STEP),
    max_ep_duration=UPDATES * STEP,
    proprioception_delay=delay,
    vision_delay=delay,
    proprioception_noise=NOISE,
    vision_noise=NOISE,
    action_noise=NOISE,
)
policies = [
    PolicyGRU(env.observation_space.shape[0], UNITS, env.n_muscles, torch.device("cpu"))
    for _ in range(REPLICATES)
]
optimizers = [torch.optim.Adam(policy.parameters(), lr=1e-3) for policy in policies]


def loss_of(policy: PolicyGRU) -> torch.Tensor:
    """The loss of one batch of new trials."""
    hidden = policy.init_hidden(BATCH)
    seen, info = env.reset(options={"batch_size": BATCH})
    curl = torch.randn(BATCH, 1)
    off, effort, over = [], [], False
    while not over:
        command, hidden = policy(seen, hidden)
        x, y = info["states"]["cartesian"][:, 2:].unbind(1)
        field = curl * torch.stack([-y, x], 1)
        seen, _, over, _, info = env.step(command, endpoint_load=field)
        off.append(info["states"]["fingertip"] - info["goal"])
        effort.append((command**2).sum(-1) + (hidden[0] ** 2).sum(-1))
    assert len(off) == UPDATES
    return torch.stack(off).abs().sum(-1).mean() + 1e-5 * torch.stack(effort).mean()


def train_batch() -> None:
    for policy, optimizer in zip(policies, optimizers, strict=True):
        optimizer.zero_grad()
        loss = loss_of(policy)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(policy.parameters(), max_norm=1.0)
        optimizer.step()
        assert torch.isfinite(loss)


while True:
    wanted, begin = asked(), time.perf_counter()
    for _ in range(wanted):
        train_batch()
    answer((time.perf_counter() - begin) / wanted)
