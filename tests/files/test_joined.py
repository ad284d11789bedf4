"""Several tables as one: whatever a file is parted into, each row is judged as if it stood in one file."""

from __future__ import annotations

import csv
import io
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bulk.errors import UsageError
from bulk.files.check import check
from bulk.files.given import Given
from bulk.files.joined import Joined
from bulk.files.joined_opening import open_tables
from bulk.files.joined_report import laid_out
from bulk.files.keys import RowSet
from bulk.files.named_file import NamedFile
from bulk.files.noted import Noted
from bulk.files.opening import SourceOptions
from bulk.jobs.input_options import matched, source_of
from bulk.jobs.options import ImportOptions
from bulk.model import FILE_ROWS, OUTSIDE, place_of
from bulk.planning.names import Names
from bulk.resources import named
from bulk.resources.spec import normalise
from tests.files.conftest import Kept
from tests.scale import tries

CONTACTS = named("contacts")
ADDRESSES = st.sampled_from([f"{name}@example.com" for name in "abcd"] + ["A@EXAMPLE.com", " b@example.com", "bad", ""])
MODES = st.sampled_from(["error", "first", "last", "all"])
ROWS = st.lists(st.tuples(ADDRESSES, st.sampled_from(["Ada", "", "x" * 9]), st.sampled_from(["1", ""])), max_size=12)
HEADER = ["email", "firstName", "phone"]


def text_of(rows: list[list[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue()


def zipped(path: Path, *tables: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for at, table in enumerate(tables):
            archive.writestr(f"{at}.csv", table)
    return path


def judged(path: Path, on_duplicate: str) -> tuple[list, list, tuple, list]:
    options = ImportOptions(mode="upsert", key="email")
    source = source_of(CONTACTS, NamedFile(path), options)
    match = matched(CONTACTS, source, options, Names())
    unsent = Kept()
    tally = check(source, match, on_duplicate=on_duplicate, unsent=unsent, progress=lambda _more: None)
    records = list(source.records())
    order = {record.number: at for at, record in enumerate(records)}
    rows = [match.row(record).values if record.problem is None else record.cells for record in records]
    issues = sorted((order[issue.row], issue.column, issue.code) for issue in unsent.issues)
    aside = sorted(order[number] for number, _reason in unsent.set_aside)
    return issues, aside, (tally.read, tally.rejected, tally.skipped, tally.trimmed), rows


@settings(max_examples=tries(25, 80), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, cuts=st.lists(st.integers(0, 12), max_size=3), mode=MODES)
def test_rows_are_judged_as_in_one_file(tmp_path: Path, rows, cuts, mode):
    rows = [list(row) for row in rows]
    one = tmp_path / "one.csv"
    one.write_text(text_of([HEADER, *rows]), encoding="utf-8", newline="")
    places = [0, *sorted(cut for cut in cuts if cut < len(rows)), len(rows)]
    parts = [rows[a:b] for a, b in pairwise(places)]
    turned = [  # the columns of each stand in another order
        text_of([row[at % 3 :] + row[: at % 3] for row in [HEADER, *part]]) for at, part in enumerate(parts)
    ]
    assert judged(zipped(tmp_path / "many.zip", *turned), mode) == judged(one, mode)


WORDS = ["email", "E-Mail", "Vorname", "firstName", "Name", "", "_row", "_Name", "Phone"]
TITLES = st.lists(st.sampled_from(WORDS), unique=True)
FEEDS = st.dictionaries(st.sampled_from(WORDS[:5]), st.sampled_from(["email", "firstName", ""]))


@given(st.lists(st.tuples(TITLES, FEEDS), min_size=1, max_size=4))
def test_a_report_has_each_cell_once_and_what_feeds_one_thing_in_one_column(tables):
    noted = []
    for header, feeds in tables:
        own = {to: title for title, to in feeds.items() if to and title in header}  # each is fed once
        columns = {title: (to, to) if own.get(to) == title else ("", "") for title, to in feeds.items()}
        noted.append(Noted(columns, {}, {}, "none", ""))
    titles, layouts = laid_out([header for header, _feeds in tables], noted)
    named = [title for title in titles if title]
    assert len(set(named)) == len(named)
    places: dict[str, set[int]] = {}
    for (header, _feeds), one, layout in zip(tables, noted, layouts, strict=True):
        assert len(set(layout) - {None}) == len(layout) == len(header)
        for title, at in zip(header, layout, strict=True):
            to, _called = one.columns.get(title, ("", ""))
            assert to or titles[at].lstrip("_") == title.lstrip("_")
            if to:
                places.setdefault(to, set()).add(at)
    assert all(len(ats) == 1 for ats in places.values())
    for (at,) in places.values():  # nothing else is meant by its name
        others = [title for title in named if not title.startswith("_")]
        assert [normalise(title) for title in others].count(normalise(titles[at])) == 1


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 5_000))))
def test_a_set_of_rows_holds_those_of_each_table(places):
    numbers = [table * FILE_ROWS + row for table, row in places]
    rows = RowSet()
    for number in numbers:
        rows.add(number)
    assert list(rows) == sorted(set(numbers))
    assert len(rows) == len(set(numbers))
    assert all(number in rows for number in numbers)
    assert all(number + 1 in rows or number + 1 not in set(numbers) for number in numbers)
    assert max(numbers, default=0) < OUTSIDE
    assert [place_of(number) for number in numbers] == places


def opened(path: Path) -> Joined:
    source = open_tables(NamedFile(path), SourceOptions(), CONTACTS, Given())
    assert isinstance(source, Joined)
    return source


def test_a_pass_over_some_rows_gives_these(tmp_path: Path):
    source = opened(zipped(tmp_path / "a.zip", "email\na\n\nb\n", "email\nc\nd\n", "phone,email\n1,e\n"))
    numbers = [record.number for record in source.records()]
    assert [place_of(number) for number in numbers] == [(0, 2), (0, 4), (1, 2), (1, 3), (2, 2)]
    assert (source.seen.blank_rows, source.header) == (1, ("email", "phone"))
    for only in (set(numbers[1:4]), {numbers[4]}, set()):
        assert {record.number for record in source.records(only)} == only
    assert source.file_of(numbers[-1]) == "2.csv"
    assert source.seen.read_bytes > 0


def test_what_is_too_long_or_too_short_is_told_by_its_own_header(tmp_path: Path):
    source = opened(zipped(tmp_path / "a.zip", "email,phone\na,1,more\nb\n", "phone,email\n1\n"))
    long, short, other = source.records()
    assert (long.cells, long.problem.code) == (["a", "1", "more"], "too_many_cells")
    assert (short.cells, short.lacking) == (["b", ""], frozenset({1}))
    assert (other.cells, other.lacking) == (["", "1"], frozenset({0}))


@pytest.mark.parametrize("names", [["a.csv"] * 2, [f"{at}.csv" for at in range(101)]])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_more_tables_than_can_be_told_apart_are_refused(tmp_path: Path, names):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in names:
            archive.writestr(name, "email\n")
    with pytest.raises(UsageError, match="up to 100 of different names"):
        opened(tmp_path / "a.zip")
