"""The command `steadyhand`: check a study, list and filter what was made, verify it."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from steadyhand import __version__
from steadyhand.command_line import MISUSED, Commands, override_of, run
from steadyhand.errors import UserError
from steadyhand.listing import (
    Form,
    chosen_columns,
    printable,
    write_json,
    write_rows,
    write_sections,
)

app = typer.Typer(
    name="steadyhand",
    cls=Commands,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # help without frames, which pipes and narrow terminals would break
    context_settings={"help_option_names": ["-h", "--help"]},
)

_TABLES = {
    "models": "Training conditions, with what differs between them.",
    "replicates": "Networks of every model, included or not, and their losses.",
    "evaluations": "Evaluated states, by request and model.",
    "fixed_points": "Searches for fixed points, by request and model.",
    "analyses": "Further analyses of states, by request and model.",
    "figures": "Figures.\n\nA filter holds if it does for one of the models shown.",
}


def _no_file(results: Path) -> Path:
    if results.exists() and not results.is_dir():
        raise UserError(f"--results {results}: not a folder; allowed is a folder of results")
    return results


_AS_WRITTEN = "every file that is there is as it was written"

Results = Annotated[
    Path,
    typer.Option(
        "--results", metavar="DIR", callback=_no_file, readable=False, help="Folder of results."
    ),
]
Json = Annotated[bool, typer.Option("--json", metavar="", help="Write JSON.")]
Csv = Annotated[bool, typer.Option("--csv", metavar="", help="Write CSV.")]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="FILTER",
        help="E.g. 'train.field.std >= 1 and train.field.type == curl'; given again: and.",
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option("--columns", metavar="NAMES", help="Names, patterns as 'train.*', or all."),
]


def main() -> None:
    """Run the command line; an error a user can mend is one line on standard error."""
    run(app, "steadyhand")


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", metavar="", callback=_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """Recurrent controllers of a simulated hand: what was trained, and what came of it."""
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(MISUSED)


@app.command()
def check(
    study: Annotated[
        list[Path],
        typer.Argument(metavar="STUDY", readable=False, help="Study files; later ones win."),
    ],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="E.g. sweeps.curl.replicates=3."),
    ] = None,
    cores: Annotated[
        int | None,
        typer.Option(min=1, help="Cores that training is estimated for; those of this machine."),
    ] = None,
    results: Results = Path("results"),
    as_json: Json = False,
) -> None:
    """What a study expands to, what training it costs, and what of it is there.

    Or what is wrong with it, in one line that names file, key, value and what is allowed.
    """
    from steadyhand.config import load_study
    from steadyhand.survey import survey

    overrides = dict(override_of(setting) for setting in settings or [])
    sections = survey(load_study(study, overrides, "--set"), results, cores or os.cpu_count() or 2)
    write_sections(sections, as_json)
    if problem := sections["size of states"].get("problem"):
        raise UserError(f"{', '.join(map(str, study))}: {problem}")


@app.command()
def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="First digits of any id or digest.")],
    results: Results = Path("results"),
    as_json: Json = False,
) -> None:
    """Everything about one id or digest.

    It may be that of a model, evaluation, analysis, figure, sweep, stack or set of weights.
    """
    from steadyhand.catalogue.reading import Catalogue
    from steadyhand.describe import describe

    with Catalogue(results) as catalogue:
        write_sections(describe(catalogue, id), as_json)


@app.command()
def verify(results: Results = Path("results"), as_json: Json = False) -> None:
    """Hash every file again, and say which are not as written.

    One line for each: problems, which give the exit code 1, and notes of what is absent or
    belongs to nothing.
    """
    from steadyhand.verify import holds_nothing
    from steadyhand.verify import verify as find_problems

    found = find_problems(results)
    wrong = any(not it.note for it in found)
    if as_json:
        write_json([it._asdict() for it in found])
    else:
        for it in found:
            kind = "note" if it.note else "problem"
            print(f"{kind}: {printable(it.file)}: {printable(it.what)}; {printable(it.cure)}")
        if not wrong:
            nothing = holds_nothing(results)
            print(f"{results}:", "there is nothing to verify" if nothing else _AS_WRITTEN)
    if wrong:
        raise typer.Exit(1)


@app.command()
def prune(
    results: Results = Path("results"),
    forget: Annotated[
        list[str] | None,
        typer.Option("--forget", metavar="STUDY", help="A study that asks for nothing any more."),
    ] = None,
    delete: Annotated[
        bool, typer.Option("--delete", metavar="", help="Delete it, after a question.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", metavar="", help="Ask nothing.")] = False,
    as_json: Json = False,
) -> None:
    """What no study asks for any more; with --delete it is deleted.

    A study asks for what its latest run asked for. Files of trainings under way, logs, and what is
    not of this project are never touched.
    """
    from steadyhand.prune_command import write_unreachable

    write_unreachable(results, forget or (), _form(as_json, False), delete=delete, ask=not yes)


@app.command()
def progress(
    results: Results = Path("results"),
    as_json: Json = False,
    watch: Annotated[
        bool, typer.Option("--watch", metavar="", help="Show it anew until Ctrl-C.")
    ] = False,
) -> None:
    """Which stacks are being trained, here or elsewhere, and how far they are.

    Silent is one that said nothing for minutes; what died or stopped stays until it is trained.
    """
    from steadyhand.progress.command import watch_progress, write_progress

    if as_json and watch:
        raise UserError("--json and --watch: only one of them")
    if watch:
        watch_progress(results)
    elif not write_progress(results, as_json):
        raise typer.Exit(1)


def _lister(table: str) -> Callable[..., None]:
    def command(
        where: Where = None,
        columns: Columns = None,
        results: Results = Path("results"),
        as_json: Json = False,
        as_csv: Csv = False,
    ) -> None:
        from steadyhand.catalogue.reading import Catalogue

        with Catalogue(results) as catalogue:
            rows = catalogue.select(table, where or ())
            chosen = chosen_columns(table, catalogue.columns(table), rows, columns or ())
        write_rows(rows, chosen, _form(as_json, as_csv))
        if not rows:
            print(f"no {table.replace('_', ' ')} match", file=sys.stderr)

    return command


for _table, _help in _TABLES.items():
    app.command(_table.replace("_", "-"), help=_help)(_lister(_table))


def _form(as_json: bool, as_csv: bool) -> Form:
    if as_json and as_csv:
        raise UserError("--json and --csv: only one of them")
    return "json" if as_json else "csv" if as_csv else "table"


if __name__ == "__main__":
    main()
