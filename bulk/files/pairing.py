"""Which records of two tables belong together, and in what they differ, in memory that does not grow with the tables.

Two passes. The first keeps a hash of each row's key and cells; rows of one key and text on both sides are done with.
The second keeps the cells of all others, in a database of SQLite that is its owner's alone. A key that is there once on
each side pairs two rows. Of rows that share a key those that say the same are paired, then what is left once on each
side; what is left more than once is never paired, since nobody knows which is which.
"""

from __future__ import annotations

import os
import sqlite3
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from hashlib import blake2b
from itertools import chain, groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from bulk.errors import UnfinishedError
from bulk.files.compared import Common, Compared
from bulk.files.difference import Counts, Difference, What
from bulk.files.keys import RowSet
from bulk.files.source import Source

_SIDE: Final = 1 << 40  # rows of the second table are numbered from here on
_DIGEST: Final = 16  # bytes; of two million rows two digests are alike once in 10^26 times
_TELL: Final = 10_000  # rows between two words about how far it is
_PART: Final = "\0"  # between cells: no row that fits holds one
_MEMORY: Final = 32 * 1024  # KiB of the database that are kept in memory
_SCHEMA: Final = f"""
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -{_MEMORY};
CREATE TABLE seen (key INTEGER, text INTEGER, at INTEGER, problem TEXT);
CREATE TABLE kept (at INTEGER PRIMARY KEY, key BLOB, shown TEXT, id TEXT, cells TEXT);
CREATE TABLE alike (key BLOB, digest BLOB, at INTEGER);
CREATE TABLE ends (a INTEGER, b INTEGER, what TEXT);
BEGIN;
"""
# in the order of A's rows; the limit has the numbers sorted before their rows are looked up
_ENDS: Final = """
SELECT what, a, b, one.shown, one.id, one.cells, other.shown, other.id, other.cells
FROM (SELECT a, b, what FROM ends ORDER BY a IS NULL, a, b LIMIT -1)
LEFT JOIN kept AS one ON one.at = a LEFT JOIN kept AS other ON other.at = b
"""


