"""Phases and schedules in a study: read as they are meant, or refused in one line."""

import pytest
from steadyhand.config import Hyperparameters, leaves, load_study
from steadyhand.config.by_batch import BY_BATCH, ByBatch
from steadyhand.errors import UserError

BATCH = "must be the number of a batch: plain digits, 0 to 99999999"
PHASES = "must be a mapping of batches to what holds from there on, as {0: …, 1000: …}"
LEARNING = "or the learning rate never falls towards schedule.final_fraction = 0.5"
BOTH = "[hidden, readout]"


def load(folder, sweep="{}", overrides=None, **options):
    path = folder / "mine.yaml"
    path.write_text(f"study: s\nsweeps: {{a: {sweep}}}\n", encoding="utf-8")
    return load_study([path], overrides, **options).sweeps["a"]


def complaint(folder, sweep="{}", overrides=None, **options) -> str:
    with pytest.raises(UserError) as caught:
        load(folder, sweep, overrides, **options)
    said = str(caught.value)
    assert said.isprintable()
    assert len(said) < 400
    return said.replace(f"{folder}/mine.yaml: sweeps.a.", "")


def scheduled(settings):
    return f"{{schedule: {{n_batches: 2000, {settings}}}}}"


def test_the_names_of_what_holds_batch_by_batch_are_known_where_files_are_read():
    found = [path for path, value in leaves(Hyperparameters()) if isinstance(value, ByBatch)]
    assert [f"schedule.{name}" for name in BY_BATCH] == found


@pytest.mark.parametrize(
    "written",
    [
        f"{{0: {BOTH}, 1000: [hidden]}}",
        f"{{1000: [hidden], 0: {BOTH}}}",
        f'{{"0": {BOTH}, "1000": [hidden]}}',
        f"{{<<: {{0: {BOTH}}}, 1000: [hidden]}}",
        "{0: [readout, hidden], 1000: [hidden]}",
    ],
)
def test_phases_of_what_is_trained(tmp_path, written):
    (model,) = load(tmp_path, scheduled(f"trainable: {written}"))
    trained = model.schedule.trainable
    assert trained == ((0, ("hidden", "readout")), (1000, ("hidden",)))
    assert trained.at(0) == trained.at(999) == ("hidden", "readout")
    assert trained.at(1000) == trained.at(10**6) == ("hidden",)
    again = Hyperparameters.model_validate(model.model_dump(mode="json"))
    assert again == model


def test_noise_may_end_with_the_training_of_the_readout(tmp_path):
    """The study of the seed: zero noise while the readout is fixed."""
    phases = f"trainable: {{0: {BOTH}, 1000: [hidden]}}, noise_scale: {{0: 1, 1000: 0}}"
    (model,) = load(tmp_path, scheduled(phases))
    assert model.schedule.noise_scale == ((0, 1.0), (1000, 0.0))


@pytest.mark.parametrize(
    "key",
    [
        "-1",
        "+5",
        "0x10",
        "00",
        "010",
        "0o10",
        "10.0",
        "1e3",
        "1_000",
        ".inf",
        "null",
        "true",
        "100000000",
        "9" * 30,
        "2026-01-01",
    ],
)
def test_a_key_that_is_no_batch(tmp_path, key):
    for name, one, other in (("trainable", BOTH, "[hidden]"), ("noise_scale", 1, 0)):
        said = complaint(tmp_path, scheduled(f"{name}: {{0: {one}, {key}: {other}}}"))
        assert said == f"schedule.{name}: the key {key} {BATCH}"


