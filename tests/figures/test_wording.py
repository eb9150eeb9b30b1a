"""Text, numbers and units as figures print them."""

import re

from steadyhand.figures import wording


def test_text_is_shown_as_it_is():
    assert wording.plain("<b>a & b</b>") == "&lt;b&gt;a &amp; b&lt;/b&gt;"
    assert "%{" not in wording.plain("%{x}")


def test_long_text_is_broken_between_words():
    lines = wording.wrapped("a very long label of a condition", 12).split("<br>")
    assert len(lines) > 1 and all(len(line) <= 12 for line in lines)
    assert " ".join(lines) == "a very long label of a condition"


def test_wrapping_keeps_a_name_beside_its_value():
    lines = wording.wrapped("network.hidden_size = 5, field.std = 0", 34).split("<br>")
    assert lines == ["network.hidden_size = 5,", "field.std = 0"]
    assert wording.wrapped("a = 1, b = 2", 40) == "a = 1, b = 2"
    assert wording.wrapped("feedback.noise_std = 0.125", 20) == "feedback.noise_std =<br>0.125"


def test_units_are_printed_with_a_stroke():
    assert wording.unit("N s m-1") == "N s/m"
    assert wording.unit("N s m-1 or N") == "N s/m or N"
    assert wording.unit("m") == "m" and wording.unit("1") == "1"


def test_replicates_are_listed_in_words():
    assert wording.numbers([0]) == "0"
    assert re.fullmatch("0, 2 and 3", wording.numbers([0, 2, 3]))
    assert wording.numbers([]) == ""
