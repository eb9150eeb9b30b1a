"""The catalogue: everything complete, of every study, with every hyperparameter a column."""

import csv
import shutil
import sqlite3

import pytest
from steadyhand import store
from steadyhand.catalogue import Catalogue, build
from steadyhand.catalogue.layout import KEYS
from steadyhand.catalogue.writing import kind_of, write_catalogue
from steadyhand.config import Hyperparameters, leaves
from steadyhand.errors import UserError
from steadyhand.tables import table_of

ABOUT_RESULTS = [name for name in KEYS if name not in ("columns", "meta")]


@pytest.fixture(scope="module")
def catalogue(example):
    with Catalogue(example.results) as opened:
        yield opened


def ids(rows, key):
    return {row[key] for row in rows}


@pytest.mark.parametrize(
    "table",
    [
        *("models", "replicates", "evaluations", "fixed_points", "linearizations"),
        *("analyses", "figures"),
    ],
)
def test_every_leaf_of_the_hyperparameters_is_a_column(catalogue, table):
    expected = {f"train.{path}" for path, _ in leaves(Hyperparameters())}
    found = {name for name in catalogue.columns(table) if name.startswith("train.")}
    assert found == expected


def test_values_are_those_of_the_hyperparameters(catalogue, example):
    (row,) = catalogue.select("models", f"model_id == '{example.names['strong']}'")
    settings = Hyperparameters(replicates=3, field={"type": "curl", "std": 1.5})
    for path, expected in table_of(settings).items():
        assert row[f"train.{path}"] == expected, path
        assert isinstance(row[f"train.{path}"], bool) == isinstance(expected, bool), path


def test_what_holds_batch_by_batch_is_one_text_that_filters_find(fabricated):
    fixed = {"trainable": {"0": ["hidden", "readout"], "1000": ["hidden"]}}
    fixed["noise_scale"] = {"0": 1, "500": 0.5, "1000": 0}
    schedule = {"n_batches": 2000, **fixed}
    ids = [fabricated.model(schedule=it) for it in ({"n_batches": 2000}, schedule)]
    shown = "0: hidden+readout / 1000: hidden"
    fabricated.figure(ids, {"train.schedule.trainable": ["0: hidden+readout", shown]})
    build(fabricated.results)
    with Catalogue(fabricated.results) as catalogue:
        (figure,) = catalogue.select("figures", f"train.schedule.trainable == '{shown}'")
        assert figure["train.schedule.trainable"] == ["0: hidden+readout", shown]
        (row,) = catalogue.select("models", "train.schedule.noise_scale != '0: 1'")
        assert row["model_id"] == ids[1]
        assert row["train.schedule.noise_scale"] == "0: 1 / 500: 0.5 / 1000: 0"
        assert row["train.schedule.trainable"] == shown
        with pytest.raises(UserError, match=r"did you mean train.schedule.trainable"):
            catalogue.select("models", "train.schedule.trainble == 'x'")


def test_a_model_that_no_study_asks_for_is_found_and_says_so(catalogue, example):
    (row,) = catalogue.select("models", "train.field.std == 3")
    assert (row["model_id"], row["studies"], row["asked"]) == (example.names["old"], "", False)
    assert ids(catalogue.select("models", "not asked"), "model_id") == {example.names["old"]}


def test_rows_name_all_studies_that_ask_for_them(catalogue, example):
    (strong,) = catalogue.select("models", "train.field.std == 1.5")
    assert (strong["studies"], strong["sweeps"]) == ("first,second", "first/main,second/main")
    strong_only = f"model_id == '{example.names['strong']}'"
    by_name = {
        row["evaluation_id"]: row["studies"] for row in catalogue.select("evaluations", strong_only)
    }
    assert by_name == {example.names["reach"]: "first", example.names["posture"]: "second"}
    assert [row["studies"] for row in catalogue.select("linearizations")] == ["second"]


def test_excluded_replicates_keep_their_numbers(catalogue, example):
    strong = f"model_id == '{example.names['strong']}'"
    rows = catalogue.select("replicates", strong)
    assert [(row["replicate"], row["included"]) for row in rows] == [
        (0, True),
        (1, False),
        (2, True),
    ]
    assert [row["chosen_batch"] for row in rows] == [100, 101, 102]
    assert catalogue.select("replicates", [strong, "replicate == 1"])[0]["reason"] == "diverged"
    assert [row["replicate"] for row in catalogue.select("replicates", [strong, "included"])] == [
        0,
        2,
    ]
    (model,) = catalogue.select("models", strong)
    (states,) = catalogue.select("evaluations", [strong, "eval.task.type == steady"])
    assert model["included"] == states["replicates"] == [0, 2]


def test_booleans_are_not_integers(catalogue):
    assert catalogue.columns("replicates")["included"] == "boolean"
    assert catalogue.columns("replicates")["replicate"] == "number"
    with pytest.raises(UserError, match="replicate holds numbers, which true is not"):
        catalogue.select("replicates", "replicate == true")
    assert len(catalogue.select("models", "train.paired == false")) == 1


