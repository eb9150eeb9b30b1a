import figure_examples as examples
import pytest
from steadyhand.errors import UserError
from steadyhand.figures import TYPES, figure_module
from steadyhand.figures.source import Source, in_order, ordering_column


def conditions(*values):
    return [Source(str(i), str(i), {"a": v, "same": 1}) for i, v in enumerate(values)]


def test_sources_are_ordered_by_the_one_number_that_varies():
    ordered, column = in_order("eigenvalues", conditions(1.5, 0, 0.5))
    assert column == "a"
    assert [source.condition["a"] for source in ordered] == [0, 0.5, 1.5]


@pytest.mark.parametrize("values", [("curl", "constant"), (True, False), (1.0, 1.0), (1, None)])
def test_what_is_no_order_is_not_invented(values):
    assert ordering_column(conditions(*values)) is None


def test_two_varying_columns_are_no_order():
    sources = [Source("0", "", {"a": 0, "b": 1}), Source("1", "", {"a": 1, "b": 0})]
    assert ordering_column(sources) is None


def test_a_missing_role_says_what_is_there():
    source = examples.source("history", examples.history())
    with pytest.raises(UserError, match=r"no states to draw; there is: history"):
        source.dataset("states", [])


def test_a_missing_variable_is_named():
    source = examples.source("history", examples.history().drop_vars("included"))
    with pytest.raises(UserError, match=r"lack included"):
        source.dataset("history", ["loss", "included"])


@pytest.mark.parametrize("figure_type", TYPES)
def test_every_type_has_a_module_that_prepares_and_draws(figure_type):
    module = figure_module(figure_type)
    assert callable(module.prepare) and callable(module.draw)


def test_an_unknown_type_names_the_known_ones():
    with pytest.raises(UserError, match=r"'violin'.*loss_history"):
        figure_module("violin")


@pytest.mark.parametrize("figure_type", TYPES)
def test_no_model_at_all_is_a_clear_error(figure_type):
    with pytest.raises(UserError, match=figure_type):
        figure_module(figure_type).prepare([], {})
