"""The science of the demo study, and what README says of it."""

import re
from pathlib import Path

import numpy as np
import pytest
from steadyhand import store
from steadyhand.catalogue import Catalogue

pytestmark = pytest.mark.slow

README = Path(__file__).parents[2] / "README.md"
STDS = (0, 1)
REACH_LENGTH = 0.5  # m


@pytest.fixture(scope="module")
def demo(run_once):
    return run_once("demo", None).path / "results"


def of_model(results, table: str, folder: str, suffix: str, std: float, **conditions) -> Path:
    """The artefact of the model that was trained with this field.std."""
    with Catalogue(results) as catalogue:
        rows = [
            row
            for row in catalogue.select(table)
            if row["train.field.std"] == std and conditions.items() <= row.items()
        ]
    (row,) = rows
    key = row.get("evaluation_id") or row["analysis_id"]
    return results / folder / row["digest"] / f"{key}.{suffix}"


def by_replicate(results, std: float, amplitude: float, measure: str) -> np.ndarray:
    """A measure of the reaches in a field, its mean over trials, for each replicate."""
    path = of_model(results, "evaluations", "measures", "parquet", std, name="reach")
    reaches = store.read_measures(path)
    reaches = reaches[reaches["field_amplitude"] == amplitude]
    means = reaches.groupby("replicate")[measure].mean()
    assert means.index.tolist() == [0, 1, 2, 3, 4]
    return means.to_numpy()


def written(row: str) -> list[list[float]]:
    """The numbers in README's table, in the row that begins so, by column."""
    (line,) = [it for it in README.read_text().splitlines() if it.startswith(f"| {row}")]
    return [
        [float(number) for number in re.findall(r"\d+\.\d+", cell)] for cell in line.split("|")
    ][2:4]


def test_training_in_random_curl_fields_halves_the_deviation_in_one(demo):
    plain, robust = (by_replicate(demo, std, 1.0, "largest_lateral_distance") for std in STDS)
    # Networks of one number share their initial weights and trials.
    assert (robust < 0.7 * plain).all()
    assert robust.mean() < 0.6 * plain.mean()
    for deviation, said in zip((plain, robust), written("largest lateral deviation"), strict=True):
        percent = np.array([deviation.mean(), deviation.min(), deviation.max()])
        found = percent * REACH_LENGTH  # cm
        np.testing.assert_allclose(said, found, rtol=0.1)


@pytest.mark.parametrize("std", STDS)
def test_without_a_field_reaches_end_on_the_goal(demo, std):
    error = by_replicate(demo, std, 0.0, "end_position_error")
    assert error.max() < 2.0  # % of the reach
    (said,) = written("distance from the goal")[std]
    assert error.mean() == pytest.approx(said, rel=0.2)


@pytest.mark.parametrize("std", STDS)
def test_each_goal_has_one_fixed_point_in_each_network(demo, std):
    path = of_model(demo, "fixed_points", "fixed_points", "nc", std, name="goals")
    with store.open_dataset(path) as points:
        assert set(points["kind"].values.tolist()) == {"fixed"}
        assert points["residual"].max() <= 1e-12
        place = np.stack([points["point_replicate"].values, points["point_place"].values], axis=1)
    expected = [[replicate, goal] for replicate in range(5) for goal in range(25)]
    assert sorted(place.tolist()) == expected


@pytest.mark.parametrize("std", STDS)
def test_the_fixed_points_are_stable(demo, std):
    path = of_model(demo, "linearizations", "linearizations", "nc", std, name="goals")
    with store.open_dataset(path) as modes:
        radius, owner = modes["spectral_radius"].values, modes["point_replicate"].values
    assert radius.max() < 1
    largest = [radius[owner == replicate].max() for replicate in range(5)]
    np.testing.assert_allclose(
        written("largest eigenvalue")[std], [min(largest), max(largest)], atol=0.02
    )


CONTEXTS = (-2, 0, 2)


def by_context(results, amplitude: float, measure: str) -> np.ndarray:
    """A measure of the reaches in a field, mean over trials: replicate by context."""
    path = of_model(results, "evaluations", "measures", "parquet", 1.5, name="reach_told")
    reaches = store.read_measures(path)
    reaches = reaches[reaches["field_amplitude"] == amplitude]
    means = reaches.groupby(["replicate", "sisu"])[measure].mean().unstack()
    assert means.columns.tolist() == list(CONTEXTS) and len(means) == 4
    return means.to_numpy()


def test_the_context_input_turns_robustness_up_and_down(demo):
    """In each network: the higher it is, the faster the reach, and the less a field deflects it."""
    deviation = by_context(demo, 1.0, "largest_lateral_distance")
    assert (np.diff(deviation, axis=1) < -3).all()  # % of the reach
    assert (np.diff(by_context(demo, 0.0, "max_parallel_vel_forward"), axis=1) > 0.03).all()  # m/s
    assert (np.diff(by_context(demo, 0.0, "max_net_force"), axis=1) > 0.2).all()  # N


