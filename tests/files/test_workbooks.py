"""Workbooks: the digits that are shown, dates in ISO, row numbers of the sheet, and nothing lost in silence."""

from __future__ import annotations

import datetime as dt
import struct
import warnings
import zipfile
from pathlib import Path

import openpyxl
import pytest
import python_calamine
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk.errors import UsageError
from bulk.files.opening import SourceOptions, open_source
from bulk.files.source import Record
from bulk.files.xlsx.formats import BUILT_IN, Shows, format_of, number_text
from bulk.files.xlsx.package import unescaped
from tests.files.workbooks import by_hand, formatted, text_cells
from tests.scale import tries


def rows(path: Path, **options) -> list[Record]:
    return list(open_source(path, SourceOptions(**options)).records())


def codes(record: Record) -> dict[int, str]:
    return {at: problem.code for at, problem in (record.doubts or {}).items()}


SHOWN = [
    ("501", "00000", "00501"),
    ("501", "General", "501"),
    ("0.15", "0%", "15%"),
    ("0.1525", "0.0%", "15.3%"),
    ("0.30000000000000004", "General", "0.3"),
    ("156.24", "General", "156.24"),
    ("156.237", "0.00", "156.24"),
    ("1234567.5", "#,##0.00", "1234567.50"),
    ("1234.5", '"$"#,##0.00', "1234.50"),
    ("1234.5", "[$€-407] #,##0.00", "1234.50"),
    ("-1234.5", "#,##0.00_);[Red](#,##0.00)", "-1234.50"),
    ("-1234.5", '_-* #,##0.00 "kr"_-', "-1234.50"),
    ("0", '#,##0.00;-#,##0.00;"-"', "0.00"),
    ("447912345678", "General", "447912345678"),
    ("447912345678", "0.00E+00", "447912345678"),
    ("4.47912345678E+11", "General", "447912345678"),
    ("447912345678", "+0", "+447912345678"),
    ("447912345678", '"+"#', "+447912345678"),
    ("2079460958", "(000) 000-0000", "(207) 946-0958"),
    ("612345678", r'0#" "##" "##" "##" "##', "06 12 34 56 78"),
    ("123456789", "000-00-0000", "123-45-6789"),
    ("42", '"ID-"0000', "ID-0042"),
    ("42", '"ABC"0000', "ABC0042"),
    ("1234.5", '#,##0.00 "EUR"', "1234.50"),
    ("5", '0" pcs"', "5 pcs"),
    ("0.5", "# ?/?", "0.5"),
    ("1234567", "0,", "1234567"),
    ("5551234", "[<=9999999]###-####;(###) ###-####", "5551234"),
    ("0", "#", ""),
    ("0.5", "#.##", ".5"),
    ("3", "0.##", "3"),
    ("3.10", "0.##", "3.1"),
    ("1E-7", "General", "0.0000001"),
    ("-0", "General", "0"),
    ("007", "@", "7"),
    ("7", ";;;", "7"),
]


@pytest.mark.parametrize(("raw", "code", "shown"), SHOWN)
def test_a_number_keeps_the_digits_that_it_shows(raw, code, shown):
    assert number_text(raw, format_of(code)) == shown


@pytest.mark.parametrize(
    ("code", "shows"),
    [
        ("dd/mm/yyyy", Shows.DATE), ("mmm-yy", Shows.DATE), ("mm", Shows.DATE), ("[$-409]d\\-mmm;@", Shows.DATE),
        ("yyyy-mm-dd hh:mm", Shows.MOMENT), ("h:mm AM/PM", Shows.TIME), ("mm:ss.0", Shows.TIME),
        ("[h]:mm:ss", Shows.ELAPSED), ('"day" 0', Shows.NUMBER), ("[Red]0.00", Shows.NUMBER), ("\\d0", Shows.NUMBER),
    ],
)  # fmt: skip
def test_a_format_says_whether_it_is_of_a_date(code, shows):
    assert format_of(code).shows is shows


@given(st.text('0#?.,%;"\\_*[]hms/E+-@$ dyGeneral', max_size=12), st.integers(-(10**14), 10**14))
def test_no_format_breaks_a_number(code, number):
    shown = format_of(code)
    if shown.shows is Shows.NUMBER:
        assert isinstance(number_text(str(number), shown), str)


