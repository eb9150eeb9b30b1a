"""Which studies ask for a result in their latest run."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

_SINGLE = ("models", "figures")
_PAIRS = ("evaluations", "fixed_points", "analyses")


class Demand:
    """What all studies ask for at present, by kind of result."""

    def __init__(self, studies: Iterable[Mapping[str, Any]]):
        self._wanted: dict[str, dict[str, set[Hashable]]] = {}
        self._sweeps: dict[str, set[str]] = {}
        self._names: dict[str, set[str]] = {}
        for study in studies:
            name = study["study"]
            wanted: dict[str, set[Hashable]] = {kind: set(study[kind]) for kind in _SINGLE}
            wanted |= {kind: {tuple(pair) for pair in study.get(kind, ())} for kind in _PAIRS}
            self._wanted[name] = wanted
            for sweep, content in study.get("sweeps", {}).items():
                for model_id in content["models"]:
                    self._sweeps.setdefault(model_id, set()).add(f"{name}/{sweep}")
            for named in study["names"].values():
                for artefact_id, names in named.items():
                    self._names.setdefault(artefact_id, set()).update(names)

    def columns(self, **wanted: Hashable) -> dict[str, Any]:
        """`studies` and `asked` of what is wanted in every kind named, e.g. `models=model_id`."""
        names = sorted(
            name
            for name, kinds in self._wanted.items()
            if all(item in kinds[kind] for kind, item in wanted.items())
        )
        return {"studies": ",".join(names), "asked": bool(names)}

    def sweeps(self, model_id: str) -> str:
        """The sweeps that a model is in, as `study/sweep`, separated by commas."""
        return ",".join(sorted(self._sweeps.get(model_id, ())))

    def name(self, artefact_id: str) -> str | None:
        """What studies call an evaluation or analysis; None where no study asks for it."""
        return ",".join(sorted(self._names.get(artefact_id, ()))) or None
