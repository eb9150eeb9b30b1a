"""Stacks: which models are trained together. Only a way to be fast; no result depends on it.

A plan is an immutable file named by the hash of its members. Only the main process makes plans,
for models that are in none yet, so what a stack contains never depends on what a job on another
machine happens to see.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steadyhand.errors import UserError
from steadyhand.identity import canonical, canonical_json, identify
from steadyhand.store.documents import read_json, write_json
from steadyhand.training_cost import memory_mb, seconds


@dataclass(frozen=True)
class Machine:
    """What a stack is planned for."""

    cores: int = 2
    networks: int | None = None
    """Most networks in a stack; by default as many as keep the cores busy, at least 20."""
    memory_mb: int | None = None
    """Most memory that training a stack may take [MB]; None: no limit."""

    @property
    def most_networks(self) -> int:
        """Networks that may be trained together, as far as memory allows."""
        return self.networks or max(20, 2 * self.cores)


def machine_of(cores: int | None, settings: Mapping[str, Any]) -> Machine:
    """The machine that a profile describes: `settings` are numbers by the names of resources.

    Raises `UserError` for numbers below 1.
    """
    networks, memory = (
        _at_least_one(settings, it) for it in ("networks_per_stack", "stack_mem_mb")
    )
    return Machine(cores or Machine.cores, networks, memory)


def _at_least_one(settings: Mapping[str, Any], key: str) -> int | None:
    value: int | None = settings.get(key)
    if value is not None and value < 1:
        raise UserError(f"{key} under resources of the profile: is {value}; allowed: 1 or more")
    return value


_ANY_MACHINE = Machine()

Plan = dict[str, Any]
"""{"stack_id": …, "members": {training_id: resolved hyperparameters of the training}}"""


def assign(
    trainings: Mapping[str, dict[str, Any]],
    known: Iterable[Plan],
    machine: Machine = _ANY_MACHINE,
) -> list[Plan]:
    """The plans that together hold all `trainings`: known ones, and new ones for the rest.

    New stacks take models of equal shapes, in the order of their ids, as many as the machine can
    hold. Raises `UserError` where it cannot hold a single one.
    """
    used: dict[str, Plan] = {}
    taken: set[str] = set()
    for plan in sorted(known, key=lambda plan: str(plan["stack_id"])):
        mine = set(plan["members"]) & set(trainings) - taken
        if mine:
            used[plan["stack_id"]] = plan
            taken |= mine
    groups: dict[str, list[str]] = {}
    for training_id in sorted(set(trainings) - taken):
        groups.setdefault(_shape(trainings[training_id]), []).append(training_id)
    for ids in groups.values():
        size = _models_at_once(trainings[ids[0]], machine)
        for first in range(0, len(ids), size):
            plan = make_plan({key: trainings[key] for key in ids[first : first + size]})
            used[plan["stack_id"]] = plan
    return list(used.values())


def _models_at_once(spec: Mapping[str, Any], machine: Machine) -> int:
    size = max(1, machine.most_networks // spec["replicates"])
    while machine.memory_mb is not None:
        needed = memory_mb(spec, size * spec["replicates"], machine.cores)
        if needed <= machine.memory_mb:
            break
        if size == 1:
            raise UserError(
                f"training {spec['replicates']} replicates of network.hidden_size = "
                f"{spec['network']['hidden_size']}, schedule.batch_size = "
                f"{spec['schedule']['batch_size']}, task.n_steps = {spec['task']['n_steps']} takes "
                f"about {needed} MB; stack_mem_mb of the profile allows {machine.memory_mb} MB"
            )
        size = max(1, size * machine.memory_mb // needed if size > 2 else 1)
    return size


def make_plan(members: Mapping[str, dict[str, Any]]) -> Plan:
    """The plan of a stack of these trainings."""
    # Canonical, as it is read back from disk: Snakemake compares what it is given with that.
    return canonical({"stack_id": identify("stack", sorted(members)), "members": dict(members)})


def stack_memory_mb(plan: Plan, cores: int) -> int:
    """About the most memory that training a stack needs at one time [MB]."""
    specs = list(plan["members"].values())
    return memory_mb(specs[0], sum(spec["replicates"] for spec in specs), cores)


def stack_seconds(plan: Plan, cores: int) -> float:
    """About how long training a stack takes on a CPU [s]."""
    specs = list(plan["members"].values())
    return seconds(specs[0], sum(spec["replicates"] for spec in specs), cores)


def read_plans(folder: Path) -> list[Plan]:
    """All plans in a folder."""
    return [read_json(path) for path in sorted(folder.glob("*.json")) if "." not in path.stem]


def save_plans(folder: Path, plans: Iterable[Plan]) -> None:
    """Write the plans that are not there yet."""
    for plan in plans:
        path = folder / f"{plan['stack_id']}.json"
        if not path.exists():
            write_json(path, plan)


def _shape(spec: dict[str, Any]) -> str:
    """What has to agree for models to be trained by one program; see `train.Shapes`."""
    return canonical_json(
        [
            spec["replicates"],
            spec["network"],
            spec["context"]["method"] == "none",
            spec["feedback"]["delay"],
            spec["task"]["n_steps"],
            spec["schedule"]["batch_size"],
            spec["schedule"]["n_batches"],
        ]
    )