@given(st.decimals(-(10**9), 10**9, places=4))
def test_a_number_without_a_format_is_the_number(number):
    assert float(number_text(str(number))) == float(number)


def test_what_a_sheet_shows(tmp_path: Path):
    day, noon = dt.date(2024, 3, 5), dt.datetime(2024, 3, 5, 14, 30)  # noqa: DTZ001
    path = formatted(
        tmp_path / "a.csv",  # a name says nothing
        [
            ["email", "a", "b", "c"],
            ["ana@example.com", (501, "00000"), (0.15, "0%"), 0.1 + 0.2],
            ["bo@example.com", (day, "dd/mm/yyyy"), (noon, "d.m.yy h:mm"), True],
            [" x ", (0.75, "h:mm"), (1.5, "[h]:mm"), "Ä\r\n\x01_x000D_😀"],
        ],
    )
    source = open_source(path)
    assert source.describe() == "Excel workbook, sheet 'People'"
    assert source.header == ("email", "a", "b", "c")
    assert [record.cells for record in source.records()] == [
        ["ana@example.com", "00501", "15%", "0.3"],
        ["bo@example.com", "2024-03-05", "2024-03-05T14:30:00", "TRUE"],
        [" x ", "18:00:00", "36:00:00", "Ä\r\n\x01_x000D_😀"],
    ]
    assert [record.number for record in source.records(only={3})] == [3]


def test_days_are_counted_from_where_the_workbook_says(tmp_path: Path):
    day = dt.date(2024, 3, 5)
    path = formatted(tmp_path / "a.xlsx", [["a"], [(day, "yyyy-mm-dd")]], date_1904=True)
    assert [record.cells for record in rows(path)] == [["2024-03-05"]]
    for serial, shown in ((1, "1900-01-01"), (59, "1900-02-28"), (61, "1900-03-01"), (2958465, "9999-12-31")):
        (record,) = rows(formatted(tmp_path / "b.xlsx", [["a"], [(serial, "yyyy-mm-dd")]]))
        assert record.cells == [shown]


@pytest.mark.parametrize("serial", [0, 60, -1, 2958466, 1e12])
def test_what_is_no_day_is_told_with_its_cell(tmp_path: Path, serial):
    (record,) = rows(formatted(tmp_path / "a.xlsx", [["a", "b"], ["x", (serial, "yyyy-mm-dd")]]))
    assert codes(record) == {1: "no_date"}
    assert "Cell B2" in record.doubts[1].message


def test_errors_and_formulas_without_a_value_are_told_with_their_cells(tmp_path: Path):
    path = formatted(
        tmp_path / "a.xlsx",
        [["a", "b", "c", "d"], [("=NA()", "#N/A"), ("=1/0", "#DIV/0!"), ("=A9&A8", ""), ("=1+1", 2)]],
    )
    (record,) = rows(path)
    assert record.cells == ["#N/A!", "#DIV/0!", "#CALC!", "2"]  # none of which is a value when it is imported again
    assert codes(record) == {0: "cell_error", 1: "cell_error", 2: "formula_without_value"}
    assert record.doubts[0].message == "Cell A2 shows the error #N/A, and no value."
    assert "C2" in record.doubts[2].message


@pytest.mark.parametrize(
    ("raw", "text", "lost"),
    [
        ("1.2345678901234567E+19", "1.23456789012346E+19", True),
        ("4111111111111110", "4.11111111111111E+15", True),
        ("12345678901234567891", "12345678901234567891", False),  # a program that keeps them all wrote it
        ("123456789012345", "123456789012345", False),
    ],
)
def test_digits_that_no_spreadsheet_keeps_are_told(tmp_path: Path, raw, text, lost):
    (record,) = rows(by_hand(tmp_path / "a.xlsx", text_cells("a", row=1) + f'<row r="2"><c><v>{raw}</v></c></row>'))
    assert record.cells == [text]
    assert codes(record) == ({0: "digits_lost"} if lost else {})


def test_merged_cells_are_told_where_they_hold_nothing(tmp_path: Path):
    path = by_hand(
        tmp_path / "a.xlsx",
        text_cells("a", "b", row=1) + text_cells("x", "y", row=2) + text_cells("z", "", row=3),
        after='<mergeCells count="1"><mergeCell ref="B2:B3"/></mergeCells>',
    )
    first, second = rows(path)
    assert first.doubts is None
    assert codes(second) == {1: "cell_merged"}
    assert "B3 is merged with B2 (B2:B3)" in second.doubts[1].message