@pytest.mark.parametrize(
    ("phases", "expected"),
    [
        (f"{{0: {BOTH}, last: [hidden]}}", f".last = ['hidden']: the key {BATCH}"),
        (f"{{0: {BOTH}, '': [hidden]}}", f".'' = ['hidden']: the key {BATCH}"),
        (f"{{0: {BOTH}, [1]: [hidden]}}", f": the key on line 2, a list, {BATCH}"),
        (f"{{0: {BOTH}, 0: [hidden]}}", ".0: this key stands twice, on line 2"),
        (f'{{0: {BOTH}, "0": [hidden]}}', ".0: this key stands twice, on line 2"),
        (
            "{100: [hidden]}",
            " = {100: ['hidden']}: must say what holds from batch 0 on, as {0: …, 1000: …}",
        ),
        ("{}", f" = {{}}: {PHASES}"),
        ("[hidden]", f" = ['hidden']: {PHASES}"),
        ("hidden", f" = 'hidden': {PHASES}"),
        ("null", f" = null: {PHASES}"),
        (
            f"{{0: {BOTH}, 9: [hiden]}}",
            ".9[0] = 'hiden': no part of a network; did you mean 'hidden'?",
        ),
        ("{0: [x]}", ".0[0] = 'x': no part of a network; allowed: hidden, readout"),
        ("{0: [hidden, 1]}", ".0[1] = 1: no part of a network; allowed: hidden, readout"),
        (
            "{0: hidden}",
            ".0 = 'hidden': must be a list of the parts that are trained; allowed: hidden, readout",
        ),
        (
            "{0: []}",
            ".0 = []: must be a list of the parts that are trained; allowed: hidden, reado",
        ),
        ("{0: [hidden, hidden]}", ".0[1] = 'hidden': must be there once"),
        (
            f"{{0: {BOTH}, 5: [readout, hidden]}}",
            ".5 = ['readout', 'hidden']: is what holds before it; allowed is a change",
        ),
        (
            f"{{0: {BOTH}, 2000: [hidden]}}",
            " = {0: ['hidden', 'readout'], 2000: ['hidden']}: what holds from batch 2000 on must "
            "begin before the end, schedule.n_batches = 2000",
        ),
        ("{0: {5: [hidden]}}", ".0: the key 5 is not text; keys are names"),
    ],
)
def test_phases_of_training_that_cannot_be_meant(tmp_path, phases, expected):
    said = complaint(tmp_path, scheduled(f"trainable: {phases}"))
    assert said.startswith(f"schedule.trainable{expected}")


@pytest.mark.parametrize(
    "value", ["-1", "101", "1e-13", ".nan", ".inf", "'1'", "true", "null", "[1]", "{}"]
)
def test_a_scale_of_noise_that_is_none(tmp_path, value):
    said = complaint(tmp_path, scheduled(f"noise_scale: {{0: 1, 7: {value}}}"))
    assert said.startswith("schedule.noise_scale.7 = ")
    assert said.endswith(": must be a number: 0, or from 1e-12 to 100")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("noise_scale: {0: 1, 5: 1.0}", "noise_scale.5 = 1.0: is what holds before it; allowed is"),
        ("noise_scale: 0", f"noise_scale = 0: {PHASES}"),
        ("noise_scale: {0: 1, 5000: 0}", "noise_scale = {0: 1, 5000: 0}: what holds from batch 50"),
        (
            "trainble: {0: [hidden]}",
            "trainble = {0: ['hidden']}: unknown key; did you mean 'traina",
        ),
        ("optimizer_resets: 500", "optimizer_resets = 500: must be a list"),
        ("optimizer_resets: [5, 5]", "optimizer_resets = [5, 5]: must have each value once; 5 is"),
        ("optimizer_resets: [0]", "optimizer_resets[0] = 0: must be greater than or equal to 1"),
        ("optimizer_resets: [1.5]", "optimizer_resets[0] = 1.5: must be a valid integer"),
        (
            "optimizer_resets: [2000]",
            "optimizer_resets = [2000]: batch 2000 must be before the end, schedule.n_batches = 2",
        ),
        ("optimizer_resets: {5: 1}", "optimizer_resets: the key 5 is not text; keys are names"),
        (
            "baseline_batches: 2000",
            "baseline_batches = 2000: must be less than schedule.n_batches = 2000, or no batch has",
        ),
        ("baseline_batches: -1", "baseline_batches = -1: must be greater than or equal to 0"),
        (
            "scale_up_batches: 2000",
            "scale_up_batches = 2000: must be less than schedule.n_batches = 2000, or no batch has",
        ),
        (
            "baseline_batches: 1500, scale_up_batches: 500",
            "scale_up_batches = 500: with schedule.baseline_batches = 1500 before it must be less",
        ),
        (
            "warm_up_batches: 2001",
            "warm_up_batches = 2001: must be at most schedule.n_batches = 20",
        ),
        (
            "warm_up_batches: 1000, constant_batches: 1001",
            "constant_batches = 1001: with schedule.warm_up_batches = 1000 before it must be at mo",
        ),
        (
            "warm_up_batches: 1999, final_fraction: 0.5",
            f"warm_up_batches = 1999: must be at least 2 less than schedule.n_batches = 2000, "
            f"{LEARNING}",
        ),
        (
            "constant_batches: 1999, final_fraction: 0.5",
            f"constant_batches = 1999: must be at least 2 less than schedule.n_batches = 2000, "
            f"{LEARNING}",
        ),
        ("final_fraction: 1.5", "final_fraction = 1.5: must be less than or equal to 1"),
        ("saturation_limit: 0", "saturation_limit = 0: must be greater than or equal to 0.001"),
        ("saturation_limit: null", "saturation_limit = null: must be a valid number"),
    ],
)
def test_a_schedule_that_cannot_be_meant(tmp_path, settings, expected):
    assert complaint(tmp_path, scheduled(settings)).startswith(f"schedule.{expected}")


