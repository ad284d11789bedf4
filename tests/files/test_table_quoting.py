"""Quotes in the wrong place, and rows that end in other empty cells than their header."""

from __future__ import annotations

import csv

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bulk.errors import UsageError
from bulk.files.csv.reader import open_csv
from bulk.files.csv.writer import format_row
from bulk.wording import FrontEnd
from tests.scale import tries


def cells(path, **options):
    return [record.cells for record in open_csv(path, **options).records()]


# ---- blanks before quotes


@pytest.mark.parametrize(
    "content",
    [
        'email, firstName, Notes\na@b.co, "Ana", "likes tea, coffee"\nc@d.ee, Bob, ""\n',
        '"email", "firstName", "Notes"\n"a@b.co", "Ana", "likes tea, coffee"\n"c@d.ee", "Bob", ""\n',
        '  "email",   "firstName",  "Notes"\n "a@b.co",  "Ana", "likes tea, coffee"\n"c@d.ee",Bob,\n',
        '"email"; "firstName"; "Notes"\n"a@b.co"; "Ana"; "likes tea, coffee"\n"c@d.ee"; "Bob"; ""\n',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_quotes_after_blanks_are_quotes(csv_file, contacts, content, encoding):
    path = csv_file(content.encode(encoding))
    options = {"columns": contacts, "encoding": "cp1252" if encoding == "cp1252" else "auto"}
    table = open_csv(path, **options)
    assert [name.strip() for name in table.header] == ["email", "firstName", "Notes"]
    assert cells(path, **options) == [["a@b.co", "Ana", "likes tea, coffee"], ["c@d.ee", "Bob", ""]]
    assert "blanks before quotes" in table.dialect.describe()


def test_lines_in_such_cells(csv_file):
    assert cells(csv_file('a, b\n1, "x\ny, z"\n2, "p ""q"""\n')) == [["1", "x\ny, z"], ["2", 'p "q"']]


PLAIN = "".join(f"p{n}@b.co,P\n" for n in range(9_000))


@pytest.mark.parametrize(
    ("content", "row"),
    [
        ('a,b\n1,\t"x"\n', 2),
        ('a,b\n1,\xa0"x"\n', 2),
        ('a,\t"b"\n1,2\n', 1),
        ('a,b\n1, "Bob" Roe\n', 2),
        (f'email,b\n{PLAIN}x@b.co, "Ana, Lee"\n', 9_002),
        (f'email,b\n{PLAIN}x@b.co, "Ana\nLee"\n', 9_002),
        ('a, b\n1, "x"\n2, \t"y"\n', 3),
    ],
)
def test_where_it_is_not_plain_what_is_meant_the_file_is_refused(csv_file, content, row):
    with pytest.raises(UsageError, match=rf"row {row}: a blank stands before an opening quote"):
        cells(csv_file(content))


@pytest.mark.parametrize(
    "row",
    ['" ""Bob"" Roe"', '"a ""b"" c"', 'Robert "Bob" Roe', " x", '"  x"', '"\t""x"""', '"a, ""b"""', 'a "b'],
)
@pytest.mark.parametrize("above", ["", PLAIN])
def test_what_only_looks_like_it_is_text(csv_file, row, above):
    expected = next(csv.reader([f"z@b.co,{row}"]))
    assert cells(csv_file(f"email,b\n{above}z@b.co,{row}\n"))[-1] == expected


def test_a_tab_between_cells_is_no_blank(csv_file):
    assert cells(csv_file('a\tb\n"1"\t"x"\n2\t"y\tz"\n')) == [["1", "x"], ["2", "y\tz"]]


SHARED = HealthCheck.function_scoped_fixture
TEXT = st.text(st.sampled_from('a ",;\n\t\xa0'), max_size=8)


@settings(
    max_examples=tries(20, 300),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=6), spaced=st.booleans())
def test_cells_quoted_as_they_should_be_are_read_whatever_blanks_stand_before(csv_file, rows, spaced):
    lines = [format_row(("x", *row), plain=False) for row in rows]
    text = 'n,"a","b"\r\n' + "".join(line.replace('"x","', '"x", "', 1) if spaced else line for line in lines)
    try:
        result = cells(csv_file(text), delimiter=",")
    except UsageError as error:
        assert "seems to swallow" in str(error)  # noqa: PT017
        return
    assert result == [["x", *row] for row in rows]


# ---- whole lines in quotes


@pytest.mark.parametrize(
    "content",
    [
        '"email,firstName,lastName"\n"ana@example.com,Ana,Lee"\n"bob@example.com,Bob,Roe"\n',
        '"email;firstName;lastName"\n"ana@example.com;Ana;Lee"\n',
        'email,firstName,lastName\n"ana@example.com,Ana,Lee"\n"bob@example.com,Bob,Roe"\n',
        'email;firstName;lastName\n"ana@example.com;Ana;Lee"\n',
        '"email,firstName,lastName"\n"ana@example.com,""Ana"",Lee"\n',
    ],
)
@pytest.mark.parametrize("delimiter", ["auto", ",", ";"])
def test_whole_lines_in_quotes_are_said_to_be_that(csv_file, contacts, content, delimiter):
    if delimiter not in ("auto", ";" if ";" in content else ",") and not content.startswith('"'):
        delimiter = "auto"
    with pytest.raises(UsageError, match="each line is one quoted cell that itself holds the columns") as caught:
        open_csv(csv_file(content), columns=contacts, delimiter=delimiter)
    assert "--delimiter" not in caught.value.words(FrontEnd.COMMAND_LINE)


def test_one_such_line_among_others_is_told_as_that(csv_file):
    text = 'email,firstName\na@b.co,Ana\n"b@b.co,Bob"\n'
    _, record = open_csv(csv_file(text)).records()
    assert "quoted as a whole" in record.problem.hint


# ---- more or fewer empty cells than the header


@pytest.mark.parametrize(
    ("content", "width"),
    [
        ("email,name\na@b.co,Ana,\nb@b.co,Bob,\n", 3),
        ("email,name\na@b.co,Ana,,,\n\nb@b.co,,,,\n", 5),
        ("email,name,,\na@b.co,Ana\nb@b.co,Bob\n", 2),
        ("email,name,,\na@b.co,Ana,\nb@b.co,Bob,\n", 3),
        ("email,name,,\na@b.co,Ana,,,,\nb@b.co,Bob,,,,\n", 6),
        ("email, name\na@b.co, Ana,\nb@b.co, Bob,\n", 3),
    ],
)
def test_rows_that_all_end_in_other_empty_cells_are_taken(csv_file, content, width):
    table = open_csv(csv_file(content))
    records = list(table.records())
    assert table.width == width
    assert not any(record.problem for record in records)
    assert {len(record.cells) for record in records} == {len(table.header)}
    assert [record.cells[0] for record in records] == ["a@b.co", "b@b.co"]


@pytest.mark.parametrize(
    "content",
    [
        "email,name\na@b.co,Ana,\nb@b.co,Bob,x\n",
        "email,name\na@b.co,Ana,\nb@b.co,Bob\n",
        "email,name\na@b.co,Ana,\nb@b.co,Bob,,\n",
        f"email,name\n{PLAIN.replace('P', 'P,')}a@b.co,A,x\n",
        "email,name,phone\na@b.co,Smith, Ana,\nb@b.co,Roe, Bob,\n",  # a text that was cut in two
        "email,name,phone\na@b.co,Ana\nb@b.co,Bob\n",
    ],
)
def test_rows_that_do_not_all_are_not(csv_file, content):
    table = open_csv(csv_file(content))
    assert table.width == len(table.header)
    assert any(record.problem for record in table.records())
