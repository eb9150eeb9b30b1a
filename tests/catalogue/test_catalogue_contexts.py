"""Context inputs in the catalogue: a column of each kind of result, null where there are none."""

import pytest
from steadyhand.catalogue import Catalogue, build

REACH = {"task": {"type": "center_out"}, "field": {"amplitude": [1]}}


@pytest.fixture
def rows(fabricated):
    """The rows of a table that a filter finds, of a model with a context input and one without."""
    plain = fabricated.model(field={"std": 1.0})
    told = fabricated.model(field={"std": 1.0}, context={"method": "pai-asf"})
    fabricated.evaluation(plain, {**REACH, "sisu": None})
    fabricated.evaluation(told, {**REACH, "sisu": [-2, 0.5]})
    fabricated.fixed_points(plain, {"at": {"grid": 1}, "sisu": None})
    fabricated.fixed_points(told, {"at": {"grid": 1}, "sisu": [0.5]})
    fabricated.figure([told], {"eval.sisu": [-2, 0.5]}, "Both")
    fabricated.figure([told], {"eval.sisu": [0.5]}, "One")
    build(fabricated.results)

    def select(table, where):
        with Catalogue(fabricated.results) as catalogue:
            return catalogue.select(table, where)

    return select


@pytest.mark.parametrize(
    ("table", "column", "values"),
    [
        ("evaluations", "eval.sisu", [-2, 0.5]),
        ("fixed_points", "analysis.sisu", [0.5]),
        ("linearizations", "analysis.sisu", [0.5]),
    ],
)
def test_results_are_found_by_each_of_their_contexts(rows, table, column, values):
    for value in values:
        (row,) = rows(table, f"{column} == {value}")
        assert row[column] == values
        assert row["train.context.method"] == "pai-asf"
    (row,) = rows(table, f"{column} == null")
    assert (row[column], row["train.context.method"]) == (None, "none")
    assert not rows(table, f"{column} > 0.5")


def test_figures_are_found_by_the_contexts_that_they_show(rows):
    assert {row["title"] for row in rows("figures", "eval.sisu == 0.5")} == {"Both", "One"}
    assert {row["title"] for row in rows("figures", "eval.sisu == -2")} == {"Both"}
