"""Results opened in Python: tables, and states of several models that are read when used."""

import json
import shutil

import numpy as np
import pytest
import steadyhand
from fabricated import Fabricated
from steadyhand import store
from steadyhand.analyses.principal_components import principal_components
from steadyhand.analyses.running import analyse_states
from steadyhand.catalogue import build
from steadyhand.errors import UserError
from steadyhand.evaluate import evaluate
from steadyhand.measures.of_states import attributes_of, measure_blocks
from steadyhand.measures.summary import Summary
from steadyhand.provenance import provenance
from steadyhand.requests import analysis_id_of, evaluation_id_of
from steadyhand.states import write_states
from steadyhand.store.origin import open_artefact
from steadyhand.store.receipts import write_receipt
from steadyhand.store.tables import write_measures
from steadyhand.trials import TrialList
from test_evaluate_blocks import networks, request

KEPT = {0.0: [0, 1, 2], 1.5: [0, 2], 3.0: [1]}
"""Training conditions and the replicates that are selected."""
ASKED = {"n_steps": 20, "repeats": 1, "task": {"type": "steady", "grid": 2}}


def evaluated(made, model_id, kept, asked):
    """The files of an evaluation as the workflow leaves them."""
    arrays, spec = networks()
    chosen = np.arange(len(kept)) % 2  # two networks, as many times as needed
    arrays = {name: values[chosen] * (1 + 0.1 * len(kept)) for name, values in arrays.items()}
    arrays["replicate"] = np.array(kept, np.int32)
    digest, evaluation_id, trials = (
        made.digests[model_id],
        evaluation_id_of(asked),
        TrialList(asked),
    )
    path = made.results / "states" / digest / f"{evaluation_id}.nc"
    origin = provenance("states", evaluation_id, "code", asked, digest=digest)
    blocks = evaluate(arrays, spec, asked, trials)
    write_states(path, blocks, trials, arrays, asked, origin)
    contents = {"replicates": kept, "trials": len(trials)}
    write_receipt([path], path.with_suffix(".json"), origin, contents)
    with open_artefact(path) as states:
        about = attributes_of(states)
        summary = Summary(about["measures"], about["conditions"])
        table = made.results / "measures" / digest / f"{evaluation_id}.parquet"
        about["provenance"] = json.loads(states.attrs["provenance"]) | {"kind": "measures"}
        write_measures(table, summary.watching(measure_blocks(states)), about)
        about["provenance"] = about["provenance"] | {"kind": "summary"}
        write_measures(table.with_suffix(".summary.parquet"), [summary.table()], about)
    return [digest, evaluation_id]


def analysed(made, pair):
    """The files of an analysis of these states."""
    digest, evaluation_id = pair
    options = {"type": "principal_components", "from_step": 0, "components": 3}
    asked = {**options, "evaluation": evaluation_id, "hidden_every": 1}
    analysis_id = analysis_id_of(asked)
    path = made.results / "principal_components" / digest / f"{analysis_id}.nc"
    origin = provenance("principal_components", analysis_id, "code", asked, digest=digest)
    states = made.results / "states" / digest / f"{evaluation_id}.nc"
    receipt = path.with_suffix(".json")
    analyse_states(principal_components, states, path, receipt, "Components", origin)
    return [digest, analysis_id]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    made = Fabricated(tmp_path_factory.mktemp("opened") / "results")
    alike = {"network": {"hidden_size": 20}, "feedback": {"delay": 3}}
    models = {std: made.model(**alike, field={"type": "curl", "std": std}) for std in KEPT}
    pairs = [evaluated(made, models[std], kept, request(**ASKED)) for std, kept in KEPT.items()]
    done = [analysed(made, pair) for pair in pairs]
    made.study("mine", list(models.values()), {"evaluations": pairs, "analyses": done}, [])
    path = made.results / "studies" / "mine.json"
    study = store.read_json(path)
    study["names"]["analyses"] = {analysis_id: ["components"] for _, analysis_id in done}
    store.write_json(path, study)
    build(made.results)
    made.models = models
    return made


@pytest.fixture
def opened(made):
    return steadyhand.open(made.results)


def file_of(made, std, folder="states"):
    (path,) = (made.results / folder / made.digests[made.models[std]]).glob("*.nc")
    return path


def test_tables_are_data_frames_that_can_be_filtered(opened):
    assert len(opened.models()) == 3 and len(opened.evaluations("train.field.std > 1")) == 2
    assert opened.models("train.field.std == 1.5").iloc[0]["train.field.std"] == 1.5
    empty = opened.models("train.field.std == 7")
    assert empty.empty and list(empty.columns) == list(opened.models().columns)
    assert opened.figures().empty and opened.fixed_points().empty and opened.linearizations().empty
    assert len(opened.replicates()) == 9
    assert repr(opened).startswith("steadyhand.open(")


def test_networks_are_those_that_are_there_under_their_numbers(made, opened):
    states = opened.states("reach")
    assert states.sizes["network"] == 6
    found = {}
    for std, replicate in zip(
        states["train.field.std"].values, states.replicate.values, strict=True
    ):
        found.setdefault(float(std), []).append(int(replicate))
    assert found == KEPT
    assert set(states.model_id.values) == set(made.models.values())
    assert states.position.dims == ("network", "trial", "time", "axis")


@pytest.mark.parametrize("std", KEPT)
def test_every_number_is_that_of_the_file(made, opened, std):
    states = opened.states("reach", f"train.field.std == {std}")
    with open_artefact(file_of(made, std)) as plain:
        for name in states.data_vars:
            order = ("replicate", *states[name].dims[1:])
            np.testing.assert_array_equal(states[name], plain[name].transpose(*order))
        for name in ("time", "sisu", "impulse_direction", "channel", "start"):
            np.testing.assert_array_equal(states[name], plain[name])


