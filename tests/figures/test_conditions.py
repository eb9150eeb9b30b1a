import numpy as np
import pytest
from steadyhand.condition_text import text_of
from steadyhand.figures import conditions
from steadyhand.figures.source import Source


def sources(*rows):
    """A model for each row of columns, without data."""
    return [
        Source(
            str(index), f"model {index}", {f"train.{name}": value for name, value in row.items()}
        )
        for index, row in enumerate(rows)
    ]


def std_and_weight():
    rows = [{"field.std": std, "loss.readout_norm": w} for w in (0.01, 0.0) for std in (2.0, 0, 10)]
    return sources(*rows)


def test_the_field_comes_first_then_numbers_by_how_many_they_are():
    given = sources(
        *(
            {"a.type": kind, "b.delay": b, "c.size": c, "field.std": c > 5}
            for kind, b, c in [("x", 1, 5), ("y", 2, 6), ("y", 2, 7)]
        )
    )
    assert conditions.varying_columns(given) == [
        "train.field.std",
        "train.c.size",
        "train.b.delay",
        "train.a.type",
    ]


def test_what_is_the_same_in_all_models_does_not_count():
    assert conditions.varying_columns(sources({"a": 1, "b": 2}, {"a": 1, "b": 3})) == ["train.b"]
    assert conditions.varying_columns(sources({"a": 1})) == []


def test_seeds_count_only_where_nothing_else_tells_models_apart():
    told = sources({"field.std": 0, "seed": 1}, {"field.std": 1, "seed": 2})
    assert conditions.varying_columns(told) == ["train.field.std"]
    untold = sources({"field.std": 0, "seed": 1}, {"field.std": 0, "seed": 2})
    assert conditions.varying_columns(untold) == ["train.seed"]


def test_numbers_are_sorted_as_numbers_the_first_column_slowest():
    given = std_and_weight()
    ordered = conditions.by_condition(given, conditions.varying_columns(given))
    found = [tuple(source.condition.values()) for source in ordered]
    assert found == [(std, weight) for std in (0, 2.0, 10) for weight in (0.0, 0.01)]


def test_names_keep_the_order_of_the_study():
    given = sources({"context.method": "pai-asf"}, {"context.method": "bcs"})
    assert conditions.by_condition(given, ["train.context.method"]) == given


@pytest.mark.parametrize(
    ("values", "expected", "even"),
    [
        ([0, 0.5, 1, 1.5], [0, 0.5, 1, 1.5], False),
        ([0, 0.01, 0.1, 1], [0, 1, 2, 3], True),
        (np.arange(40), np.arange(40), False),
        ([3], [3], False),
        ([1, 1000], [1, 1000], False),
    ],
)
def test_crowded_numbers_are_spaced_evenly(values, expected, even):
    places, is_even = conditions.places(values)
    assert places.tolist() == list(expected) and is_even == even


def test_labels_and_axes_name_columns_as_a_study_does():
    (source,) = sources({"field.std": 0.5, "loss.readout_norm": 0})
    columns = list(source.condition)
    assert conditions.label_of(source, columns) == "field.std = 0.5, loss.readout_norm = 0"
    assert conditions.label_of(source, []) == "model 0"
    assert conditions.axis_title(columns[0], {columns[0]: "N"}) == "field.std [N]"
    assert conditions.axis_title("train.context.method", {}) == "context.method"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1 + 0.2, "0.3"),
        (5, "5"),
        (True, "yes"),
        (None, "none"),
        ("gru", "gru"),
        ([], "none"),
        ([50, 100], "50 and 100"),
    ],
)
def test_values_in_words(value, expected):
    assert text_of(value) == expected
