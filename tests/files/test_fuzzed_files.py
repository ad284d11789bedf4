"""Whole files out of chance: what was written in any dialect is read cell by cell, what is damaged is accounted for.

The judge is `tests.framing`, a second reader. `python -m tests.fuzz_reader` searches on by coverage; what it found
worth keeping is in `tests/seeds/reader` and read here too.
"""

from __future__ import annotations

import csv
import io
from functools import cache

import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from bulk.errors import UsageError
from bulk.files.csv.reader import open_csv
from bulk.resources import named
from tests.framing import BrokenError, current, framed, justified
from tests.fuzz_reader import SEEDS, one
from tests.scale import tries

COLUMNS = named("contacts").columns
FUZZED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

# ---- files whose cells are known

WRITTEN = {  # how a file is written: the byte order mark, the codec, and what has to be said to bulk
    "utf-8": (b"", "utf-8", "auto"),
    "utf-8 with a mark": (b"\xef\xbb\xbf", "utf-8", "auto"),
    "utf-16-le": (b"\xff\xfe", "utf-16-le", "auto"),
    "utf-16-be": (b"\xfe\xff", "utf-16-be", "auto"),
    "cp1252": (b"", "cp1252", "cp1252"),
    "latin-1": (b"", "latin-1", "latin-1"),
}
ENDS = ("\n", "\r\n", "\r")
ADDRESSES = ("ada@example.com", "ADA@example.com", "bo@example.org", "cy@example.org", " di@example.org", "nobody")
NAMES = ("email", "First Name", "last_name", "PHONE", "tags", "account")


@cache
def cells_in(codec):
    """Cells of an encoding; made once, for that takes longer than to draw one."""
    return st.one_of(
        st.text(st.characters(codec=codec, exclude_characters="\0", exclude_categories=["Cs"]), max_size=6),
        st.text(st.sampled_from("\",;|\t\r\n ='x"), max_size=6),
        st.sampled_from(["", "", "sep=;", "\x1a", "a,b", "c;d", 'say "hi"', "0042", "two\nlines", "\r\n", "NULL"]),
    )


@st.composite
def written(draw, people=False):
    """A file's bytes, the encoding to name, and its header and rows with their numbers; `people` have addresses."""
    mark, codec, asked = WRITTEN[draw(st.sampled_from(sorted(WRITTEN)))]
    cell = cells_in(codec)
    own = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    own = list(dict.fromkeys(["email"] * people + own))
    other = draw(st.lists(cell.filter(str.strip), max_size=2, unique_by=str.strip))
    header = draw(st.permutations([*own, *(name for name in other if name.strip() not in (*NAMES, "_guarded"))]))
    width = len(header)
    rows = draw(st.lists(st.one_of(st.none(), st.lists(cell, min_size=width, max_size=width)), max_size=8))
    for row in rows if people else ():
        if row:
            row[header.index("email")] = draw(st.sampled_from(ADDRESSES))

    sep_line = draw(st.booleans())
    delimiter = draw(st.sampled_from(",;\t|" if width > 1 or sep_line else ","))  # one column alone has none to show
    end = draw(st.sampled_from(ENDS))
    every = draw(st.booleans())  # cell in quotes, or some besides those that need them

    def put(cell: str, first: bool, title: bool) -> str:
        ends = {delimiter, "\r", "\n", *(",;\t|" if title else "")}  # a title of another delimiter may be two titles
        needs = (
            cell.lstrip(" \t\xa0").startswith('"') or not ends.isdisjoint(cell) or (width == 1 and not cell)
            or (first and (not cell[:1].isascii() or cell[:4].casefold() == "sep="))
        )  # fmt: skip
        return '"' + cell.replace('"', '""') + '"' if every or needs or draw(st.booleans()) else cell

    lines = ["sep=" + delimiter] if sep_line else []
    above = draw(st.integers(0, 2))  # blank lines above the header
    lines += [""] * above
    for at, row in enumerate([header, *rows]):
        cells = [put(cell, first=not (at or n or above), title=not at) for n, cell in enumerate(row or ())]
        lines.append(delimiter.join(cells))
    text = end.join(lines) + (end if draw(st.booleans()) or not (rows and rows[-1]) else "")
    content = mark + text.encode(codec)
    numbered = [(number, row) for number, row in enumerate(rows, above + 2) if row and any(row)]
    return content, asked, delimiter, header, numbered, len(rows) - len(numbered)


@settings(FUZZED, max_examples=tries(12, 6000))
@given(file=written())
def test_what_was_written_in_any_dialect_is_read_cell_by_cell(csv_file, file):
    content, encoding, delimiter, header, rows, blank = file
    path = csv_file(content)
    try:
        table = open_csv(path, encoding=encoding, columns=COLUMNS)
        records = list(table.records())
    except UsageError as error:
        assert "seems to swallow" in str(error)  # noqa: PT017  # a cell made of this table's very rows
        event("refused: a cell looks like rows")
        return
    event(f"{table.dialect.encoding}, {'one column' if len(header) == 1 else 'several'}")
    assert list(table.header) == header
    assert len(header) == 1 or table.dialect.delimiter == delimiter
    assert [(record.number, record.cells) for record in records] == rows
    assert not any(record.problem for record in records)
    assert table.blank_rows == blank
    assert current(path, encoding=encoding, columns=COLUMNS).rows == len(rows)


