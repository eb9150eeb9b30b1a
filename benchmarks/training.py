"""Training speed: this package, a plain-JAX program, the machine's own rate, and peers, in turns.

    .venv/bin/python benchmarks/training.py [--rounds 9] [--only steadyhand plain_jax]

The job: GRU 100, batch 250, 5 replicates, 100 stored states, delay 5, noise, curl field, AdamW; for
this package also as a stack of 4 conditions. Each contestant is a process of its own that trains
some batches when it is its turn and sleeps otherwise, so that all see the same machine. Prints the
seconds of a batch (median over rounds), the ratio to this package in the same round (median and
range), the seconds from the start of the process to the first batch, and the peak of memory. Peers
take part where they are installed, each in an environment of its own, since one needs an old JAX:
`--python motornet=PATH --python feedbax=PATH` name their interpreters, and
`benchmarks/requirements-peers.txt` says what to install.
"""

import argparse
import statistics
import subprocess
import sys
from pathlib import Path

from player import Player

US = "steadyhand"
CONTESTANTS = {
    US: [],
    "steadyhand_stack": [],
    "plain_jax": [],
    "small_products": [],
    "motornet": ["motornet", "torch"],
    "feedbax": ["feedbax"],
}
"""Scripts in `contestants/`, with the packages that each needs beside ours."""

MEANING = {
    US: "this package, 5 replicates of one condition",
    "steadyhand_stack": "this package, a stack of 4 conditions; seconds for one of them",
    "plain_jax": "one fused lax.scan, einsum over replicates, one batch per call",
    "small_products": "the matrix products of a batch and nothing else, on all cores",
    "motornet": "PyTorch, replicates one after the other",
    "feedbax": "0.1.2 and its JAX of 2024, with a point mass of ours",
}


class Contestant(Player):
    """One of the programs that are compared, under its name."""

    def __init__(self, name: str, python: str):
        self.name = name
        script = "training_batches" if name in (US, "steadyhand_stack") else name
        super().__init__(python, script, ["4" if name == "steadyhand_stack" else "1"])


MISSING = """import sys
from importlib.util import find_spec
print(*[name for name in sys.argv[1:] if find_spec(name) is None])
"""


def takes_part(name: str, python: str) -> bool:
    """Whether the interpreter of a contestant has what it needs."""
    command = [python, "-c", MISSING, *CONTESTANTS[name]]
    missing = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    if missing:
        print(f"{name}: not measured, {', '.join(missing)} not installed", file=sys.stderr)
    return not missing


def python_of(option: str) -> tuple[str, str]:
    """A contestant and its interpreter, from NAME=PATH."""
    name, _, path = option.partition("=")
    if name not in CONTESTANTS or not Path(path).is_file():
        raise argparse.ArgumentTypeError(f"{option}: not NAME=PATH of a contestant and a python")
    return name, path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--batches", type=int, default=6, help="batches of a turn")
    parser.add_argument("--only", nargs="*", choices=CONTESTANTS, default=list(CONTESTANTS))
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        type=python_of,
        metavar="NAME=PATH",
        help="the interpreter of a contestant, where it isn't this one; may be given repeatedly",
    )
    options = parser.parse_args()
    pythons = dict.fromkeys(CONTESTANTS, sys.executable) | dict(options.python)
    contestants = [
        Contestant(name, pythons[name])
        for name in CONTESTANTS
        if name in options.only and takes_part(name, pythons[name])
    ]
    try:
        for contestant in contestants:
            contestant.turn(options.batches)  # whatever is still to be compiled
        rounds = [
            {it.name: it.turn(options.batches) for it in contestants} for _ in range(options.rounds)
        ]
    finally:
        for contestant in contestants:
            contestant.end()
    print(f"{'':18}{'s/batch':>9}{'ratio':>8}{'range':>14}{'start s':>9}{'MB':>7}")
    for contestant in contestants:
        times = [it[contestant.name] for it in rounds]
        ratios = [it[contestant.name] / it.get(US, float("nan")) for it in rounds]
        spread = f"{min(ratios):.2f}-{max(ratios):.2f}"
        print(
            f"{contestant.name:18}{statistics.median(times):9.3f}{statistics.median(ratios):8.2f}"
            f"{spread:>14}{contestant.start:9.1f}{contestant.memory_mb:7.0f}   "
            f"{MEANING[contestant.name]}"
        )


if __name__ == "__main__":
    main()
