"""Stacks: which models are trained together. Only a way to be fast; no result depends on it.

A plan is an immutable file named by the hash of its members. Only the main process makes plans,
for models that are in none yet, so what a stack contains never depends on what a job on another
machine happens to see.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from steadyhand.identity import canonical, canonical_json, identify
from steadyhand.store.documents import read_json, write_json

DEFAULT_NETWORKS = 20
"""Networks in a stack, unless the profile says otherwise."""

Plan = dict[str, Any]
"""{"stack_id": …, "members": {training_id: resolved hyperparameters of the training}}"""


def assign(
    trainings: Mapping[str, dict[str, Any]],
    known: Iterable[Plan],
    networks: int = DEFAULT_NETWORKS,
) -> list[Plan]:
    """The plans that together hold all `trainings`: known ones, and new ones for the rest.

    New stacks take models of equal shapes, in the order of their ids, up to a number of networks.
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
        size = max(1, networks // trainings[ids[0]]["replicates"])
        for first in range(0, len(ids), size):
            plan = make_plan({key: trainings[key] for key in ids[first : first + size]})
            used[plan["stack_id"]] = plan
    return list(used.values())


def make_plan(members: Mapping[str, dict[str, Any]]) -> Plan:
    """The plan of a stack of these trainings."""
    # Canonical, as it is read back from disk: Snakemake compares what it is given with that.
    return canonical({"stack_id": identify("stack", sorted(members)), "members": dict(members)})


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