# ---- damaged files

PIECES = (
    b'"', b'""', b"\0", b"\n", b"\r", b"\r\n", b",", b";", b"|", b"\t", b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\xff\xfe",
    b'"\n"', b"sep=;\n", b'sep="\n', b"sep= \r", b"\x1a", b"\xed\xa0\x80", b"email", b",_guarded\n", b"'=",
)  # fmt: skip
SAID = st.fixed_dictionaries(
    {
        "encoding": st.sampled_from(
            ["auto"] * 5 + ["latin-1"] * 3 + ["utf-8", "cp1252", "utf-16", "utf-16-le", "cp932", "utf-32"]
        ),
        "delimiter": st.sampled_from(["auto"] * 5 + [",", ";", "|", "tab"]),
        "skip_lines": st.sampled_from([0] * 6 + [1, 2, 9]),
        "columns": st.sampled_from([COLUMNS, COLUMNS, ()]),
    }
)


@st.composite
def damaged(draw, people=False):
    content = bytearray(draw(written(people))[0])
    for _ in range(draw(st.integers(not people, 3 - people))):
        at = draw(st.integers(0, len(content)))
        match draw(st.sampled_from(["flip", "cut", "drop", "put", "join", "repeat"])):
            case "flip" if at < len(content):
                content[at] ^= draw(st.integers(1, 255))
            case "cut":
                del content[at:]
            case "drop":
                del content[at : at + draw(st.integers(1, 5))]
            case "join":
                content = content.replace(draw(st.sampled_from([b"\n", b"\r", b'"'])), b"", 1)
            case "repeat":
                content += content[at:]
            case _:
                content[at:at] = draw(st.sampled_from(PIECES))
    return bytes(content)


raw = st.one_of(st.binary(max_size=60), st.lists(st.sampled_from([*PIECES, b"a", b" "]), max_size=14).map(b"".join))


@settings(FUZZED, max_examples=tries(25, 8000))
@given(content=st.one_of(damaged(), damaged(), raw), said=SAID)
@example(content=b"", said={})
def test_a_damaged_file_is_refused_with_a_reason_or_accounted_for_row_by_row(csv_file, content, said):
    path = csv_file(content)
    hits = current(path, **said)
    event("refused" if hits.refused else "read, some rows do not fit" if hits.unfit else "read")


@settings(FUZZED, max_examples=tries(20, 1500))
@given(content=damaged(people=True), on_duplicate=st.sampled_from(["error", "first", "last", "all"]))
def test_every_row_of_a_damaged_file_is_valid_or_rejected_or_skipped(checked, csv_file, content, on_duplicate):
    hits = current(csv_file(content), columns=COLUMNS)
    try:
        result = checked(content, on_duplicate, ignore_unknown=True)
    except UsageError as error:
        assert hits.refused or "column" in str(error)  # noqa: PT017  # either outcome is right
        event("refused")
        return
    event(f"{'some' if hits.rows else 'no'} rows")
    numbers = {record.number for record in result.table.records()}
    rejected = {issue.row for issue in result.issues}
    skipped = [row for row, _ in result.set_aside]
    assert (result.tally.read, result.tally.blank, result.seen) == (hits.rows, hits.blank, hits.rows)
    assert rejected.isdisjoint(skipped)
    assert numbers.issuperset(rejected.union(skipped))
    assert (result.tally.rejected, result.tally.skipped) == (len(rejected), len(set(skipped))) == (
        len(rejected), len(skipped),
    )  # fmt: skip
    assert len(rejected) >= hits.unfit


# ---- the judge, and what it judged before


@settings(FUZZED, max_examples=tries(20, 4000))
@given(text=st.text(st.sampled_from('ab,;"\r\n '), max_size=16), delimiter=st.sampled_from(",;"))
def test_the_second_reader_reads_as_the_csv_module_does(text, delimiter):
    try:
        expected = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        with pytest.raises(BrokenError):
            framed(text, delimiter)
    else:
        assert framed(text, delimiter) == expected


def test_the_judge_sees_a_row_that_is_lost_or_changed(csv_file, monkeypatch):
    path = csv_file("a,b\n1,2\n3,4\n")
    assert current(path).rows == 2
    for spoil in (lambda hits: hits[:-1], lambda hits: [*hits, hits[0]], lambda hits: hits[::-1]):
        with monkeypatch.context() as patch:
            patch.setattr("tests.framing.framed", lambda *a, spoil=spoil, **_: [["a", "b"], *spoil(framed(*a)[1:])])
            with pytest.raises(AssertionError):
                current(path)
    said = f"{path}, row 2: a quote is opened in this row and never closed. Close it, or write it twice."
    with pytest.raises(AssertionError):
        justified(said, path, "auto", "auto", 0)


SOWN = sorted(SEEDS.glob("*"))


@pytest.mark.parametrize("seed", SOWN, ids=[path.name for path in SOWN])
def test_what_the_search_by_coverage_found_is_read_or_refused(seed, tmp_path):
    one(seed.read_bytes(), tmp_path / "seed.csv")


def test_there_are_seeds_few_and_small():
    assert 20 <= len(SOWN) <= 100
    assert sum(path.stat().st_size for path in SOWN) < 200_000
