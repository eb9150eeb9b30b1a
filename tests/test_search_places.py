"""Where searches hold what comes from outside, and which states of which trials they start from."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from steadyhand.config import Hyperparameters
from steadyhand.config.evaluation import Evaluation
from steadyhand.config.search import FixedPointSearch
from steadyhand.evaluate import evaluate
from steadyhand.held_loop import closed_step, held_at, vector_of
from steadyhand.loop_data import initial_state
from steadyhand.network import WITH_CONTEXT, init_controller, stored_spec, to_arrays
from steadyhand.perturbation import Field
from steadyhand.plant import physics_from
from steadyhand.requests import evaluation_request, search_request
from steadyhand.search_starts import starts_of
from steadyhand.states import write_states
from steadyhand.steady_layout import loop_states
from steadyhand.steady_modes import linearize_steady_states
from steadyhand.steady_states import find_steady_states
from steadyhand.store import open_dataset
from steadyhand.trials import make_trials

DELAY, UNITS, SISU = 3, 4, (0.0, 1.5)
MODEL = Hyperparameters.model_validate(
    {
        "network": {"hidden_size": UNITS},
        "task": {"n_steps": 14},
        "plant": {"damping": 2.0},
        "feedback": {"delay": DELAY},
        "context": {"method": "pai-asf"},
    }
)
REACHES = {
    "task": {"type": "center_out", "directions": 3},
    "field": {"type": "curl", "amplitude": [0.0, 2.0]},
    "sisu": list(SISU),
    "repeats": 2,
}


def networks():
    """Two replicates, numbered 1 and 4, that pull the hand to its goal, and their spec."""
    network = MODEL.network.model_dump()
    keys = jax.random.split(jax.random.key(3), 2)
    made = jax.vmap(lambda key: init_controller(key, network, WITH_CONTEXT, "float32"))(keys)
    arrays = {**to_arrays(made), "replicate": np.array([1, 4], np.int32)}
    return arrays, stored_spec(network, WITH_CONTEXT)


@pytest.fixture(scope="module")
def reaches(tmp_path_factory):
    """Weights, their spec, and the request and states of reaches in two fields."""
    request = evaluation_request(Evaluation.model_validate(REACHES), MODEL)
    arrays, spec = networks()
    trials, path = make_trials(request), tmp_path_factory.mktemp("states") / "states.nc"
    write_states(path, evaluate(arrays, spec, request, trials), trials, arrays, request, {})
    with open_dataset(path) as states:
        yield arrays, spec, request, states.load()


def search(reaches, **asked):
    """Points of a search that is asked for as in a study, and its request."""
    arrays, spec, evaluation, states = reaches
    asked = {"starts_from": "reach", "starts": 5, "settle": 3, "sisu": list(SISU), **asked}
    made = FixedPointSearch.model_validate(asked)
    request = search_request(made, "0" * 16, evaluation, MODEL)
    return find_steady_states(arrays, spec, states, request), request


def modes_of(reaches, points, request) -> xr.Dataset:
    parts = linearize_steady_states(reaches[0], reaches[1], points, request)
    return xr.concat(list(parts), "point", data_vars="minimal", coords="minimal", compat="override")


def next_hidden(arrays, replicate, goal, sensed, sisu, hidden):
    """The next state of the vanilla part of a GRU as its formula has it, in NumPy."""
    row = [1, 4].index(replicate)
    names = ("weight_ih", "weight_hh", "bias", "bias_n")
    w, u, b, b_n = (arrays[f"cell.{name}"][row].astype(float) for name in names)
    x = np.concatenate([goal, [0, 0], sensed, [sisu]])
    from_x, from_h = w @ x + b, u @ hidden
    r, z = (1 / (1 + np.exp(-(from_x + from_h)[i * UNITS : (i + 1) * UNITS])) for i in (0, 1))
    n = np.tanh(from_x[2 * UNITS :] + r * (from_h[2 * UNITS :] + b_n))
    return n + z * (hidden - n)


def assert_still(reaches, points, offset=None):
    """Every root is one of the network with what its own columns say is held."""
    assert set(points.kind.values) == {"fixed"}
    for one in (points.isel(point=it) for it in range(points.sizes["point"])):
        place = int(one.point_place)
        sensed = np.concatenate([one.sensed_position, one.sensed_velocity])
        sensed = sensed if offset is None else sensed + offset[place]
        held = (one.goal_position.values[place], sensed, float(one.point_sisu))
        hidden = next_hidden(reaches[0], int(one.point_replicate), *held, one.hidden.values)
        np.testing.assert_allclose(hidden, one.hidden.values, atol=1e-12)


def test_goals_may_be_where_no_network_was_trained(reaches):
    points, _ = search(reaches, at={"grid": 2, "spread": 6})
    np.testing.assert_allclose(np.unique(points.goal_position), [-2, 2])
    assert_still(reaches, points)


@pytest.mark.parametrize("channel", ["position", "velocity"])
def test_a_held_offset_is_added_to_what_is_sensed(reaches, channel):
    held = {"channel": channel, "amplitude": [0.2, 0.4], "directions": 4}
    points, _ = search(reaches, at={"grid": 1, "offset": held})
    assert points.sizes["place"] == 8
    position, velocity = points.offset_position.values, points.offset_velocity.values
    moved, other = (position, velocity) if channel == "position" else (velocity, position)
    expected = [
        [a * np.cos(t), a * np.sin(t)] for a in (0.2, 0.4) for t in np.pi / 2 * np.arange(4)
    ]
    np.testing.assert_allclose(moved, expected, atol=1e-15)
    assert not other.any()
    assert_still(reaches, points, np.concatenate([position, velocity], axis=1))


def test_at_the_start_of_a_reach_the_hand_is_sensed_there_and_its_goal_is_elsewhere(reaches):
    points, _ = search(reaches, at={"type": "reach_starts"})
    states = reaches[3]
    assert points.place_trial.values.tolist() == [0, 1, 2]
    np.testing.assert_allclose(points.start_position, states.start.values[:3], atol=0)
    np.testing.assert_allclose(points.goal_position, states.goal.values[:3], atol=0)
    place = points.point_place.values
    np.testing.assert_array_equal(points.sensed_position, points.start_position.values[place])
    assert not points.sensed_velocity.values.any()
    assert_still(reaches, points)


def test_along_a_trial_the_network_is_held_to_what_it_was_told_there(reaches):
    points, request = search(reaches, at={"type": "path", "every": 4})
    states = reaches[3]
    assert points.starts.dims == ("replicate", "sisu", "field_amplitude", "place")
    assert points.place_trial.values.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    np.testing.assert_allclose(points.place_time, np.tile(0.05 * np.array([4, 8, 12]), 3))
    assert_still(reaches, points)
    for point in range(points.sizes["point"]):
        one = points.isel(point=point)
        place, replicate = int(one.point_place), int(one.point_replicate)
        trial = np.flatnonzero(
            (states.sisu == float(one.point_sisu))
            & (states.field_amplitude == float(one.point_field_amplitude))
            & (states.repeat == 0)
            & (states.task_trial == int(points.place_trial[place]))
        )
        assert int(one.origin_trial) == int(trial[0])
        own = states.isel(trial=int(trial[0]), time=4 * (1 + place % 3)).sel(replicate=replicate)
        for name in ("position", "velocity"):
            np.testing.assert_array_equal(one[f"sensed_{name}"], own[f"feedback_{name}"])
    modes = modes_of(reaches, points, request)
    assert modes.sizes["point"] == points.sizes["point"]
    assert modes.input.values.tolist()[-1] == "sisu"  # a hand that is held feels no force


def test_states_of_the_loop_go_on_as_the_trial_did(reaches):
    """One step of the loop's map, from a recorded state, gives the next one (without noise)."""
    arrays, spec, _, _ = reaches
    quiet = {**REACHES, "feedback_noise_std": 0, "motor_noise_std": 0, "repeats": 1}
    request = evaluation_request(Evaluation.model_validate(quiet), MODEL)
    trials = make_trials(request)
    (block,) = evaluate(arrays, spec, request, trials)
    network = MODEL.network.model_dump()
    dims = {"hidden": "unit"}
    states = xr.Dataset(
        {
            name: (("trial", "replicate", "time", dims.get(name, "axis")), block[name])
            for name in ("hidden", "position", "velocity", "force")
        },
        coords={"trial": trials.number, "replicate": [1, 4], "time": np.arange(14)},
    )
    everything = starts_of(states, 4, 10**6, DELAY)
    skeleton = init_controller(jax.random.key(0), network, WITH_CONTEXT, "float64")
    leaves = [jnp.asarray(arrays[name][1], "float64") for name in to_arrays(skeleton)]
    controller = jax.tree.unflatten(jax.tree.structure(skeleton), leaves)
    physics, step = physics_from(request["physics"], "float64"), closed_step(DELAY)
    first = vector_of(initial_state(jnp.asarray(trials.start[5]), controller.rest(), DELAY))
    row = np.flatnonzero((everything.trial == 5) & (everything.step == 0))[0]
    np.testing.assert_allclose(everything.states[row], first, atol=1e-7)
    for trial, k in ((0, 0), (5, 2), (9, 7), (11, 12)):
        here = np.flatnonzero((everything.trial == trial) & (everything.step == k))[0]
        field = Field(jnp.asarray(trials.curl[trial]), jnp.asarray(trials.constant[trial]))
        held = held_at(jnp.asarray(trials.goal[trial]), jnp.asarray(trials.sisu[trial]), field)
        following = step(jnp.asarray(everything.states[here]), physics, controller, held)
        np.testing.assert_allclose(following, everything.states[here + 1], atol=2e-6)


