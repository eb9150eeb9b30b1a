"""The edge of the command line: one line for any mistake, and nothing a terminal would obey."""

import io
import json
import os
import subprocess
import sys

import pytest
from steadyhand import listing
from steadyhand.listing import printable

HOSTILE = "a\nb\x1b[31m\x7f\x9b\u202e\udcff"
ESCAPED = r"a\nb\u001b[31m\u007f\u009b\u202e\udcff"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chek"], "chek: no such command; did you mean check?"),
        (["zzz"], "zzz: no such command; there are check, show, verify, prune, progress"),
        (["check"], "missing argument 'STUDY'"),
        (["show"], "missing argument 'ID'"),
        (["show", "1", "2"], "unexpected extra argument"),
        (["check", "a.yaml", "--sett", "a=b"], "--sett: no such option; did you mean --set?"),
        (["verify", "--zzz"], "--zzz: no such option; there are --results, --json, --help"),
        (["models", "--where"], "'--where' requires an argument"),
        (["--bogus"], "--bogus: no such option; there are --version, --help"),
        (["a\n\x1bb"], r"steadyhand a \u001bb: no such command"),
    ],
)
def test_a_command_line_that_cannot_be_meant_is_one_line(run, arguments, said):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ") and err.count("\n") == 1 and said in err


def test_no_command_shows_the_commands(run):
    code, out, err = run()
    assert (code, err) == (2, "") and "Commands:" in out and "fixed-points" in out


@pytest.mark.parametrize(
    "command", [[], *([name] for name in ("check", "show", "verify", "progress"))]
)
def test_help_is_plain_text_and_says_no_types_of_flags(run, command):
    code, out, _ = run(*command, "--help")
    assert code == 0 and out.isascii() and "bool" not in out


@pytest.mark.parametrize("command", ["models", "figures", "verify", "progress", "show", "check"])
def test_a_file_instead_of_results_is_an_error(run, tmp_path, command):
    (tmp_path / "file").write_text("")
    argument = {"show": ["ab"], "check": ["study.yaml"]}.get(command, [])
    code, out, err = run(command, *argument, "--results", tmp_path / "file")
    assert code == 1 and out == "" and err.count("\n") == 1
    assert f"--results {tmp_path / 'file'}: not a folder" in err


@pytest.mark.parametrize("command", ["models", "progress"])
def test_results_that_do_not_exist_are_an_error(run, tmp_path, command):
    code, _, err = run(command, "--results", tmp_path / "nowhere")
    assert code == 1 and "nowhere: no such folder" in err


def test_a_catalogue_that_cannot_be_opened_is_named_with_the_reason(run, tmp_path):
    (tmp_path / "catalogue.sqlite").mkdir()
    for arguments in (["models"], ["show", "ab"]):
        code, _, err = run(*arguments, "--results", tmp_path)
        assert code == 1 and err == f"error: {tmp_path / 'catalogue.sqlite'}: Is a directory\n"


def test_what_the_system_refuses_is_one_line_with_the_path(run, tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied", str(tmp_path / "model.json"))

    monkeypatch.setattr("steadyhand.catalogue.reading.Catalogue.select", refuse)
    (tmp_path / "catalogue.sqlite").write_bytes(b"")
    monkeypatch.setattr("steadyhand.catalogue.reading.Catalogue._rows", lambda *_: [])
    code, out, err = run("models", "--results", tmp_path)
    assert (code, out) == (1, "")
    assert err == f"error: {tmp_path / 'model.json'}: Permission denied\n"


def test_an_interruption_ends_in_silence(run, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("steadyhand.verify.verify", interrupt)
    assert run("verify", "--results", tmp_path) == (130, "", "")


def steadyhand(arguments, **options):
    paths = os.pathsep.join(path for path in sys.path if path)
    command = [sys.executable, "-m", "steadyhand", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": paths} | options.pop("env", {})
    return subprocess.run(
        command, env=environment, stderr=subprocess.PIPE, text=True, check=False, **options
    )


def test_a_reader_that_has_enough_gets_no_traceback(example):
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as pipe:
        done = steadyhand(["models", "--results", example.results], stdout=pipe)
    assert done.returncode == 1 and done.stderr == ""


def test_an_encoding_without_all_signs_gets_escapes(example):
    arguments = ["show", example.names["both"], "--results", example.results, "--json"]
    done = steadyhand(arguments, stdout=subprocess.PIPE, env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0 and json.loads(done.stdout)["about"]["kind"] == "figure"


def test_what_a_terminal_would_obey_is_escaped():
    assert printable(HOSTILE) == ESCAPED
    assert printable("5\u00a0cm – µ, 'é'") == "5\u00a0cm – µ, 'é'"


@pytest.mark.parametrize("form", ["table", "json", "csv"])
@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("width", [20, 200])
def test_names_and_values_are_escaped_in_every_form(monkeypatch, capsys, form, terminal, width):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    monkeypatch.setenv("COLUMNS", str(width))
    value = "x\x1b[31m"
    listing.write_rows([{value: value, "b": 1, "c": 2}], [value, "b", "c"], form)
    out = capsys.readouterr().out
    if form == "csv" and not terminal:
        assert out == f"{value},b,c\n{value},1,2\n", "a file has every character"
    else:
        assert "\x1b[31m" not in out and out.count(r"x\u001b[31m") == 2
    if form == "json":
        assert json.loads(out) == [{value: value, "b": 1, "c": 2}]


def test_names_and_values_stand_side_by_side_where_no_table_fits(monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "20")
    rows = [{"name": "id", "value": "0" * 64}, {"name": "kind", "value": "x"}]
    listing.write_rows(rows, ["name", "value"])
    assert capsys.readouterr().out == f"id    {'0' * 64}\nkind  x\n"


def test_output_that_was_closed_is_no_error(example):
    arguments = ["-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "steadyhand", "models"]
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        ["sh", *arguments, "--results", example.results],
        env=os.environ | {"PYTHONPATH": paths},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_json_has_escapes_for_what_the_encoding_lacks(monkeypatch):
    written = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", written)
    listing.write_json({"é": "µ\x7f"})
    written.flush()
    assert json.loads(written.buffer.getvalue()) == {"é": "µ\x7f"}
