"""Filters: what SQL selects is what the grammar says, and no text becomes SQL."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st
from steadyhand.errors import UserError
from steadyhand.identity import canonical_json
from steadyhand.where import compile_where
from steadyhand.where_columns import Column, nearest, quoted

KINDS = {
    "train.field.std": "number",
    "train.seed": "number",
    "train.field.type": "text",
    "included": "boolean",
    "eval.field.amplitude": "list",
}
COLUMNS = {name: Column(kind, quoted(name)) for name, kind in KINDS.items()}
NAMES = list(KINDS)


def select(rows, filters):
    """Numbers of the rows that SQLite selects."""
    connection = sqlite3.connect(":memory:")
    try:
        declared = ", ".join(map(quoted, NAMES))
        connection.execute(f"CREATE TABLE t (number INTEGER PRIMARY KEY, {declared})")
        for number, row in enumerate(rows):
            values = [canonical_json(v) if isinstance(v, list) else v for v in row]
            connection.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)", [number, *values])
        clause = compile_where(filters, COLUMNS)
        found = connection.execute(f"SELECT number FROM t WHERE {clause.sql}", clause.parameters)
        return [number for (number,) in found]
    finally:
        connection.close()


# A second implementation: Kleene's logic on Python values. None is "unknown".
def negate(value):
    return None if value is None else not value


def conjoin(one, other):
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def disjoin(one, other):
    return negate(conjoin(negate(one), negate(other)))


COMPARE = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "in": lambda a, b: a in b,
}


def compared(index, sign, value):
    def evaluate(row):
        held = row[index]
        if held is None:
            return None
        items = held if isinstance(held, list) else [held]
        return any(COMPARE[sign](item, value) for item in items)

    return evaluate


NUMBERS = st.sampled_from([-1, 0, 0.5, 1, 1.5, 2])
WORDS = st.sampled_from(["curl", "constant", "it's", '"', ""])
ROWS = st.lists(
    st.tuples(
        st.none() | NUMBERS,
        st.none() | NUMBERS,
        st.none() | WORDS,
        st.none() | st.booleans(),
        st.none() | NUMBERS | st.lists(NUMBERS, max_size=3),
    ),
    max_size=6,
)


@st.composite
def atoms(draw):
    """A comparison, as text and as a function of a row."""
    index = draw(st.sampled_from(range(len(NAMES))))
    name, kind = NAMES[index], KINDS[NAMES[index]]
    if draw(st.integers(0, 5)) == 0:
        sign = draw(st.sampled_from(["==", "!="]))
        return f"{name} {sign} null", lambda row: (row[index] is None) == (sign == "==")
    values = {"text": WORDS, "boolean": st.booleans()}.get(kind, NUMBERS)
    if draw(st.booleans()):
        chosen = draw(st.lists(values, min_size=1, max_size=3))
        negated = draw(st.booleans())
        member = compared(index, "in", chosen)
        text = f"{name} {'not in' if negated else 'in'} {chosen!r}"
        return text, (lambda row: negate(member(row))) if negated else member
    signs = ["==", "!="] if kind == "boolean" else ["==", "!=", "<", "<=", ">", ">="]
    sign, value = draw(st.sampled_from(signs)), draw(values)
    if draw(st.booleans()):
        mirrored = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(sign, sign)
        return f"{value!r} {mirrored} {name}", compared(index, sign, value)
    return f"{name} {sign} {value!r}", compared(index, sign, value)


def joined(parts):
    def pair(operands):
        (left, f), (right, g), word = operands
        logic = conjoin if word == "and" else disjoin
        return f"({left}) {word} ({right})", lambda row: logic(f(row), g(row))

    def inverted(operand):
        text, function = operand
        return f"not ({text})", lambda row: negate(function(row))

    pairs = st.tuples(parts, parts, st.sampled_from(["and", "or"])).map(pair)
    return pairs | parts.map(inverted)


@given(rows=ROWS, condition=st.recursive(atoms(), joined, max_leaves=5))
def test_sql_selects_what_the_grammar_says(rows, condition):
    text, function = condition
    expected = [number for number, row in enumerate(rows) if function(row) is True]
    assert select(rows, text) == expected, text


ROW = (1.5, 2, "curl", True, [0, 1])
MISSING = (None, None, None, None, None)


@pytest.mark.parametrize(
    "text",
    [
        'train.field.std >= 1 and train.field.type == "curl"',
        "train.field.type == curl",
        "curl == train.field.type",
        "0.5 <= train.field.std < 2",
        "included",
        "included == true and included == 1 and included != False",
        "train.seed > train.field.std",
        "eval.field.amplitude == 1",
        "eval.field.amplitude == [0, 1.0]",
        "not eval.field.amplitude == 2",
        "train.field.std is not null",
        "train.seed ==\n  2",
        "-1 < train.seed == +2",
    ],
)
def test_what_holds(text):
    assert select([ROW], text) == [0]


@pytest.mark.parametrize("name", NAMES)
def test_missing_values_match_null_tests_alone(name):
    value = {"text": "curl", "boolean": "true"}.get(KINDS[name], "1")
    rows = [MISSING]
    for text in (f"{name} == {value}", f"{name} != {value}", f"not {name} == {value}"):
        assert select(rows, text) == []
    for text in (f"{name} in [{value}]", f"{name} not in [{value}]", f"{name} != null"):
        assert select(rows, text) == []
    assert select(rows, f"{name} == null") == select(rows, f"{name} is null") == [0]


def test_filters_are_joined_by_and_with_their_own_precedence():
    rows = [(0, 1, None, None, None), (5, 9, None, None, None), (0, 9, None, None, None)]
    filters = ["train.field.std == 5 or train.seed == 9", "train.field.std == 0"]
    assert select(rows, filters) == [2]
    assert select(rows, []) == [0, 1, 2]


@pytest.mark.parametrize(
    "text",
    [
        "1; DROP TABLE t",
        "train.field.type == 'x' OR 1=1 --",
        "train.seed == 1) or (1",
        "__import__('os').system('true')",
        "train.seed == (lambda: 1)()",
        "train.seed == f'{1}'",
        "(train.seed := 1)",
        "train.seed[0] == 1",
        "1 == 1",
        "1",
        "train.seed == 1 if included else 2",
        "train.seed == 1\0",
        "train.field.type == 'a\\0'",
        "train.seed == 10**99",
        "train.seed == 99999999999999999999",
        "(" * 300 + "included" + ")" * 300,
        "not " * 200 + "included",
        "included and " * 2000 + "included",
        "",
    ],
)
def test_what_is_no_filter_is_one_clear_line(text):
    with pytest.raises(UserError) as caught:
        compile_where(text, COLUMNS)
    assert str(caught.value).startswith("filter") and "\n" not in str(caught.value)


def test_text_that_looks_like_sql_is_only_compared():
    hostile = "x' OR '1'='1"
    rows = [ROW, (0, 0, hostile, False, None)]
    assert select(rows, f'train.field.type == "{hostile}"') == [1]


def test_names_of_columns_are_quoted():
    name = 'a"; DROP TABLE t; --'
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE t ({quoted(name)})")
    connection.execute("INSERT INTO t VALUES (7)")
    assert connection.execute(f"SELECT {quoted(name)} FROM t").fetchall() == [(7,)]
    connection.close()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("train.field.sdt == 1", "train.field.std"),
        ("std == 1", "train.field.std"),
        ("field.std == 1", "train.field.std"),
        ("train.field == curl", "train.field.type"),
        ("amplitud == 1", "eval.field.amplitude"),
        ("inclded", "included"),
    ],
)
def test_an_unknown_column_is_an_error_that_names_the_nearest(text, named):
    with pytest.raises(UserError, match="unknown column") as caught:
        compile_where(text, COLUMNS)
    assert named in str(caught.value)


@pytest.mark.parametrize("name", ["std", "train.fiel.std", "train.feild.std", "train.std", "sdt"])
def test_only_near_names_are_suggested(name):
    names = ["studies", "train.field.std", "train.field.type", "train.seed", "sweeps"]
    assert nearest(name, names) == ["train.field.std"]


def test_the_nearest_name_by_its_last_part_comes_first():
    names = ["train.loss.nn_output", "train.feedback.noise_std", "train.motor.noise_std"]
    assert nearest("train.motor.noise_sd", names)[0] == "train.motor.noise_std"
    assert nearest("xyzzy", names) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("train.seed = 1", "write ==, not =, at character 12"),
        ("train.seed == ", "a value is missing after `==`, at the end"),
        ("train.seed == true", "train.seed holds numbers, which true is not"),
        ('train.seed == "1"', "train.seed holds numbers, which '1' is not"),
        ("train.field.type == 1.5", "train.field.type holds text"),
        ("included == 2", "included holds true or false"),
        ("included > 0", "has no order"),
        ("train.seed < null", "null has no order"),
        ("train.seed in []", "takes a list of values"),
        ("train.seed in [1, null]", "null is no member"),
        ("train.seed in [1, curl]", "of one kind"),
        ("train.seed == [1]", "holds no lists"),
        ("train.seed", "needs a comparison, at character 1"),
        ("included and train.seed", "needs a comparison, at character 14"),
        ("train.seed == train.field.type", "don't compare"),
        ("train.seed is 1", "write =="),
        ("train.field.type == 'é' and train.seed == true", "at character 29"),
    ],
)
def test_errors_say_what_and_where(text, said):
    with pytest.raises(UserError) as caught:
        compile_where(text, COLUMNS)
    assert said in str(caught.value)


def test_true_is_not_replicate_one():
    """A boolean that selects row 1 of an integer column selects the wrong replicate."""
    columns = {"replicate": Column("number", '"replicate"')}
    with pytest.raises(UserError, match="which true is not"):
        compile_where("replicate == True", columns)
    with pytest.raises(UserError, match="which true is not"):
        compile_where("replicate in [true]", columns)
