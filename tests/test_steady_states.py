"""Where networks hold still: which input is clamped, and which states a search starts from."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from steadyhand.config import Hyperparameters
from steadyhand.config.evaluation import Evaluation
from steadyhand.config.search import FixedPointSearch
from steadyhand.evaluate import evaluate
from steadyhand.network import (
    WITH_CONTEXT,
    WITHOUT_CONTEXT,
    init_controller,
    stored_spec,
    to_arrays,
)
from steadyhand.requests import evaluation_request, search_request
from steadyhand.states import write_states
from steadyhand.steady_modes import linearize_steady_states
from steadyhand.steady_states import find_steady_states
from steadyhand.store import open_dataset
from steadyhand.trials import make_trials

SISU = (-2.0, 0.0, 1.5)
UNITS = 4


def model(kind="vanilla", method="pai-asf"):
    return Hyperparameters.model_validate(
        {
            "network": {"type": kind, "hidden_size": UNITS},
            "task": {"n_steps": 12},
            "feedback": {"delay": 2},
            "context": {"method": method},
        }
    )


def networks(kind="vanilla", channels=WITH_CONTEXT):
    """Two replicates, numbered 1 and 4, and their spec."""
    network = model(kind).network.model_dump()
    keys = jax.random.split(jax.random.key(3), 2)
    made = jax.vmap(lambda key: init_controller(key, network, channels, "float32"))(keys)
    arrays = {**to_arrays(made), "replicate": np.array([1, 4], np.int32)}
    return arrays, stored_spec(network, channels)


def requests(kind="vanilla", method="pai-asf", sisu=SISU, searched=None):
    """Of a steady task, and of a search that starts from its states."""
    trained = model(kind, method)
    posture = {"task": {"type": "steady", "grid": 2}, "sisu": sisu and list(sisu)}
    evaluation = evaluation_request(Evaluation.model_validate(posture), trained)
    goals = {"at": {"grid": 2}, "starts_from": "posture", "starts": 6, "settle": 3}
    goals["sisu"] = searched or posture["sisu"]
    search = FixedPointSearch.model_validate(goals)
    return evaluation, search_request(search, "0" * 16, evaluation, trained)


def states_of(folder, evaluation, arrays, spec):
    trials, path = make_trials(evaluation), folder / "states.nc"
    blocks = evaluate(arrays, spec, evaluation, trials)
    write_states(path, blocks, trials, arrays, evaluation, {})
    return open_dataset(path)


def found(folder, kind="vanilla", channels=WITH_CONTEXT, **asked):
    arrays, spec = networks(kind, channels)
    evaluation, search = requests(kind, **asked)
    with states_of(folder, evaluation, arrays, spec) as states:
        points = find_steady_states(arrays, spec, states, search)
    return arrays, spec, search, points


def next_state(arrays, replicate, goal, sisu, hidden):
    """The clamped vanilla network as its formula has it: h' = tanh(W x + U h + b)."""
    weight_ih, weight_hh, bias = (
        arrays[f"cell.{name}"][replicate].astype(np.float64)
        for name in ("weight_ih", "weight_hh", "bias")
    )
    # The hand is at the goal, where it is to be, and at rest.
    x = np.concatenate([goal, [0, 0], goal, [0, 0], [sisu]])
    return np.tanh(weight_ih @ x + weight_hh @ hidden + bias)


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """All that is found of the vanilla networks: computed once."""
    return found(tmp_path_factory.mktemp("states"))


def test_points_are_those_of_the_map_whose_input_is_the_goal_and_the_context(everything):
    arrays, _, _, points = everything
    assert set(points.kind.values) == {"fixed"}
    index = {1: 0, 4: 1}
    for point in range(points.sizes["point"]):
        one = points.isel(point=point)
        hidden, goal = one.hidden.values, points.goal_position.values[int(one.point_place)]
        there = (index[int(one.point_replicate)], goal, float(one.point_sisu))
        np.testing.assert_allclose(next_state(arrays, *there, hidden), hidden, atol=1e-12)
        other = (*there[:2], there[2] + 1)
        assert np.abs(next_state(arrays, *other, hidden) - hidden).max() > 1e-3


def test_every_goal_is_searched_at_every_context_in_order(everything):
    points = everything[3]
    rows = zip(
        points.point_replicate.values.tolist(),
        points.point_sisu.values.tolist(),
        points.point_place.values.tolist(),
        strict=True,
    )
    assert list(dict.fromkeys(rows)) == [(r, s, g) for r in (1, 4) for s in SISU for g in range(4)]
    assert points.starts.dims == ("replicate", "sisu", "place")
    assert (points.starts == 6).all()
    assert points.sisu.values.tolist() == list(SISU)
    assert points.point_sisu.attrs["units"] == "1"


