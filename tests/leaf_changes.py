"""Another value for every hyperparameter, and what has to be set for it to count."""

from typing import Any

OTHER = {
    "replicates": 3,
    "seed": 1,
    "paired": False,
    "plant.mass": 2.0,
    "plant.damping": 0.5,
    "plant.time_step": 0.02,
    "network.type": "lstm",
    "network.hidden_size": 7,
    "network.leak": 0.5,
    "feedback.delay": 2,
    "feedback.noise_std": 0.1,
    "motor.noise_std": 0.1,
    "motor.additive_ratio": 0.5,
    "motor.rise_time": 0.1,
    "motor.decay_time": 0.1,
    "task.n_steps": 15,
    "task.workspace_min": -0.5,
    "task.workspace_max": 0.5,
    "field.type": "constant",
    "field.std": 0.5,
    "context.method": "dai",
    "context.p_active": 0.75,
    "loss.effector_position": 0.5,
    "loss.position_exponent": 2.0,
    "loss.effector_final_velocity": 0.5,
    "loss.nn_output": 1e-3,
    "loss.nn_hidden": 1e-3,
    "loss.readout_norm": 0.1,
    "loss.readout_norm_value": 1.0,
    "optimizer.type": "adam",
    "optimizer.learning_rate": 0.02,
    "optimizer.beta1": 0.5,
    "optimizer.beta2": 0.9,
    "optimizer.epsilon": 1e-3,
    "optimizer.weight_decay": 0.1,
    "optimizer.clip_norm": 1e-3,
    "schedule.n_batches": 9,
    "schedule.batch_size": 5,
    "schedule.baseline_batches": 2,
    "schedule.scale_up_batches": 3,
    "schedule.warm_up_batches": 3,
    "schedule.constant_batches": 3,
    "schedule.final_fraction": 0.1,
    "schedule.trainable": {"0": ["hidden", "readout"], "2": ["hidden"]},
    "schedule.noise_scale": {"0": 1, "2": 0},
    "schedule.optimizer_resets": [3],
    "schedule.saturation_limit": 1e-3,
    "selection.grid": 3,
    "selection.directions": 5,
    "selection.reach_length": 0.25,
    "selection.criterion": "end_position_error",
    "selection.rule": "std",
    "selection.threshold": 2.0,
    "selection.tolerance": 0.1,
    "selection.exclude": [1],
}

GIVEN = {
    "network.leak": {"network.type": "vanilla"},
    "field.type": {"field.std": 1.0},
    "context.method": {"field.std": 1.0, "context.method": "bcs", "context.p_active": 0.5},
    "context.p_active": {"field.std": 1.0, "context.method": "bcs", "context.p_active": 0.5},
    "loss.readout_norm_value": {"loss.readout_norm": 0.1},
    "schedule.baseline_batches": {"field.std": 1.0},
    "schedule.scale_up_batches": {"field.std": 1.0},
    "schedule.constant_batches": {"schedule.final_fraction": 0.1},
}
"""What another value of a hyperparameter needs to be allowed, or to change anything."""


def nested(values: dict[str, Any]) -> dict[str, Any]:
    """Values by dotted path as the content of a model."""
    content: dict[str, Any] = {}
    for path, value in values.items():
        group, _, leaf = path.rpartition(".")
        target = content.setdefault(group, {}) if group else content
        target[leaf] = value
    return content


def before_and_after(path: str, base: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Contents of two models that differ in one hyperparameter; `base` is by dotted path."""
    given = {**base, **GIVEN.get(path, {})}
    return nested(given), nested({**given, path: OTHER[path]})
