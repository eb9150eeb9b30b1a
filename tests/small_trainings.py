"""Trainings of a second or two, and what tests ask of them."""

import numpy as np
from steadyhand.config import Hyperparameters
from steadyhand.pairing import salt_of
from steadyhand.requests import training_of
from steadyhand.train import Attendance, train_stack

SMALL = {
    "replicates": 2,
    "network": {"hidden_size": 6},
    "task": {"n_steps": 15},
    "schedule": {"n_batches": 12, "batch_size": 70},  # two chunks, the second one padded
}
CURL = {"type": "curl", "std": 1.0}


def spec(**changes):
    schedule = {**SMALL["schedule"], **changes.pop("schedule", {})}
    content = {**SMALL, "field": CURL, **changes, "schedule": schedule}
    return training_of(Hyperparameters.model_validate(content))


def train(*specs, **options):
    return train_stack(specs, [salt_of(it) for it in specs], **options)


def assert_equal(first, second):
    for name in first.snapshots:
        np.testing.assert_array_equal(first.snapshots[name], second.snapshots[name])
    np.testing.assert_array_equal(first.loss_terms, second.loss_terms)
    np.testing.assert_array_equal(first.diverged, second.diverged)


def are_equal(first, second):
    return all(np.array_equal(first.snapshots[k], second.snapshots[k]) for k in first.snapshots)


class Stop:
    """Asks to stop after so many looks, and keeps the checkpoint."""

    def __init__(self, looks):
        self.looks, self.kept = looks, None

    def is_stopping(self):
        self.looks -= 1
        return self.looks < 0

    def save(self, batches_done, arrays):
        self.kept = batches_done, {name: np.array(values) for name, values in arrays.items()}

    def attendance(self, **more):
        return Attendance(is_stopping=self.is_stopping, save=self.save, **more)
