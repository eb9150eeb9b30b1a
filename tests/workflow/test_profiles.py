"""The profiles: how a study is run on one machine, and on a cluster."""

import pytest
from steadyhand.stacks import machine_of

TINY = "tests/studies/tiny.yaml"


@pytest.mark.parametrize("profile", ["default", "slurm"])
def test_a_profile_plans_the_study(fresh, profile):
    """A cluster has no number of cores in all, which a rule must not ask for."""
    run = fresh.start(TINY, "-n", profile=profile)
    words, _ = run.communicate(timeout=120)
    assert run.returncode == 0, words[-4000:]
    assert "Training the networks of stack" in words


@pytest.mark.parametrize("key", ["networks_per_stack", "stack_mem_mb"])
def test_numbers_of_a_profile_that_no_stack_can_have_are_refused(fresh, key):
    run = fresh.start(TINY, "-n", "--resources", f"{key}=0")
    words, _ = run.communicate(timeout=120)
    assert run.returncode == 1
    said = f"error: {key} under resources of the profile: is 0; allowed: 1 or more"
    assert said in words.splitlines()
    assert "Traceback" not in words


def test_cores_are_those_given_or_two():
    assert machine_of(16, {}).cores == 16
    assert machine_of(None, {"networks_per_stack": 7}).cores == 2
