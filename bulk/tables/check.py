"""Checks a whole file before anything is sent: every row against the schema, every key against all others.

One streaming pass, and a second one over the few rows whose key may be there twice. Memory does not grow with the file
beyond sixteen bytes a row, which go to disk. Says what is wrong with which row; what becomes of the rows is the sink's.
"""

from __future__ import annotations

import contextlib
import gc
import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from operator import attrgetter, ne
from typing import Final, Literal, Protocol, Self

from bulk.model import Issue
from bulk.resources.identity import name_key
from bulk.resources.kinds import Problem, find_name
from bulk.resources.spec import Column, clears
from bulk.tables.matching import Match
from bulk.tables.reading import Record, Table
from bulk.tables.schema import build_schema, check_batch, shorten

OnDuplicate = Literal["error", "first", "last", "all"]

BATCH: Final = 20_000  # rows; at 5,000 a third slower, and a batch is 10 MiB
CELLS: Final = 1_000_000  # that a batch may have: a table may be 16,384 columns wide,
BYTES: Final = 16 * 1024**2  # and of the file: a cell may be as long as a book
_PIECE: Final = 20  # rows read between two looks at how much a batch holds
_NUMBER: Final = attrgetter("number")
OPPOSITES: Final = (("tags", "remove_tags"), ("lists", "unsubscribe_lists"))
_PAIR: Final = 16  # bytes of a hash and a row number
_PART: Final = 250_000  # pairs kept in memory, and sorted at a time
_CHUNK: Final = 50_000  # pairs read at a time
_KEYS: Final = 100_000  # rows, or a few more, whose keys are compared in one further pass


class Sink(Protocol):
    """Where rows that will not be sent go, in batches. Within one call they are in file order."""

    def rejected(self, issues: Sequence[Issue]) -> None:
        """Breaches; several may be of one row, and a row's all come in one call."""

    def skipped(self, rows: Sequence[tuple[int, str]]) -> None:
        """Rows set aside by the user's own choice, each with the reason."""


@dataclass(slots=True)
class Tally:
    """How many distinct rows were read, of these rejected, skipped, with blanks around the key; and blank rows."""

    read: int = 0
    rejected: int = 0
    skipped: int = 0
    blank: int = 0
    trimmed: int = 0


Look = Callable[[Sequence[Record], Match], Iterator[Issue]]


def check(
    table: Table, match: Match, *, on_duplicate: OnDuplicate, sink: Sink, progress: Callable[[int], None],
    look: Look | None = None,
) -> Tally:  # fmt: skip
    """Check the whole file. `progress` is told how many more rows were checked. A row is never rejected and skipped.

    `look` may have more against rows that fit the schema.
    """
    tally = Tally()
    schema = build_schema([column for _, column in match.columns])
    with _Keys() as keys, _no_cycle_search():
        for batch in _batches(table):
            issues = [_unfit(record) for record in batch if record.problem is not None]
            fitting = [record for record in batch if record.problem is None] if issues else batch
            if fitting:
                issues += check_batch(schema, fitting, match)
                issues += _contradictions(fitting, match)
                issues += _nothing_of(fitting, match)
                issues += look(fitting, match) if look is not None else ()
            if issues:
                issues.sort(key=lambda issue: issue.row)
                sink.rejected(issues)
            rejected = {issue.row for issue in issues}
            if rejected and on_duplicate != "error":  # else who comes after such a row would be sent in its place
                fitting = [record for record in fitting if record.number not in rejected]
            cells = match.keys(fitting)
            trimmed = [cell.strip() for cell in cells]
            tally.trimmed += (
                sum(map(ne, cells, trimmed))
                if not rejected
                else sum(
                    cell != bare and record.number not in rejected
                    for cell, bare, record in zip(cells, trimmed, fitting, strict=True)
                )
            )
            if on_duplicate != "all":
                keys.add(map(match.key_of, trimmed), [-n if n in rejected else n for n in map(_NUMBER, fitting)])
            tally.read += len(batch)
            tally.rejected += len(rejected)
            progress(len(batch))
        tally.blank = table.blank_rows
        for suspects in keys.suspects():
            found = _settled(table, match, on_duplicate, suspects)
            while some := list(islice(found, BATCH)):
                if duplicates := [row for row in some if isinstance(row, Issue)]:
                    sink.rejected(duplicates)
                if set_aside := sorted(row for row in some if not isinstance(row, Issue)):
                    sink.skipped(set_aside)
                tally.rejected += len(duplicates)
                tally.skipped += len(set_aside)
    return tally


