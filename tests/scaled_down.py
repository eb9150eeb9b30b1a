"""A study with few and small models, trials and figures, to see within minutes that all of it runs.

    .venv/bin/python tests/scaled_down.py config/reference-2025.yaml > small.yaml
    make run ARGS="--configfile small.yaml"

What it computes is of no meaning: networks of eight units are trained for twenty batches. Findings
are left out.
"""

import sys
from pathlib import Path
from typing import Any

import yaml

_FEW = {
    ("replicates",): 2,
    ("network", "hidden_size"): 8,
    ("schedule", "n_batches"): 20,
    ("schedule", "batch_size"): 10,
    ("schedule", "constant_batches"): 5,
    ("schedule", "baseline_batches"): 5,
    ("schedule", "scale_up_batches"): 5,
    ("schedule", "warmup_batches"): 5,
    ("selection", "grid"): 1,
    ("selection", "directions"): 4,
    ("task", "grid"): 4,
    ("task", "directions"): 4,
    ("at", "grid"): 2,
    ("repeats",): 2,
}
"""The most of each number."""
_ENDS = {
    ("field", "amplitude"),
    ("sisu",),
    ("sisu_step", "to"),
    ("sensory_impulse", "amplitude"),
    ("measures",),
}
"""Lists of which the first and the last are kept."""
_BY_BATCH = {("schedule", "trainable"), ("schedule", "noise_scale")}
"""What changes at batches of the training."""
_BATCH = 10
"""Where it does, instead."""


def scaled_down(study: dict[str, Any]) -> dict[str, Any]:
    """The study with less of everything, and every kind of what it has."""
    small = {key: it for key, it in study.items() if key != "findings"}
    small["study"] = f"{study['study']}-small"
    first = next(iter(study["sweeps"]))
    small["sweeps"] = {
        name: _sweep(it, fields=2 if name == first else 1) for name, it in study["sweeps"].items()
    }
    for part in ("evaluations", "fixed_points", "analyses"):
        if part in study:
            small[part] = {name: _less(it) for name, it in study[part].items()}
    for analysis in small.get("analyses", {}).values():
        if analysis["type"] in ("principal_components", "tangling"):
            analysis["components"] = 3
        if analysis["type"] == "modal_response":  # trials are where the fixed points are
            goals = small["fixed_points"][analysis["search"]]["at"]["grid"]
            small["evaluations"][analysis["evaluation"]]["task"]["grid"] = goals
    small["figures"] = [_less(it) for it in study["figures"]]
    return small


def _sweep(sweep: dict[str, Any], fields: int) -> dict[str, Any]:
    """The least and the most field, or only that, and the last of what else varies."""
    small = _less(sweep)
    for key in ("grid", "zip"):
        if key in small:
            small[key] = {
                path: _ends(values)[-fields:] if path == "field.std" else [_leaf(path, values[-1])]
                for path, values in small[key].items()
            }
    if "conditions" in small:
        some = small["conditions"][-fields:]
        small["conditions"] = [{path: _leaf(path, it) for path, it in one.items()} for one in some]
    if "inherit" not in sweep:
        small["replicates"] = 2
        small.setdefault("network", {})["hidden_size"] = 8
        # Networks that have hardly been trained would all be excluded.
        small["selection"] = {**small.get("selection", {}), "directions": 4, "rule": "none"}
    return small


def _leaf(path: str, value: Any) -> Any:
    if path == "schedule.optimizer_resets":
        return [_BATCH for _ in value][:1]
    return _value(value, tuple(path.split(".")))


def _less(item: dict[str, Any], at: tuple[str, ...] = ()) -> dict[str, Any]:
    return {key: _value(it, (*at, key)) for key, it in item.items()}


def _value(value: Any, at: tuple[str, ...]) -> Any:
    if at in _BY_BATCH and isinstance(value, dict):
        return {min(batch, _BATCH): it for batch, it in value.items()}
    if isinstance(value, dict):
        return value if at[0] in ("grid", "zip") else _less(value, at)
    if at in _FEW:
        return min(value, _FEW[at])
    return _ends(value) if at in _ENDS and isinstance(value, list) else value


def _ends(values: list[Any]) -> list[Any]:
    return [values[0], values[-1]] if len(values) > 2 else values


def main(arguments: list[str]) -> None:
    (path,) = arguments
    study = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    print(yaml.safe_dump(scaled_down(study), sort_keys=False, allow_unicode=True, width=120))


if __name__ == "__main__":
    main(sys.argv[1:])