@pytest.fixture(scope="module")
def told(demo):
    """Hidden states at the fixed points: replicate, context, goal, unit."""
    path = of_model(demo, "fixed_points", "fixed_points", "nc", 1.5, name="goals_told")
    with store.open_dataset(path) as points:
        assert set(points["kind"].values.tolist()) == {"fixed"}
        columns = (points[f"point_{name}"].values for name in ("place", "sisu", "replicate"))
        hidden = points["hidden"].values[np.lexsort(tuple(columns))]
        assert len(hidden) == 4 * len(CONTEXTS) * 25
        return hidden.reshape(4, len(CONTEXTS), 25, -1)


def test_the_fixed_points_of_a_context_lie_in_a_plane_and_contexts_shift_it(told):
    for network in told:
        centred = network[1] - network[1].mean(axis=0)
        _, size, axes = np.linalg.svd(centred, full_matrices=False)
        assert (size[:2] ** 2).sum() > 0.99 * (size**2).sum()
        shift = network[-1] - network[0]
        mean = shift.mean(axis=0)
        length = np.linalg.norm(mean)
        assert np.linalg.norm(shift - mean, axis=1).max() < 0.25 * length
        assert np.linalg.norm(axes[:2] @ mean) < 0.5 * length  # more than 60° from the plane


def test_higher_contexts_bring_faster_oscillations_and_a_cloud_of_modes_near_zero(demo):
    path = of_model(demo, "linearizations", "linearizations", "nc", 1.5, name="goals_told")
    with store.open_dataset(path) as modes:
        values = modes["eigenvalue_re"].values + 1j * modes["eigenvalue_im"].values
        owner, sisu = modes["point_replicate"].values, modes["point_sisu"].values
    for replicate in range(4):
        own = [values[(owner == replicate) & (sisu == context)] for context in CONTEXTS]
        assert (np.diff([np.abs(it.imag).max() for it in own]) > 0).all()
        assert (np.diff([(np.abs(it) < 0.3).mean() for it in own]) > 0.1).all()
        assert max(np.abs(it).max() for it in own) < 1


LOOPS = {0: ("loop", "response"), 1: ("loop", "response"), 1.5: ("loop_told", "response_told")}
"""Names of searches and of responses, by the model they are of."""


@pytest.fixture(scope="module", params=LOOPS)
def loops(request, demo):
    """Fixed points of closed loops, their linearizations, and responses there."""
    search, response = LOOPS[request.param]
    paths = (
        of_model(demo, "fixed_points", "fixed_points", "nc", request.param, name=search),
        of_model(demo, "linearizations", "linearizations", "nc", request.param, name=search),
        of_model(demo, "analyses", "linear_response", "nc", request.param, name=response),
    )
    found = []
    for path in paths:
        with store.open_dataset(path) as opened:
            found.append(opened.load())
    return found


def test_closed_loops_have_one_proven_fixed_point_for_each_goal_and_condition(loops):
    points, modes, _ = loops
    assert set(points["kind"].values.tolist()) == {"fixed"}
    assert (points["unique_within"] > 0).all()
    assert points["proven_error"].max() <= 1e-10
    assert points.sizes["point"] == points["starts"].size
    assert modes["biorthogonality"].max() <= 1e-9
    assert modes["mode_residual"].max() <= 1e-12


def test_simulations_end_at_the_fixed_points_of_their_loops(loops):
    """After 10 000 steps, as far as the slowest mode has decayed by then."""
    _, modes, responses = loops
    assert modes["stable"].all()
    radius = modes["spectral_radius"].values[responses["point_number"].values]
    left = 10 * radius**10_000
    assert (responses["end_distance"].values <= 1e-9 + left).all()
    settled = left < 1e-12
    assert settled.mean() > 0.9
    errors = (responses[name].values[settled] for name in ("end_error", "endpoint_error"))
    np.testing.assert_allclose(*errors, rtol=0, atol=1e-9)


def test_responses_to_a_millimetre_are_those_of_the_linearization(loops):
    """In each network and condition but those near to losing their stability."""
    _, modes, responses = loops
    error = responses["relative_error"].isel(amplitude=0).mean("direction").values
    radius = modes["spectral_radius"].values[responses["point_number"].values]
    assert float(responses["amplitude"][0]) == 1e-3
    owner = responses["point_replicate"].values
    for replicate in np.unique(owner):
        assert error[(owner == replicate) & (radius < 0.97)].mean() <= 1e-3
    assert error.max() <= 4e-3
    # What is missing is of second order: ten times as much for ten times the offset.
    larger = responses["relative_error"].isel(amplitude=1).mean("direction").values
    np.testing.assert_allclose(larger / error, 10, rtol=0.1)


@pytest.mark.parametrize("std", STDS)
def test_loops_lose_their_stability_in_fields_of_some_strength(demo, std):
    path = of_model(demo, "analyses", "branches", "nc", std, name="by_field")
    with store.open_dataset(path) as branches:
        assert set(branches["event_kind"].values.tolist()) == {"neimark_sacker"}
        crossing = np.hypot(branches["event_eigenvalue_re"], branches["event_eigenvalue_im"])
        np.testing.assert_allclose(crossing, 1, atol=1e-9)
        margins, owner = branches["margin_high"].values, branches["branch_replicate"].values
    mean = [margins[owner == replicate].mean() for replicate in range(5)]
    said = written("curl field in which the loop")[std]
    np.testing.assert_allclose(said, [min(mean), max(mean)], rtol=0.05)
