"""The catalogue: everything complete in `results/` as tables, with every hyperparameter a column.

`results/catalogue.sqlite` holds the tables `models`, `replicates`, `evaluations`, `fixed_points`,
`linearizations`, `analyses` (of states) and `figures`; `figure_models` has a row for each model
that a figure shows, `columns` says what kind of values each column holds, `meta` what wrote it.
`results/catalogue/` has each table as CSV, and `checksums.json` with the SHA-256 of all of them.

Columns carry the prefix of their origin: `train.` for hyperparameters of the model (repeated in
every table, so that all of them can be filtered by training condition), `eval.` for the request of
an evaluation, `analysis.` for that of a fixed-point search or an analysis of states, `figure.` for
that of a figure. What a row does not have is NULL. `studies` names the studies whose latest run
asks for the row, `asked` says whether there is one: what no study asks for any more stays, and can
be found.

A column of `figures` holds the one value that all models shown have, or the list of the different
ones. A filter on hyperparameters finds a figure if one of its models, a row of `figure_models`,
satisfies it. States and analyses belong to every model that has their weights now; where none has
them (a model was trained again to other weights), `model_id` and hyperparameters are NULL.

Names are resolved on first use, so that reading a catalogue does not import NetCDF.
"""

from importlib import import_module
from typing import Any

_WHERE = {"build": "building", "Catalogue": "reading"}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