def test_lists_match_by_any_element(catalogue):
    assert len(catalogue.select("evaluations", "eval.field.amplitude == 1")) == 3
    assert len(catalogue.select("evaluations", "eval.field.amplitude == [0]")) == 1
    (row,) = catalogue.select("evaluations", "eval.task.directions == null")
    assert row["eval.field.amplitude"] == [0]


def test_a_figure_is_found_if_one_of_its_models_satisfies_the_filter(catalogue, example):
    def found(*filters):
        return ids(catalogue.select("figures", filters), "figure_id")

    both, alone = example.names["both"], example.names["alone"]
    assert found("train.field.std >= 1") == {both, alone}
    assert found("train.field.std == 0") == {both}
    assert found("train.field.std > 0 and train.field.std < 1") == set()
    # The two models of `both` have 0 and 1.5: no single one satisfies these two at once.
    assert found("train.field.std < 1", "train.field.std > 1") == set()
    assert found("eval.field.amplitude == 0") == {alone}
    (row,) = catalogue.select("figures", f"figure_id == '{both}'")
    assert row["train.field.std"] == [0, 1.5] and row["train.field.type"] == "curl"
    assert set(row["sources"]) == {example.names["still"], example.names["strong"]}


def test_csv_files_equal_the_database(example):
    connection = sqlite3.connect(example.results / "catalogue.sqlite")
    for table in KEYS:
        cursor = connection.execute(f'SELECT * FROM "{table}" ORDER BY rowid')
        header = [column[0] for column in cursor.description]
        expected = [["" if v is None else str(v) for v in row] for row in cursor]
        with open(example.results / "catalogue" / f"{table}.csv", newline="") as file:
            assert list(csv.reader(file)) == [header, *expected]
        assert expected, f"{table} is empty, so nothing was compared"
    connection.close()


def test_the_same_results_give_the_same_bytes_anywhere(example, tmp_path):
    before = {p.name: p.read_bytes() for p in (example.results / "catalogue").iterdir()}
    database = (example.results / "catalogue.sqlite").read_bytes()
    copy = tmp_path / "elsewhere"
    shutil.copytree(example.results, copy)
    for path in (copy / "catalogue").iterdir():
        path.unlink()
    build(copy)
    assert {p.name: p.read_bytes() for p in (copy / "catalogue").iterdir()} == before
    assert (copy / "catalogue.sqlite").read_bytes() == database


def test_checksums_are_those_of_the_files(example):
    recorded = store.read_json(example.results / "catalogue" / "checksums.json")["files"]
    assert set(recorded) == {"catalogue.sqlite", *(f"catalogue/{name}.csv" for name in KEYS)}
    for name, expected in recorded.items():
        assert store.sha256_file(example.results / name) == expected


def test_a_column_that_only_some_rows_have_is_null_in_the_others(fabricated):
    plain = fabricated.model(seed=1)
    fabricated.evaluation(plain, {"sensory_impulse": None, "repeats": 5})
    fabricated.evaluation(plain, {"sensory_impulse": {"onset": 30}, "repeats": 5})
    build(fabricated.results)
    with Catalogue(fabricated.results) as catalogue:
        assert "eval.sensory_impulse" not in catalogue.columns("evaluations")
        rows = catalogue.select("evaluations")
        assert {row["eval.sensory_impulse.onset"] for row in rows} == {None, 30}
        assert len(catalogue.select("evaluations", "eval.sensory_impulse.onset == null")) == 1


def test_weights_that_two_models_share_belong_to_both(fabricated):
    one, other = fabricated.model(seed=1), fabricated.model(seed=2)
    path = fabricated.results / "models" / other / "model.json"
    document = store.read_json(path)
    store.write_json(path, document | {"digest": fabricated.digests[one]})
    fabricated.evaluation(one, {"repeats": 5})
    build(fabricated.results)
    with Catalogue(fabricated.results) as catalogue:
        rows = catalogue.select("evaluations")
        assert {(row["model_id"], row["train.seed"]) for row in rows} == {(one, 1), (other, 2)}


def test_states_of_earlier_weights_stay_and_are_asked_for_no_more(fabricated):
    model = fabricated.model(seed=1)
    earlier = fabricated.digests[model]
    request = {"repeats": 5}
    evaluation = fabricated.evaluation(model, request)
    fabricated.model(seed=1, tag="retrained")
    fabricated.evaluation(model, request)
    now = fabricated.digests[model]
    fabricated.study("s", [model], {"evaluations": [[now, evaluation]]}, [])
    build(fabricated.results)
    with Catalogue(fabricated.results) as catalogue:
        rows = catalogue.select("evaluations", "eval.repeats == 5")
        found = {row["digest"]: (row["model_id"], row["name"], row["asked"]) for row in rows}
    assert found == {now: (model, "reach", True), earlier: (None, "reach", False)}


