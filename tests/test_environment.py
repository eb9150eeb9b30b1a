"""The three descriptions of the environment agree: pyproject.toml, requirements.lock, envs/."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = (ROOT / "requirements.lock").read_text()
ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))

# Declared, and used without an import: plugins, engines, and programs that are run.
NOT_IMPORTED = {
    "netcdf4": "xarray's engine",
    "pyarrow": "pandas' parquet engine",
    "scipy": "used by JAX",
    "snakemake": "started as a program",
    "snakemake-executor-plugin-slurm": "found by Snakemake",
}
# Conda's names of packages that PyPI knows by another.
CONDA_NAMES = {"snakemake-minimal": "snakemake"}


def runtime() -> list[Requirement]:
    return [Requirement(text) for text in PROJECT["project"]["dependencies"]]


def direct() -> list[Requirement]:
    extra = PROJECT["project"]["optional-dependencies"]
    build = PROJECT["build-system"]["requires"]
    return runtime() + [Requirement(text) for text in [*extra["dev"], *build]]


def lock_entries() -> list[str]:
    """Each pinned package with its continuation lines, comments left out."""
    lines = [line for line in LOCK.splitlines() if not line.lstrip().startswith("#")]
    return re.split(r"\n(?=\S)", "\n".join(lines).strip())


def locked() -> dict[str, str]:
    found = [Requirement(entry.split("\\")[0].strip()) for entry in lock_entries()]
    return {
        canonicalize_name(one.name): next(iter(one.specifier)).version
        for one in found
        if one.marker is None or one.marker.evaluate()
    }


def conda_pins(path: Path) -> dict[str, str]:
    """Package to version, from the conda list and its pip section alike."""
    entries = yaml.safe_load(path.read_text())["dependencies"]
    by_pip = [line for entry in entries if isinstance(entry, dict) for line in entry["pip"]]
    by_conda = [entry for entry in entries if isinstance(entry, str)]
    pins = dict(re.split("==?", line, maxsplit=1) for line in by_conda + by_pip if "=" in line)
    return {canonicalize_name(CONDA_NAMES.get(name, name)): pin for name, pin in pins.items()}


def imported_by_package() -> set[str]:
    """Top-level names that the package and the launcher import, at any depth of the code."""
    names: set[str] = set()
    for path in [*(ROOT / "workflow/steadyhand").rglob("*.py"), ROOT / "workflow/launch.py"]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - {"steadyhand"}


@pytest.mark.parametrize("requirement", direct(), ids=lambda one: one.name)
def test_lock_pins_every_direct_dependency_inside_its_range(requirement):
    pin = locked().get(canonicalize_name(requirement.name))
    assert pin is not None, "not in requirements.lock: make lock"
    assert requirement.specifier.contains(pin, prereleases=True)


def test_every_lock_entry_is_one_version_with_a_hash():
    entries = lock_entries()
    assert len(entries) > 50
    for entry in entries:
        assert re.match(r"[a-z0-9.-]+==[^ ]+ ", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry


@pytest.mark.parametrize("name", ["jax", "jaxlib", "numpy"])
def test_lock_has_one_version_of_the_numerics_for_every_python(name):
    pins = [entry for entry in lock_entries() if entry.startswith(f"{name}==")]
    assert len(pins) == 1
    assert ";" not in pins[0]


def test_jax_and_jaxlib_are_of_one_version():
    assert locked()["jax"] == locked()["jaxlib"]


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.name)
def test_conda_environment_has_the_versions_of_the_lock(path):
    pins = conda_pins(path)
    python = pins.pop("python")
    pins.pop("pip", None)
    assert Version(python) in SpecifierSet(PROJECT["project"]["requires-python"])
    assert pins == {
        name: locked()[name] for name in map(canonicalize_name, (one.name for one in runtime()))
    }


def test_there_is_a_conda_environment():
    assert ROOT / "envs/steadyhand.yaml" in ENVIRONMENTS


def test_environment_files_name_no_host():
    files = [ROOT / "requirements.lock", ROOT / "pyproject.toml", *ENVIRONMENTS]
    # An address, an option that names an index, or a host: two labels and a common ending.
    host = re.compile(
        r"://|index-url|find-links|trusted-host|\b[a-z0-9-]+(\.[a-z0-9-]+)*\.(org|com|io|net|dev)\b"
    )
    found = [
        f"{path.name}:{number}: {line.strip()}"
        for path in files
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if host.search(line) and "--hash=" not in line
    ]
    assert not found


def test_every_import_is_declared_and_every_declaration_is_used():
    owners = packages_distributions()
    used = {
        canonicalize_name(owner)
        for name in imported_by_package()
        for owner in owners.get(name, [f"nothing installed provides {name}"])
    }
    declared = {canonicalize_name(one.name) for one in runtime()}
    assert used <= declared
    assert declared - used <= set(NOT_IMPORTED)