@pytest.mark.parametrize(
    "key",
    [
        {"network": 4},
        {"network": [5, 0], "trial": 3},
        {"network": slice(1, 6, 2), "time": slice(3, None, 4), "axis": 1},
        {"trial": [7, 2, 2], "time": 5},
        {"network": [], "trial": [0, 1]},
        {"network": [2], "trial": [9, 1], "time": [0, 7], "axis": [1, 0]},
    ],
)
def test_parts_are_read_as_of_any_array(opened, key):
    lazy = opened.states("reach").position
    np.testing.assert_array_equal(lazy.isel(key), opened.states("reach").position.load().isel(key))
    assert lazy.isel(key).load().shape == lazy.isel(key).shape


def test_only_trials_of_the_conditions_that_are_asked_for(opened):
    states = opened.states("reach", conditions={"field_amplitude": 1, "sisu": [0]})
    assert set(states.field_amplitude.values) == {1} and set(states.sisu.values) == {0}
    assert states.sizes["trial"] == 8 == len(states.position.isel(network=0).trial)
    whole = opened.states("reach")
    chosen = ((whole.field_amplitude == 1) & (whole.sisu == 0)).values
    np.testing.assert_array_equal(states.hidden, whole.hidden.isel(trial=chosen))


def test_nothing_is_read_before_it_is_used(made, tmp_path):
    results = tmp_path / "results"
    shutil.copytree(made.results, results)
    (damaged,) = (results / "states" / made.digests[made.models[3.0]]).glob("*.nc")
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    states = steadyhand.open(results).states("reach")
    number = int(np.flatnonzero(states["train.field.std"].values == 3.0)[0])
    others = [it for it in range(6) if it != number]
    assert np.isfinite(states.position.isel(network=others)).all()
    with pytest.raises(store.ArtefactError, match="does not match its hash"):
        states.position.isel(network=number).load()
    damaged.unlink()
    with pytest.raises(store.ArtefactError, match="no such file"):
        steadyhand.open(results).states("reach")


def test_measures_say_of_which_model_they_are(made, opened):
    table = opened.measures("reach", "train.field.std >= 1")
    assert set(table["train.field.std"]) == {1.5, 3.0}
    assert len(table) == 3 * opened.states("reach").sizes["trial"]
    summary = opened.summary("reach")
    assert set(summary.model_id) == set(made.models.values())
    one = summary[(summary["train.field.std"] == 0.0) & (summary.measure == "max_net_force")]
    assert one.replicates.tolist() == [3] * len(one)


def test_analyses_of_all_networks_are_one_dataset(opened, made):
    found = opened.analysis("components")
    assert found.sizes["network"] == sum(map(len, KEPT.values()))
    for std, kept in KEPT.items():
        chosen = found.isel(network=found["train.field.std"].values == std)
        assert chosen.replicate.values.tolist() == kept
        with open_artefact(file_of(made, std, "principal_components")) as alone:
            for name, expected in alone.data_vars.items():
                there = chosen[name].transpose(
                    *("network" if it == "replicate" else it for it in expected.dims)
                )
                np.testing.assert_array_equal(there, expected)
    few = opened.analysis("components", "train.field.std >= 1")
    assert set(few["train.field.std"].values) == {1.5, 3.0}
    assert set(opened.analyses("analysis.components == 3").name) == {"components"}
    with pytest.raises(UserError, match="analysis 'tangled': not there; there are components"):
        opened.analysis("tangled")


def test_a_damaged_analysis_is_named(made, tmp_path):
    results = tmp_path / "results"
    shutil.copytree(made.results, results)
    (path,) = results.glob(f"principal_components/{made.digests[made.models[1.5]]}/*.nc")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(store.ArtefactError, match=path.name):
        steadyhand.open(results).analysis("components")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("posture",), "evaluation 'posture': not there; there are reach"),
        (("reach", "train.field.std == 7"), "evaluation 'reach': none of its models match"),
        (("reach", "train.field.sdt == 7"), "unknown column 'train.field.sdt'; did you mean"),
        (("reach", (), {"amplitude": 1}), "condition 'amplitude': not one; there are trial"),
        (("reach", (), {"sisu": 9}), "condition sisu = 9: no such trial; there are 0, 1"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(opened, asked, said):
    with pytest.raises(UserError, match=said) as caught:
        opened.states(*asked)
    assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match="no such folder"):
        steadyhand.open("nowhere")


def test_evaluations_of_one_name_with_other_physics_are_not_mixed(made, tmp_path):
    results = tmp_path / "results"
    shutil.copytree(made.results, results)
    other = request(**ASKED, feedback_noise_std=0.5)
    pair = evaluated(_Elsewhere(made, results), made.models[0.0], [0, 1, 2], other)
    path = results / "studies" / "mine.json"
    study = store.read_json(path)
    study["evaluations"] = [*study["evaluations"], pair]
    study["names"]["evaluations"][pair[1]] = ["reach"]
    store.write_json(path, study)
    build(results)
    with pytest.raises(UserError, match=r"2 evaluations have this name, as .*noise_std; say which"):
        steadyhand.open(results).states("reach")
    chosen = steadyhand.open(results).states(pair[1][:10])
    assert chosen.sizes["network"] == 3
    by_filter = steadyhand.open(results).states("reach", "eval.physics.feedback.noise_std == 0.5")
    np.testing.assert_array_equal(by_filter.position, chosen.position)


class _Elsewhere:
    def __init__(self, made, results):
        self.digests, self.results = made.digests, results
