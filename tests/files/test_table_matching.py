"""Which column of a file feeds which column of contacts."""

from __future__ import annotations

import pytest

from bulk.errors import UsageError
from bulk.files.matching import Needs, match_header, parse_maps
from bulk.files.source import Record
from bulk.resources.kinds import DATE, TEXT
from bulk.resources.spec import Column
from bulk.wording import FrontEnd
from tests.scale import tries

FIELDS = (
    Column("field:1", DATE, title="Birthday", aliases=("%BIRTHDAY%", "BIRTHDAY")),
    Column("field:2", TEXT, title="phone", aliases=("%PHONE_2%", "PHONE_2")),
    Column("field:3", TEXT, title="Colour", aliases=("%COLOUR%", "COLOUR")),
    Column("field:4", TEXT, title="colour", aliases=("%COLOUR_2%", "COLOUR_2")),
)


def fed(header, columns, **options):
    match = match_header(header, columns, **options)
    return {header[at]: column.attribute for at, column in match.columns}


def refusal(header, columns, **options) -> str:
    with pytest.raises(UsageError) as caught:
        match_header(header, columns, **options)
    return caught.value.words(FrontEnd.COMMAND_LINE)


def test_case_blanks_and_dashes_do_not_matter(contacts):
    header = ("E-Mail", "First Name", "last_name", " PHONE ", "Remove-Tags")
    attributes = ["email", "firstName", "lastName", "phone", "remove_tags"]
    assert list(fed(header, contacts).values()) == attributes


def test_custom_fields_by_title_or_tag(contacts):
    columns = (*contacts, *FIELDS)
    assert fed(("email", "birth day", "%phone_2%"), columns)["birth day"] == "field:1"
    assert fed(("email", "%BIRTHDAY%", "PHONE_2"), columns) == {
        "email": "email",
        "%BIRTHDAY%": "field:1",
        "PHONE_2": "field:2",
    }
    assert fed(("email", "phone"), columns)["phone"] == "phone"  # an attribute goes before a field of that title
    assert "'Colour' is the name of 2 custom fields" in refusal(("email", "Colour"), columns)
    assert "%COLOUR_2%" in refusal(("email", "Colour"), columns)


def test_maps(contacts):
    header = ("Mail", "Vorname", "a=b", "phone")
    maps = parse_maps(["Mail=email", "vorname = first name", "a=b=lastName", "phone="])
    assert maps == {"Mail": "email", "vorname": "first name", "a=b": "lastName", "phone": ""}
    match = match_header(header, contacts, maps=maps)
    assert [(at, column.attribute) for at, column in match.columns] == [(0, "email"), (1, "firstName"), (2, "lastName")]
    assert match.dropped == ("phone",)
    assert match.key_at == ((0,),)


@pytest.mark.parametrize("text", ["email", "=email", " =x", ""])
def test_what_is_no_map(text):
    with pytest.raises(UsageError, match="not of the form"):
        parse_maps([text])


def test_maps_that_lead_nowhere(contacts):
    assert "no column 'Emial'. Nearest: email" in refusal(("email",), contacts, maps={"Emial": "email"})
    assert "Nearest: firstName" in refusal(("email", "x"), contacts, maps={"x": "firstNam"})
    assert "cdate is set by ActiveCampaign" in refusal(("email", "x"), contacts, maps={"x": "cdate"})
    with pytest.raises(UsageError, match="given twice"):
        parse_maps(["a=email", "a=phone"])


def test_unknown_columns_are_all_named_with_the_ways_on(contacts):
    text = refusal(("email", "Fist Name", "Shoe size", "_row"), contacts)
    assert "2 columns are not known" in text
    assert "'Fist Name'. Nearest: firstName" in text
    assert "'Shoe size'" in text
    assert "--map 'Fist Name=firstName'" in text
    assert "--ignore-unknown" in text
    assert match_header(("email", "Shoe size"), contacts, ignore_unknown=True).dropped == ("Shoe size",)
    match = match_header(("email", "Shoe size"), contacts, open_ended=True)
    assert match.unchecked == ("Shoe size",)
    assert match_header(("email", "x"), contacts, maps={"x": "Shoe size"}, open_ended=True).unchecked == ("x",)


def test_of_thousands_of_unknown_columns_the_first_are_named(contacts):
    count = tries(3_383, 16_383)
    text = refusal(("email", *(f"Measure {number}" for number in range(count))), contacts)
    assert f"{count:,} columns are not known" in text
    assert f"and {count - 20:,} more." in text
    assert len(text.splitlines()) == 25


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
def test_one_column_that_is_several(contacts, delimiter):
    assert "the delimiter is probably wrong" in refusal((f"email{delimiter}phone",), contacts)


def test_what_is_passed_over(contacts):
    match = match_header(("id", "email", "cdate", "_row", "", " "), contacts)
    assert match.passed_over == ("id", "cdate")
    assert [column.attribute for _, column in match.columns] == ["email"]


def test_the_key_may_be_the_id(contacts):
    match = match_header(("id", "phone"), contacts, needs=Needs("id"))
    assert [(column.attribute, column.required) for _, column in match.columns] == [("id", True), ("phone", False)]
    assert match.row(Record(2, ["12 ", "1"], None)).key == "12"
    match = match_header(("email", "id"), contacts, needs=Needs("id"))
    assert match.key_at == ((1,),)
    assert not match.columns[0][1].required
    assert "no column 'id'" in refusal(("email",), contacts, needs=Needs("id"))
    assert "--key" in refusal(("email",), contacts, needs=Needs("shoe"))


def test_the_key_has_to_be_there(contacts):
    text = refusal(("phone", "_mail", "first name"), contacts)
    assert "no column 'email'" in text
    assert "--map '_mail=email'" in text
    assert "Nearest: _mail" in text


def test_two_columns_for_one_attribute(contacts):
    text = refusal(("email", "E-Mail", "phone"), contacts)
    assert "'email' and 'E-Mail' are both email" in text
    assert "--map 'E-Mail='" in text
    assert fed(("email", "E-Mail"), contacts, maps={"E-Mail": ""}) == {"email": "email"}


def test_a_row(contacts):
    match = match_header(("First Name", "email", "_x"), contacts)
    row = match.row(Record(7, [" Ann ", " ANN@Example.com\u00a0", "?"], None))
    assert (row.number, row.key) == (7, "ann@example.com")
    assert row.values == {"firstName": " Ann ", "email": " ANN@Example.com\u00a0"}


def test_keys_that_are_one(contacts):
    key_of = match_header(("email",), contacts).key_of
    assert key_of("  Zoë@x.de") == key_of("ZOE\u0308@X.DE ") == "zoë@x.de"
    assert key_of("straße@x.de") != key_of("STRASSE@x.de")
    assert key_of("a+b@x.de") != key_of("a@x.de")
    assert key_of("\u00a0a@x.de\u3000") == "a@x.de"