def _batches(table: Table) -> Iterator[list[Record]]:
    """The records in batches that fit into memory, however wide the table is and however long its cells are."""
    records = table.records()
    most = max(1, min(BATCH, CELLS // len(table.header)))
    batch: list[Record] = []
    begun = 0
    while piece := list(islice(records, min(_PIECE, most - len(batch)))):
        batch += piece
        if len(batch) == most or table.read_bytes - begun > BYTES:
            yield batch
            batch = []
            begun = table.read_bytes
    if batch:
        yield batch


def _unfit(record: Record) -> Issue:
    problem = record.problem
    assert problem is not None  # noqa: S101  # only such records come here
    return Issue(record.number, "", "", problem.code, problem.message, problem.hint)


def _contradictions(records: Sequence[Record], match: Match) -> Iterator[Issue]:
    """Rows that want one and the same thing for a record and not for it."""
    columns = {column.attribute: (at, column) for at, column in match.columns}
    for add, remove in OPPOSITES:
        if add not in columns or remove not in columns:
            continue
        (at, wanted), (other, unwanted) = columns[add], columns[remove]
        for record in records:
            if record.cells[at].strip() and record.cells[other].strip():
                both = _named(record.cells[at], wanted) & _named(record.cells[other], unwanted)
                if both:
                    said = f"{min(both)!r} stands in {add} and in {remove}."
                    cell = shorten(record.cells[other])
                    title = match.header[other].strip()
                    yield Issue(record.number, title, cell, "contradiction", said, "Keep one of the two.")


def _nothing_of(records: Sequence[Record], match: Match) -> Iterator[Issue]:
    """Rows that leave all of several columns empty of which they need one."""
    for group in match.one_of:
        titles = " or ".join(match.header[at].strip() for at in group)
        for record in records:
            if not any(record.cells[at].strip() for at in group):
                said = f"One of {titles} must not be empty."
                yield Issue(record.number, match.header[group[0]].strip(), "", "required", said, "Fill one in.")


def _named(cell: str, column: Column) -> set[str]:
    """What a cell of names names, whichever way it is written; nothing if the cell clears or cannot be read."""
    names = () if clears(cell) else column.read(cell)
    if isinstance(names, Problem):
        return set()
    found = (find_name(name, column.options) if column.options else None for name in names)
    return {option.value if option else name_key(name) for option, name in zip(found, names, strict=True)}


def _settled(
    table: Table, match: Match, on_duplicate: OnDuplicate, suspects: set[int]
) -> Iterator[Issue | tuple[int, str]]:
    """What becomes of the suspected rows: their keys themselves are compared, so equal hashes alone reject no row.

    A number below zero is that of a row which is rejected already.
    """
    holder: dict[str, int] = {}
    title = match.key_title
    for record in table.records(only=set(map(abs, suspects))):
        number = record.number
        cell = match.key_cell(record.cells)
        key = match.key_of(match.keys((record,))[0])
        first = holder.setdefault(key, number)
        if first == number or -number in suspects:
            continue
        if on_duplicate == "error":
            yield _duplicate(number, title, cell, first, wrong=-first in suspects)
        elif on_duplicate == "first":
            yield number, f"row {first} has the same {title} and comes first"
        else:
            yield first, f"row {number} has the same {title} and comes later"
            holder[key] = number


def _duplicate(number: int, title: str, cell: str, first: int, *, wrong: bool) -> Issue:
    return Issue(
        number,
        title,
        shorten(cell),
        "duplicate_key",
        f"Row {first} has the same {title}" + (", and cannot be sent itself." if wrong else "."),
        "Remove one of the rows, or say which one counts with --on-duplicate first, last or all.",
    )


class _Keys:
    """The hash of each key with its row, in a file once they are many."""

    def __enter__(self) -> Self:
        self._file = tempfile.SpooledTemporaryFile(max_size=_PART * _PAIR)  # closed by __exit__
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, keys: Iterable[str], rows: Iterable[int]) -> None:
        pairs = zip(map(hash, keys), rows, strict=True)
        self._file.write(array("q", chain.from_iterable(pairs)).tobytes())

    def suspects(self) -> Iterator[set[int]]:
        """The rows, as added, whose key may be that of another, in sets of bounded size; equal keys are in one."""
        parts = 1
        while self._file.tell() // _PAIR > _PART * parts:
            parts *= 2
        rows: set[int] = set()  # of several parts together: each set is another pass over the file
        for part in range(parts):
            again = self._repeated(part, parts)
            if again:
                rows.update(
                    row
                    for hashes, numbers in self._pairs()
                    for h, row in zip(hashes, numbers, strict=True)
                    if h in again
                )
            if len(rows) >= _KEYS:
                yield rows
                rows = set()
        if rows:
            yield rows

    def _repeated(self, part: int, parts: int) -> set[int]:
        """The hashes that are there more than once, of one of several parts, so that not all are held at a time."""
        # plain sets: polars would sort them faster, and keep a third more memory for it than the whole check needs
        seen: set[int] = set()
        again: set[int] = set()
        for hashes, _ in self._pairs():
            mine = hashes if parts == 1 else [h for h in hashes if h & (parts - 1) == part]
            for h in mine:
                if h in seen:
                    again.add(h)
                else:
                    seen.add(h)
        return again

    def _pairs(self) -> Iterator[tuple[array[int], array[int]]]:
        """Hashes and rows, chunk by chunk."""
        self._file.seek(0)
        while chunk := self._file.read(_PAIR * _CHUNK):
            both = array("q", chunk)
            yield both[::2], both[1::2]
        self._file.seek(0, 2)


@contextlib.contextmanager
def _no_cycle_search() -> Iterator[None]:
    """Batches are lists of lists of text and hold no cycles; searching each for some costs a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
