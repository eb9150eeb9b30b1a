"""Evaluation: its rate beside that of training's forward pass, and its files, memory and start.

    .venv/bin/python benchmarks/evaluation.py [--rounds 9] [--repeats 50] [--files 3]
        [--evaluations 1000]

The job: GRU 100, 5 replicates, 100 stored states, delay 5, noise, 96 reaches (24 directions, 4
amplitudes of a curl field), every variable. Three parts:

- rate: evaluation of blocks, without writing, and the forward pass of training (draws and losses
  included) in turns, as in `training.py`; millions of steps a second, where a step is one update of
  one trial of one network, and the ratio in the same round (median and range);
- files: jobs for so many repeats and for ten times as many, in turns and with a warm compilation
  cache: time, size, and the peak of memory as the kernel has it (`ru_maxrss`; median and range);
  and jobs that end with their first block: seconds from the start of the process;
- catalogue: results with so many evaluations are opened in Python, and one variable of one
  condition of one of them is read; seconds, in a process that has imported the package.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from player import CONTESTANTS, Player

sys.path[:0] = [str(CONTESTANTS), str(CONTESTANTS.parent.parent / "workflow")]

EVALUATION, FORWARD = "evaluation_blocks", "forward_pass"


def compare_rates(rounds: int, millions: int) -> None:
    players = {name: Player(sys.executable, name, []) for name in (EVALUATION, FORWARD)}
    try:
        for player in players.values():
            player.turn(millions)
        times = [
            {name: player.turn(millions) for name, player in players.items()} for _ in range(rounds)
        ]
    finally:
        for player in players.values():
            player.end()
    for name in players:
        rate = statistics.median(1 / it[name] for it in times)
        print(f"{name:20}{rate:7.2f} million steps/s")
    ratios = [it[FORWARD] / it[EVALUATION] for it in times]
    print(f"{'ratio':23}{_spread(ratios, '.2f')}; above 1: evaluation is faster")


def job(*arguments: Any) -> dict[str, float]:
    """What one job says of itself."""
    command = [sys.executable, str(CONTESTANTS / "evaluation_job.py"), *map(str, arguments)]
    environment = {**os.environ, "STARTED": str(time.time())}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return dict(json.loads(done.stdout))


def measure_files(scratch: Path, repeats: int, rounds: int, files: int) -> None:
    from networks import networks, request_of
    from steadyhand.store.weights import write_weights

    weights = scratch / "weights.eqx"
    write_weights(weights, *networks())
    request = json.dumps(request_of(repeats))
    weights.with_suffix(".request.json").write_text(request, encoding="utf-8")
    starts = [job(weights, "-", repeats)["first_block_s"] for _ in range(rounds + 1)][1:]
    print(f"from start to first block: {_spread(starts, '.2f')} s")
    sides: dict[int, list[dict[str, float]]] = {repeats: [], 10 * repeats: []}
    for _ in range(files):
        for times, took in sides.items():
            took.append(job(weights, scratch / "states.nc", times))
            (scratch / "states.nc").unlink()
    for took in sides.values():
        steps = took[0]["trials"] * took[0]["networks"] * 99 / 1e6
        print(
            f"{took[0]['trials']:.0f} trials of {took[0]['networks']:.0f} networks, "
            f"{took[0]['bytes'] / 1e6:.0f} MB: {_spread(_each(took, 'seconds'), '.1f')} s "
            f"({steps / statistics.median(_each(took, 'seconds')):.2f} million steps/s), "
            f"peak {_spread(_each(took, 'memory_mb'), '.0f')} MB"
        )
    less, more = (statistics.median(_each(took, "memory_mb")) for took in sides.values())
    print(f"peak of memory at ten times the repeats: × {more / less:.3f}")


def _each(jobs: list[dict[str, float]], name: str) -> list[float]:
    return [it[name] for it in jobs]


def _spread(values: list[float], digits: str) -> str:
    """Median and range."""
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:{digits}} ({low:{digits}}-{high:{digits}})"


def measure_catalogue(scratch: Path, evaluations: int, rounds: int) -> None:
    """Models with a file of states each, the same one under so many names: only one is read."""
    from many_evaluations import make_results

    results = scratch / "results"
    make_results(results, evaluations)
    script = Path(CONTESTANTS) / "catalogue_reader.py"
    seconds = []
    for _ in range(rounds):
        command = [sys.executable, str(script), str(results)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        seconds.append(float(done.stdout))
    print(
        f"{evaluations} evaluations: opened, and a variable of a condition read, in "
        f"{_spread(seconds, '.2f')} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--millions", type=int, default=5, help="millions of steps of a turn")
    parser.add_argument("--repeats", type=int, default=50)
    parser.add_argument("--files", type=int, default=3, help="files of each size")
    parser.add_argument("--evaluations", type=int, default=1000)
    parser.add_argument(
        "--only",
        nargs="*",
        choices=["rate", "files", "catalogue"],
        default=["rate", "files", "catalogue"],
    )
    parser.add_argument("--scratch", type=Path, help="a folder with room for 10 GB")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        if "rate" in options.only:
            compare_rates(options.rounds, options.millions)
        if "files" in options.only:
            measure_files(Path(scratch), options.repeats, options.rounds, options.files)
        if "catalogue" in options.only:
            measure_catalogue(Path(scratch), options.evaluations, options.rounds)


if __name__ == "__main__":
    main()
