"""What two cells have in common: never what an import would take for two values, and never less than it does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk.planning.sameness import key_meaning_of, meaning_of
from bulk.resources import RESOURCES, named
from bulk.resources.kinds import FIELD_TYPES, NAMES, Problem, split_values
from bulk.resources.spec import Column, clears, is_blank

CONTACTS, DEALS, FIELDS = named("contacts"), named("deals"), named("fields")
KINDS = {column.kind.name: column for resource in RESOURCES for column in resource.columns} | {
    kind.name: Column("field:1", kind) for kind in FIELD_TYPES.values()
}
CELLS = st.one_of(
    st.text(max_size=12),
    st.text(alphabet='aAbB,| "*=\\', max_size=8),
    st.text(alphabet="0123456789.+-eE ", max_size=8),
    st.sampled_from(["1", "1.0", "01", "-0", "1e3", "1000", "yes", "No", "USD", "usd", "#N/A", "\\#N/A", "||a||b||",
                     "b,a", "2026-05-28", "2026-05-28T03:05:54-05:00", "2026-05-28T08:05:54+00:00", "nan", "9" * 40]),
)  # fmt: skip


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [
        (CONTACTS.column("tags"), 'VIP,"Smith, John"', '"Smith, John", vip'),
        (CONTACTS.column("email"), "Ada@Example.com", " ada@example.com"),
        (CONTACTS.column("account"), "Analytical  engines", "Analytical Engines"),
        (CONTACTS.column("firstName"), "#N/A", ""),
        (CONTACTS.column("firstName"), "  ", ""),
        (CONTACTS.column("tags"), ",", ""),
        (DEALS.column("value"), "156.2", "156.20"),
        (DEALS.column("value"), "-5", "-5.00"),
        (DEALS.column("percent"), "1.0", "1"),
        (DEALS.column("percent"), "-0", "0"),
        (DEALS.column("percent"), "1000", "1e3"),
        (DEALS.column("currency"), "USD", "usd"),
        (DEALS.column("status"), "open", "0"),
        (DEALS.column("stage_title"), "To contact", "To Contact"),
        (FIELDS.column("isrequired"), "", "no"),
        (FIELDS.column("perstag"), "%city%", "CITY"),
        (KINDS["options"], "||Mail||Phone||", "Phone,Mail"),
        (KINDS["values"], "Mail,Phone", "Phone, Mail"),
        (KINDS["datetime"], "2026-05-28T03:05:54-05:00", "2026-05-28T08:05:54+00:00"),
        (KINDS["date"], "2026-05-28", " 2026-05-28"),
    ],
)  # fmt: skip
def test_spellings_of_one_value_are_the_same(column: Column, one: str, other: str):
    say = meaning_of(column)
    assert say(one) == say(other)


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [
        (CONTACTS.column("tags"), "VIP,vip", "VIP"),
        (CONTACTS.column("email"), "straße@example.com", "strasse@example.com"),
        (CONTACTS.column("firstName"), "Ada", "ada"),
        (CONTACTS.column("firstName"), "Ada ", "Ada"),
        (CONTACTS.column("firstName"), "\\#N/A", "#N/A"),
        (CONTACTS.column("phone"), "007", "7"),
        (CONTACTS.column("phone"), "1.0", "1"),
        (DEALS.column("percent"), "1", "10"),
        (DEALS.column("percent"), "1_0", "10"),
        (DEALS.column("percent"), "0.1234567890123456789012345678901234", "0.1234567890123456789012345678901235"),
        (DEALS.column("value"), "1,234.50", "1234.50"),
        (FIELDS.column("options"), "a,b", "b,a"),
        (KINDS["datetime"], "2026-05-28T03:05:54", "2026-05-28T03:05:54+00:00"),
        (KINDS["text"], "a,b", "b,a"),
    ],
)  # fmt: skip
def test_two_values_are_never_the_same(column: Column, one: str, other: str):
    say = meaning_of(column)
    assert say(one) != say(other)


@pytest.mark.parametrize("kind", sorted(KINDS))
@given(one=CELLS, other=CELLS)
def test_what_is_the_same_is_so_for_an_import(kind: str, one: str, other: str):
    """Cells that say the same are read as values of which the kind says that they are the same."""
    column = replace(KINDS[kind], options=None)
    say = meaning_of(column)
    assert say(one) == say(one)
    if say(one) != say(other) or is_blank(one) or is_blank(other) or clears(one) or clears(other):
        return
    if kind == "text" and (column.names or column.attribute == "account"):
        return  # a name: it is looked up, not compared
    values = [column.read(cell) for cell in (one, other)]
    problems = [value for value in values if isinstance(value, Problem)]
    assert problems or column.kind.same(*values), (one, other)


@given(one=CELLS, other=CELLS)
def test_names_are_the_same_only_if_there_are_as_many(one: str, other: str):
    say = meaning_of(Column("tags", NAMES))
    if say(one) == say(other) and not (clears(one) or clears(other)):
        assert len(split_values(one, ",")) == len(split_values(other, ","))


def test_a_key_is_an_address_or_a_name():
    assert key_meaning_of(CONTACTS.column("email"))(" Ada@Example.com ") == "ada@example.com"
    assert key_meaning_of(DEALS.column("title"))("The  Loom ") == "the loom"
    assert key_meaning_of(CONTACTS.column("email"))("  ") == ""