def test_of_models_with_equal_weights_only_those_of_the_requests_physics_own_states(fabricated):
    one = fabricated.model(plant={"time_step": 0.05})
    other = fabricated.model(plant={"time_step": 0.1})
    path = fabricated.results / "models" / other / "model.json"
    document = store.read_json(path)
    store.write_json(path, document | {"digest": fabricated.digests[one]})
    plant = Hyperparameters(plant={"time_step": 0.1}).plant.model_dump(mode="json")
    fabricated.evaluation(one, {"physics": {"plant": plant}})
    build(fabricated.results)
    with Catalogue(fabricated.results) as catalogue:
        assert ids(catalogue.select("evaluations"), "model_id") == {other}


def test_what_is_incomplete_is_passed_over(fabricated):
    kept, half = fabricated.model(seed=1), fabricated.model(seed=2)
    (fabricated.results / "models" / half / "model.json").unlink()
    (fabricated.results / "models" / kept / ".model.json.x.tmp").write_text("{")
    figure = fabricated.figure([kept], {})
    (fabricated.results / "figures" / figure / "figure.html").unlink()
    folder = fabricated.results / "states" / fabricated.digests[kept]
    folder.mkdir(parents=True)
    (folder / ".0123456789abcdef.nc.y.tmp").write_bytes(b"half")
    build(fabricated.results)
    with Catalogue(fabricated.results) as catalogue:
        assert ids(catalogue.select("models"), "model_id") == {kept}
        assert catalogue.select("figures") == catalogue.select("evaluations") == []


def test_an_evaluation_whose_states_were_deleted_is_still_found(fabricated):
    evaluation = fabricated.evaluation(fabricated.model(seed=1), {"task": {"type": "steady"}})
    for path in fabricated.results.glob("states/*/*.nc"):
        path.unlink()
    build(fabricated.results)
    with Catalogue(fabricated.results) as catalogue:
        (row,) = catalogue.select("evaluations", ["eval.task.type == steady"])
    assert row["evaluation_id"] == evaluation and row["trials"] == 4
    assert row["file"] is None and row["measures"] is not None


def test_a_figure_keeps_its_conditions_when_its_model_is_gone(fabricated):
    model = fabricated.model(field={"std": 2.5})
    figure = fabricated.figure([model], {"train.field.std": [2.5]})
    shutil.rmtree(fabricated.results / "models")
    build(fabricated.results)
    with Catalogue(fabricated.results) as catalogue:
        assert ids(catalogue.select("figures", "train.field.std > 2"), "figure_id") == {figure}


def test_no_results_at_all_give_empty_tables(tmp_path):
    build(tmp_path)
    with Catalogue(tmp_path) as catalogue:
        assert all(catalogue.select(name) == [] for name in ABOUT_RESULTS)


DAMAGED = [
    "models/*/model.json",
    "models/*/hyperparameters.json",
    "states/*/*.json",
    "linearizations/*/*.json",
    "figures/*/figure.json",
    "studies/*.json",
]


@pytest.mark.parametrize("pattern", DAMAGED)
def test_a_damaged_artefact_is_named_and_the_catalogue_stays(example, tmp_path, pattern):
    results = tmp_path / "results"
    shutil.copytree(example.results, results)
    before = (results / "catalogue.sqlite").read_bytes()
    path = sorted(results.glob(pattern))[0]
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(store.ArtefactError) as caught:
        build(results)
    assert caught.value.path == path
    assert (results / "catalogue.sqlite").read_bytes() == before


def test_a_file_under_another_id_is_named(example, tmp_path):
    results = tmp_path / "results"
    shutil.copytree(example.results, results)
    path = sorted(results.glob("states/*/*.json"))[0]
    path.rename(path.with_name("0123456789abcdef.json"))
    with pytest.raises(store.ArtefactError, match="its path says 0123456789abcdef"):
        build(results)


def test_no_catalogue_is_an_error_with_a_cure(tmp_path):
    with pytest.raises(UserError, match="there is no catalogue yet; run snakemake"):
        Catalogue(tmp_path)


def test_a_file_that_is_no_catalogue_is_an_error(tmp_path):
    (tmp_path / "catalogue.sqlite").write_text("something else entirely, no database")
    with pytest.raises(UserError, match="not readable as a catalogue"):
        Catalogue(tmp_path)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([True, None], "boolean"),
        ([1, 0.5], "number"),
        (["a"], "text"),
        ([True, 1], "list"),
        ([[1], 1], "list"),
        ([None], "empty"),
    ],
)
def test_kinds_of_columns(values, kind):
    assert kind_of(values) == kind


def test_names_and_values_with_quotes_survive(tmp_path):
    name = 'train.a"b; DROP TABLE models'
    tables = {table: [] for table in ABOUT_RESULTS}
    tables["models"] = [{"model_id": "x'y", name: 'it\'s, "said"\n'}]
    write_catalogue(tmp_path, tables, {})
    with Catalogue(tmp_path) as catalogue:
        assert catalogue.select("models") == tables["models"]