@pytest.mark.slow
def test_closed_loops_are_searched_in_every_field(reaches):
    field = {"type": "constant", "amplitude": [0.0, 0.01], "direction": np.pi / 2}
    points, request = search(reaches, at={"grid": 1}, closed_loop=True, field=field)
    assert points.starts.dims == ("replicate", "sisu", "field_amplitude", "place")
    assert points.lag.size == DELAY
    root = np.flatnonzero(points.kind == "fixed")
    assert len(root)
    states, arrays = loop_states(points), reaches[0]
    assert states.shape[1] == UNITS + 6 + 4 * DELAY
    for point in root:
        one = points.isel(point=point)
        # At rest the muscles hold against the field, and everything sensed is where the hand is.
        np.testing.assert_allclose(one.velocity, 0, atol=1e-12)
        np.testing.assert_allclose(one.force, [0, -float(one.point_field_amplitude)], atol=1e-11)
        np.testing.assert_allclose(
            one.queue_position, np.tile(one.position, (DELAY, 1)), atol=1e-12
        )
        sensed = np.concatenate([one.position, one.velocity])
        held = (one.goal_position.values[0], sensed, float(one.point_sisu))
        hidden = next_hidden(arrays, int(one.point_replicate), *held, one.hidden.values)
        np.testing.assert_allclose(hidden, one.hidden.values, atol=1e-11)
    modes = modes_of(reaches, points, request)
    assert modes.part.values.tolist() == ["network", "hand", "muscle", "delay"]
    np.testing.assert_allclose(modes.participation.sum("part"), 1, atol=1e-12)
    assert modes.input.values.tolist()[-2:] == ["force_x", "force_y"]
    # A constant force moves the hand until the muscles hold it: by the steady response.
    moved = modes.steady_response.sel(input="force_y").isel(state=slice(UNITS, UNITS + 2))
    pairs = 0
    for replicate in (1, 4):
        for sisu in SISU:
            own = (points.point_replicate == replicate) & (points.point_sisu == sisu)
            both = np.flatnonzero(own & (points.kind == "fixed"))
            if len(both) == 2:  # one without the force, one with it
                pairs += 1
                change = np.diff(points.position.values[both], axis=0)[0]
                slope = moved.values[both].mean(axis=0)
                np.testing.assert_allclose(change, 0.01 * slope, rtol=1e-2, atol=1e-5)
    assert pairs
