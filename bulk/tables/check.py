"""Checks a whole file before anything is sent: every row against the schema, every key against all others.

One streaming pass, and a second one over the keys alone if some may be there twice. Memory does not grow with the file
beyond eight bytes a row, which go to disk. Says what is wrong with which row; what becomes of the rows is the sink's.
"""

from __future__ import annotations

import contextlib
import gc
import tempfile
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal, Protocol, Self

import polars as pl

from bulk.model import Issue
from bulk.tables.matching import Match, key_of
from bulk.tables.reading import Record, Table
from bulk.tables.schema import build_schema, check_batch, shorten

OnDuplicate = Literal["error", "first", "last", "all"]

BATCH: Final = 10_000  # rows; pandera's fixed cost is a tenth of the rest, and the memory still small
_IN_MEMORY: Final = 8 * 1_000_000  # bytes of hashes kept in memory, a million rows
_PART: Final = 2_000_000  # hashes compared at a time
_KEYS: Final = 200_000  # keys that may be duplicates compared at a time


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


def check(
    table: Table, match: Match, *, on_duplicate: OnDuplicate, sink: Sink, progress: Callable[[int], None]
) -> Tally:
    """Check the whole file. `progress` is told how many more rows were checked. A row is never rejected and skipped."""
    tally = Tally()
    schema = build_schema([column for _, column in match.columns])
    out = _Rows()
    with _Hashes() as hashes, _no_cycle_search():
        records = table.records()
        while batch := list(islice(records, BATCH)):
            issues = [_unfit(record) for record in batch if record.problem is not None]
            fitting = [record for record in batch if record.problem is None] if issues else batch
            if fitting:
                issues += check_batch(schema, fitting, match)
            if issues:
                issues.sort(key=lambda issue: issue.row)
                sink.rejected(issues)
            rejected = {issue.row for issue in issues}
            out.add(rejected)
            tally.read += len(batch)
            tally.rejected += len(rejected)
            cells = [record.cells[match.key_index] for record in fitting if record.number not in rejected]
            keys = [key_of(cell) for cell in cells]
            tally.trimmed += sum(cell != cell.strip() for cell in cells)
            if on_duplicate != "all":
                hashes.add(keys)
            progress(len(batch))
        tally.blank = table.blank_rows
        for suspects in hashes.repeated():
            found = _settled(table, match, on_duplicate, suspects, out)
            while some := list(islice(found, BATCH)):
                if duplicates := [row for row in some if isinstance(row, Issue)]:
                    sink.rejected(duplicates)
                if set_aside := sorted(row for row in some if not isinstance(row, Issue)):
                    sink.skipped(set_aside)
                tally.rejected += len(duplicates)
                tally.skipped += len(set_aside)
    return tally


def _unfit(record: Record) -> Issue:
    problem = record.problem
    assert problem is not None  # noqa: S101  # only such records come here
    return Issue(record.number, "", "", problem.code, problem.message, problem.hint)


def _settled(
    table: Table, match: Match, on_duplicate: OnDuplicate, suspects: set[int], out: _Rows
) -> Iterator[Issue | tuple[int, str]]:
    """What becomes of rows with a key that others have: the keys of the suspects themselves are compared.

    So equal hashes alone never reject a row. Rows in `out` hold no key.
    """
    holder: dict[str, int] = {}
    title = match.header[match.key_index].strip()
    for record in table.records():
        if record.problem is not None or record.number in out:
            continue
        cell = record.cells[match.key_index]
        key = key_of(cell)
        if hash(key) not in suspects:
            continue
        number = record.number
        first = holder.setdefault(key, number)
        if first == number:
            continue
        if on_duplicate == "error":
            yield _duplicate(number, title, cell, first)
        elif on_duplicate == "first":
            yield number, f"row {first} has the same {title} and comes first"
        else:
            yield first, f"row {number} has the same {title} and comes later"
            holder[key] = number


def _duplicate(number: int, title: str, cell: str, first: int) -> Issue:
    return Issue(
        number,
        title,
        shorten(cell),
        "duplicate_key",
        f"Row {first} has the same {title}.",
        "Remove one of the rows, or say which one counts with --on-duplicate first, last or all.",
    )


class _Rows:
    """A set of row numbers, a bit each."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, numbers: set[int]) -> None:
        if numbers:
            self._bits.extend(bytes(max(0, (max(numbers) >> 3) + 1 - len(self._bits))))
        for number in numbers:
            self._bits[number >> 3] |= 1 << (number & 7)

    def __contains__(self, number: int) -> bool:
        at = number >> 3
        return at < len(self._bits) and bool(self._bits[at] >> (number & 7) & 1)


class _Hashes:
    """The hashes of all keys, in a file once they are many."""

    def __enter__(self) -> Self:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # closed by __exit__
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, keys: Sequence[str]) -> None:
        self._file.write(array("q", map(hash, keys)).tobytes())

    def repeated(self) -> Iterator[set[int]]:
        """The hashes that stand there more than once, in sets of bounded size."""
        parts = 1
        while self._file.tell() // 8 > _PART * parts:
            parts *= 2
        for part in range(parts):
            hashes = self._part(part, parts).sort()
            again = hashes.filter(hashes == hashes.shift()).unique()
            for at in range(0, len(again), _KEYS):
                yield set(again.slice(at, _KEYS))

    def _part(self, part: int, parts: int) -> pl.Series:
        self._file.seek(0)
        found = pl.Series(dtype=pl.Int64)
        while chunk := self._file.read(8 * _PART):
            hashes = pl.Series(array("q", chunk), dtype=pl.Int64)
            found.append(hashes.filter(hashes & (parts - 1) == part) if parts > 1 else hashes)
        return found


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
