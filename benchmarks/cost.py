"""What training costs against how much of it there is: seconds and memory, measured one by one.

    .venv/bin/python benchmarks/cost.py docs/training-cost.csv

Around the job of `training.py` (GRU 100, batch 250, 5 replicates, 100 stored states), one of
hidden size, replicates and conditions is changed at a time. Each point is a process of its own, a
training as a job runs it; the fastest of some turns counts, since other work on a machine can only
slow it down. Beside the measured numbers stand the estimates of `steadyhand check`, which are
fitted to them. With `--figure docs/training-cost.png`, and Chromium, the table is drawn too.
"""

import argparse
import csv
import os
import shutil
import sys
import tempfile
from pathlib import Path

from player import Player

sys.path[:0] = [str(Path(__file__).parents[1] / "workflow")]

from steadyhand.config import Hyperparameters  # noqa: E402
from steadyhand.requests import training_of  # noqa: E402
from steadyhand.training_cost import batch_seconds, memory_mb  # noqa: E402

USUAL = {"hidden_size": 100, "replicates": 5, "conditions": 1}
VARIED = {
    "hidden_size": (25, 50, 100, 200),
    "replicates": (1, 2, 5, 10, 20, 40),
    "conditions": (1, 2, 4, 8, 16),
}
TICKS = {
    "seconds_per_batch": (0.05, 0.1, 0.2, 0.5, 1, 2, 5),
    "memory_mb": (500, 700, 1000, 1500, 2000),
}
COLUMNS = ("varied", *USUAL, "seconds_per_batch", "memory_mb", "estimated_seconds", "estimated_mb")


def measured(point: dict[str, int], turns: int, seconds: float) -> tuple[float, float]:
    """Seconds per batch and the peak of memory [MB] of a point."""
    arguments = [str(point[name]) for name in ("conditions", "hidden_size", "replicates")]
    with tempfile.TemporaryDirectory() as empty:  # the compiler takes memory too
        environment = {**os.environ, "JAX_COMPILATION_CACHE_DIR": empty}
        player = Player(sys.executable, "training_batches", arguments, environment)
        try:
            batches = max(1, round(seconds / (player.turn(2) * point["conditions"])))
            times = [player.turn(batches) for _ in range(turns)]
        finally:
            player.end()
    return min(times) * point["conditions"], player.memory_mb


def estimated(point: dict[str, int], cores: int) -> tuple[float, int]:
    """The same by `steadyhand check`."""
    model = {
        "replicates": point["replicates"],
        "network": {"hidden_size": point["hidden_size"]},
        "schedule": {"n_batches": 100, "batch_size": 250},  # about as many as are measured
    }
    spec = training_of(Hyperparameters.model_validate(model))
    networks = point["replicates"] * point["conditions"]
    return batch_seconds(spec, networks, cores), memory_mb(spec, networks, cores)


def points() -> list[tuple[str, dict[str, int]]]:
    return [(name, {**USUAL, name: value}) for name, values in VARIED.items() for value in values]


def draw(rows: list[dict[str, str]], path: Path) -> None:
    """Time and memory against each of what is varied, measured and estimated."""
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=2, cols=len(VARIED), shared_xaxes=True, shared_yaxes="rows")
    for column, name in enumerate(VARIED, 1):
        own = [row for row in rows if row["varied"] == name]
        for line, (found, guess, words) in enumerate(
            [
                ("seconds_per_batch", "estimated_seconds", "seconds per batch"),
                ("memory_mb", "estimated_mb", "memory [MB]"),
            ],
            1,
        ):
            x = [int(row[name]) for row in own]
            for key, mode, label in ((found, "markers", "measured"), (guess, "lines", "estimated")):
                figure.add_scatter(
                    x=x,
                    y=[float(row[key]) for row in own],
                    mode=mode,
                    name=label,
                    showlegend=column == line == 1,
                    line_color="#888",
                    marker={"color": "#00528a", "size": 9},
                    row=line,
                    col=column,
                )
            marks = {"tickvals": TICKS[found], "ticktext": [f"{it:g}" for it in TICKS[found]]}
            title = words if column == 1 else None
            figure.update_yaxes(type="log", title=title, row=line, col=column, **marks)
        ticks = list(VARIED[name])
        title = name.replace("_", " ")
        figure.update_xaxes(type="log", tickvals=ticks, ticktext=ticks, col=column)
        figure.update_xaxes(title=title, row=2, col=column)
    figure.update_layout(
        template="plotly_white",
        width=1000,
        height=620,
        margin={"l": 80, "r": 20, "t": 60, "b": 60},
        legend={"orientation": "h", "y": 1.1},
    )
    photograph(figure.to_html(include_plotlyjs=True), path)


def photograph(page: str, path: Path) -> None:
    from playwright.sync_api import sync_playwright

    browser_path = shutil.which("chromium")
    if browser_path is None:
        raise SystemExit("chromium is not on the PATH: no figure")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1000, "height": 620}, device_scale_factor=2)
        tab.set_content(page)
        tab.wait_for_selector(".main-svg")
        tab.screenshot(path=path)
        browser.close()


def _read(table: Path) -> dict[tuple[int, ...], tuple[float, float]]:
    """What was measured of each point."""
    with table.open(newline="") as file:
        return {
            tuple(int(row[name]) for name in USUAL): (
                float(row["seconds_per_batch"]),
                float(row["memory_mb"]),
            )
            for row in csv.DictReader(file)
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--turns", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a turn, about")
    parser.add_argument("--figure", type=Path, help="where to draw the table, as PNG")
    parser.add_argument(
        "--keep", action="store_true", help="keep what is measured; estimate and draw anew"
    )
    options = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    known = _read(options.table) if options.keep else {}
    with options.table.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for varied, point in points():
            key = tuple(point.values())
            if key not in known:
                known[key] = measured(point, options.turns, options.seconds)
            found, guess = known[key], estimated(point, cores)
            numbers = [f"{found[0]:.4f}", round(found[1]), f"{guess[0]:.4f}", guess[1]]
            row = dict(zip(COLUMNS, [varied, *key, *numbers], strict=True))
            writer.writerow(row)
            file.flush()
            print(row, flush=True)
    if options.figure:
        with options.table.open(newline="") as file:
            draw(list(csv.DictReader(file)), options.figure)


if __name__ == "__main__":
    main()
