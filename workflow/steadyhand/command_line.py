"""The edge of the command line: what a user can mend is one line and an exit code."""

import difflib
import io
import os
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from steadyhand.errors import UserError
from steadyhand.listing import one_line
from steadyhand.store.errors import ArtefactError

WRONG, MISUSED, INTERRUPTED = 1, 2, 130
"""Exit codes."""


class MisuseError(UserError):
    """A command line that can't be meant."""


class Commands(TyperGroup):
    """The commands by their names; an unknown one is answered with the nearest."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name; raises `MisuseError` if there is none."""
        if cmd_name not in self.commands:
            near = _nearest(cmd_name, self.commands)
            raise MisuseError(f"{ctx.command_path} {cmd_name}: no such command; {near}")
        return self.commands[cmd_name]


def run(app: typer.Typer, name: str) -> NoReturn:
    """Run the command line of this process as the program `name`, and exit."""
    if sys.stdout is None:  # where the caller has closed it
        sys.stdout = io.TextIOWrapper(io.BytesIO())
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # of an encoding that may lack a sign
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(prog_name=name, standalone_mode=False)
        sys.stdout.flush()
        sys.exit(code)
    except MisuseError as error:
        _fail(str(error), MISUSED)
    except typer.TyperException as error:
        _fail(_misuse(error), MISUSED)
    except ArtefactError as error:
        _fail(_artefact(error), WRONG)
    except UserError as error:
        _fail(str(error), WRONG)
    except BrokenPipeError:  # whoever reads has enough; Python would flush once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(WRONG)
    except OSError as error:
        place = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
        _fail(f"{place}{error.strerror or error}", WRONG)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)


def _fail(message: str, code: int) -> NoReturn:
    print("error:", one_line(message), file=sys.stderr)
    sys.exit(code)


def _artefact(error: ArtefactError) -> str:
    """Nobody can delete what is not there."""
    if os.path.lexists(error.path):
        return str(error)
    return f"{error.path}: {error.problem}; run snakemake to make it again"


def _misuse(error: typer.TyperException) -> str:
    """Typer says what is wrong; which options there are is added here, and the way to the help."""
    context: typer.Context | None = getattr(error, "ctx", None)
    message = error.format_message().rstrip(".")
    message = message[:1].lower() + message[1:]
    if context is None:
        return message
    if hasattr(error, "possibilities"):
        names = [it for one in context.command.get_params(context) for it in one.opts]
        options = [name for name in names if name.startswith("--")]
        wanted = str(getattr(error, "option_name", ""))
        return f"{context.command_path} {wanted}: no such option; {_nearest(wanted, options)}"
    return f"{context.command_path}: {message}; see {context.command_path} -h"


def _nearest(name: str, names: Iterable[str]) -> str:
    known = list(names)
    near = difflib.get_close_matches(name, known)
    return f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(known)}"


def override_of(setting: str) -> tuple[str, Any]:
    """`key=value` with the value read as YAML."""
    from steadyhand.config.parsing import parse

    key, equals, value = setting.partition("=")
    if not equals or not key.strip():
        raise UserError(f"--set {setting}: allowed is key=value, as sweeps.curl.replicates=3")
    key = key.strip()
    return key, parse(value, "--set", tuple(key.split(".")))
