"""What is one address, one name, one key: the laws, and the pairs that were once taken for each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk.resources.identity import (
    address_key,
    chosen,
    code_point,
    difference,
    invisible,
    is_respelt,
    loose_key,
    name_key,
    same_address,
    same_name,
)

TEXTS = st.text(max_size=12)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("straße@example.com", "strasse@example.com"),
        ("i@straße.de", "i@strasse.de"),
        ("\u212aelvin@example.com", "kelvin@example.com"),
        ("\u212aelvin@example.com", "Kelvin@example.com"),
        ("\ufb01ne@example.com", "fine@example.com"),
        ("mi\u017fs@example.com", "miss@example.com"),
        ("\u0130da@example.com", "ida@example.com"),
        ("\u0131da@example.com", "ida@example.com"),
        ("josé@example.com", "jose@example.com"),
        ("\uff41na@example.com", "ana@example.com"),
        ("an\u200ba@example.com", "ana@example.com"),
        ("STRA\u1e9eE@example.com", "strasse@example.com"),
        ("ørsted@example.com", "orsted@example.com"),
        ("æsop@example.com", "aesop@example.com"),
    ],
)
def test_addresses_that_only_a_folding_makes_alike_are_two_and_are_looked_at_closely(one: str, other: str):
    assert not same_address(one, other)
    assert address_key(one) != address_key(other)
    assert loose_key(one) == loose_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana@Example.com ", "ana@example.COM"),
        ("ZOË@example.com", "zoe\u0308@example.com"),
        ("\u00a0ana@example.com\u3000", "ana@example.com"),
        ("ЖАН@example.com", "жан@example.com"),
    ],
)
def test_addresses_that_are_one(one: str, other: str):
    assert same_address(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Größe", "Gro\u0308ße"),
        ("Big Spender", "Big\u00a0Spender"),
        ("Big Spender", " big   spender"),
        ("VIP", "VIP\u200b"),
        ("VIP", "\ufeffvip"),
        ("Newsletter", "News\u00adletter"),
        ("\u202aVIP\u202c", "VIP"),
    ],
)
def test_names_that_are_one(one: str, other: str):
    assert same_name(one, other)


@pytest.mark.parametrize(("one", "other"), [("Résumé", "Resume"), ("Straße", "Strasse"), ("VIP1", "VIP 1")])
def test_names_that_are_two(one: str, other: str):
    assert not same_name(one, other)


@pytest.mark.parametrize(("one", "other"), [("\u200b", "\u2060"), ("\u200b", "\ufeff"), ("\u200b", "")])
def test_names_of_which_nothing_is_seen_are_not_all_one(one: str, other: str):
    assert not same_name(one, other)
    assert chosen(one, [("1", other)]) == []
    assert chosen(one, [("1", other), ("2", one)]) == ["2"]


@given(TEXTS)
def test_keys_are_their_own_keys(text: str):
    assert address_key(address_key(text)) == address_key(text)
    assert name_key(name_key(text)) == name_key(text)
    assert loose_key(loose_key(text)) == loose_key(text)


@given(TEXTS)
def test_what_is_one_address_is_one_to_any_database(text: str):
    assert loose_key(address_key(text)) == loose_key(text)


@given(st.text(st.characters(codec="ascii"), max_size=12), st.text(st.characters(codec="ascii"), max_size=12))
def test_plain_addresses_differ_by_more_than_case_and_blanks_around(one: str, other: str):
    assert same_address(one, other) == (one.strip().lower() == other.strip().lower())


def test_of_several_names_the_exact_one_is_meant_then_the_one_that_looks_so():
    known = [("1", "Foo"), ("2", "foo"), ("3", "Bar\u00a0Baz")]
    assert chosen("Foo", known) == ["1"]
    assert chosen("foo", known) == ["2"]
    assert chosen("FOO", known) == ["1", "2"]
    assert chosen("bar baz", known) == chosen("Bar Baz", known) == ["3"]
    assert chosen("Qux", known) == []


def test_what_is_invisible_is_called_by_its_code():
    assert invisible("an\u200ba@example.com") == "U+200B ZERO WIDTH SPACE"
    assert invisible("\ufeffana") == "U+FEFF ZERO WIDTH NO-BREAK SPACE"
    assert invisible("\u202a+44 20") == "U+202A LEFT-TO-RIGHT EMBEDDING"
    assert invisible("zoë") == invisible("ana") == ""
    assert code_point("é") == "U+00E9 LATIN SMALL LETTER E WITH ACUTE"


def test_in_what_names_differ_that_look_alike():
    assert difference("Cafe\u0301", "Café") == (
        "it has U+0065 LATIN SMALL LETTER E where the other has U+00E9 LATIN SMALL LETTER E WITH ACUTE"
    )
    assert difference("VIP\u200b", "VIP") == "it has U+200B ZERO WIDTH SPACE where the other has the end"
    assert difference("Newsleter", "Newsletter") == ""


def test_another_spelling_is_more_than_another_case():
    assert is_respelt("Big\u00a0Spender", "Big Spender")
    assert not is_respelt(" vip", "VIP")
