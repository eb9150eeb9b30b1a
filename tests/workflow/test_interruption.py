"""A run that is asked to stop: by Ctrl-C, and by a time limit."""

import os
import re
import signal

import pytest

pytestmark = pytest.mark.slow

STUDY = "tests/studies/long-training.yaml"


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_asked_to_stop_saves_first_and_goes_on_from_there(run_once, fresh, by):
    """As a terminal's Ctrl-C does, and `timeout`, and Slurm: Snakemake and its jobs are asked."""
    run = fresh.start(STUDY)
    fresh.wait_until_it_trains(run)
    os.killpg(run.pid, by)
    words, _ = run.communicate(timeout=120)
    assert run.returncode == 1
    stopped = re.search(
        r"^error: training was stopped after batch (\d+) of 12000; .*$", words, re.M
    )
    assert stopped, words
    assert not fresh.artefacts("models")
    batch = int(stopped[1])
    saved = sorted((fresh.path / "results/stacks").rglob("*.eqx"))
    assert saved[-1].stem == f"{batch:08d}"
    again = fresh.start(STUDY)
    words, _ = again.communicate(timeout=300)
    assert again.returncode == 0, words[-3000:]
    (log,) = (fresh.path / "results/logs/train").iterdir()
    assert re.search(rf"going on from .*{batch:08d}\.eqx", log.read_text())
    assert fresh.artefacts("models") == run_once("long-training", STUDY).artefacts("models")