def test_a_single_batch_has_no_learning_rate_that_falls(tmp_path):
    said = complaint(tmp_path, "{schedule: {n_batches: 1, final_fraction: 0.5}}")
    assert said == f"schedule.n_batches = 1: must be at least 2, {LEARNING}"
    load(tmp_path, "{schedule: {n_batches: 2, final_fraction: 0.5}}")


def test_phases_vary_in_grids_zips_and_conditions(tmp_path):
    one, other = f"{{0: {BOTH}}}", f"{{0: {BOTH}, 100: [hidden]}}"
    for sweep in (
        f"grid: {{schedule.trainable: [{one}, {other}]}}",
        f"zip: {{schedule.trainable: [{one}, {other}], seed: [0, 1]}}",
        f"conditions: [{{schedule.trainable: {one}}}, {{schedule.trainable: {other}}}]",
    ):
        models = load(tmp_path, f"{{{sweep}}}")
        assert [len(model.schedule.trainable) for model in models] == [1, 2]


@pytest.mark.parametrize(
    ("sweep", "expected"),
    [
        (
            f"grid: {{schedule.trainable: [{{0: {BOTH}}}, {{0: {BOTH}, 100: [hiden]}}]}}",
            "grid.schedule.trainable[1].100[0] = 'hiden': no part of a network; did you mean",
        ),
        (
            f"grid: {{schedule.trainable: [{{0: {BOTH}}}, {{0: [readout, hidden]}}]}}",
            "grid.schedule.trainable[1] = {0: ['readout', 'hidden']}: makes the same model as",
        ),
        (
            f"grid: {{schedule.trainable: [{{0: {BOTH}, 5000: [hidden]}}]}}",
            "grid.schedule.trainable[0] = {0: ['hidden', 'readout'], 5000: ['hidden']}: what holds",
        ),
        (
            f"grid: {{schedule.trainable: {{0: {BOTH}}}}}",
            "grid.schedule.trainable = {0: ['hidden',",
        ),
        (
            "grid: {schedule.trainable: [[hidden]]}",
            f"grid.schedule.trainable[0] = ['hidden']: {PHASES}",
        ),
        (
            "grid: {schedule.trainable: [{0x0: [hidden]}]}",
            f"grid.schedule.trainable[0]: the key 0x0 {BATCH}",
        ),
        (
            "grid: {schedule.trainable.0: [[hidden]]}",
            "grid.schedule.trainable.0 = [['hidden']]: no such hyperparameter; did you mean 'sched",
        ),
        ("grid: {schedule.noise_scale: [{0: 1}, 0.5]}", "grid.schedule.noise_scale[1] = 0.5: must"),
        ("grid: {schedule.optimizer_resets: [100]}", "grid.schedule.optimizer_resets[0] = 100: mu"),
        (
            f"conditions: [{{}}, {{schedule.trainable: {{0: {BOTH}, 5.5: [hidden]}}}}]",
            f"conditions[1].schedule.trainable: the key 5.5 {BATCH}",
        ),
    ],
)
def test_a_condition_that_cannot_be_meant(tmp_path, sweep, expected):
    assert complaint(tmp_path, f"{{{sweep}}}").startswith(expected)


