"""What a spreadsheet makes of data is told from what people are called, and from what the account holds already."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk.model import Row
from bulk.planning.damage import damage, looks_damaged, lost
from bulk.resources.contacts import CONTACTS
from bulk.resources.kinds import NUMBER, TEXT
from bulk.resources.spec import Column

PHONE, FIRST, NUMBERS = Column("phone", TEXT), CONTACTS.column("firstName"), Column("amount", NUMBER)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("4.47912E+11", "digits are lost"), ("4,47912E+11", "digits are lost"), ("1E+15", "digits are lost"),
        ("#NAME?", "spreadsheet's error"), ("#REF!", "spreadsheet's error"), ("########", "spreadsheet's error"),
        ("JosÃ©", "probably 'José'"), ("MÃ¼ller", "probably 'Müller'"), ("donâ€™t", "probably 'don\u2019t'"),
        ("Ã…ngstrÃ¶m", "probably 'Ångström'"), ("Â£5", "probably '£5'"), ("ä½\u00a0å¥½", "probably '你好'"),
        ("caf\ufffd", "has lost letters"),
    ],
)  # fmt: skip
def test_what_a_spreadsheet_makes_of_data_is_told_with_what_was_meant(text: str, said: str) -> None:
    assert said in looks_damaged(PHONE, text)


@pytest.mark.parametrize(
    "text",
    ["#NV", "#WERT!", "#BEZUG!", "#ZAHL!", "#ÜBERLAUF!", "#N/D", "#VALEUR!", "#NOM?", "#¡VALOR!", "#¿NOMBRE?",
    "#¡REF!", "#VALORE!",
     "#RIF!", "#NÚM!", "#WAARDE!", "#N/B", "#ЗНАЧ!", "#\u041d/Д", "#SAKNAS!", "#VÄRDEFEL!", "#I/T", "#VÆRDI!",
     "#VERDI!", "#PUUTTUU!",
     "#ADR!", "#N/D!", "#HODNOTA!", "#YOK", "#BAŞV!", "#HIÁNYZIK", "#スピル!", "#ERROR!", "#GETTING_DATA", "#SPILL!",
     "Err:502", "Err:509",
     "Fehler:504"],
)  # fmt: skip
def test_a_failed_formula_is_told_in_every_language(text: str) -> None:
    assert "spreadsheet's error" in looks_damaged(FIRST, text)


@pytest.mark.parametrize("text", ["#VIP!", "#NVIDIA", "#N/A", "Error", "Err: none", "#wert!", "#1 FAN!", "NV", "WERT!"])
def test_a_hashtag_is_no_failed_formula(text: str) -> None:
    assert looks_damaged(FIRST, text) == ""


@pytest.mark.parametrize(
    "text",
    ["447912345678.0", "+447912345678.0", "4.47912e+11", "4.47912E11", "4.47912e11", "4479123E5", "4.47912E+11",
    "447912345678,0"],
)  # fmt: skip
@pytest.mark.parametrize("title", ["phone", "Mobile Phone", "WhatsApp", "Telefon privat", "homePhone"])
def test_a_phone_is_no_float_whoever_made_it_one(text: str, title: str) -> None:
    assert looks_damaged(Column("field:1", TEXT, title=title), text)


@pytest.mark.parametrize(
    ("title", "text", "damaged"),
    [("Customer ID", "123456789012.0", True), ("Customer ID", "1.23457e11", True), ("SKU", "12E4", False), ("SKU",
    "1234.0", False),
     ("Customer ID", "1234567E5", False), ("Revenue", "12345678.0", False), ("Revenue", "1.5e10", False), ("Notes",
     "1e+15", True)],
)  # fmt: skip
def test_long_ids_are_no_floats_and_amounts_may_be(title: str, text: str, damaged: bool) -> None:
    assert bool(looks_damaged(Column("field:1", TEXT, title=title), text)) is damaged
    assert looks_damaged(Column("field:1", NUMBER, title=title), "123456789012.0") == ""


@pytest.mark.parametrize("text", ["1-May", "02-Jan-24", "Mar-01", "2024-05-01", "2024-05-01 00:00:00", "05/06/2024"])
def test_a_date_is_nobodys_name_and_may_be_anything_else(text: str) -> None:
    assert "looks like a date" in looks_damaged(FIRST, text)
    assert looks_damaged(PHONE, text) == ""


@pytest.mark.parametrize(
    "text",
    ["May", "Jan", "Mark 2", "José", "Ærø", "Ångström", "São Paulo", "Łódź", "ÄÖÜ", "Ãlvaro", "Ñandú", "日本", "naïve",
     "E+", "1E5", "12E4", "#1", "# 1", "#hashtag", "12345678901234567890", "+44 20 7946 0958", "-", "£5", "Ã"],
)  # fmt: skip
def test_what_people_are_called_is_left_alone(text: str) -> None:
    assert looks_damaged(FIRST, text) == ""


@given(st.text(alphabet=st.characters(min_codepoint=0xA0, max_codepoint=0x24F), min_size=1, max_size=8))
def test_what_was_read_in_the_wrong_encoding_is_put_right_and_nothing_else_is_called_so(text: str) -> None:
    try:
        misread = text.encode("utf-8").decode("cp1252")
    except UnicodeDecodeError:
        return  # one of the five bytes without a letter
    assert repr(text) in looks_damaged(PHONE, misread)


@pytest.mark.parametrize(
    ("current", "text", "damaged"),
    [
        ("+4479120000", "4479120000", True), ("0049123", "49123", True), ("00501", "501", True), ("+0501", "501", True),
        ("12345678901234567", "12345678901234500", True),
        ("15501", "501", False), ("501", "501", False), ("501", "00501", False), ("+1 202", "202", False),
        ("12345678901234567", "12345678901234568", False), ("", "5", False), ("+", "5", False),
    ],
)  # fmt: skip
def test_what_was_lost_of_what_the_account_holds(current: str, text: str, damaged: bool) -> None:
    assert bool(lost(current, text)) is damaged


def test_a_cell_that_the_account_holds_so_is_left_alone() -> None:
    row = Row(2, "key", {"phone": "4.47912E+11"})
    assert damage(row, (PHONE,), lambda _column: "4.47912E+11") is None
    result = damage(row, (PHONE,), lambda _column: "447912345678")
    assert result is not None
    assert (result.code, "⟦allow_damaged⟧" in result.error) == ("damaged", True)


def test_numbers_are_looked_at_and_dates_are_not() -> None:
    assert damage(Row(2, "key", {"amount": "4.47912E+11"}), (NUMBERS,), lambda _column: None) is not None
    assert damage(Row(2, "key", {"amount": "#N/A"}), (NUMBERS,), lambda _column: None) is None, "that clears"