def test_searches_start_from_states_of_the_same_context(tmp_path, monkeypatch):
    """The states are marked with their trial's context: no other one is among the starts."""
    arrays, spec = networks()
    evaluation, search = requests(searched=[-2, 1.5])
    starts = []

    def noting(step, begin, group, own, **options):
        starts.append((own[0].sisu.tolist(), np.unique(begin).tolist()))
        raise InterruptedError

    monkeypatch.setattr("steadyhand.steady_states.find_fixed_points_of_each", noting)
    with states_of(tmp_path, evaluation, arrays, spec) as states:
        marked = states.assign(hidden=xr.zeros_like(states.hidden) + states.sisu)
        for sisu in search["sisu"]:
            with pytest.raises(InterruptedError):
                find_steady_states(arrays, spec, marked, search | {"sisu": [sisu]})
    assert starts == [([-2.0] * 4, [-2.0]), ([1.5] * 4, [1.5])]


def test_a_context_without_states_to_start_from_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"no trial with sisu 1, only \[-2\.0, 0\.0, 1\.5\]"):
        found(tmp_path, searched=[1.0])


def test_points_of_one_context_do_not_depend_on_the_others(everything, tmp_path):
    points, one = everything[3], found(tmp_path, searched=[1.5])[3]
    own = points.isel(point=np.flatnonzero(points.point_sisu == 1.5))
    np.testing.assert_array_equal(own.hidden, one.hidden)


def test_networks_without_a_context_have_points_without_it(tmp_path):
    _, _, _, points = found(tmp_path, channels=WITHOUT_CONTEXT, method="none", sisu=None)
    assert not {"sisu", "point_sisu"} & set(points.variables)
    assert points.starts.dims == ("replicate", "place")


def test_a_search_must_say_the_context_of_networks_that_have_one(tmp_path):
    arrays, spec = networks()
    evaluation, search = requests()
    with (
        states_of(tmp_path, evaluation, arrays, spec) as states,
        pytest.raises(ValueError, match="have a context input, and the request has sisu None"),
    ):
        find_steady_states(arrays, spec, states, search | {"sisu": None})


@pytest.mark.parametrize("kind", ["vanilla", pytest.param("lstm", marks=pytest.mark.slow)])
def test_the_linearization_is_at_the_context_of_its_point(everything, tmp_path, kind):
    """Against differences of the network itself, by a step of 1e-6 in each direction."""
    arrays, spec, search, points = everything if kind == "vanilla" else found(tmp_path, kind)
    parts = linearize_steady_states(arrays, spec, points, search)
    modes = xr.concat(
        list(parts), "point", data_vars="minimal", coords="minimal", compat="override"
    )
    np.testing.assert_array_equal(modes.point_sisu, points.point_sisu)
    assert modes.sisu.values.tolist() == list(SISU)
    size = points.sizes["unit"]
    assert size == (2 * UNITS if kind == "lstm" else UNITS)
    network = model(kind).network.model_dump()
    for point in (0, points.sizes["point"] - 1):
        one = points.isel(point=point)
        row = [1, 4].index(int(one.point_replicate))
        skeleton = init_controller(jax.random.key(0), network, WITH_CONTEXT, "float64")
        leaves = [jnp.asarray(arrays[name][row], "float64") for name in to_arrays(skeleton)]
        controller = jax.tree.unflatten(jax.tree.structure(skeleton), leaves)
        goal = points.goal_position.values[int(one.point_place)]
        channels = {
            "target_position": jnp.asarray(goal),
            "target_velocity": jnp.zeros(2),
            "feedback_position": jnp.asarray(goal),
            "feedback_velocity": jnp.zeros(2),
            "sisu": jnp.asarray([float(one.point_sisu)]),
        }
        step = 1e-6 * np.eye(size)
        ahead, behind = (
            np.stack(
                [controller(channels, jnp.asarray(one.hidden.values + s * it))[0] for it in step]
            )
            for s in (1, -1)
        )
        expected = (ahead - behind).T / 2e-6
        values = modes.eigenvalue_re.values + 1j * modes.eigenvalue_im.values
        for side, matrix, of in (
            ("right", expected, values[point]),
            ("left", expected.T, values[point].conj()),
        ):
            vectors = modes[f"{side}_re"].values[point] + 1j * modes[f"{side}_im"].values[point]
            residual = matrix @ vectors - vectors * of[: vectors.shape[1]]
            assert np.abs(residual).max() <= 1e-7 * np.abs(vectors).max()
