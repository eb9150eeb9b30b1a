"""Study files as text: what is no data, never ends, or is written in two ways."""

import time
from pathlib import Path

import pytest
from steadyhand.config import load_study
from steadyhand.errors import UserError

STUDY = "study: s\nsweeps: {a: {}}\n"
ONES = ", ".join(["1"] * 10)
LAUGHS = f"a: &a [{ONES}]\n" + "".join(
    f"{here}: &{here} [{', '.join([f'*{above}'] * 10)}]\n"
    for above, here in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGED = "a: &a {x: 1}\n" + "".join(
    f"{here}: &{here} {{<<: [{', '.join([f'*{above}'] * 10)}]}}\n"
    for above, here in zip("abcdefgh", "bcdefghi", strict=True)
)


def load(folder: Path, text: str, overrides: dict | None = None, **options: str):
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return load_study([path], overrides, **options)


def complaint(folder: Path, text: str, overrides: dict | None = None, **options: str) -> str:
    """What is said of a study, without the folder; said at once, on one line that is all shown."""
    start = time.perf_counter()
    with pytest.raises(UserError) as caught:
        load(folder, text, overrides, **options)
    assert time.perf_counter() - start < 5
    assert str(caught.value).isprintable()
    return str(caught.value).replace(f"{folder}/", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "study: s\nsweeps: {a: {selection: {exclude: &x [*x]}}}\n",
            "mine.yaml: sweeps.a.selection.exclude[0]: contains itself",
        ),
        ("study: s\nsweeps: &s {a: *s}\n", "mine.yaml: sweeps.a: contains itself"),
        ("a: &a {<<: *a}\n", "mine.yaml: a.'<<': contains itself"),
        (f"study: {'[' * 2000}{']' * 2000}\n", "mine.yaml: line 1, column 57: lists and mappings"),
        ("study: " + "[" * 500_000, "mine.yaml: line 1, column 57: lists and mappings lie more"),
        (
            f"a: &a {'[' * 30}{']' * 30}\nb: {'[' * 30}*a{']' * 30}\n",
            "mine.yaml: b[0][0][0][0][0]: lists and mappings lie more than 50 deep",
        ),
        (LAUGHS, "mine.yaml: f: holds more than 1000000 values"),
        (MERGED, "mine.yaml: g.'<<': holds more than 1000000 values"),
        (STUDY + "#" * 10**6, "mine.yaml: is larger than 1000000 bytes"),
    ],
    ids=["list", "mapping", "merged", "deep", "open", "deep by alias", "laughs", "merges", "long"],
)
def test_what_would_never_end_is_refused_at_once(tmp_path, text, expected):
    assert complaint(tmp_path, text).startswith(expected)


def test_anchors_aliases_and_merges_work(tmp_path):
    text = (
        "study: s\nsweeps:\n"
        "  a: &a {plant: &plant {mass: 2}, seed: 1}\n"
        "  b: {<<: *a, seed: 2}\n"
        "  c: {plant: *plant, seed: &a 3}\n"  # a name may be given again
    )
    models = [model for (model,) in load(tmp_path, text).sweeps.values()]
    assert [(model.plant.mass, model.seed) for model in models] == [(2, 1), (2, 2), (2, 3)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5\n", "holds a number; must be a mapping"),
        ("words\n", "holds text; must be a mapping"),
        ("true\n", "holds true or false; must be a mapping"),
        (STUDY + "---\n" + STUDY, "line 3, column 1: a second document begins here; allowed is"),
        (f"{STUDY}seed: {'9' * 5000}\n", f"seed = {'9' * 59}…: has 5000 digits; allowed are 100"),
        (f"{STUDY}seed: 0x{'f' * 5000}\n", f"seed = 0x{'f' * 57}…: has 5002 digits; allowed"),
        (
            "study: s\nsweeps:\n  a:\n    zip:\n      field.std: []\n      field.std: []\n",
            "sweeps.a.zip.field.std: this key stands twice, on lines 5 and 6",
        ),
        ("study: s\nsweeps: {a: {<<: {}, <<: {}}}", "sweeps.a.'<<': this key stands twice, on l"),
        ("study: s\nsweeps: {a: {[1]: 2}}\n", "sweeps.a: the key on line 2, a list, is not text"),
        (f"{STUDY}seed: !!bool x\n", "malformed YAML: a value does not fit its tag"),
        (f"{STUDY}seed: !!int x\n", "malformed YAML: invalid literal for int"),
        (f"{STUDY}seed: !mine x\n", "line 3, column 7: malformed YAML: could not determine"),
    ],
)
def test_what_a_file_holds_instead_is_said_plainly(tmp_path, text, expected):
    assert complaint(tmp_path, text).startswith(f"mine.yaml: {expected}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"study: {'x' * 500}\nsweeps: {{a: {{}}}}\n", f"study = '{'x' * 58}…: must be a name"),
        (f"{STUDY}{'k' * 500}: 1\n", f"{'k' * 59}… = 1: unknown key; allowed: analyses"),
        ('study: "a\\e[31m"\nsweeps: {a: {}}\n', "study = 'a\\x1b[31m': must be a name"),
        (STUDY + '"a\\u200f\\e": 1\n', "'a\\u200f\\x1b' = 1: unknown key"),
        (STUDY + '"a\\n": 1\n"a\\n": 1\n', "'a\\n': this key stands twice"),
        (STUDY + "'': 1\n", "'' = 1: unknown key"),
        ("study: s\nsweeps: {a: {'': 1}}\n", "sweeps.a.'' = 1: unknown key"),
        ("study: s\nsweeps: {a/b: {}}\n", "sweeps.'a/b': must be a name"),
    ],
)
def test_errors_are_short_and_without_control_characters(tmp_path, text, expected):
    said = complaint(tmp_path, text)
    assert said.startswith(f"mine.yaml: {expected}")
    assert len(said) < 300