def test_row_numbers_are_those_of_the_sheet_and_empty_edges_are_nothing(tmp_path: Path):
    path = by_hand(
        tmp_path / "a.xlsx",
        text_cells("email", "b", row=3)
        + text_cells("a@example.com", row=5)
        + '<row r="6"><c s="0"/><c t="s"/><c/></row><row r="8"><c r="A8" t="str"><v>b@example.com</v></c>'
        '<c r="C8"/></row><row r="900"><c r="XFD900" s="0"/></row>',
    )
    source = open_source(path)
    assert source.header == ("email", "b")
    assert [(record.number, record.cells) for record in source.records()] == [
        (5, ["a@example.com", ""]), (8, ["b@example.com", ""]),
    ]  # fmt: skip
    assert source.seen.width == 2
    assert not source.seen.short


def test_a_value_right_of_the_header_is_told(tmp_path: Path):
    path = by_hand(tmp_path / "a.xlsx", text_cells("a", row=1) + text_cells("x", "", "stray", row=2))
    (record,) = rows(path)
    assert record.problem.code == "value_without_header"
    far = by_hand(
        tmp_path / "b.xlsx",
        text_cells("a", row=1) + '<row r="2"><c r="A2"><v>1</v></c><c r="XFD2"><v>2</v></c></row>',
    )
    assert rows(far)[0].problem.code == "too_many_cells"


def test_other_ways_to_write_a_workbook(tmp_path: Path):
    path = by_hand(
        tmp_path / "a.xlsx",
        '<x:row><x:c t="s"><x:v>0</x:v></x:c><x:c t="s"><x:v>1</x:v></x:c></x:row>'
        '<x:row><x:c t="b"><x:v>0</x:v></x:c><x:c t="d"><x:v>2024-03-05T00:00:00</x:v></x:c></x:row>',
        texts="<si><r><t>na</t></r><r><t>me</t></r><rPh sb='0' eb='1'><t>spoken</t></rPh></si>"
        "<si><t xml:space='preserve'> b_x000D_</t><phoneticPr fontId='1'/></si>",
        prefix="x:",
    )
    source = open_source(path)
    assert source.header == ("name", " b\r")
    assert [record.cells for record in source.records()] == [["FALSE", "2024-03-05"]]


def test_hidden_rows_and_columns_are_read_and_said(tmp_path: Path):
    path = by_hand(
        tmp_path / "a.xlsx",
        text_cells("a", row=1) + '<row r="2" hidden="1"><c><v>1</v></c></row>',
        before='<cols><col min="2" max="3" hidden="1"/><col min="4" max="16384" hidden="1"/></cols>',
    )
    assert open_source(path).describe().endswith("with 1 hidden row and 2 hidden columns, read as the others")
    assert len(rows(path)) == 1


def test_a_sheet_is_chosen_by_name(tmp_path: Path):
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active.sheet_state = "hidden"
    book.create_sheet("People").append(["email"])
    book.create_sheet("Old").append(["phone"])
    book.save(tmp_path / "a.xlsx")
    assert open_source(tmp_path / "a.xlsx").header == ("email",)
    assert "sheet 'People' (the others: 'Notes', 'Old')" in open_source(tmp_path / "a.xlsx").describe()
    assert open_source(tmp_path / "a.xlsx", SourceOptions(sheet="old")).header == ("phone",)
    with pytest.raises(UsageError, match=r"no sheet 'New'\. Its sheets: Notes, People, Old"):
        open_source(tmp_path / "a.xlsx", SourceOptions(sheet="New"))
    (tmp_path / "b.xlsx").write_text("email\n")
    with pytest.raises(UsageError, match="no Excel workbook, so it has no sheet 'New'"):
        open_source(tmp_path / "b.xlsx", SourceOptions(sheet="New"))


def test_lines_before_the_header_are_skipped_and_counted(tmp_path: Path):
    path = by_hand(
        tmp_path / "a.xlsx",
        text_cells("Report", row=1) + text_cells("email", "b", row=3) + text_cells("a@example.com", "c", row=4),
    )
    with pytest.raises(UsageError, match="header does not seem to be the first line"):
        open_source(path)
    source = open_source(path, SourceOptions(skip_lines=2, limit=1))
    assert [(record.number, record.cells) for record in source.records()] == [(4, ["a@example.com", "c"])]


