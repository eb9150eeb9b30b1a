"""Evaluation: its rate beside that of training's forward pass, and its files, memory and start.

    .venv/bin/python benchmarks/evaluation.py [--rounds 9] [--repeats 50] [--evaluations 1000]

The job: GRU 100, 5 replicates, 100 stored states, delay 5, noise, 96 reaches (24 directions, 4
amplitudes of a curl field), every variable. Three parts:

- rate: evaluation of blocks, without writing, and the forward pass of training (draws and losses
  included) in turns, as in `training.py`; millions of steps a second, where a step is one update of
  one trial of one network, and the ratio in the same round (median and range);
- files: a job of its own for so many repeats and for ten times as many: time, size, and the peak of
  memory as the kernel has it (`ru_maxrss`); and jobs that end with their first block, with a warm
  compilation cache: seconds from the start of the process;
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
    print(
        f"{'ratio':20}{statistics.median(ratios):7.2f} ({min(ratios):.2f}-{max(ratios):.2f}); "
        "above 1: evaluation is faster"
    )


def job(*arguments: Any) -> dict[str, float]:
    """What one job says of itself."""
    command = [sys.executable, str(CONTESTANTS / "evaluation_job.py"), *map(str, arguments)]
    environment = {**os.environ, "STARTED": str(time.time())}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return dict(json.loads(done.stdout))


def measure_files(scratch: Path, repeats: int, rounds: int) -> None:
    from networks import networks, request_of
    from steadyhand.store.weights import write_weights

    weights = scratch / "weights.eqx"
    write_weights(weights, *networks())
    request = json.dumps(request_of(repeats))
    weights.with_suffix(".request.json").write_text(request, encoding="utf-8")
    memory = []
    for times in (1, 10):
        took = job(weights, scratch / "states.nc", times * repeats)
        (scratch / "states.nc").unlink()
        steps = took["trials"] * took["networks"] * 99 / 1e6
        memory.append(took["memory_mb"])
        print(
            f"{took['trials']:.0f} trials of {took['networks']:.0f} networks: "
            f"{took['seconds']:.1f} s ({steps / took['seconds']:.2f} million steps/s), "
            f"{took['bytes'] / 1e6:.0f} MB, peak {took['memory_mb']:.0f} MB"
        )
    print(f"peak of memory at ten times the repeats: × {memory[1] / memory[0]:.3f}")
    starts = [job(weights, "-", repeats)["first_block_s"] for _ in range(rounds)]
    print(
        f"from start to first block: {statistics.median(starts):.2f} s "
        f"({min(starts):.2f}-{max(starts):.2f})"
    )


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
        f"{statistics.median(seconds):.2f} s ({min(seconds):.2f}-{max(seconds):.2f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--millions", type=int, default=5, help="millions of steps of a turn")
    parser.add_argument("--repeats", type=int, default=50)
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
            measure_files(Path(scratch), options.repeats, options.rounds)
        if "catalogue" in options.only:
            measure_catalogue(Path(scratch), options.evaluations, options.rounds)


if __name__ == "__main__":
    main()