class Pairing:
    """Two tables being compared. `place` is a private folder for what does not fit into memory.

    `by_text`: cells are compared as texts. `progress` is told how many more rows were read.
    """

    def __init__(
        self, sources: tuple[Source, Source], compared: Compared, place: Path, *, by_text: bool,
        progress: Callable[[int], None],
    ) -> None:  # fmt: skip
        self._sources = sources
        self._compared = compared
        self._place = place
        self._by_text = by_text
        self._progress = progress
        self._db: sqlite3.Connection
        self.counts = Counts()

    def differences(self) -> Iterator[Difference]:
        """All differences, those of A's rows in file order; `counts` is complete after the last.

        Raises `UsageError` for tables that cannot be read, `UnfinishedError` where the disk takes nothing more.
        """
        path = self._place / "pairs.sqlite"
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            with closing(sqlite3.connect(path, isolation_level=None)) as self._db:
                self._db.executescript(_SCHEMA)
                yield from self._all()
        except sqlite3.OperationalError as error:
            raise UnfinishedError("compare_disk_full", folder=self._place.parent, reason=str(error)) from error
        finally:
            path.unlink(missing_ok=True)

    def _all(self) -> Iterator[Difference]:
        for side in (0, 1):
            self._db.executemany("INSERT INTO seen VALUES (?, ?, ?, ?)", self._hashes(side))
        left = self._different_texts()
        yield from self._unfit()
        self._db.execute("DELETE FROM seen")
        for side in (0, 1):
            if left[side]:
                self._db.executemany("INSERT INTO kept VALUES (?, ?, ?, ?, ?)", self._cells(side, left[side]))
        self._db.executemany("INSERT INTO ends VALUES (?, ?, ?)", self._pairs())
        self._db.executemany("INSERT INTO ends VALUES (?, ?, ?)", self._pairs_among_several())
        for row in self._db.execute(_ENDS):
            yield from self._said(*row)

    # ---- first pass: rows of one text

    def _hashes(self, side: int) -> Iterator[tuple[int | None, int | None, int, str | None]]:
        """The key and the text of each row as hashes; of one that does not fit, why."""
        key_of, cells_of = self._key_of(side), _picked([column.at[side] for column in self._compared.columns])
        base, number, pointers = side * _SIDE, 0, self._compared.pointers
        for number, record in enumerate(self._sources[side].records(), 1):
            if number % _TELL == 0:
                self._progress(_TELL)
            if record.problem is not None:
                yield None, None, base + record.number, record.problem.message
                continue
            cells = record.cells
            if pointers:
                self.counts.unnamed.update(one.title for one in pointers if one.is_unnamed(side, cells))
            yield hash(key_of(cells)), hash(cells_of(cells)), base + record.number, None
        self._progress(number % _TELL)
        self.counts.rows[side] = number

    def _key_of(self, side: int) -> Callable[[Sequence[str]], str]:
        """What gives a row's key; nothing where all of its parts are empty."""
        parts = self._compared.key
        if len(parts) == len(parts[0].at[side]) == 1:  # as nearly always, and then of a million rows
            at, meaning = parts[0].at[side][0], parts[0].meanings[0]
            return lambda cells: meaning(cells[at])

        def key_of(cells: Sequence[str]) -> str:
            key = [part.cell(side, cells)[1] for part in parts]
            return repr(key) if any(key) else ""

        return key_of

    def _different_texts(self) -> tuple[RowSet, RowSet]:
        """The rows without one of the same key and text on the other side."""
        left = (RowSet(), RowSet())
        rows = self._db.execute("SELECT key, text, at FROM seen WHERE problem IS NULL ORDER BY key, text, at")
        for _same, alike in groupby(rows, itemgetter(0, 1)):
            for side, ats in enumerate(self._without_equals(alike)):
                for at in ats:
                    left[side].add(at - side * _SIDE)
        return left

    def _without_equals(self, rows: Iterator[tuple[Any, Any, int]]) -> tuple[list[int], list[int]]:
        """Of rows that say the same, those that have no partner; each pair is counted."""
        ats = [at for _key, _said, at in rows]
        first = bisect_left(ats, _SIDE)
        pairs = min(first, len(ats) - first)
        self.counts.same += pairs
        return ats[pairs:first], ats[first + pairs :]

    def _unfit(self) -> Iterator[Difference]:
        for at, problem in self._db.execute("SELECT at, problem FROM seen WHERE problem IS NOT NULL ORDER BY at"):
            if at < _SIDE:
                self.counts.unfit[0] += 1
                yield Difference(What.DOES_NOT_FIT, a=problem, row_a=at)
            else:
                self.counts.unfit[1] += 1
                yield Difference(What.DOES_NOT_FIT, b=problem, row_b=at - _SIDE)

    # ---- second pass: the others

    def _cells(self, side: int, only: RowSet) -> Iterator[tuple[int, bytes, str, str, str]]:
        """What is kept of the rows whose text no other has."""
        key_of, cells_of = self._key_of(side), _picked([column.at[side] for column in self._compared.columns])
        parts, id_at, base = self._compared.key, self._compared.id_at[side], side * _SIDE
        for number, record in enumerate(self._sources[side].records(only), 1):
            if number % _TELL == 0:
                self._progress(0)
            cells = record.cells
            shown = " · ".join([part.cell(side, cells)[0] for part in parts])
            identity = "" if id_at is None else cells[id_at]
            yield base + record.number, _bytes(key_of(cells)), shown, identity, _PART.join(cells_of(cells))

    def _pairs(self) -> Iterator[tuple[int | None, int | None, str]]:
        """The rows whose key is there once on each side, or once altogether; those of the other keys are set apart."""
        rows = self._db.execute("SELECT key, at FROM kept ORDER BY key, at")
        for key, group in groupby(rows, itemgetter(0)):
            first = [at for _key, at in islice(group, 3)]
            if len(first) == 1:
                yield _alone(first[0])
            elif len(first) == 2 and key and first[0] < _SIDE <= first[1]:
                yield first[0], first[1], What.DIFFERS
            else:
                self._db.executemany(
                    "INSERT INTO alike VALUES (?, ?, ?)",
                    ((key, self._digest(at), at) for at in chain(first, (at for _key, at in group))),
                )

    def _pairs_among_several(self) -> Iterator[tuple[int | None, int | None, str]]:
        """What becomes of rows that share their key."""
        marks = self._db.execute("SELECT key, digest, at FROM alike ORDER BY key, digest, at")
        for key, rows in groupby(marks, itemgetter(0)):
            left: tuple[list[int], list[int]] = ([], [])
            for _digest, alike in groupby(rows, itemgetter(1)):
                for side, ats in enumerate(self._without_equals(alike)):
                    left[side].extend(ats)
            if len(left[0]) == len(left[1]) == 1 and key:
                yield left[0][0], left[1][0], What.DIFFERS
            elif left[0] and left[1]:
                yield from ((at, None, What.AMBIGUOUS) for at in left[0])
                yield from ((None, at, What.AMBIGUOUS) for at in left[1])
            else:
                yield from map(_alone, chain(*left))

    def _digest(self, at: int) -> bytes:
        """What a row says, as a digest."""
        (cells,) = self._db.execute("SELECT cells FROM kept WHERE at = ?", (at,)).fetchone()
        said = [self._meaning(column, cell) for column, cell in self._columns(cells)]
        return blake2b(_bytes(repr(said)), digest_size=_DIGEST).digest()

    def _columns(self, cells: str) -> Iterator[tuple[Common, str]]:
        return zip(self._compared.columns, cells.split(_PART), strict=True)

    def _meaning(self, column: Common, cell: str) -> str:
        return cell if self._by_text else column.meaning(cell)

    def _said(  # a line of the query
        self, what: str, a: int | None, b: int | None, *of_both: str
    ) -> Iterator[Difference]:
        """What is told of one end, counted."""
        counts = self.counts
        shown, identity, cells, shown_b, identity_b, cells_b = of_both
        if a is not None and b is not None:
            differing = False
            for (column, cell), (_column, other) in zip(self._columns(cells), self._columns(cells_b), strict=True):
                if cell != other and self._meaning(column, cell) != self._meaning(column, other):
                    differing = True
                    counts.columns[column.title] += 1
                    yield Difference(
                        What.DIFFERS, "", shown, identity or identity_b, column.title, cell, other, a, b - _SIDE
                    )
            counts.differing += differing
            counts.same += not differing
            return
        (counts.ambiguous if what == What.AMBIGUOUS else counts.only)[a is None] += 1
        row_b = None if b is None else b - _SIDE
        key, own = (shown_b, identity_b) if a is None else (shown, identity)
        yield Difference(What(what), key=key, id=own, row_a=a, row_b=row_b)


def _alone(at: int) -> tuple[int | None, int | None, str]:
    return (at, None, What.ONLY_IN_A) if at < _SIDE else (None, at, What.ONLY_IN_B)


def _picked(places: Sequence[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """What takes the cells at these places out of a row."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda cells: tuple(cells[at] for at in places)


def _bytes(text: str) -> bytes:
    """A text as a database takes it: what a cell stands for may hold half of a letter."""
    return text.encode("utf-8", "surrogatepass")
