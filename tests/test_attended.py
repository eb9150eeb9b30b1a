"""Training as a job: killed or stopped at any batch, it ends in the bytes of a calm one."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from steadyhand.config import Hyperparameters
from steadyhand.requests import training_id_of, training_of
from steadyhand.stacks import make_plan

N_BATCHES = 40
SCRIPT = """
import json, logging, os, signal, sys
sys.path[:0] = json.loads(sys.argv[1])
from steadyhand.compilation_cache import keep_compiled_programs
keep_compiled_programs()
from steadyhand import attended, train
from steadyhand.devices import use_host_devices
from steadyhand.errors import UserError
use_host_devices(2)
plan, folder, at, by = json.loads(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
train._LOOK_EVERY = 0  # one batch at a time, so that it can be struck at any of them

class Striking(attended.Reporter):
    def report(self, batches_done, mean_loss, diverged):
        super().report(batches_done, mean_loss, diverged)
        if batches_done == at:
            os.kill(os.getpid(), by)

attended.Reporter = Striking
logging.basicConfig(level=logging.INFO, filename=f"{folder}/log")
stem = f"{folder}/{plan['stack_id']}"
files, log = (f"{stem}.tar", f"{stem}.trained.json"), logging.getLogger()
try:
    attended.train_attended(plan, "code", *files, 7, log)
except UserError as error:
    sys.exit(f"error: {error}")
"""


def plan_of(network):
    specs = [
        training_of(
            Hyperparameters.model_validate(
                {
                    "replicates": 2,
                    "network": {"hidden_size": 6, **network},
                    "task": {"n_steps": 15},
                    "schedule": {"n_batches": N_BATCHES, "batch_size": 70},
                    "field": {"type": "curl", "std": std},
                }
            )
        )
        for std in (0.0, 1.0)
    ]
    return make_plan({training_id_of(spec): spec for spec in specs})


def run(plan, folder, at=-1, by=0):
    """Train in a process of its own, which at a batch sends itself a signal."""
    folder.mkdir(exist_ok=True)
    arguments = [json.dumps(sys.path), json.dumps(plan), str(folder), str(at), str(int(by))]
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True
    )


def left(folder):
    """What is there beside the log, by name."""
    return {
        it.name: it.read_bytes() for it in folder.iterdir() if it.is_file() and it.name != "log"
    }


@pytest.fixture(scope="module", params=["gru", "vanilla", "lstm"])
def plan(request):
    return plan_of({"type": request.param})


@pytest.fixture(scope="module")
def undisturbed(plan, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    done = run(plan, folder)
    assert done.returncode == 0, done.stderr
    found = left(folder)
    assert sorted(found) == [f"{plan['stack_id']}.tar", f"{plan['stack_id']}.trained.json"]
    assert [it.name for it in folder.iterdir() if it.is_dir()] == []
    return found


@pytest.mark.slow
def test_killed_at_any_batches_it_ends_in_the_same_bytes(plan, undisturbed, tmp_path):
    batches = sorted(np.random.default_rng(0).choice(np.arange(1, N_BATCHES), 5, replace=False))
    for batch in batches:
        assert run(plan, tmp_path, batch, signal.SIGKILL).returncode == -signal.SIGKILL
        assert f"{plan['stack_id']}.progress.json" in left(tmp_path)
    done = run(plan, tmp_path)
    assert done.returncode == 0, done.stderr
    assert left(tmp_path) == undisturbed
    assert "going on from" in (tmp_path / "log").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_asked_to_stop_it_saves_first_and_goes_on_from_there(plan, undisturbed, tmp_path, by):
    stopped = run(plan, tmp_path, 11, by)
    assert stopped.returncode == 1
    assert stopped.stderr == (
        f"error: training was stopped after batch 11 of {N_BATCHES}; run again, it goes on from "
        "there\n"
    )
    folder = tmp_path / f"{plan['stack_id']}.checkpoints"
    assert [it.name for it in sorted(folder.iterdir())] == ["00000007.eqx", "00000011.eqx"]
    done = run(plan, tmp_path)
    assert done.returncode == 0, done.stderr
    assert left(tmp_path) == undisturbed


@pytest.mark.slow
def test_a_damaged_checkpoint_is_set_aside_and_the_one_before_it_used(tmp_path):
    plan = plan_of({"type": "gru"})
    folder = tmp_path / "calm"
    assert run(plan, folder).returncode == 0
    struck = tmp_path / "struck"
    run(plan, struck, 30, signal.SIGKILL)
    newest = struck / f"{plan['stack_id']}.checkpoints" / "00000028.eqx"
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes(content)
    done = run(plan, struck)
    assert done.returncode == 0, done.stderr
    log = (struck / "log").read_text()
    assert "00000028.eqx: set aside" in log
    assert "going on from" in log and "00000021.eqx" in log
    assert left(struck) == left(folder)


@pytest.mark.slow
def test_no_training_goes_on_with_other_code(tmp_path):
    plan = plan_of({"type": "gru"})
    run(plan, tmp_path, 30, signal.SIGKILL)
    other = SCRIPT.replace('"code"', '"other code"')
    arguments = [json.dumps(sys.path), json.dumps(plan), str(tmp_path), "-1", "0"]
    done = subprocess.run([sys.executable, "-c", other, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    log = Path(tmp_path / "log").read_text()
    assert "not used, for it is of another training: code was code, is other code" in log
