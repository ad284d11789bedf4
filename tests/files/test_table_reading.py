"""Row numbers, dialects and rows that do not fit."""

from __future__ import annotations

import codecs
import itertools

import pytest

from bulk.errors import UsageError
from bulk.files.csv.dialect import Dialect
from bulk.files.csv.reader import open_csv


def rows(path, **options):
    return [(record.number, record.cells) for record in open_csv(path, **options).records()]


def test_row_numbers_are_those_of_a_spreadsheet(csv_file):
    table = open_csv(csv_file('\n\na,b\n1,"x\ny\nz"\n\n2,"p\r\nq"\n3,r\n,\n4,s'))
    assert table.header == ("a", "b")
    assert table.header_row == 3
    assert [(record.number, record.cells[0]) for record in table.records()] == [(4, "1"), (6, "2"), (7, "3"), (9, "4")]
    assert table.blank_rows == 2


def test_a_table_is_read_again_from_the_start(csv_file):
    table = open_csv(csv_file("a,b\n1,2\n\n3,4\n"))
    assert list(table.records()) == list(table.records())
    assert table.blank_rows == 1
    assert [record.number for record in table.records(only={4})] == [4]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends(csv_file, line_end, last):
    text = line_end.join(["a,b", "1,2", "", '"x', 'y",4']) + (line_end if last else "")
    assert rows(csv_file(text)) == [(2, ["1", "2"]), (4, [f"x{line_end}y", "4"])]


def test_mixed_line_ends_and_the_line_ends_that_are_none(csv_file):
    text = "a,b\r\n1,x\u2028y\n2,x\x85y\r3,x\x0b\x0cy\r\n"
    assert rows(csv_file(text)) == [(2, ["1", "x\u2028y"]), (3, ["2", "x\x85y"]), (4, ["3", "x\x0b\x0cy"])]


@pytest.mark.parametrize(
    ("content", "dialect", "said"),
    [
        ("a,b\n1,é\n".encode(), ("utf-8", ",", False), "UTF-8, comma-separated"),
        ("a;b\n1;é\n".encode("utf-8-sig"), ("utf-8", ";", True), "UTF-8 with BOM, semicolon-separated"),
        (codecs.BOM_UTF16_LE + "a\tb\n1\té\n".encode("utf-16-le"), ("utf-16-le", "\t", True), "UTF-16 LE with BOM"),
        (codecs.BOM_UTF16_BE + "a|b\n1|é\n".encode("utf-16-be"), ("utf-16-be", "|", True), "UTF-16 BE with BOM"),
    ],
)
def test_what_a_file_shows_of_itself(csv_file, content, dialect, said):
    table = open_csv(csv_file(content))
    assert (table.dialect.encoding, table.dialect.delimiter, table.dialect.bom) == dialect
    assert table.dialect.describe().startswith(said)
    assert table.header == ("a", "b")
    assert [record.cells for record in table.records()] == [["1", "é"]]
    assert not any(record.problem for record in table.records())


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "CP1252", "windows-1252", "mac-roman", "utf-16", "cp932"])
def test_any_encoding_that_is_named(csv_file, encoding):
    word = "表" if encoding == "cp932" else "Zoë"
    table = open_csv(csv_file(f"a,b\n1,{word}\n".encode(encoding)), encoding=encoding)
    assert [record.cells for record in table.records()] == [["1", word]]


def test_a_named_encoding_agrees_with_the_byte_order_mark(csv_file):
    path = csv_file("a,b\n1,é\n".encode("utf-8-sig"))
    assert open_csv(path, encoding="utf-8").header == ("a", "b")
    assert open_csv(path, encoding="utf-8-sig").header == ("a", "b")
    with pytest.raises(UsageError, match="byte order mark of UTF-8, so it is not cp1252"):
        open_csv(path, encoding="cp1252")


@pytest.mark.parametrize("name", ["utf-16", "utf-32", "UTF_16"])
@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"\xef", bytes(range(1, 256)), "a,b\n1,2".encode("utf-16-le")])
def test_a_wide_encoding_needs_its_mark(csv_file, name, content):
    with pytest.raises(UsageError, match=r"does not start with a byte order mark.*utf-(16|32)-le or"):
        open_csv(csv_file(content), encoding=name)


