"""Filters as people write them: ids that begin with digits, signs of other languages, halves."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from steadyhand.errors import UserError
from steadyhand.where import compile_where
from steadyhand.where_columns import Column, quoted
from steadyhand.where_text import BadSyntaxError, parse

COLUMNS = {
    "model_id": Column("text", quoted("model_id")),
    "asked": Column("boolean", quoted("asked")),
    "train.field.std": Column("number", quoted("train.field.std")),
    "sources": Column("list", quoted("sources"), frozenset(["text"])),
    "eval.field.amplitude": Column("list", quoted("amplitude"), frozenset(["number"])),
    "mixed": Column("list", quoted("mixed"), frozenset(["number", "text"])),
}

IDS = ["6505c26f4621e113", "63b4", "6505", "1e5", "1e999", "0012", "0x1f", "12345678901234567890"]


@pytest.mark.parametrize("word", IDS)
@pytest.mark.parametrize(
    "text", ["model_id == {}", "{} == model_id", "'é' == model_id and model_id == {}"]
)
def test_ids_that_begin_with_digits_are_words(text, word):
    assert compile_where(text.format(word), COLUMNS).parameters[-1] == word


@pytest.mark.parametrize("word", IDS)
def test_ids_in_lists_are_words(word):
    assert compile_where(f"model_id in [{word}, abc]", COLUMNS).parameters == (word, "abc")
    assert set(compile_where(f"sources == {word}", COLUMNS).parameters) == {word}


@given(st.text("0123456789abcdef", min_size=1, max_size=16))
def test_every_id_is_the_word_that_it_spells(word):
    assert compile_where(f"model_id == {word}", COLUMNS).parameters == (word,)


@pytest.mark.parametrize("text", ["1", "1.5", ".5", "1.", "1e-05", "1.5e+3", "0", "00", "-2"])
def test_numbers_stay_numbers(text):
    (found,) = compile_where(f"train.field.std == {text}", COLUMNS).parameters
    assert found == float(text) and not isinstance(found, str)


def test_what_is_in_quotes_is_left_alone():
    assert ast.unparse(parse("model_id == 'a 6505c && b'")) == "model_id == 'a 6505c && b'"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("train.field.std >=", "a value is missing after `>=`, at the end"),
        ("train.field.std == 1 and", "a condition is missing after `and`, at the end"),
        ("and", "a condition is missing after `and`, at the end"),
        ("not", "a condition is missing after `not`, at the end"),
        ("train.field.std not in", "a value is missing after `in`, at the end"),
        ("or asked", "a condition is missing before `or`, at character 1"),
        ("== 1", "a value is missing before `==`, at character 1"),
        ("train.field.std == == 1", "a value is missing before `==`, at character 20"),
        ("asked and (or asked)", "a condition is missing before `or`, at character 12"),
        ("asked AND asked", "write and, not AND, at character 7"),
        ("asked OR asked", "write or, not OR, at character 7"),
        ("NOT asked", "write not, not NOT, at character 1"),
        ("asked && asked", "write and, not &&, at character 7"),
        ("asked || asked", "write or, not ||, at character 7"),
        ("asked & asked", "write and, not &"),
        ("train.field.std == 1 | asked", "write or, not |"),
        ("~asked", "write not, not ~"),
        ("!asked", "write not, not !"),
        ("train.field.std => 1", "write >=, not =>, at character 17"),
        ("train.field.std =< 1", "write <=, not =<"),
        ("train.field.std <> 1", "write !=, not <>"),
        ("train.field.std = 1", "write ==, not =, at character 17"),
        ("train.field.std === 1", "write ==, not ==="),
        ("(asked", "`(` is never closed, at character 1"),
        ("asked)", "`)` closes nothing, at character 6"),
        ("train.field.std in [1, 2", "`[` is never closed, at character 20"),
        ("model_id == 'abc", "the quote is never closed, at character 13"),
        ("asked asked", "an operator is missing before this"),
        ("model_id == two words", "text with blanks goes in quotes, at character 17"),
        ("model_id == a-b", "text with signs goes in quotes"),
        ("asked @@ asked", "bad syntax"),
    ],
)
def test_syntax_errors_say_what_to_write(text, said):
    with pytest.raises(UserError) as caught:
        compile_where(text, COLUMNS)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("train.field.std == 6505c", "holds numbers, which '6505c' is not"),
        ("train.field.std == 007", "holds numbers, which '007' is not"),
        ("train.field.std == 1e999", "a number beyond 64 bits"),
        ("train.field.std == -1e999", "a number beyond 64 bits"),
        ("model_id == 1.5", "model_id holds text, which 1.5 is not"),
        ("eval.field.amplitude == one", "eval.field.amplitude holds numbers, which 'one' is not"),
        ("eval.field.amplitude in [one, two]", "holds numbers, which 'one' is not"),
        ("eval.field.amplitude == [0, one]", "holds numbers, which 'one' is not"),
        ("eval.field.amplitude == true", "holds numbers, which true is not"),
        ("sources == 0.5", "sources holds text, which 0.5 is not"),
        ("mixed == true", "mixed holds numbers or text, which true is not"),
    ],
)
def test_values_of_another_kind_are_refused(text, said):
    with pytest.raises(UserError) as caught:
        compile_where(text, COLUMNS)
    assert said in str(caught.value)


@given(st.text("0a_.()[]=<>!&|'\" andortiné\\-+", max_size=20))
def test_any_text_is_parsed_or_explained(text):
    try:
        parse(text)
    except BadSyntaxError as error:
        assert error.place is None or 0 <= error.place <= len(text)
    except ValueError as error:
        assert "null" in str(error)
