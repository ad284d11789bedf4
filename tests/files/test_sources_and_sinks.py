"""What every kind of file offers, by the words of `Source` and `Sink`; a further kind is one more line of `MEMBERS`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bulk.errors import UnfinishedError, UsageError
from bulk.files.named_file import NamedFile
from bulk.files.opening import OURS, SourceOptions, open_sink, open_source
from bulk.files.source import Seen

MEMBERS = (".csv",)
HEADER = ("email", "note", "")
ROWS = (["a@example.com", "two\nlines", ""], ["b@example.com", "=1+1", ""], ["c@example.com", "00501", ""])


@pytest.fixture(params=MEMBERS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / f"file{request.param}"


def written(path: Path, *, guard: bool = False) -> Path:
    with open_sink(path, HEADER, guard=guard) as sink:
        for row in ROWS:
            sink.write(row)
        assert sink.rows == len(ROWS)
    return path


@pytest.mark.parametrize("options", [SourceOptions(), OURS])
def test_what_a_sink_wrote_a_source_reads_as_often_as_it_is_asked(path: Path, options: SourceOptions):
    source = open_source(written(path), options)
    assert source.header == HEADER
    assert source.describe()
    for _ in range(2):
        records = list(source.records())
        assert [record.cells for record in records] == list(ROWS)
        assert [record.number for record in records] == [2, 3, 4]
        assert all(record.problem is None for record in records)
    assert source.seen == Seen(path.stat().st_size, len(HEADER), 0, 0, short=False)
    assert [record.cells for record in source.records(only={3})] == [ROWS[1]]


def test_who_takes_records_may_change_them(path: Path):
    source = open_source(written(path))
    for record in source.records():
        record.cells.clear()
    assert [record.cells for record in source.records()] == list(ROWS)


def test_guards_are_taken_back_and_name_nothing_any_more(path: Path):
    source = open_source(written(path, guard=True))
    assert source.header[: len(HEADER)] == HEADER
    assert [record.cells for record in source.records()] == [[*row, ""] for row in ROWS]


def test_a_limit_counts_rows(path: Path):
    assert [r.number for r in open_source(written(path), SourceOptions(limit=2)).records()] == [2, 3]


@pytest.mark.parametrize("there", [False, True])
def test_of_a_sink_that_ends_by_an_error_nothing_is_left(path: Path, there: bool):
    if there:
        path.write_bytes(b"before")
    with pytest.raises(ZeroDivisionError), open_sink(path, HEADER) as sink:
        sink.write(str(1 // (row - row)) for row in range(3))
    assert [one.read_bytes() for one in path.parent.iterdir()] == [b"before"] * there


@pytest.mark.parametrize("take", [lambda path: NamedFile(path, "people.csv"), lambda path: path])
def test_a_file_that_is_gone_is_said_where_a_pass_begins(path: Path, take: Callable[[Path], NamedFile | Path]):
    source = open_source(take(written(path)))
    path.unlink()
    with pytest.raises((UsageError, UnfinishedError)):
        next(source.records())
