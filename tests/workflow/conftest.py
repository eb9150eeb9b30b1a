"""Clones of the repository in which Snakemake runs the tiny study."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import yaml
from steadyhand.analyses.needs import NEEDED
from steadyhand.progress.record import Record, read_record

ROOT = Path(__file__).parent.parent.parent
PARTS = ("Snakefile", "workflow", "config", "envs", "tests/studies")
TINY = "tests/studies/tiny.yaml"


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.workflow)


class Clone:
    """A copy of the repository's parts that a run needs, with its results."""

    def __init__(self, path: Path):
        self.path = path

    def snakemake(self, *arguments: str, study: str | None = TINY, succeed: bool = True):
        """Run Snakemake as a user does; the study is given with --configfile."""
        given = ["--configfile", study] if study else []
        command = [sys.executable, "-m", "snakemake", "--cores", "2", *given, *arguments]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        done = subprocess.run(
            command, cwd=self.path, capture_output=True, text=True, env=environment
        )
        if succeed:
            assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
        return done

    def run(self, *arguments: str, study: str | None = TINY) -> Counter:
        """Run for real; how many jobs of each rule finished."""
        done = self.snakemake(*arguments, study=study)
        finished = Counter(re.findall(r"Finished jobid: \d+ \(Rule: (\w+)\)", done.stderr))
        del finished["all"]
        return finished

    def start(self, study: str = TINY, *arguments: str, profile="default") -> subprocess.Popen:
        """Start a run as `make run` does, in a process group of its own, and leave it at work."""
        command = [sys.executable, "workflow/launch.py", "--configfile", study]
        command += ["--workflow-profile", f"workflow/profiles/{profile}", *arguments]
        return subprocess.Popen(
            command,
            cwd=self.path,
            env={**os.environ, "PYTHONPATH": ""},
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_until_it_trains(self, run: subprocess.Popen) -> Record:
        """Wait for the first batch of the one stack that a run trains; what it says of itself.

        What comes after is told every few seconds only, and on a fast machine never.
        """
        deadline = time.monotonic() + 300
        while True:
            assert run.poll() is None, run.communicate()[0][-3000:]
            assert time.monotonic() < deadline
            for path in (self.path / "results").glob("stacks/*.progress.json"):
                record = read_record(path)
                if record.batches_done:
                    return record
            time.sleep(0.05)

    def planned(self, *arguments: str, study: str = TINY) -> Counter:
        """What a dry run would run, as far as is known before a checkpoint."""
        done = self.snakemake("-n", *arguments, study=study)
        text = done.stdout + done.stderr
        if "Nothing to be done" in text:
            return Counter()
        table = re.search(r"Job stats:\njob +count\n[- ]+\n(.*?)\ntotal", text, re.DOTALL)
        assert table, text
        rows = (line.split() for line in table[1].splitlines())
        return Counter({rule: int(count) for rule, count in rows if rule != "all"})

    def steadyhand(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run the command line with this clone's package."""
        environment = {**os.environ, "PYTHONPATH": str(self.path / "workflow")}
        command = [sys.executable, "-m", "steadyhand", *arguments]
        return subprocess.run(
            command, cwd=self.path, capture_output=True, text=True, env=environment
        )

    def study(self, change, name: str = "changed.yaml") -> str:
        """A study file made from the tiny one by `change`, a function of its content."""
        content = yaml.safe_load((self.path / TINY).read_text())
        change(content)
        (self.path / name).write_text(yaml.safe_dump(content))
        return name

    def edit(self, module: str, old: str, new: str) -> None:
        """Replace text that stands once in a file of the workflow."""
        path = self.path / "workflow" / module
        text = path.read_text()
        assert text.count(old) == 1, f"{module}: {text.count(old)} times {old!r}"
        path.write_text(text.replace(old, new))

    def artefacts(self, *folders: str) -> dict[str, bytes]:
        """The bytes of all artefacts, by path, in some folders of results or all that count."""
        folders = folders or (
            *("models", "weights", "states", "measures"),
            *("fixed_points", "linearizations", *NEEDED, "figures"),
        )
        results = self.path / "results"
        return {
            str(path.relative_to(results)): path.read_bytes()
            for folder in folders
            for path in sorted((results / folder).rglob("*"))
            if path.is_file()
        }


def make_clone(path: Path) -> Clone:
    """A new clone, without results."""
    ignore = shutil.ignore_patterns("__pycache__")
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, path / part, ignore=ignore)
        else:
            path.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, path / part)
    return Clone(path)


@pytest.fixture(scope="session")
def run_once(tmp_path_factory, worker_id):
    """Runs a study in a clone of its own, once for all workers: who comes first does it.

    What it gives is not to be changed, and has the numbers of finished jobs as `first`.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent

    def once(name: str, study: str | None) -> Clone:
        path, counts = shared / name, shared / f"{name}.json"
        with open(shared / f"{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not counts.exists():
                shutil.rmtree(path, ignore_errors=True)  # of a run that failed
                counts.write_text(json.dumps(make_clone(path).run(study=study)))
        clone = Clone(path)
        clone.first = Counter(json.loads(counts.read_text()))
        return clone

    return once


@pytest.fixture(scope="session")
def finished(run_once) -> Clone:
    """A clone in which the tiny study has run. Take a `clone` of it to change anything."""
    return run_once("finished", TINY)


@pytest.fixture
def clone(finished, tmp_path) -> Clone:
    """A copy of the finished clone, of its own."""
    shutil.copytree(finished.path, tmp_path / "clone", symlinks=True)
    return Clone(tmp_path / "clone")


@pytest.fixture
def fresh(tmp_path) -> Clone:
    """A clone without results."""
    return make_clone(tmp_path / "fresh")
