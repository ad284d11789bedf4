"""Full names taken apart into first and last name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk.resources.full_names import split_full_name

NAMES = {
    "Ada Lovelace": ("Ada", "Lovelace"),
    "Lovelace, Ada": ("Ada", "Lovelace"),
    "  Ada \u00a0 Lovelace ": ("Ada", "Lovelace"),
    "Ada": ("Ada", ""),
    "": ("", ""),
    " , ": ("", ""),
    "Lovelace,": ("", "Lovelace"),
    "Ludwig van Beethoven": ("Ludwig", "van Beethoven"),
    "Vincent Willem van Gogh": ("Vincent Willem", "van Gogh"),
    "Eddie Van Halen": ("Eddie", "Van Halen"),
    "Van Morrison": ("Van", "Morrison"),
    "María de la Cruz": ("María", "de la Cruz"),
    "Alexander von Humboldt": ("Alexander", "von Humboldt"),
    "von der Leyen, Ursula": ("Ursula", "von der Leyen"),
    "Leonardo Di Caprio": ("Leonardo", "Di Caprio"),
    "Jan van 't Hoff": ("Jan", "van 't Hoff"),
    "José Ortega y Gasset": ("José", "Ortega y Gasset"),
    "Jean-Luc Picard": ("Jean-Luc", "Picard"),
    "Martin Luther King Jr.": ("Martin Luther", "King Jr."),
    "Ada King, PhD": ("Ada", "King, PhD"),
    "Kim Le": ("Kim", "Le"),
    "#N/A": ("#N/A", "#N/A"),
}


@pytest.mark.parametrize("name", NAMES)
def test_names(name: str):
    assert split_full_name(name) == NAMES[name]


WORDS = st.text(st.characters(categories=("L", "Nd")) | st.sampled_from("-'."), min_size=1, max_size=8)


@given(st.lists(WORDS, max_size=6))
def test_no_word_of_a_name_is_lost_and_none_changes_its_place(words: list[str]):
    first, last = split_full_name(" ".join(words))
    assert f"{first} {last}".split() == words
    assert bool(first) == bool(words)
    assert bool(last) == (len(words) > 1)


@given(st.lists(WORDS, min_size=1, max_size=3), st.lists(WORDS, min_size=1, max_size=3))
def test_what_stands_behind_a_comma_is_the_first_name(last: list[str], first: list[str]):
    name = f"{' '.join(last)}, {' '.join(first)}"
    parts = split_full_name(name)
    assert sorted(" ".join(parts).replace(",", "").split()) == sorted([*first, *last])
    if first[0].istitle() and len(first[0]) > 4:  # no suffix
        assert parts == (" ".join(first), " ".join(last))


@given(st.text())
def test_any_cell_is_taken_apart(text: str):
    split_full_name(text)
