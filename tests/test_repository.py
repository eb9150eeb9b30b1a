"""What holds of every file: sizes, the parts of a rule, and nothing of one machine in it."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import steadyhand

ROOT = Path(__file__).parent.parent
LONGEST_MODULE = 250
LONGEST_FUNCTION = 40
LONGEST_SCRIPT = 20
RULE_PARTS = {"log", "benchmark", "message", "resources", "script"}

# Spelled in halves, so that this file does not name them.
HOSTS = [
    "py" + r"pi\.org",
    "python" + r"hosted\.org",
    "conda\\.anaconda" + r"\.org",
    "npm" + r"js\.(org|com)",
    "deb" + r"ian\.org",
]
# Homes and scratch folders of one machine; a word before the slash makes it a path below another.
MACHINE_PATH = re.compile(
    r"(?<![\w.}~/-])/(" + "|".join(["home/", "root/", "Users/", "work/", "tmp/"]) + r")\w"
)


def tracked() -> list[Path]:
    """Files of the repository, new ones that are not ignored among them."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip(f"not a Git work tree: {listed.stderr.strip()}")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def text_lines(path: Path) -> list[str]:
    content = path.read_bytes()
    return [] if b"\0" in content else content.decode().splitlines()


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in tracked()
        for number, line in enumerate(text_lines(path), 1)
        if pattern.search(line)
    ]


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def rules() -> list:
    """The text of every rule and checkpoint, under its name."""
    found = []
    for path in [ROOT / "Snakefile", *sorted((ROOT / "workflow/rules").glob("*.smk"))]:
        blocks = re.split(r"^(?=\S)", path.read_text(), flags=re.MULTILINE)
        for block in blocks:
            if head := re.match(r"(?:rule|checkpoint)\s+(\w+)\s*:", block):
                found.append(pytest.param(block, id=head[1]))
    return found


def rule_parts(block: str) -> set[str]:
    return set(re.findall(r"^ {4}(\w+):", block, flags=re.MULTILINE))


def test_no_file_names_a_package_registry():
    assert not lines_with(re.compile("|".join(HOSTS)))


def test_no_file_names_a_path_of_one_machine():
    assert not lines_with(MACHINE_PATH)


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ('open("/ho' + 'me/me/data.nc")', True),
        ("cd /tm" + "p/run", True),
        ("results/work/x", False),
        ("../tmp/x", False),
        ("a 1/home/b fraction", False),
    ],
)
def test_paths_of_one_machine_are_recognized(line, seen):
    assert bool(MACHINE_PATH.search(line)) == seen


def test_no_module_is_long_without_a_reason():
    unexplained = []
    for path in python_files("workflow"):
        source = path.read_text()
        docstring = ast.get_docstring(ast.parse(source)) or ""
        if source.count("\n") > LONGEST_MODULE and "long because" not in docstring.lower():
            unexplained.append(f"{path.relative_to(ROOT)}: {source.count(chr(10))} lines")
    assert not unexplained


def test_no_function_is_long():
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    long = []
    for path in python_files("workflow", "envs"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, functions):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                length = node.end_lineno - body[0].lineno + 1 if body else 0
                if length > LONGEST_FUNCTION:
                    long.append(f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}, {length}")
    assert not long


def test_every_module_says_what_it_is_for():
    silent = [
        str(path.relative_to(ROOT))
        for path in python_files("workflow", "envs")
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not silent


@pytest.mark.parametrize("block", rules())
def test_rule_has_its_parts_and_no_code(block):
    parts = rule_parts(block)
    assert "run" not in parts
    assert "shell" not in parts
    if re.match(r"rule all\b", block):
        assert parts <= {"input", "default_target", "message", "localrule"}
    else:
        assert parts >= RULE_PARTS


def test_scripts_are_short_and_belong_to_a_rule():
    names = {parameter.id for parameter in rules()}
    for path in python_files("workflow/scripts"):
        assert path.stem in names
        code = [line for line in path.read_text().splitlines() if line.strip()]
        assert len(code) <= LONGEST_SCRIPT, path.name


def test_package_has_one_version():
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"\nversion: {steadyhand.__version__}\n" in citation
    assert "version" in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dynamic"]
