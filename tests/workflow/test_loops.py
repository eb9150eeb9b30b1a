"""Fixed points of every kind of search, and what is made of them, from the study to figures."""

import numpy as np
import pytest
import steadyhand
import yaml
from steadyhand.errors import UserError
from steadyhand.store import open_dataset
from steadyhand.verify import verify
from test_conventions import problems

STUDY = "tests/studies/tiny-loops.yaml"
FOLDERS = (
    "fixed_points",
    "linearizations",
    "linear_response",
    "modal_response",
    "mode_tracks",
    "branches",
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def searched(run_once):
    return run_once("loops", STUDY)


def files(clone, folder):
    return sorted((clone.path / "results" / folder).glob("*/*.nc"))


def test_everything_runs_once_and_then_nothing(searched):
    expected = {"fixed_points": 5, "linearize": 5, "branches": 3}
    expected |= {"linear_response": 1, "modal_response": 1, "mode_tracks": 1}
    assert {rule: searched.first[rule] for rule in expected} == expected
    assert not searched.planned(study=STUDY)
    assert verify(searched.path / "results") == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_files_follow_the_conventions_and_hold_numbers(searched, tmp_path, folder):
    for path in files(searched, folder):
        assert problems(path, tmp_path / "report.json") == []
        with open_dataset(path) as found:
            for variable in found.variables.values():
                assert variable.attrs["units"] and variable.attrs["long_name"]
                if variable.dtype.kind == "f":
                    assert np.isfinite(variable).all()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda study: study["analyses"]["by_sisu"].update(high=4),
            {"branches": 1, "figures": 1, "catalogue": 1, "site": 1},
        ),
        (
            lambda study: study["analyses"]["response"].update(duration=3),
            {"linear_response": 1, "figures": 1, "catalogue": 1, "site": 1},
        ),
        (
            lambda study: study["fixed_points"]["fooled"].update(starts=7),
            {"fixed_points": 1, "linearize": 1, "figures": 1, "catalogue": 1, "site": 1},
        ),
        (
            lambda study: study["analyses"]["modes"].update(modes=5),
            {"modal_response": 1, "figures": 1, "catalogue": 1, "site": 1},
        ),
    ],
    ids=["another bound", "another duration", "more starts", "more modes"],
)
def test_only_what_has_changed_runs_again(searched, tmp_path, change, expected):
    content = yaml.safe_load((searched.path / STUDY).read_text())
    change(content)
    study = tmp_path / "mine.yaml"
    study.write_text(yaml.safe_dump(content))
    assert searched.planned(study=str(study)) == expected


def test_points_and_analyses_are_catalogued(searched):
    results = steadyhand.open(searched.path / "results")
    points = results.fixed_points()
    assert set(points["name"]) == {"outside", "fooled", "ready", "along", "loop"}
    assert points.set_index("name")["analysis.closed_loop"].to_dict() == {
        "outside": False,
        "fooled": False,
        "ready": False,
        "along": False,
        "loop": True,
    }
    analyses = results.analyses()
    assert set(analyses["name"]) == {
        "response",
        "modes",
        "tracks",
        "by_sisu",
        "by_delay",
        "by_goal",
    }
    assert set(results.analyses("analysis.parameter == delay")["name"]) == {"by_delay"}
    for row in analyses.itertuples():
        assert (searched.path / "results" / row.file).is_file()
    with pytest.raises(UserError, match="type linear_response has other points for each network"):
        results.analysis("response")


def test_jacobians_are_there_by_name_and_have_the_modes_of_the_files(searched):
    results = steadyhand.open(searched.path / "results")
    found = results.jacobians("loop")
    assert found["row"].values[-1] == "sensed velocity y, lag 1"
    (path,) = results.linearizations("name == loop")["file"]
    with open_dataset(searched.path / "results" / path) as modes:
        for point in range(found.sizes["point"]):
            values = np.linalg.eigvals(found["jacobian"].values[point])
            expected = (
                modes["eigenvalue_re"].values[point] + 1j * modes["eigenvalue_im"].values[point]
            )
            lasting = expected[np.abs(expected) > 1e-3]
            assert np.abs(lasting[:, None] - values).min(axis=1).max() < 1e-9
        alone = results.jacobians("loop", points=[1])
        np.testing.assert_array_equal(alone["jacobian"][0], found["jacobian"][1])
        told = found["by_input"].sel(input=modes["input"].values)
        np.testing.assert_allclose(told, modes["by_input"], atol=1e-12)
    of_velocity = found["jacobian"].sel(row="position x", column="velocity x")
    np.testing.assert_allclose(of_velocity, 0.05)  # the hand moves by its velocity times the step
    for search, points, expected in (
        ("lop", None, "search 'lop': not there; there are along, fooled, loop, outside, ready"),
        ("loop", [999], "search 'loop': point 999: there are 0 to"),
    ):
        with pytest.raises(UserError, match=expected):
            results.jacobians(search, points=points)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("fixed_points/outside/field", {"amplitude": 1}, "hand that is held where it is feels no"),
        ("fixed_points/ready/closed_loop", True, "at.type = 'reach_starts': in a closed loop"),
        ("fixed_points/ready/starts_from", "posture", "steady trials have no reach"),
        ("fixed_points/along/at/every", 20, "at.every = 20: must be less than 20"),
        ("fixed_points/along/starts", 21, "starts = 21: must be at most 20"),
        (
            "evaluations/posture/keep",
            ["position", "velocity", "force"],
            "it does not keep 'hidden'",
        ),
        ("analyses/response/search", "outside", "its hands are held where they are, and do not"),
        ("analyses/response/search", "lop", "no such search; did you mean 'loop'?"),
        ("analyses/response/amplitude", [0, 1], "an offset of 0 is none"),
        ("analyses/response/duration", 30, "must be at most n_steps = 20"),
        ("analyses/by_goal/parameter", "delay", "hands that are held where they are have none"),
        ("analyses/by_sisu/low", 5, "high = 3.0: must be above low = 5"),
        ("analyses/by_sisu/low", 2.5, "no value of 'loop' (0, 2) is from 2.5 to 3"),
        ("analyses/by_delay/high", 2.5, "from 0 to 2.5 are no delays"),
        ("analyses/by_goal/search", "along", "its places are at.type = path"),
        ("figures/6/analysis", "by_sisu", "it is of type branches; allowed: response"),
    ],
)
def test_what_cannot_be_meant_is_one_line_before_anything_runs(
    searched, tmp_path, path, value, expected
):
    content = yaml.safe_load((searched.path / STUDY).read_text())
    *parents, last = path.split("/")
    place = content
    for key in parents:
        place = place[int(key)] if isinstance(place, list) else place[key]
    place[last] = value
    study = tmp_path / "mine.yaml"
    study.write_text(yaml.safe_dump(content))
    done = searched.steadyhand("check", str(study))
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert expected in line