def test_a_file_name_reaches_no_terminal_as_it_is(tmp_path):
    path = tmp_path / "a\x1b[31m.yaml"
    path.write_text("5")
    with pytest.raises(UserError, match=r"a\\x1b\[31m\.yaml: holds a number"):
        load_study([path])


def test_a_long_list_of_what_is_allowed_is_cut(tmp_path):
    names = ", ".join(f"sweep{index}: {{seed: {index}}}" for index in range(1000))
    text = f"study: s\nsweeps: {{{names}, z: {{inherit: other}}}}\n"
    said = complaint(tmp_path, text)
    assert said.endswith(", …")
    assert len(said) < 400


# What Snakemake makes of `--config` texts: all that is nested is text.
@pytest.mark.parametrize(
    "overrides",
    [
        {"sweeps": {"a": {"replicates": "3", "seed": "5", "paired": "false"}}},
        {"sweeps": {"a": {"replicates": 3, "seed": 5, "paired": False}}},
        {"sweeps.a": {"replicates": "0x3", "seed": "5"}, "sweeps.a.paired": "False"},
        {"seed": "5", "sweeps.a.replicates": "3.0", "sweeps.a.paired": "false"},
        {"seed": 5, "sweeps": {"a": {"grid": {"replicates": ["3"]}, "paired": "false"}}},
    ],
)
def test_texts_in_overrides_are_read_as_a_file_is(tmp_path, overrides):
    (model,) = load(tmp_path, STUDY, overrides).sweeps["a"]
    assert (model.replicates, model.seed, model.paired) == (3, 5, False)


@pytest.mark.parametrize("written", ["0x10", "010", "1e3", "1_0", "5", "0b11", "~"])
def test_a_text_of_an_override_means_what_it_means_in_a_file(tmp_path, written):
    def outcome(text, overrides=None):
        try:
            return load(tmp_path, text, overrides).sweeps
        except UserError as error:
            return str(error).partition(": ")[2]

    assert outcome(STUDY, {"seed": written}) == outcome(f"{STUDY}seed: {written}\n")


def test_a_wrong_override_is_named_by_where_it_came_from(tmp_path):
    wrong = {"sweeps": {"a": {"grid": {"field.std": ["0", "-1"]}}}}
    expected = "sweeps.a.grid.field.std[1] = -1: must be greater than or equal to 0"
    assert complaint(tmp_path, STUDY, wrong) == f"--config: {expected}"
    assert complaint(tmp_path, STUDY, wrong, overrides_from="--set") == f"--set: {expected}"


def test_an_override_that_would_never_end_is_refused_at_once(tmp_path):
    itself: list = []
    itself.append(itself)
    laughs: list = [1]
    for _ in range(9):
        laughs = [laughs] * 10
    for overrides, expected in [
        ({"sweeps": itself}, "sweeps[0]: contains itself"),
        ({"sweeps": laughs}, "sweeps[0][0]"),
        ({".".join("a" * 3000): 1}, "a.a.a.a.a.a: lists and mappings lie more than 50 deep"),
        ({"seed": 1 << 10**5}, f"seed = 1{'0' * 58}…: has 25001 digits"),
        ({"sweeps": {5: {}}}, "sweeps: the key 5 is not text"),
        ({".a": 1}, "'' = {'a': 1}: unknown key"),
    ]:
        assert complaint(tmp_path, STUDY, overrides).startswith(f"--config: {expected}")


def test_each_key_keeps_the_file_it_came_from(tmp_path):
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("study: s\nsweeps: {a: {plant: {mass: -1}}}\n")
    second.write_text("sweeps: {a: {plant: {damping: 1}}}\n")
    with pytest.raises(UserError, match=r"first\.yaml: sweeps\.a\.plant\.mass = -1"):
        load_study([first, second])
