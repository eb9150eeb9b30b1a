"""The profiles: how a study is run on one machine, and on a cluster."""

import os
import subprocess
import sys

import pytest
from steadyhand.stacks import machine_of


def planned(clone, profile, *arguments):
    """A dry run as `make run PROFILE=...` starts it."""
    command = [
        sys.executable,
        "workflow/launch.py",
        "-n",
        "--configfile",
        "tests/studies/tiny.yaml",
    ]
    command += ["--workflow-profile", f"workflow/profiles/{profile}", *arguments]
    environment = {**os.environ, "PYTHONPATH": ""}
    return subprocess.run(
        command, cwd=clone.path, capture_output=True, text=True, env=environment, timeout=120
    )


@pytest.mark.parametrize("profile", ["default", "slurm"])
def test_a_profile_plans_the_study(fresh, profile):
    """A cluster has no number of cores in all, which a rule must not ask for."""
    done = planned(fresh, profile)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "Training the networks of stack" in done.stdout + done.stderr


@pytest.mark.parametrize("key", ["networks_per_stack", "stack_mem_mb"])
def test_numbers_of_a_profile_that_no_stack_can_have_are_refused(fresh, key):
    done = planned(fresh, "default", "--resources", f"{key}=0")
    assert done.returncode == 1
    said = f"error: {key} under resources of the profile: is 0; allowed: 1 or more"
    assert said in done.stderr.splitlines()
    assert "Traceback" not in done.stderr


def test_cores_are_those_given_or_two():
    assert machine_of(16, {}).cores == 16
    assert machine_of(None, {"networks_per_stack": 7}).cores == 2