# Snakemake makes text of all that is nested; `--set` reads YAML.
@pytest.mark.parametrize(
    "overrides",
    [
        {"sweeps": {"a": {"schedule": {"trainable": {"0": ["hidden"], "9": ["readout"]}}}}},
        {"sweeps": {"a": {"schedule": {"trainable": {0: ["hidden"], 9: ["readout"]}}}}},
        {"sweeps.a.schedule.trainable": {0: ["hidden"], 9: ["readout"]}},
        {"sweeps.a.schedule": {"trainable": {9: ["readout"], 0: ["hidden"]}}},
    ],
)
def test_phases_of_an_override_take_the_place_of_those_in_a_file(tmp_path, overrides):
    (model,) = load(tmp_path, scheduled(f"trainable: {{0: {BOTH}, 1000: [hidden]}}"), overrides)
    assert model.schedule.trainable == ((0, ("hidden",)), (9, ("readout",)))


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (
            {"sweeps.a.schedule.trainable": {0: ["hidden"], -1: ["readout"]}},
            f"sweeps.a.schedule.trainable: the key -1 {BATCH}",
        ),
        (
            {"sweeps.a.schedule.trainable": {0: ["hidden"], True: ["readout"]}},
            f"sweeps.a.schedule.trainable: the key true {BATCH}",
        ),
        (
            {"sweeps.a.schedule.trainable": {0: ["hidden"], "0": ["readout"]}},
            "sweeps.a.schedule.trainable.0: this key stands twice",
        ),
        (
            {"sweeps.a.schedule.trainable.100": ["hidden"]},
            "sweeps.a.schedule.trainable = {100: ['hidden']}: must say what holds from batch 0 on",
        ),
        (
            {"sweeps.a.schedule.optimizer_resets": ["5000"]},
            "sweeps.a.schedule.optimizer_resets = [5000]: batch 5000 must be before the end, "
            "schedule.n_batches = 1000",
        ),
        ({"sweeps.a.schedule": {5: 1}}, "sweeps.a.schedule: the key 5 is not text; keys are names"),
        ({"sweeps.a.network.leak": "0.5"}, "sweeps.a.network.leak = 0.5: must be 1 with network."),
    ],
)
def test_an_override_that_cannot_be_meant(tmp_path, overrides, expected):
    assert complaint(tmp_path, overrides=overrides).startswith(f"--config: {expected}")


def test_phases_of_a_later_file_take_the_place_of_those_before(tmp_path):
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text(
        "study: s\nsweeps: {a: {schedule: {trainable: {0: [hidden, readout], 90: [hidden]}}}}\n"
    )
    second.write_text("sweeps: {a: {schedule: {trainable: {0: [readout]}, batch_size: 3}}}\n")
    (model,) = load_study([first, second]).sweeps["a"]
    assert model.schedule.trainable == ((0, ("readout",)),)
    assert model.schedule.batch_size == 3