DAMAGED = {
    "cells out of order": text_cells("a", row=1) + '<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>1</v></c></row>',
    "rows out of order": text_cells("a", row=2) + text_cells("a", row=1),
    "a row beyond the last": text_cells("a", row=1048577),
    "a text that is not there": '<row r="1"><c t="s"><v>7</v></c></row>',
    "no number": '<row r="1"><c><v>many</v></c></row>',
    "an unknown type": '<row r="1"><c t="z"><v>1</v></c></row>',
    "not closed": '<row r="1"><c>',
    "entities": '<!DOCTYPE x [<!ENTITY y "z">]><row r="1"/>',
}


@pytest.mark.parametrize("part", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_workbook_is_refused_with_the_way_on(tmp_path: Path, part):
    with pytest.raises(UsageError, match=r"an Excel workbook that cannot be read.*save it again"):
        open_source(by_hand(tmp_path / "a.xlsx", part))


def test_a_document_type_is_refused_before_it_can_grow(tmp_path: Path):
    path = by_hand(tmp_path / "a.xlsx", text_cells("a", row=1))
    with zipfile.ZipFile(path, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the name is there twice
        archive.writestr("xl/workbook.xml", '<!DOCTYPE a [<!ENTITY b "c">]><workbook>&b;</workbook>')
    with pytest.raises(UsageError, match="document type"):
        open_source(path)


def test_a_workbook_that_is_cut_off_is_refused(tmp_path: Path):
    path = formatted(tmp_path / "a.xlsx", [["a"], ["b"]])
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(UsageError, match="cannot be"):
        open_source(path)


def test_a_workbook_with_a_password_is_called_so(tmp_path: Path):
    directory = "Root Entry".encode("utf-16-le").ljust(128, b"\0") + "EncryptedPackage".encode("utf-16-le").ljust(
        128, b"\0"
    )
    head = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0"))
    head[30:32], head[48:52] = struct.pack("<H", 9), struct.pack("<I", 1)
    (tmp_path / "a.xlsx").write_bytes(bytes(head) + b"\0" * 512 + directory)
    with pytest.raises(UsageError, match="a workbook with a password"):
        open_source(tmp_path / "a.xlsx")


def test_a_source_lets_go_of_what_it_wrote(tmp_path: Path, recwarn: pytest.WarningsRecorder):
    source = open_source(formatted(tmp_path / "a.xlsx", [["a"], ["b"], ["c"]]))
    begun = source.records()
    next(begun)
    assert len(list(source.records())) == 2  # beside the other pass
    del source
    assert [record.cells for record in begun] == [["c"]]
    assert list(recwarn) == []


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_what_xml_cannot_hold_is_read_as_it_is_meant(text):
    escaped = text.replace("_x", "_x005F_x").replace("\r", "_x000D_")
    assert unescaped(escaped) == text or "_x005F_x" in unescaped(escaped)


VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).filter(lambda text: "_x" not in text),
    st.integers(-(10**14), 10**14),
    st.booleans(),
)


@settings(max_examples=tries(12, 40), deadline=None)
@given(table=st.lists(st.lists(VALUES, min_size=3, max_size=3), min_size=1, max_size=6))
def test_two_libraries_read_the_same(tmp_path_factory, table):
    path = formatted(tmp_path_factory.mktemp("a") / "a.xlsx", [["a", "b", "c"], *table])
    ours = [(record.number, record.cells) for record in open_source(path).records()]

    def said(value) -> str:
        if isinstance(value, bool):
            return str(value).upper()
        return "" if value is None else str(int(value)) if isinstance(value, (int, float)) else str(value)

    theirs = [
        [*map(said, row)] for row in python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    ]
    others = [[*map(said, row)] for row in openpyxl.load_workbook(path).active.values]
    for read in (theirs, others):
        assert ours == [(at, row) for at, row in enumerate(read, 1) if at > 1 and any(row)]


def test_built_in_formats_are_those_of_openpyxl():
    ours = {number: format_of(code).shows is not Shows.NUMBER for number, code in BUILT_IN.items() if number < 50}
    others = {
        number: openpyxl.styles.numbers.is_date_format(code)
        for number, code in openpyxl.styles.numbers.BUILTIN_FORMATS.items()
    }
    assert {number: ours[number] for number in others} == others