@pytest.mark.parametrize("encoding", ["utf-32-le", "utf-32-be"])
def test_utf32_with_its_mark_is_not_taken_for_utf16(csv_file, encoding):
    path = csv_file(("\ufeff" + "a;b\n1;é\n").encode(encoding))
    assert rows(path) == rows(path, encoding="utf-32") == [(2, ["1", "é"])]
    assert open_csv(path).dialect.describe().startswith(f"UTF-32 {encoding[-2:].upper()} with BOM")


# what Python calls an encoding and no file is written in: some never came to an end, some made half surrogate pairs
NONE = ["idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "utf-7"]


@pytest.mark.parametrize("name", ["klingon", "rot13", "base64", "", "a\0b", *NONE])
def test_no_encoding_of_that_name(csv_file, name):
    with pytest.raises(UsageError, match="is not known"):
        open_csv(csv_file("a,b\n"), encoding=name)


def test_utf16_without_a_mark_is_said(csv_file):
    with pytest.raises(UsageError, match='encoding="utf-16-le"'):
        open_csv(csv_file("email,b\n1,2\n".encode("utf-16-le")))
    path = csv_file("email,b\n1,2\n".encode("utf-16-be"))
    with pytest.raises(UsageError, match='encoding="utf-16-be"'):
        open_csv(path)
    assert rows(path, encoding="utf-16-be") == [(2, ["1", "2"])]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(csv_file, delimiter):
    lines = [["email", "note", "x"], ["a@b.co", "one, two; three", "1"], ["c@d.ee", "", ""], ["e@f.gg", "1,5", "|"]]
    text = "\n".join(delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in line) for line in lines)
    table = open_csv(csv_file(text))
    assert table.dialect.delimiter == delimiter
    assert [record.cells for record in table.records()] == lines[1:]


def test_known_columns_decide_between_delimiters(csv_file, contacts):
    path = csv_file("email;first name,last name\na@b.co;x,y\n")
    assert open_csv(path, columns=contacts).header == ("email;first name", "last name")
    path = csv_file("email;phone,x,y\na@b.co;1,2,3\n")
    assert open_csv(path).dialect.delimiter == ","
    assert open_csv(path, columns=contacts).dialect.delimiter == ";"


@pytest.mark.parametrize("other", [";", "|", "\t"])
def test_a_header_of_one_column_is_not_parted_by_what_its_cells_hold(csv_file, contacts, other):
    cells = [f"a{other}b", f"{other}c", "d"]
    path = csv_file("\n".join(["email", *cells]))
    assert [row for _, row in rows(path, columns=contacts)] == [[cell] for cell in cells]
    path = csv_file("\n".join([f"{name}{other}x" for name in ("email", *cells[2:])]))  # but one of two is
    assert open_csv(path, columns=contacts).header == ("email", "x")


def test_a_table_of_one_column(csv_file):
    table = open_csv(csv_file("email\na@b.co\nc@d.ee\n"))
    assert table.dialect.delimiter == ","
    assert [record.cells for record in table.records()] == [["a@b.co"], ["c@d.ee"]]


def test_the_sep_line_is_no_row(csv_file):
    table = open_csv(csv_file("sep=;\r\nemail;note\r\na@b.co;x,y\r\n"))
    assert table.dialect == Dialect("utf-8", ";", bom=False, skip_lines=0, sep_line=True)
    assert [(record.number, record.cells) for record in table.records()] == [(2, ["a@b.co", "x,y"])]
    assert rows(csv_file("\ufeffSEP=|\nemail|note\na@b.co|x\n")) == [(2, ["a@b.co", "x"])]
    assert rows(csv_file("sep=;\nTitle\nemail;note\na@b.co;x\n"), skip_lines=1) == [(3, ["a@b.co", "x"])]


@pytest.mark.parametrize("char", ['"', " ", "\0"])
def test_a_sep_line_of_what_is_no_delimiter_is_a_row(csv_file, char):
    assert open_csv(csv_file(f"sep={char}\na\n")).header == (f"sep={char}",)


