"""A study with few and small models, trials and figures, to see within minutes that all of it runs.

    .venv/bin/python tests/scaled_down.py config/reference-2025.yaml > small.yaml
    make run ARGS="--configfile small.yaml"

What it computes is of no meaning: networks of eight units are trained for twenty batches.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

_FEW = {
    ("replicates",): 2,
    ("network", "hidden_size"): 8,
    ("schedule", "n_batches"): 20,
    ("schedule", "batch_size"): 10,
    ("schedule", "constant_batches"): 5,
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


def scaled_down(study: dict[str, Any]) -> dict[str, Any]:
    """The study with less of everything, and every kind of what it has."""
    small = {**study, "study": f"{study['study']}-small"}
    small["sweeps"] = {name: _sweep(it) for name, it in study["sweeps"].items()}
    for part in ("evaluations", "fixed_points", "analyses"):
        small[part] = {name: _less(it) for name, it in study.get(part, {}).items()}
    for analysis in small["analyses"].values():
        if analysis["type"] in ("principal_components", "tangling"):
            analysis["components"] = 3
    small["figures"] = [_less(it) for it in study["figures"]]
    return small


def _sweep(sweep: dict[str, Any]) -> dict[str, Any]:
    """The least and the most field, and the last of what else varies."""
    small = _less(sweep)
    for key in ("grid", "zip"):
        if key in small:
            small[key] = {
                path: [values[0], values[-1]] if path == "field.std" else values[-1:]
                for path, values in small[key].items()
            }
    if "conditions" in small:
        small["conditions"] = small["conditions"][-2:]
    if "inherit" not in sweep:
        small["replicates"] = 2
        small.setdefault("network", {})["hidden_size"] = 8
        # Networks that have hardly been trained would all be excluded.
        small["selection"] = {**small.get("selection", {}), "directions": 4, "rule": "none"}
    return small


def _less(item: dict[str, Any], at: tuple[str, ...] = ()) -> dict[str, Any]:
    return {key: _value(it, (*at, key)) for key, it in item.items()}


def _value(value: Any, at: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return value if at[0] in ("grid", "zip") else _less(value, at)
    if at in _FEW:
        return min(value, _FEW[at])
    if at in _ENDS and isinstance(value, list) and len(value) > 2:
        return [value[0], value[-1]]
    return value


def main(arguments: list[str], show: Callable[[str], None] = print) -> None:
    (path,) = arguments
    study = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    show(yaml.safe_dump(scaled_down(study), sort_keys=False, allow_unicode=True, width=120))


if __name__ == "__main__":
    main(sys.argv[1:])
