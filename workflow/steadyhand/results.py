"""What is in a folder of results, for a session in Python: tables, and states that open lazily."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steadyhand.catalogue.layout import KEYS
from steadyhand.catalogue.reading import Catalogue
from steadyhand.errors import UserError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Where = str | Iterable[str]

_ONE_OF = {"evaluations": "evaluation", "analyses": "analysis", "fixed_points": "search"}


class Results:
    """The catalogue of a folder of results as tables, and the data behind its rows.

    All that is asked for by `where` is in the grammar of the command line, as in
    `models("train.field.std >= 1 and train.feedback.delay in [0, 2]")`.
    """

    def __init__(self, folder: Path | str = "results"):
        """Raises `UserError` if there is no catalogue."""
        self.folder = Path(folder)
        with Catalogue(self.folder):
            pass

    def __repr__(self) -> str:
        return f"steadyhand.open({str(self.folder)!r})"

    def models(self, where: Where = ()) -> "pd.DataFrame":
        """Training conditions: one row per model."""
        return self._table("models", where)

    def replicates(self, where: Where = ()) -> "pd.DataFrame":
        """Networks of every model, included or not, and their losses."""
        return self._table("replicates", where)

    def evaluations(self, where: Where = ()) -> "pd.DataFrame":
        """Evaluated states: one row per evaluation and model."""
        return self._table("evaluations", where)

    def fixed_points(self, where: Where = ()) -> "pd.DataFrame":
        """Searches for fixed points: one row per search and model."""
        return self._table("fixed_points", where)

    def linearizations(self, where: Where = ()) -> "pd.DataFrame":
        """Linearizations: one row per search and model."""
        return self._table("linearizations", where)

    def analyses(self, where: Where = ()) -> "pd.DataFrame":
        """Further analyses of states: one row per analysis and model."""
        return self._table("analyses", where)

    def figures(self, where: Where = ()) -> "pd.DataFrame":
        """Figures; a filter holds if it does for one of the models shown."""
        return self._table("figures", where)

    def states(
        self,
        evaluation: str,
        where: Where = (),
        conditions: Mapping[str, Any] | None = None,
    ) -> "xr.Dataset":
        """Evaluated states of all models that `where` finds, opened lazily.

        **Arguments:** `evaluation`: its name in a study, or the first digits of its id;
        `conditions`: values of what sets trials apart, as `{"field_amplitude": 1}`, or lists of
        allowed values; only such trials are there.

        **Returns:** variables with the dimensions `network trial time …`: a network is a replicate
        of a model, with the coordinates `model_id`, `replicate`, `digest`, and every
        hyperparameter `train.…` that differs between the models. Values are read from their files
        when they are used; each file is verified the first time.

        Raises `UserError` where nothing is found, several evaluations have that name, or a
        condition does not occur, and `ArtefactError` where a file is missing or damaged.
        """
        from steadyhand.lazy_states import open_states

        rows = self._called("evaluations", evaluation, where)
        return open_states(self.folder, rows, dict(conditions or {}))

    def analysis(self, name: str, where: Where = ()) -> "xr.Dataset":
        """The results of an analysis of states, of all models that `where` finds.

        **Arguments:** `name`: its name in a study, or the first digits of its id.

        **Returns:** the variables of its files, with the dimension `network` (see `states`) for
        `replicate`; NaN where networks have fewer units than others.

        Raises `UserError` where nothing is found, and `ArtefactError` where a file is missing or
        damaged.
        """
        from steadyhand.analyses.loaded import load_analyses

        return load_analyses(self.folder, self._called("analyses", name, where))

    def jacobians(
        self, search: str, where: Where = (), points: Sequence[int] | None = None
    ) -> "xr.Dataset":
        """Jacobians at the fixed points of a search, of the one model that `where` finds.

        **Arguments:** `search`: its name in a study, or the first digits of its id; `points`:
        numbers of some of its points; all, if left out.

        **Returns:** `jacobian` (point, row, column) and `by_input` (point, row, input), with the
        names of states and inputs, and what sets points apart. They are computed: no file holds
        them.

        Raises `UserError` where nothing or several models are found, or a point is not there, and
        `ArtefactError` where a file is missing or damaged.
        """
        from steadyhand.steady_jacobians import jacobians_at_points
        from steadyhand.store.origin import open_artefact
        from steadyhand.store.weights import read_weights

        found = self._called("fixed_points", search, where)
        rows = {(it["digest"], it["analysis_id"]): it for it in found}
        if len(rows) > 1:
            models = ", ".join(sorted({it["model_id"] for it in rows.values()}))
            ids = ", ".join(sorted({it["analysis_id"] for it in rows.values()}))
            raise UserError(
                f"search {search!r}: there are {ids} of {models}; name one of them by its id, and "
                "one model by `where`"
            )
        (((digest, _), row),) = rows.items()
        weights, spec = read_weights(self.folder / "weights" / f"{digest}.eqx")
        with open_artefact(self.folder / row["file"]) as opened:
            count = opened.sizes["point"]
            if wrong := [it for it in (() if points is None else points) if not 0 <= it < count]:
                raise UserError(f"search {search!r}: point {wrong[0]}: there are 0 to {count - 1}")
            request = json.loads(opened.attrs["provenance"])["request"]
            return jacobians_at_points(weights, spec, opened.load(), request, points)

    def measures(self, evaluation: str, where: Where = ()) -> "pd.DataFrame":
        """Measures of all models that `where` finds: one row per trial and network.

        Beside the measures there are `model_id` and every `train.…` that differs between models.
        """
        return self._joined(evaluation, where, "measures")

    def summary(self, evaluation: str, where: Where = ()) -> "pd.DataFrame":
        """Measures by condition, with the replicate as the unit of analysis."""
        return self._joined(evaluation, where, "summary")

    def _table(self, table: str, where: Where) -> "pd.DataFrame":
        import pandas as pd

        with Catalogue(self.folder) as catalogue:
            rows = catalogue.select(table, where)
            return pd.DataFrame(rows, columns=list(catalogue.columns(table)))

    def _called(self, table: str, name: str, where: Where) -> list[dict[str, Any]]:
        """Rows of one evaluation or analysis, in the order of models."""
        with Catalogue(self.folder) as catalogue:
            every = catalogue.select(table)
            chosen = catalogue.select(table, where) if where else every
        rows = [row for row in chosen if _is_called(row, name, KEYS[table][0])]
        if not rows:
            what = _ONE_OF[table]
            if any(_is_called(row, name, KEYS[table][0]) for row in every):
                raise UserError(f"{what} {name!r}: none of its models match {where!r}")
            known = sorted({row["name"] for row in every if row["name"]})
            there = f"there are {', '.join(known)}" if known else "there are none"
            raise UserError(f"{what} {name!r}: not there; {there}")
        return rows

    def _joined(self, evaluation: str, where: Where, kind: str) -> "pd.DataFrame":
        import pandas as pd

        from steadyhand.lazy_states import differing
        from steadyhand.store.errors import ArtefactError
        from steadyhand.store.origin import read_measured

        rows = self._called("evaluations", evaluation, where)
        shown = ["model_id", *differing(rows)]
        tables = []
        for row in rows:
            if row[kind] is None:
                name = f"measures/{row['digest']}/{row['evaluation_id']}.parquet"
                raise ArtefactError(self.folder / name, f"its {kind} are not there")
            table = read_measured(self.folder / row[kind])
            for position, name in enumerate(shown):
                table.insert(position, name, [row[name]] * len(table))
            tables.append(table)
        return pd.concat(tables, ignore_index=True)


def _is_called(row: Mapping[str, Any], name: str, key: str) -> bool:
    names = (row["name"] or "").split(",")
    return name in names or str(row[key]).startswith(name)