@pytest.mark.parametrize("name", ["tab", "\\t", "\t", "TAB"])
def test_a_delimiter_can_be_named(csv_file, name):
    assert rows(csv_file("a\tb\n1,5\t2\n"), delimiter=name) == [(2, ["1,5", "2"])]


@pytest.mark.parametrize("name", ["", ",,", '"', "\n", " "])
def test_what_is_no_delimiter(csv_file, name):
    with pytest.raises(UsageError, match="is not one character"):
        open_csv(csv_file("a,b\n"), delimiter=name)


def test_rows_that_do_not_fit_are_handed_on_as_read(csv_file):
    records = list(open_csv(csv_file("a,b,c\n1,2\n1,2,3,4\n1,\0,3\n1,2,3\n\x1a")).records())
    assert [(record.number, record.problem and record.problem.code) for record in records] == [
        (2, "too_few_cells"),
        (3, "too_many_cells"),
        (4, "nul_character"),
        (5, None),
        (6, "too_few_cells"),
    ]
    assert [record.cells for record in records[:3]] == [["1", "2"], ["1", "2", "3", "4"], ["1", "\0", "3"]]
    assert records[0].problem
    assert records[0].problem.message == "The row has 2 cells, the header has 3."


def test_nul_in_utf16(csv_file):
    records = list(open_csv(csv_file("a,b\n1,x\0\n2,y\n".encode("utf-16"))).records())
    assert [record.problem and record.problem.code for record in records] == ["nul_character", None]


def test_nameless_columns_of_a_spreadsheet(csv_file):
    table = open_csv(csv_file("a,b,, \n1,2,,\n1,2,,x\n,,,\n"))
    assert [record.problem and record.problem.code for record in table.records()] == [None, "value_without_header"]
    assert table.blank_rows == 1
    assert "Column 4" in str([record.problem for record in table.records()])


def test_limit_counts_data_rows(csv_file):
    path = csv_file("a,b\n\n1,2\n,\n3,4\n5,6\n")
    assert rows(path, limit=2) == [(3, ["1", "2"]), (5, ["3", "4"])]
    assert rows(path, limit=0) == []


def test_lines_before_the_header(csv_file, contacts):
    text = 'Contacts of 2026\nby "Bob"\n\nemail,phone\na@b.co,1\nc@d.ee,2\n'
    with pytest.raises(UsageError, match=r"'Contacts of 2026'.*skip_lines=3"):
        open_csv(csv_file(text))
    with pytest.raises(UsageError, match="skip_lines=3"):
        open_csv(csv_file(text), columns=contacts)
    with pytest.raises(UsageError, match="skip_lines=3"):
        open_csv(csv_file(text), skip_lines=1, columns=contacts)
    assert rows(csv_file(text), skip_lines=3) == [(5, ["a@b.co", "1"]), (6, ["c@d.ee", "2"])]
    padded = "Contacts,,\n,,\nemail,phone,lists\na@b.co,1,x\n"
    with pytest.raises(UsageError, match="skip_lines=2"):
        open_csv(csv_file(padded), columns=contacts)


def test_guards_of_our_own_export_are_undone(csv_file):
    text = (
        "email,firstName,phone,Smith, John,_guarded\r\n"
        "a@b.co,'=1+1,'+44,x,firstName\r\n"
        'c@d.ee,\'\'=x,\'+44,\'-1,"firstName,phone,""Smith, John"",gone"\r\n'
        'e@f.gg,\'Gus,+44,x,"firstName,phone"\r\n'
        "g@h.ii,'=x,'+44,x,\r\n"
    ).replace(",Smith, John,", ',"Smith, John",')
    assert [cells[1:4] for _, cells in rows(csv_file(text))] == [
        ["=1+1", "'+44", "x"],
        ["'=x", "+44", "-1"],
        ["'Gus", "+44", "x"],
        ["'=x", "'+44", "x"],
    ]


def test_a_row_number_stays_right_over_many_chunks(csv_file):
    lines = itertools.chain(["a,b"], (f'{n},"{"x" * 97}\n{n}"' if n % 7 == 0 else f"{n},{n}" for n in range(20_000)))
    for number, record in enumerate(open_csv(csv_file("\n".join(lines))).records(), 2):
        assert (number, str(number - 2)) == (record.number, record.cells[0])
