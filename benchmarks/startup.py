"""What Snakemake's dry runs of a study cost, beside that of an empty Snakefile, in turns.

    .venv/bin/python benchmarks/startup.py [--repeats 7] [--models 100 1000]

The finished study is the one of this folder (`make run` first); the large ones have nothing on
disk. Prints medians [s], the difference from the empty Snakefile in the same round, and their
ratio.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
PARTS = ("Snakefile", "workflow", "config", "envs")


def dry_run(folder: Path, *arguments: str) -> float:
    """Seconds that `snakemake -n` takes in a folder."""
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "snakemake", "-n", "--quiet", "--cores", "2", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - begin


def empty_workflow(folder: Path) -> Path:
    folder.mkdir()
    (folder / "Snakefile").write_text("rule all:\n")
    return folder


def study_of(folder: Path, models: int) -> Path:
    """The workflow without results, and the demo with a sweep of so many models."""
    folder.mkdir()
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, folder / part)
    study = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    study["sweeps"]["curl"]["grid"] = {"field.std": [index / models for index in range(models)]}
    (folder / "config" / "config.yaml").write_text(yaml.safe_dump(study))
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--models", type=int, nargs="*", default=[100, 1000])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        empty = empty_workflow(Path(scratch) / "empty")
        cases = {"finished study": ROOT} if (ROOT / "results/index.html").exists() else {}
        for models in options.models:
            cases[f"{models} new models"] = study_of(Path(scratch) / str(models), models)
        times: dict[str, list[float]] = {name: [] for name in ["empty Snakefile", *cases]}
        for _ in range(options.repeats):
            times["empty Snakefile"].append(dry_run(empty))
            for name, folder in cases.items():
                times[name].append(dry_run(folder))
    reference = times["empty Snakefile"]
    for name, seconds in times.items():
        more = statistics.median(a - b for a, b in zip(seconds, reference, strict=True))
        ratio = statistics.median(a / b for a, b in zip(seconds, reference, strict=True))
        print(f"{name:20} {statistics.median(seconds):6.2f} s  {more:+6.2f} s  × {ratio:.2f}")


if __name__ == "__main__":
    main()
