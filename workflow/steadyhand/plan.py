"""What a study amounts to: its models, requests, ids, paths. Light, for use while parsing."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from steadyhand import stacks
from steadyhand.analyses.needs import MODAL, OF_POINTS
from steadyhand.asked_for import asked_for, begun
from steadyhand.config.consistency import applied_sweeps
from steadyhand.config.hyperparameters import Hyperparameters
from steadyhand.config.loading import Study
from steadyhand.figure_requests.kinds import figure_requests
from steadyhand.figure_requests.request import FigureRequest, Index
from steadyhand.identity import canonical, identify
from steadyhand.leaf import Leaf, leaves_of
from steadyhand.report_requests import report_request
from steadyhand.requests import (
    Request,
    analysis_id_of,
    analysis_request,
    evaluation_id_of,
    evaluation_request,
    modal_request,
    model_id_of,
    response_request,
    search_id_of,
    search_request,
    training_id_of,
    training_of,
)
from steadyhand.selections import is_indexed, selections
from steadyhand.store.documents import read_json, write_json
from steadyhand.tables import table_of, varying_paths


class Plan:
    """A study, expanded and identified. All paths are relative to the folder of results."""

    def __init__(self, study: Study, results: Path, machine: stacks.Machine | None = None):
        self.study = study
        self.results = results
        self.models: dict[str, Hyperparameters] = {}
        """By model_id."""
        self.sweeps: dict[str, list[str]] = {}
        """The model_ids of each sweep, by its name."""
        for name, models in study.sweeps.items():
            named = {model_id_of(model): model for model in models}
            self.models.update(named)
            self.sweeps[name] = list(named)
        self.sweep_ids = {name: identify("sweep", sorted(ids)) for name, ids in self.sweeps.items()}
        self.evaluations: dict[str, Request] = {}
        """By evaluation_id."""
        self.evaluation_ids: dict[tuple[str, str], str] = {}
        """By name and model_id."""
        self.searches: dict[str, Request] = {}
        self.search_ids: dict[tuple[str, str], str] = {}
        self.analyses: dict[str, Request] = {}
        self.analysis_ids: dict[tuple[str, str], str] = {}
        self._resolve_requests()
        self.tables = {model_id: table_of(model) for model_id, model in self.models.items()}
        """Hyperparameters by dotted path, by model_id."""
        self._varying: dict[str, list[str]] = {}
        self._index_state: tuple[Any, ...] = ()
        self._index: dict[str, dict[str, Any]] = {}
        self._figures: dict[str, FigureRequest] = {}
        self.trainings: dict[str, Request] = {}
        """By training_id."""
        self._training_of: dict[str, str] = {}
        self._resolve_trainings()
        plans = stacks.assign(self.trainings, self._known_stacks(), machine or stacks.Machine())
        self.stacks = {plan["stack_id"]: plan for plan in plans}
        self._stack_of = {
            training_id: plan["stack_id"]
            for plan in plans
            for training_id in plan["members"]
            if training_id in self.trainings
        }

    def training_id(self, model_id: str) -> str:
        """The training that a model is selected from."""
        return self._training_of[model_id]

    def stack_of(self, model_id: str) -> str:
        """The stack in which a model is trained."""
        return self._stack_of[self.training_id(model_id)]

    def begin(self) -> None:
        """Note what a run begins with: plans of stacks, and what the study asks for.

        For the main process of a real run.
        """
        stacks.save_plans(self.results / "stacks", self.stacks.values())
        write_json(self.results / "studies" / "begun" / f"{self.study.name}.json", begun(self))

    def hyperparameters(self, model_id: str) -> Request:
        """All resolved hyperparameters of a model."""
        return canonical(self.models[model_id].model_dump(mode="json"))

    def varying(self, sweep: str) -> list[str]:
        """Dotted paths of the hyperparameters that differ between the models of a sweep."""
        if sweep not in self._varying:
            self._varying[sweep] = varying_paths(self.tables[it] for it in self.sweeps[sweep])
        return self._varying[sweep]

    def sweep_named(self, sweep_id: str) -> list[str]:
        """The model_ids of a sweep, by its id."""
        (ids, *_) = [self.sweeps[name] for name, it in self.sweep_ids.items() if it == sweep_id]
        return ids

    def check_files(self) -> None:
        """Read what jobs are planned by, where it stands; raises `ArtefactError` for damage."""
        indices = map(self._index_path, self.sweep_ids.values())
        for path in [*indices, self.results / "studies" / f"{self.study.name}.json"]:
            if path.exists():
                read_json(path)

    def selection_hash(self, sweep_id: str) -> str:
        """The hash of what is to stand in the index of a sweep, as far as its models are there."""
        models, path = self.sweep_named(sweep_id), self._index_path(sweep_id)
        return identify("index", selections(self.results, models, path))

    def is_indexed(self, sweep_id: str, code: str) -> bool:
        """Whether the index of a sweep was made by this code and says what its models are."""
        models, path = self.sweep_named(sweep_id), self._index_path(sweep_id)
        return is_indexed(self.results, models, path, code)

    def read_index(self, paths: Iterable[Path | str]) -> dict[str, dict[str, Any]]:
        """model_id → {"digest", "history"}, from files of sweeps' indices.

        Remembered until a file changes: while jobs are planned, it is asked for by each of them.
        """
        stats = {str(path): Path(path).stat() for path in paths}
        state = tuple((path, it.st_mtime_ns, it.st_size) for path, it in stats.items())
        if state != self._index_state:
            self._index_state = state
            self._index = {
                key: value for path in stats for key, value in read_json(path)["models"].items()
            }
            self._figures = {it.figure_id: it for it in figure_requests(self, self._index)}
        return self._index

    def model_with(self, digest: str, index: Index) -> str:
        """A model whose selected weights have this digest; the first by id of several."""
        return min(model_id for model_id, entry in index.items() if entry["digest"] == digest)

    def figures(self, index: Index) -> dict[str, FigureRequest]:
        """The figures of the study, by figure_id."""
        if index is self._index:
            return self._figures
        return {request.figure_id: request for request in figure_requests(self, index)}

    def report(self, index: Index) -> Request:
        """The report of the study, with its `report_id`; see `report_requests`."""
        return report_request(self, index)

    def evaluated(self, index: Index) -> list[tuple[str, str]]:
        """(digest, evaluation_id) of every evaluation of a model that has networks."""
        return _by_digest(self.evaluation_ids, index)

    def searched(self, index: Index) -> list[tuple[str, str]]:
        """(digest, analysis_id) of every fixed-point analysis of a model that has networks."""
        return _by_digest(self.search_ids, index)

    def analysed(self, index: Index) -> list[tuple[str, str, str]]:
        """(type, digest, analysis_id) of every analysis of the states of such a model."""
        pairs = _by_digest(self.analysis_ids, index)
        return [(self.analyses[it]["type"], digest, it) for digest, it in pairs]

    def leaves(self, index: Index) -> list[Leaf]:
        """What a run must leave on disk, apart from the catalogue and the page."""
        return leaves_of(self, index)

    def is_recorded(self, index: Index, code: str) -> bool:
        """Whether the catalogue on disk was made for what the study asks for, by this code."""
        recorded = read_json(self.results / "studies" / f"{self.study.name}.json")
        return recorded == {**self.asked(index), "code": code}

    def asked(self, index: Index) -> dict[str, Any]:
        """What the study asks for, by ids: the content of `studies/<name>.json`."""
        return asked_for(self, index)

    def _resolve_trainings(self) -> None:
        for model_id, model in self.models.items():
            training = training_of(model)
            self._training_of[model_id] = training_id_of(training)
            self.trainings[self._training_of[model_id]] = training

    def _resolve_requests(self) -> None:
        for name, evaluation in self.study.evaluations.items():
            for model_id in self._models_of(evaluation):
                request = evaluation_request(evaluation, self.models[model_id])
                evaluation_id = evaluation_id_of(request)
                self.evaluations[evaluation_id] = request
                self.evaluation_ids[name, model_id] = evaluation_id
        for name, search in self.study.fixed_points.items():
            for model_id in self._models_of(search):
                source = self.evaluation_ids[search.starts_from, model_id]
                states = self.evaluations[source]
                request = search_request(search, source, states, self.models[model_id])
                search_id = search_id_of(request)
                self.searches[search_id] = request
                self.search_ids[name, model_id] = search_id

        for name, analysis in self.study.analyses.items():
            for model_id in self._models_of(analysis):
                request = self._analysis_request(analysis, model_id)
                analysis_id = analysis_id_of(request)
                self.analyses[analysis_id] = request
                self.analysis_ids[name, model_id] = analysis_id

    def _analysis_request(self, analysis: Any, model_id: str) -> Request:
        sources: list[Any] = []
        if analysis.type in OF_POINTS:
            search_id = self.search_ids[analysis.search, model_id]
            sources += [search_id, self.searches[search_id]]
        if hasattr(analysis, "evaluation"):
            evaluation_id = self.evaluation_ids[analysis.evaluation, model_id]
            sources += [evaluation_id, self.evaluations[evaluation_id]]
        if analysis.type not in OF_POINTS:
            return analysis_request(analysis, *sources)
        of = modal_request if analysis.type == MODAL else response_request
        return of(analysis, *sources)

    def _index_path(self, sweep_id: str) -> Path:
        return self.results / "index" / f"{sweep_id}.json"

    def _models_of(self, item: Any) -> list[str]:
        return [it for sweep in applied_sweeps(self.study, item) for it in self.sweeps[sweep]]

    def _known_stacks(self) -> list[stacks.Plan]:
        """Plans on disk; and where one was deleted, those that finished models remember."""
        plans = stacks.read_plans(self.results / "stacks")
        planned = {training_id for plan in plans for training_id in plan["members"]}
        for model_id in self.models:
            document = self.results / "models" / model_id / "model.json"
            if self.training_id(model_id) not in planned and document.exists():
                plan = read_json(document)["stack"]
                plans.append(plan)
                planned |= set(plan["members"])
        return plans


def _by_digest(ids: Mapping[tuple[str, str], str], index: Index) -> list[tuple[str, str]]:
    pairs = {
        (index[model_id]["digest"], it)
        for (_, model_id), it in ids.items()
        if index[model_id]["digest"] is not None
    }
    return sorted(pairs)
