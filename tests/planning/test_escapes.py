"""Every text goes into a cell and comes back, and no cell of a text says that a value is to be cleared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk.resources.escapes import escaped, speakable, unescaped
from bulk.resources.kinds import CHOICES, join_values, split_values
from bulk.resources.spec import clears

PARTS = st.sampled_from(
    ["#N/A", "\\", "u0000", "ud83d", "ude00", "\x00", "\ud83d", "\udfff", " ", "\n", "a", "N/A", "\x1c"]
)
TEXTS = st.one_of(st.text(st.characters(exclude_categories=()), max_size=6), st.lists(PARTS, max_size=6).map("".join))


@given(TEXTS)
def test_a_text_comes_back_from_its_cell(text: str) -> None:
    letters = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")  # as JSON reads them
    cell = escaped(letters)
    assert unescaped(cell) == letters
    assert not clears(cell)
    assert "\0" not in cell
    cell.encode()


@pytest.mark.parametrize(
    ("text", "cell"),
    [("#N/A", "\\#N/A"), (" #N/A", " \\#N/A"), ("\\#N/A", "\\\\#N/A"), ("C:\\new", "C:\\new"), ("a\\", "a\\"), ("N/A",
    "N/A"),
     ("a\x00", "a\\u0000"), ("\ud83d", "\\ud83d"), ("\\u0000", "\\\\u0000"), ("VIP,#N/A", "VIP,#N/A"), ("😀", "😀")],
)  # fmt: skip
def test_only_what_would_mean_something_else_is_written_otherwise(text: str, cell: str) -> None:
    assert escaped(text) == cell


def test_a_letter_that_another_program_wrote_as_two_halves_is_left_alone() -> None:
    assert unescaped("\\ud83d\\ude00 \\u00e9 \\n C:\\u") == "\\ud83d\\ude00 \\u00e9 \\n C:\\u"


@given(st.text(st.characters(exclude_categories=())))
def test_what_is_told_can_be_written_anywhere(text: str) -> None:
    speakable(text).encode()


@given(
    st.lists(st.one_of(st.text(max_size=4), st.text(":;, ab", max_size=6)).filter(bool), unique=True),
    st.sampled_from((*",;|", ":::", "; ", "::")),
)
def test_values_inside_a_cell_come_back_whatever_their_case(values: list[str], separator: str) -> None:
    assert split_values(join_values(values, separator), separator) == values


WORDS = st.text('ab=*\\ ,"', min_size=1, max_size=5)


@given(st.lists(st.tuples(WORDS, WORDS, st.booleans()), unique=True, max_size=4), st.sampled_from(",;"))
def test_the_options_of_a_field_come_back_with_labels_and_default(
    options: list[tuple[str, str, bool]], sep: str
) -> None:
    wanted = [list(option) for option in options]
    assert CHOICES.read(CHOICES.write([[*option, 1] for option in wanted], sep), None, sep) == wanted


@pytest.mark.parametrize("text", ["36", "37,5", "=38", "C:\\dir", "*", 'D "x"', "\\", "a b"])
def test_an_option_that_is_a_plain_value_is_written_as_it_is(text: str) -> None:
    assert CHOICES.write([[text, text, False, 1]], ";") in (text, join_values([text], ";"), "\\*", "\\\\")
    assert CHOICES.read(join_values([text], ";"), None, ";") == [[text, text, False]]
