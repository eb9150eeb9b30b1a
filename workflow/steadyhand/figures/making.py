"""A figure from its request: sources opened and verified, prepared, drawn, written."""

from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

import xarray as xr

from steadyhand.figures.page import write_figure
from steadyhand.figures.source import Source
from steadyhand.store.datasets import open_dataset
from steadyhand.store.origin import open_artefact

TABLE = ".parquet"
"""How names of tables end."""


def make_figure(
    folder: Path, results: Path, request: dict[str, Any], provenance: dict[str, Any]
) -> None:
    """Draw the figure of a resolved request (see `FigureRequest`) into its folder.

    The module of the type is imported by its name: the caller's code hash has to include it.
    """
    module = import_module(f"steadyhand.figures.{request['type']}")
    with ExitStack() as opened:
        sources = [
            Source(
                model_id=source["model_id"],
                label=source["label"],
                condition=source["condition"],
                data={
                    role: opened.enter_context(_open(results, path))
                    for role, path in source["paths"].items()
                    if not path.endswith(TABLE)
                },
                tables={
                    role: results / path
                    for role, path in source["paths"].items()
                    if path.endswith(TABLE)
                },
            )
            for source in request["sources"]
        ]
        figure = module.draw(module.prepare(sources, request["options"]), request["options"])
    meta = {
        "figure_id": request["figure_id"],
        "type": request["type"],
        "title": request["title"],
        "conditions": request["conditions"],
        "sources": [source.model_id for source in sources],
        "provenance": provenance,
    }
    write_figure(folder, figure, meta)


def _open(results: Path, path: str) -> xr.Dataset:
    """A history is known by the hash in the figure's request; all else by its path."""
    read = open_dataset if path.startswith("models/") else open_artefact
    return read(results / path)
