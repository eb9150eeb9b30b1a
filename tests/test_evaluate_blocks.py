"""Files of states: the same bytes whatever the blocks and devices, and memory that stays."""

import hashlib
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
import xarray as xr
from steadyhand.config import Hyperparameters
from steadyhand.config.evaluation import Evaluation
from steadyhand.evaluate import evaluate
from steadyhand.evaluation_program import room_for
from steadyhand.network import WITH_CONTEXT, init_controller, stored_spec, to_arrays
from steadyhand.provenance import provenance
from steadyhand.requests import evaluation_request
from steadyhand.states import write_states
from steadyhand.store import open_dataset
from steadyhand.trials import TrialList, in_blocks, make_trials

MODEL = Hyperparameters.model_validate(
    {
        "network": {"hidden_size": 20},
        "task": {"n_steps": 30},
        "feedback": {"delay": 3},
        "context": {"method": "pai-asf"},
    }
)
ASKED = {
    "task": {"type": "center_out", "grid": 2, "directions": 7, "reach_length": 0.4},
    "field": {"amplitude": [0, 1]},
    "sisu": [0, 1],
    "sensory_impulse": {"amplitude": [0.1, 0.2], "onset": 10},
    "repeats": 2,
}
"""448 trials: four whole tiles and a part of one."""

SCRIPT = """
import sys
sys.path[:0] = [{workflow!r}, {tests!r}]
import jax
{setting}
from test_evaluate_blocks import written
print(jax.device_count(), written(sys.argv[1], {block}))
"""


def request(**asked):
    return evaluation_request(Evaluation.model_validate({**ASKED, **asked}), MODEL)


def networks():
    network = MODEL.network.model_dump()
    made = jax.vmap(lambda key: init_controller(key, network, WITH_CONTEXT, "float32"))(
        jax.random.split(jax.random.key(3), 2)
    )
    arrays = {**to_arrays(made), "replicate": np.array([0, 3], np.int32)}
    return arrays, stored_spec(network, WITH_CONTEXT)


def write(path, block_trials, asked=None, **of):
    asked = asked or request()
    (arrays, spec), trials = networks(), TrialList(asked)
    origin = provenance("states", "0" * 16, "code", asked, digest="0" * 64) | of
    blocks = evaluate(arrays, spec, asked, trials, block_trials)
    write_states(path, blocks, trials, arrays, asked, origin)


def written(path, block_trials):
    """SHA-256 of a file of states."""
    write(path, block_trials)
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def digest(tmp_path_factory):
    return written(tmp_path_factory.mktemp("states") / "states.nc", 1)


@pytest.mark.parametrize("block_trials", [7, pytest.param(200, marks=pytest.mark.slow), 1000])
def test_the_size_of_blocks_changes_no_byte(digest, block_trials, tmp_path):
    assert written(tmp_path / "states.nc", block_trials) == digest


@pytest.mark.parametrize(
    ("devices", "cores", "block_trials"),
    [(1, None, 1), (2, 0, 1), pytest.param(3, None, 1000, marks=pytest.mark.slow)],
)
def test_the_number_of_devices_and_cores_changes_no_byte(
    digest, devices, cores, block_trials, tmp_path
):
    script = SCRIPT.format(
        workflow=str(Path(__file__).parents[1] / "workflow"),
        tests=str(Path(__file__).parent),
        setting=f"jax.config.update('jax_num_cpu_devices', {devices})",
        block=block_trials,
    )
    prefix = [] if cores is None else ["taskset", "-c", str(cores)]
    path = tmp_path / "states.nc"
    command = [*prefix, sys.executable, "-c", script, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(devices), digest]


@pytest.mark.parametrize("hidden_every", [1, 4])
def test_blocks_that_are_kept_stay_as_they_were_while_later_ones_are_computed(hidden_every):
    asked = request(repeats=6, hidden_every=hidden_every)
    (arrays, spec), trials = networks(), TrialList(asked)
    kept, copies, chosen = [], [], [0, 700, 1343]
    for block in evaluate(arrays, spec, asked, trials, 1):
        kept.append(block)
        copies.append({name: values.copy() for name, values in block.items()})
    assert len(kept) >= 6
    parts = [trials.rows(at, at + 1) for at in chosen]
    some = [next(evaluate(arrays, spec, asked, part)) for part in parts]
    for name in copies[0]:
        joined = np.concatenate([block[name] for block in copies])
        np.testing.assert_array_equal(np.concatenate([block[name] for block in kept]), joined)
        alone = np.concatenate([block[name] for block in some])
        np.testing.assert_array_equal(joined[chosen], alone)


