"""Studies on a cluster: a real Slurm, started by the test."""

import fcntl
import os
import re
import subprocess
import tempfile
from pathlib import Path

import pytest
from local_slurm import local_slurm, missing

pytestmark = pytest.mark.cluster

STUDY = "tests/studies/long-training.yaml"
# What waits for minutes on a cluster of many, and can't ask an accounting that is not there.
IMPATIENT = (
    *("--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "2"),
    *("--seconds-between-status-checks", "2", "--latency-wait", "5"),
)


@pytest.fixture
def slurm(tmp_path_factory):
    """A cluster, for one test at a time of all workers."""
    if reason := missing():
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with open(tmp_path_factory.getbasetemp().parent / "slurm.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # The name of a socket may have 107 characters; that of a test's folder has nearly as many.
        with tempfile.TemporaryDirectory() as short, local_slurm(Path(short) / "slurm"):
            yield


def test_a_training_that_slurm_stops_is_submitted_again_and_goes_on(slurm, run_once, fresh):
    """Slurm stops a job with SIGTERM, at its time limit as by `scancel`."""
    run = fresh.start(STUDY, *IMPATIENT, profile="slurm")
    try:
        at_work = fresh.wait_until_it_trains(run)
        told = fresh.steadyhand("progress")
        assert at_work.job and re.search(rf"\brunning\b.*\b{at_work.job}\b", told.stdout), told
        subprocess.run(["scancel", at_work.job], check=True)
        words, _ = run.communicate(timeout=600)
    finally:
        run.kill()  # Snakemake waits for ever for jobs that it can't see
    assert run.returncode == 0, words[-4000:]
    assert "error: training was stopped after batch" in words
    (log,) = (fresh.path / "results/logs/train").iterdir()
    assert "going on from" in log.read_text()
    assert fresh.artefacts("models") == run_once("long-training", STUDY).artefacts("models")
