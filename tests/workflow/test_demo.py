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
def demo(make_fresh):
    clone = make_fresh("demo")
    clone.snakemake(study=None)
    return clone.path / "results"


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
    assert robust.max() < 0.65 * plain.min()
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
    path = of_model(demo, "fixed_points", "fixed_points", "nc", std)
    with store.open_dataset(path) as points:
        assert set(points["kind"].values.tolist()) == {"fixed"}
        assert points["residual"].max() <= 1e-12
        place = np.stack([points["point_replicate"].values, points["point_goal"].values], axis=1)
    expected = [[replicate, goal] for replicate in range(5) for goal in range(25)]
    assert sorted(place.tolist()) == expected


@pytest.mark.parametrize("std", STDS)
def test_the_fixed_points_are_stable(demo, std):
    path = of_model(demo, "linearizations", "linearizations", "nc", std)
    with store.open_dataset(path) as modes:
        radius, owner = modes["spectral_radius"].values, modes["point_replicate"].values
    assert radius.max() < 1
    largest = [radius[owner == replicate].max() for replicate in range(5)]
    np.testing.assert_allclose(
        written("largest eigenvalue")[std], [min(largest), max(largest)], atol=0.02
    )