@pytest.mark.parametrize("hidden_every", [1, 4])
def test_nothing_is_left_of_what_was_where_a_block_is_written(hidden_every, monkeypatch):
    def full_of_nan(*of):
        return jax.tree.map(lambda values: values * np.float32("nan"), room_for(*of))

    asked = request(hidden_every=hidden_every)
    arrays, spec = networks()
    expected = list(evaluate(arrays, spec, asked, TrialList(asked), 1))
    monkeypatch.setattr("steadyhand.evaluate.room_for", full_of_nan)
    found = list(evaluate(arrays, spec, asked, TrialList(asked), 1))
    for one, other in zip(found, expected, strict=True):
        for name, values in one.items():
            np.testing.assert_array_equal(values, other[name], err_msg=name)


def test_trials_can_be_listed_in_parts():
    asked = request()
    everything, listed = make_trials(asked), TrialList(asked)
    assert len(listed) == len(everything) == 448
    for size in (1, 50, 448, 1000):
        parts = list(in_blocks(listed, size))
        for name, values in vars(everything).items():
            joined = np.concatenate([getattr(part, name) for part in parts])
            np.testing.assert_array_equal(joined, values, err_msg=name)


def test_every_variable_is_cut_into_chunks_of_a_mebibyte_at_most(tmp_path):
    asked = request(n_steps=3000, task={"type": "steady", "grid": 3})
    write(tmp_path / "states.nc", 1, asked)
    with open_dataset(tmp_path / "states.nc") as opened:
        assert opened.sizes["trial"] == 9 * 16
        for name, variable in opened.variables.items():
            chunk = variable.encoding.get("chunksizes")
            if chunk and variable.dtype.kind == "f":
                assert np.prod(chunk) * variable.dtype.itemsize <= 2**20, name
                assert variable.dims[0] != "trial" or 96 % chunk[0] == 0, name
        assert opened.hidden.encoding["zlib"] and opened.hidden.encoding["fletcher32"]


def test_every_condition_is_a_coordinate_of_what_was_recorded(tmp_path):
    path = tmp_path / "states.nc"
    write(path, 1)
    with open_dataset(path) as opened, xr.open_dataset(path) as plain:
        renamed = {"axis_name": "axis", "channel_name": "channel"}
        assert {renamed.get(it, it) for it in plain.variables} == set(opened.variables)
        assert plain.position.dims == ("trial", "replicate", "step", "axis")
        assert opened.position.dims == ("trial", "replicate", "time", "axis")
        np.testing.assert_array_equal(plain.position, opened.position)
        for name in ("field_amplitude", "sisu", "impulse_amplitude", "impulse_onset", "repeat"):
            assert name in opened.position.coords
            assert plain[name].dtype.kind in "if"  # no times and dates
        chosen = (opened.field_amplitude == 1) & (opened.sisu == 0)
        assert opened.position.isel(trial=chosen.values).sizes["trial"] == 112
        assert opened.channel.values.tolist() == [
            *("target_position_x", "target_position_y", "target_velocity_x", "target_velocity_y"),
            *("feedback_position_x", "feedback_position_y"),
            *("feedback_velocity_x", "feedback_velocity_y", "sisu"),
        ]
        received = opened.network_input.sel(channel=["feedback_position_x", "feedback_position_y"])
        np.testing.assert_array_equal(received, opened.feedback_position)
        target = opened.network_input.sel(channel="target_position_x").isel(time=5, replicate=1)
        np.testing.assert_array_equal(target, opened.goal.sel(axis="x"))


def test_what_is_not_kept_is_not_there(tmp_path):
    asked = request(keep=["position", "velocity", "force", "hidden"], hidden_every=4)
    write(tmp_path / "states.nc", 1, asked)
    with open_dataset(tmp_path / "states.nc") as opened:
        assert "command" not in opened and "channel" not in opened.dims
        assert opened.hidden.dims == ("trial", "replicate", "hidden_time", "unit")
        np.testing.assert_allclose(opened.hidden_time, opened.time[::4])
